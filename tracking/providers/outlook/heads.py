"""The headers of what an Outlook mailbox received in a period, in the inbox and the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tracking.providers import Cursor
from tracking.providers.budgets import Budget
from tracking.providers.calling import Token
from tracking.providers.heads import PATIENCE, Head, Listing, Span, Stored, arrange, before_of, cut
from tracking.providers.outlook.api import GraphApi
from tracking.providers.outlook.listing import mail_of
from tracking.providers.outlook.source import stamp

FOLDERS = ("inbox", "archive")
FIELDS = "id,receivedDateTime,isDraft,subject,from"
SECOND = timedelta(seconds=1)


class OutlookLister:
    """One listing. A page costs a call a folder; `known` are the folders that the mailbox has."""

    def __init__(
        self, token: Token, clock: Callable[[], datetime], budget: Budget, known: Sequence[str] = FOLDERS
    ) -> None:
        self._api = GraphApi(token, clock, budget, PATIENCE)
        self._folders = [name for name in FOLDERS if name in known]

    def page(self, span: Span, cursor: Cursor, stored: Stored) -> Listing:
        before = before_of(cursor, span)
        found: list[Head] = []
        floor = span.since  # down to which every folder has told all
        for folder in self._folders:
            answer = self._api.messages(folder, stamp(span.since), stamp(before), FIELDS)
            heads = _heads(answer.get("value", ()))
            found += heads
            if heads and "@odata.nextLink" in answer:
                floor = max(floor, heads[-1].received_at + SECOND)
        return self._arranged(found, floor, span, stored)

    def _arranged(self, found: list[Head], floor: datetime, span: Span, stored: Stored) -> Listing:
        if not any(head.received_at >= floor for head in found):
            floor -= SECOND  # a listing full of one second, which is shown as far as it goes
        page, following = cut([head for head in found if head.received_at >= floor], _when)
        if following is None and floor > span.since and found:
            following = {"before": floor.timestamp()}
        return arrange(page, following, stored)

    def close(self) -> None:
        """There is nothing to give back."""


def _when(head: Head) -> datetime:
    return head.received_at


def _heads(listed: Sequence[dict[str, Any]]) -> list[Head]:
    found = []
    for each in listed:
        try:
            found += [] if each.get("isDraft") else [Head.of(mail_of(each))]
        except (KeyError, ValueError, TypeError):
            continue  # damaged beyond being shown
    return found
