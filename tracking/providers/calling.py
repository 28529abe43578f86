"""Calls of a provider's API: within their budget, a token on each, short retries, and errors as the sync
knows them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Literal, TypeVar

from accounts.grants import GrantLostError, GrantUnavailableError, NotConfiguredError
from tracking.providers import NeedsReconnectError, OverBudgetError, TemporaryError
from tracking.providers.budgets import Budget

PATIENCE = 8.0  # seconds of waiting for one call; what takes longer is left to a later sync
LONGEST_WAIT = timedelta(hours=24)
AT_LEAST = 0.1  # seconds that a retry is taken to cost, so that they end
CROWDED = timedelta(seconds=0.5)  # until there may be room among the calls at once

Meaning = Literal["busy", "budget", "token", "access", "operator", "missing", "refused"]
Token = Callable[[bool], str]
T = TypeVar("T")


@dataclass(frozen=True)
class Refusal:
    """One refused call: busy (later), token (refresh), access (reconnect), missing, or refused as it is.

    "budget" was refused by ourselves; "operator" is what no user can set right. `until` is when to come
    back, where that is known.
    """

    meaning: Meaning
    code: str
    until: datetime | None = None


class _BusyError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def wait(seconds: float) -> None:
    """Sleep between retries."""
    time.sleep(seconds)


class Calls:
    """Makes calls for one account. `token(refused)` gives an access token, a new one where the last was
    refused.
    """

    def __init__(
        self,
        token: Token,
        clock: Callable[[], datetime],
        budget: Budget | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._token, self._clock, self._budget = token, clock, budget or Budget()
        self._patience = patience

    def make(self, attempt: Callable[[str], T | Refusal], units: int = 1) -> T | Refusal:
        """What `attempt(access_token)` gives, or the refusal of this very call (missing or refused).

        Each attempt costs `units` of the budget. Waits up to its patience for a busy provider or for the
        budget. Raises TemporaryError, OverBudgetError and NeedsReconnectError.
        """
        begun, waited, number = monotonic(), 0.0, 0
        while True:
            try:
                return self._authorized(attempt, units)
            except _BusyError as busy:
                pause = self._pause(busy.refusal, number)
                if max(waited, monotonic() - begun) + pause > self._patience:
                    raise _given_up(busy.refusal) from None
                wait(pause)
                waited, number = waited + max(pause, AT_LEAST), number + 1

    def check_access(self) -> None:
        """Get a token that is good now. Raises TemporaryError and NeedsReconnectError."""
        self._access_token(refused=False)

    def _pause(self, refusal: Refusal, number: int) -> float:
        if refusal.until is not None:
            return (refusal.until - self._clock()).total_seconds()
        return random.uniform(0.5, 1.0) * 2.0**number

    def _authorized(self, attempt: Callable[[str], T | Refusal], units: int) -> T | Refusal:
        """One attempt; a refused token is renewed once."""
        for refused in (False, True):
            answer = self._within_budget(attempt, self._access_token(refused), units)
            if not isinstance(answer, Refusal) or answer.meaning in {"missing", "refused"}:
                return answer
            if answer.meaning in {"busy", "budget"}:
                raise _BusyError(answer)
            if answer.meaning == "access":
                raise NeedsReconnectError(answer.code)
            if answer.meaning == "operator":
                raise TemporaryError(answer.code)
        raise NeedsReconnectError("access_refused")

    def _within_budget(
        self, attempt: Callable[[str], T | Refusal], access_token: str, units: int
    ) -> T | Refusal:
        at = self._clock()
        with self._budget.slot(at) as has_room:
            if not has_room:
                return Refusal("budget", "paced", at + CROWDED)
            if seconds := self._budget.reserve(units, at):
                return Refusal("budget", "paced", at + timedelta(seconds=seconds))
            return attempt(access_token)

    def _access_token(self, refused: bool) -> str:
        try:
            return self._token(refused)
        except GrantLostError as error:
            raise NeedsReconnectError(error.code) from None
        except (GrantUnavailableError, NotConfiguredError) as error:
            raise TemporaryError(error.code) from None


def _given_up(refusal: Refusal) -> TemporaryError:
    error = OverBudgetError if refusal.meaning == "budget" else TemporaryError
    return error(refusal.code, refusal.until)


def wait_until(retry_after: str, at: datetime, named: str = "") -> datetime | None:
    """When to come back, by a Retry-After header (seconds or a date) or else the time `named` elsewhere.

    None where neither says anything; never more than a day ahead.
    """
    try:
        if retry_after.strip().isdigit():
            until = at + timedelta(seconds=int(retry_after))
        elif retry_after:
            until = parsedate_to_datetime(retry_after)
        elif named:
            until = datetime.fromisoformat(named)
        else:
            return None
        return min(max(until, at), at + LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
