"""The headers of what a Gmail mailbox received in a period. Its cursor: {"page": a token of Gmail's}."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from tracking.providers import Cursor, TemporaryError
from tracking.providers.budgets import Budget
from tracking.providers.calling import Token
from tracking.providers.fetching import Fetcher
from tracking.providers.gmail.api import BadTokenError, GmailApi
from tracking.providers.gmail.listing import mail_of
from tracking.providers.gmail.queries import received_query
from tracking.providers.heads import PAGE_SIZE, PATIENCE, Head, Listing, Span, Stored

NOT_RECEIVED = frozenset({"SENT", "DRAFT", "CHAT", "TRASH", "SPAM"})


class GmailLister:
    """One listing. A page costs a call for the ids, and one for the headers of each that is not stored."""

    def __init__(self, token: Token, clock: Callable[[], datetime], budget: Budget) -> None:
        self._api = GmailApi(token, clock, budget, PATIENCE)
        self._heads = Fetcher(self._api.headers, str, settings.GMAIL_CALLS_AT_ONCE)

    def page(self, span: Span, cursor: Cursor, stored: Stored) -> Listing:
        query = received_query(span.since, span.before, span.words)
        self._api.check_access()
        try:
            answer = self._api.messages(query, str(cursor.get("page", "")), PAGE_SIZE)
        except BadTokenError:
            answer = self._api.messages(query, "", PAGE_SIZE)  # the page is too old: from the start
        ids = [str(message["id"]) for message in answer.get("messages", ())]
        known = stored(ids)
        batch = self._heads.batch([each for each in ids if each not in known], PAGE_SIZE)
        if batch.problem is not None:
            raise batch.problem
        if batch.left:
            raise TemporaryError("provider_timeout")
        following = answer.get("nextPageToken")
        return Listing(_heads(found for _, found in batch.found), {"page": following} if following else None)

    def close(self) -> None:
        self._heads.close()


def _heads(messages: Iterable[dict[str, Any]]) -> tuple[Head, ...]:
    found = []
    for message in messages:
        if NOT_RECEIVED & set(message.get("labelIds", ())):
            continue
        try:
            found.append(Head.of(mail_of(message)))
        except (KeyError, ValueError, TypeError, OverflowError):
            continue  # damaged beyond being shown
    return tuple(found)
