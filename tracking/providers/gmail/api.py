"""Calls of the Gmail API: a token on each, short retries, and errors as the sync knows them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from http.client import HTTPException
from typing import Any

import httplib2
from django.conf import settings
from django.utils import timezone
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from accounts.grants import GrantLostError, GrantUnavailableError, NotConfiguredError
from tracking.providers import MessageError, NeedsReconnectError, TemporaryError
from tracking.providers.gmail.errors import Refusal, read_refusal

TIMEOUT = 20  # seconds for each answer
PATIENCE = 8.0  # seconds of waiting for one call; what takes longer is left to a later sync

Answer = dict[str, Any]
Token = Callable[[bool], str]


class HistoryExpiredError(Exception):
    """Gmail no longer knows what happened since the id that was asked about."""


class BadTokenError(Exception):
    """The page token is not known any more: list again from the start."""


class _BusyError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def wait(seconds: float) -> None:
    """Sleep between retries."""
    time.sleep(seconds)


def address_of(access_token: str) -> str:
    """The address of the account that `access_token` is for. Raises NeedsReconnectError, TemporaryError."""
    api = GmailApi(lambda refused: access_token, timezone.now)
    try:
        return str(api.profile()["emailAddress"]).lower()
    finally:
        api.close()


class GmailApi:
    """One mailbox. `token(refused)` gives an access token, a new one where the last was refused.

    All calls raise TemporaryError and NeedsReconnectError.
    """

    def __init__(self, token: Token, clock: Callable[[], datetime]) -> None:
        self._token, self._clock = token, clock
        self._http = httplib2.Http(timeout=TIMEOUT)
        self._users = _service(settings.GMAIL_API_BASE_URL).users()

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._http.close()

    def profile(self) -> Answer:
        """The account's address and newest history id."""
        return self._expect(self._users.getProfile(userId="me"))

    def messages(self, query: str, page_token: str, size: int) -> Answer:
        """One page of ids that `query` finds, newest first. Raises BadTokenError."""
        call = self._users.messages().list(
            userId="me", q=query, maxResults=size, pageToken=page_token or None
        )
        answer = self._call(call)
        if isinstance(answer, Refusal):
            if page_token and answer.meaning in {"refused", "missing"}:
                raise BadTokenError
            raise TemporaryError(answer.code)
        return answer

    def message(self, identifier: str) -> Answer:
        """One message with its source. Raises MessageError."""
        answer = self._call(self._users.messages().get(userId="me", id=identifier, format="raw"))
        if isinstance(answer, Refusal):
            raise MessageError("message_gone" if answer.meaning == "missing" else "message_refused")
        return answer

    def history(self, start: str, page_token: str) -> Answer:
        """One page of what was added since `start`. Raises HistoryExpiredError."""
        call = self._users.history().list(
            userId="me",
            startHistoryId=start,
            historyTypes="messageAdded",
            maxResults=500,
            pageToken=page_token or None,
        )
        answer = self._call(call)
        if isinstance(answer, Refusal):
            raise HistoryExpiredError
        return answer

    def _expect(self, request: Any) -> Answer:
        answer = self._call(request)
        if isinstance(answer, Refusal):
            raise TemporaryError(answer.code)
        return answer

    def _call(self, request: Any) -> Answer | Refusal:
        """The answer, or the refusal of this very call; waits up to PATIENCE for a busy Gmail."""
        begun, waited = time.monotonic(), 0.0
        for attempt in range(10):
            try:
                return self._authorized(request)
            except _BusyError as busy:
                pause = self._pause(busy.refusal, attempt)
                if max(waited, time.monotonic() - begun) + pause > PATIENCE:
                    raise TemporaryError(busy.refusal.code, busy.refusal.until) from None
                wait(pause)
                waited += pause
        raise TemporaryError("provider_down")

    def _pause(self, refusal: Refusal, attempt: int) -> float:
        if refusal.until is not None:
            return (refusal.until - self._clock()).total_seconds()
        return random.uniform(0.5, 1.0) * 2.0**attempt

    def _authorized(self, request: Any) -> Answer | Refusal:
        """One attempt; a refused token is renewed once."""
        for refused in (False, True):
            request.headers["authorization"] = f"Bearer {self._access_token(refused)}"
            answer = self._attempt(request)
            if not isinstance(answer, Refusal) or answer.meaning != "token":
                return answer
        raise NeedsReconnectError("access_refused")

    def _access_token(self, refused: bool) -> str:
        try:
            return self._token(refused)
        except GrantLostError as error:
            raise NeedsReconnectError(error.code) from None
        except (GrantUnavailableError, NotConfiguredError) as error:
            raise TemporaryError(error.code) from None

    def _attempt(self, request: Any) -> Answer | Refusal:
        try:
            answer = request.execute(http=self._http)
        except HttpError as error:
            refusal = read_refusal(error.resp.status, error.content, dict(error.resp), self._clock())
        except TimeoutError:
            self.close()
            refusal = Refusal("busy", "provider_timeout")
        except (OSError, HTTPException, httplib2.HttpLib2Error, ValueError):
            self.close()  # cut in the middle: nothing more of this connection can be believed
            refusal = Refusal("busy", "provider_unreachable")
        else:
            if isinstance(answer, dict):
                return answer
            refusal = Refusal("busy", "provider_down")  # a page of something in between
        if refusal.meaning == "busy":
            raise _BusyError(refusal)
        if refusal.meaning == "access":
            raise NeedsReconnectError(refusal.code)
        return refusal


@lru_cache(maxsize=4)
def _service(base_url: str) -> Any:
    """The library's description of the API, read from the package, for the API at `base_url`."""
    return build(
        "gmail",
        "v1",
        http=httplib2.Http(timeout=TIMEOUT),
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": base_url.rstrip("/") + "/"},
    )
