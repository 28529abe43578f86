"""What a provider does to tell of new mail by itself; how each does it is the provider's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests

from tracking.providers import TemporaryError
from tracking.providers.calling import Calls, Refusal

TIMEOUT = (5, 15)  # seconds to connect, and for each answer; an address of ours may be tried out meanwhile
QUICK = (3, 5)  # for what somebody may be waiting for

Answer = dict[str, Any]


class PushError(Exception):
    """The provider will not tell us. `code` is for the operator."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Promise:
    """That the provider will tell until `expires_at`; `external_id` is its name for it, if it has one."""

    external_id: str
    expires_at: datetime


class Channel(Protocol):
    """How one mailbox's provider is asked. All raise PushError, TemporaryError and NeedsReconnectError."""

    resource: str
    renew_after: timedelta  # at the latest

    def begin(self, client_state: str, is_known: Callable[[str], bool]) -> Promise:
        """Ask to be told from now on.

        What the account was promised before and nobody here knows of (`is_known`, by its id) is ended.
        """

    def extend(self, external_id: str) -> Promise | None:
        """Ask to be told for longer; None where the provider knows of no promise."""

    def end(self, external_id: str) -> None:
        """Ask not to be told any more; without error where that was so already."""


class Caller:
    """Calls with a JSON body, of the API at `base`, as `read_refusal` understands its errors."""

    def __init__(
        self,
        base: str,
        calls: Calls,
        read_refusal: Callable[[int, bytes, Mapping[str, str], datetime], Refusal],
        clock: Callable[[], datetime],
    ) -> None:
        self._base, self._calls, self._read_refusal = base.rstrip("/"), calls, read_refusal
        self._clock = clock

    def call(
        self, method: str, path: str, body: Answer | None = None, *, units: int = 1, quick: bool = False
    ) -> Answer | Refusal:
        """The answer ({} where it has no body), or the refusal of this very call."""
        timeout = QUICK if quick else TIMEOUT
        return self._calls.make(lambda token: self._attempt(method, path, body, token, timeout), units)

    def _attempt(
        self, method: str, path: str, body: Answer | None, token: str, timeout: tuple[int, int]
    ) -> Answer | Refusal:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            response = requests.request(
                method,
                self._base + path,
                json=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
            if response.ok:
                return dict(response.json()) if response.content else {}
        except requests.Timeout:
            return Refusal("busy", "provider_timeout")
        except (requests.RequestException, ValueError, TypeError):
            return Refusal("busy", "provider_unreachable")
        return self._read_refusal(response.status_code, response.content, response.headers, self._clock())


def expect(answer: Answer | Refusal, code: str = "push_refused") -> Answer:
    """The answer, where only that will do. Raises PushError."""
    if isinstance(answer, Refusal):
        raise PushError(code)
    return answer


def not_understood() -> TemporaryError:
    """An answer that says neither yes nor no."""
    return TemporaryError("provider_down")
