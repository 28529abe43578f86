"""Calls of Microsoft Graph, with errors as the sync knows them. Ids are the immutable ones everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from tracking.providers import MessageError, TemporaryError, web
from tracking.providers.budgets import Budget
from tracking.providers.calling import PATIENCE, Calls, Refusal, T, Token
from tracking.providers.fetching import HeldToken
from tracking.providers.outlook.errors import read_refusal

TIMEOUT = 20  # seconds for each answer
MAX_SOURCE = 7_000_000  # bytes of one message: what follows is attachments, which nobody reads
LIST_SIZE = 50  # messages with their text
CHANGES_SIZE = 200

BRIEF = "id,conversationId,receivedDateTime,isDraft"
HEADS = f"{BRIEF},hasAttachments,internetMessageId,subject,from,replyTo,toRecipients,bodyPreview"
TELLING = f"{HEADS},body"

Answer = dict[str, Any]


class LinkExpiredError(Exception):
    """Graph no longer knows what a link of changes stood for."""


class GraphApi:
    """One mailbox. All calls raise TemporaryError and NeedsReconnectError."""

    def __init__(
        self,
        token: Token,
        clock: Callable[[], datetime],
        budget: Budget | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._calls, self._clock = Calls(HeldToken(token), clock, budget, patience), clock
        self._base = settings.GRAPH_BASE_URL.rstrip("/")

    def check_access(self) -> None:
        """Get a token for the calls of other threads, if there still is access."""
        self._calls.check_access()

    def begin_changes(self, folder: str, since: str, fields: str) -> Answer | None:
        """The first page of messages of `folder` received `since`, on the way to a link for changes.

        That link goes on telling `fields`. None where there is no such folder.
        """
        wanted = {"changeType": "created", "$select": fields, "$filter": f"receivedDateTime ge {since}"}
        answer = self._get(f"/me/mailFolders/{folder}/messages/delta", wanted, _changes_prefer())
        if isinstance(answer, Refusal) and answer.meaning == "missing":
            return None
        return _expect(answer)

    def changes(self, link: str) -> Answer:
        """What `link` leads to. Raises LinkExpiredError."""
        if not link.startswith(f"{self._base}/"):
            raise LinkExpiredError  # of another Graph: the token is not for it
        answer = self._get(link.removeprefix(self._base), {}, _changes_prefer())
        if isinstance(answer, Refusal):
            raise LinkExpiredError
        return answer

    def messages(self, folder: str, since: str, before: str, fields: str) -> Answer:
        """Messages of `folder` received from `since` up to and without `before` ("": now), newest first."""
        until = f" and receivedDateTime lt {before}" if before else ""
        query = {
            "$select": fields,
            "$filter": f"receivedDateTime ge {since}{until}",
            "$orderby": "receivedDateTime desc",
            "$top": str(LIST_SIZE),
        }
        return _expect(self._get(f"/me/mailFolders/{folder}/messages", query, _TEXT))

    def more_messages(self, link: str) -> Answer:
        """The page behind one of `messages`."""
        if not link.startswith(f"{self._base}/"):
            raise TemporaryError("call_refused")
        return _expect(self._get(link.removeprefix(self._base), {}, _TEXT))

    def message(self, identifier: str) -> Answer:
        """What is known about one message without its source. Raises MessageError."""
        query = {"$select": f"{BRIEF},parentFolderId"}
        return _expect_message(self._get(f"/me/messages/{quote(identifier)}", query))

    def headers(self, identifier: str) -> Answer:
        """What its headers and first words say. Raises MessageError."""
        query = {"$select": f"{HEADS},internetMessageHeaders"}  # which only this call gives
        return _expect_message(self._get(f"/me/messages/{quote(identifier)}", query))

    def source(self, identifier: str) -> bytes:
        """The MIME source of one message, cut where it is very long. Raises MessageError."""
        return _expect_message(self._make(f"/me/messages/{quote(identifier)}/$value", {}, "", bytes))

    def folder(self, name: str) -> Answer:
        """One folder, by its id or well-known name."""
        return _expect(self._get(f"/me/mailFolders/{name}", {"$select": "id"}))

    def find(self, path: str, query: Mapping[str, str]) -> Answer:
        """What stands at `path`; empty where there is nothing."""
        answer = self._get(path, query)
        return {} if isinstance(answer, Refusal) else answer

    def _get(self, path: str, query: Mapping[str, str], prefer: str = "") -> Answer | Refusal:
        return self._make(path, query, prefer, _json)

    def _make(
        self, path: str, query: Mapping[str, str], prefer: str, read: Callable[[bytes], T | Refusal]
    ) -> T | Refusal:
        preferences = f"{_IMMUTABLE}{prefer}"
        return self._calls.make(
            lambda access_token: self._attempt(
                path, query, {"Authorization": f"Bearer {access_token}", "Prefer": preferences}, read
            )
        )

    def _attempt(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        read: Callable[[bytes], T | Refusal],
    ) -> T | Refusal:
        try:
            answer = web.get(self._base + path, query, headers, TIMEOUT, MAX_SOURCE)
        except web.UnansweredError as error:
            return Refusal("busy", error.code)
        if answer.status == 200:
            return read(answer.body)
        return read_refusal(answer.status, answer.body, answer.headers, self._clock())


_IMMUTABLE = 'IdType="ImmutableId"'
_TEXT = ', outlook.body-content-type="text"'


def _changes_prefer() -> str:
    return f", odata.maxpagesize={CHANGES_SIZE}"


def _json(body: bytes) -> Answer | Refusal:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    # Anything else is a page of something in between.
    return answer if isinstance(answer, dict) else Refusal("busy", "provider_down")


def _expect(answer: Answer | Refusal) -> Answer:
    if isinstance(answer, Refusal):
        raise TemporaryError(answer.code)
    return answer


def _expect_message(answer: T | Refusal) -> T:
    if isinstance(answer, Refusal):
        raise MessageError("message_gone" if answer.meaning == "missing" else "message_refused")
    return answer
