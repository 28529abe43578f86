"""The headers of what a mailbox over IMAP received in a period, in the inbox and the archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from accounts.grants import Login
from tracking.providers import Cursor, ProviderError, TemporaryError
from tracking.providers.budgets import Budget
from tracking.providers.heads import Head, Listing, Span, Stored, arrange, before_of, cut
from tracking.providers.imap import looking
from tracking.providers.imap.api import ImapApi, RefusedCallError

SECONDS = 20.0  # for one page, from connecting on
MOST = 5000  # messages of one folder whose dates are asked for
AT_ONCE = 500  # messages named in one command
DAY = timedelta(days=1)

Place = tuple[datetime, str, int]  # when received, folder, UID


class ImapLister:
    """One listing: a page costs a search a folder, the dates of what that finds, and the heads it shows."""

    def __init__(self, login: Login, budget: Budget) -> None:
        self._api = ImapApi(login, budget, SECONDS)

    def page(self, span: Span, cursor: Cursor, stored: Stored) -> Listing:
        before = before_of(cursor, span)
        try:
            folders = [folder.name for folder in self._api.folders() if not folder.is_sent]
            places = [place for name in folders for place in self._places(name, span, before)]
            chosen, following = cut(places, itemgetter(0))
            heads = [head for name in folders for head in self._heads(name, chosen)]
        except RefusedCallError:
            raise TemporaryError("call_refused") from None
        return arrange(heads, following, stored)

    def close(self) -> None:
        self._api.close()

    def _places(self, folder: str, span: Span, before: datetime) -> Iterator[Place]:
        self._api.examine(folder)
        # A server's days begin at its own midnight.
        uids = self._api.received((span.since - DAY).date(), (before + 2 * DAY).date(), span.words)
        if len(uids) > MOST:
            raise ProviderError("period_too_full")
        for start in range(0, len(uids), AT_ONCE):
            for uid, found in self._api.fetch(uids[start : start + AT_ONCE], "INTERNALDATE").items():
                received_at = found.get(b"INTERNALDATE")
                if isinstance(received_at, datetime) and span.since <= received_at < before:
                    yield received_at.astimezone(UTC), folder, uid

    def _heads(self, folder: str, places: list[Place]) -> list[Head]:
        uids = [uid for _, name, uid in places if name == folder]
        if uids and self._api.examined != folder:
            self._api.examine(folder)
        return [Head.of(head.mail) for head in looking.heads(self._api, uids)[0]]
