"""Calls of the Gmail API, with errors as the sync knows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from tracking.providers import MessageError, TemporaryError, web
from tracking.providers.budgets import Budget
from tracking.providers.calling import PATIENCE, Calls, Refusal, Token
from tracking.providers.fetching import HeldToken
from tracking.providers.gmail.errors import read_refusal

TIMEOUT = 20  # seconds for each answer
PROFILE, LIST, GET, HISTORY = 1, 5, 20, 2  # quota units of a call
ABOUT = "id,threadId,labelIds,internalDate"  # fields of a message

Answer = dict[str, Any]
Query = dict[str, str]


class HistoryExpiredError(Exception):
    """Gmail no longer knows what happened since the id that was asked about."""


class BadTokenError(Exception):
    """The page token is not known any more: list again from the start."""


def address_of(access_token: str) -> str:
    """The address of the account that `access_token` is for. Raises NeedsReconnectError, TemporaryError."""
    api = GmailApi(lambda refused: access_token, timezone.now)
    return str(api.profile()["emailAddress"]).lower()


class GmailApi:
    """One mailbox; its calls may be made by several threads at once.

    All calls raise TemporaryError and NeedsReconnectError.
    """

    def __init__(
        self,
        token: Token,
        clock: Callable[[], datetime],
        budget: Budget | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._calls, self._clock = Calls(HeldToken(token), clock, budget, patience), clock
        self._base = f"{settings.GMAIL_API_BASE_URL.rstrip('/')}/gmail/v1/users/me"

    def check_access(self) -> None:
        """Get a token for the calls of other threads, if there still is access."""
        self._calls.check_access()

    def profile(self) -> Answer:
        """The account's address and newest history id."""
        answer = self._call("/profile", {}, PROFILE)
        if isinstance(answer, Refusal):
            raise TemporaryError(answer.code)
        return answer

    def messages(self, query: str, page_token: str, size: int) -> Answer:
        """One page of ids that `query` finds, newest first. Raises BadTokenError."""
        answer = self._call("/messages", {"q": query, "maxResults": str(size)} | _page(page_token), LIST)
        if isinstance(answer, Refusal):
            if page_token and answer.meaning in {"refused", "missing"}:
                raise BadTokenError
            raise TemporaryError(answer.code)
        return answer

    def message(self, identifier: str) -> Answer:
        """One message with its source. Raises MessageError."""
        return self._get(identifier, {"format": "raw", "fields": f"{ABOUT},raw"})

    def headers(self, identifier: str) -> Answer:
        """What the headers and the first words of one message say. Raises MessageError."""
        fields = f"{ABOUT},snippet,payload(headers)"
        return self._get(identifier, {"format": "metadata", "fields": fields})

    def history(self, start: str, page_token: str) -> Answer:
        """One page of what was added since `start`. Raises HistoryExpiredError."""
        query = {"startHistoryId": start, "historyTypes": "messageAdded", "maxResults": "500"}
        answer = self._call("/history", query | _page(page_token), HISTORY)
        if isinstance(answer, Refusal):
            raise HistoryExpiredError
        return answer

    def _get(self, identifier: str, query: Query) -> Answer:
        answer = self._call(f"/messages/{identifier}", query, GET)
        if isinstance(answer, Refusal):
            raise MessageError("message_gone" if answer.meaning == "missing" else "message_refused")
        return answer

    def _call(self, path: str, query: Query, units: int) -> Answer | Refusal:
        """The answer, or the refusal of this very call."""
        return self._calls.make(lambda access_token: self._attempt(path, query, access_token), units)

    def _attempt(self, path: str, query: Query, access_token: str) -> Answer | Refusal:
        try:
            answer = web.get(self._base + path, query, {"Authorization": f"Bearer {access_token}"}, TIMEOUT)
        except web.UnansweredError as error:
            return Refusal("busy", error.code)
        if answer.status != 200:
            return read_refusal(answer.status, answer.body, dict(answer.headers), self._clock())
        try:
            content = json.loads(answer.body)
        except ValueError:
            content = None
        # Anything else is a page of something in between.
        return content if isinstance(content, dict) else Refusal("busy", "provider_down")


def _page(token: str) -> Query:
    return {"pageToken": token} if token else {}
