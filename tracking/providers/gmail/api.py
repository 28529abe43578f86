"""Calls of the Gmail API, with errors as the sync knows them."""

from __future__ import annotations

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

from tracking.providers import MessageError, TemporaryError
from tracking.providers.calling import Calls, Refusal, Token
from tracking.providers.gmail.errors import read_refusal

TIMEOUT = 20  # seconds for each answer

Answer = dict[str, Any]


class HistoryExpiredError(Exception):
    """Gmail no longer knows what happened since the id that was asked about."""


class BadTokenError(Exception):
    """The page token is not known any more: list again from the start."""


def address_of(access_token: str) -> str:
    """The address of the account that `access_token` is for. Raises NeedsReconnectError, TemporaryError."""
    api = GmailApi(lambda refused: access_token, timezone.now)
    try:
        return str(api.profile()["emailAddress"]).lower()
    finally:
        api.close()


class GmailApi:
    """One mailbox. All calls raise TemporaryError and NeedsReconnectError."""

    def __init__(self, token: Token, clock: Callable[[], datetime]) -> None:
        self._calls, self._clock = Calls(token, clock), clock
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
        """The answer, or the refusal of this very call."""
        return self._calls.make(lambda access_token: self._attempt(request, access_token))

    def _attempt(self, request: Any, access_token: str) -> Answer | Refusal:
        request.headers["authorization"] = f"Bearer {access_token}"
        try:
            answer = request.execute(http=self._http)
        except HttpError as error:
            return read_refusal(error.resp.status, error.content, dict(error.resp), self._clock())
        except TimeoutError:
            self.close()
            return Refusal("busy", "provider_timeout")
        except (OSError, HTTPException, httplib2.HttpLib2Error, ValueError):
            self.close()  # cut in the middle: nothing more of this connection can be believed
            return Refusal("busy", "provider_unreachable")
        # Anything else is a page of something in between.
        return answer if isinstance(answer, dict) else Refusal("busy", "provider_down")


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
