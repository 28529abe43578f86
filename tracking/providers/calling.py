"""Calls of a provider's API: a token on each, short retries, and errors as the sync knows them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar

from accounts.grants import GrantLostError, GrantUnavailableError, NotConfiguredError
from tracking.providers import NeedsReconnectError, TemporaryError

PATIENCE = 8.0  # seconds of waiting for one call; what takes longer is left to a later sync
LONGEST_WAIT = timedelta(hours=24)

Meaning = Literal["busy", "token", "access", "missing", "refused"]
Token = Callable[[bool], str]
T = TypeVar("T")


@dataclass(frozen=True)
class Refusal:
    """One refused call: busy (later), token (refresh), access (reconnect), missing, or refused as it is.

    `until` is when to come back, where the provider said so.
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

    def __init__(self, token: Token, clock: Callable[[], datetime]) -> None:
        self._token, self._clock = token, clock

    def make(self, attempt: Callable[[str], T | Refusal]) -> T | Refusal:
        """What `attempt(access_token)` gives, or the refusal of this very call (missing or refused).

        Waits up to PATIENCE for a busy provider. Raises TemporaryError and NeedsReconnectError.
        """
        begun, waited = time.monotonic(), 0.0
        for number in range(10):
            try:
                return self._authorized(attempt)
            except _BusyError as busy:
                pause = self._pause(busy.refusal, number)
                if max(waited, time.monotonic() - begun) + pause > PATIENCE:
                    raise TemporaryError(busy.refusal.code, busy.refusal.until) from None
                wait(pause)
                waited += pause
        raise TemporaryError("provider_down")

    def _pause(self, refusal: Refusal, number: int) -> float:
        if refusal.until is not None:
            return (refusal.until - self._clock()).total_seconds()
        return random.uniform(0.5, 1.0) * 2.0**number

    def _authorized(self, attempt: Callable[[str], T | Refusal]) -> T | Refusal:
        """One attempt; a refused token is renewed once."""
        for refused in (False, True):
            answer = attempt(self._access_token(refused))
            if not isinstance(answer, Refusal) or answer.meaning in {"missing", "refused"}:
                return answer
            if answer.meaning == "busy":
                raise _BusyError(answer)
            if answer.meaning == "access":
                raise NeedsReconnectError(answer.code)
        raise NeedsReconnectError("access_refused")

    def _access_token(self, refused: bool) -> str:
        try:
            return self._token(refused)
        except GrantLostError as error:
            raise NeedsReconnectError(error.code) from None
        except (GrantUnavailableError, NotConfiguredError) as error:
            raise TemporaryError(error.code) from None


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
