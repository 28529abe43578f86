"""A Gmail mailbox as the sync reads it. The cursor is one of these:

    {"phase": "backfill", "history": id, "queries": [left], "page_token": …, "pending": [ids], "listed": n}
    {"phase": "history", "history": id, "pending": [ids]}

The phase "resync" is like "backfill", after Gmail has forgotten the history since the last sync.
`history` is from before the search began, so that following it afterwards misses nothing. `pending`
are messages listed but not fetched: whatever stops a sync, the next one goes on exactly there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from tracking.mail import RawMail
from tracking.models import Mailbox
from tracking.providers import Cursor, MessageError, Page, ProviderError, Scope, everything
from tracking.providers.budgets import Budget
from tracking.providers.calling import Token
from tracking.providers.fetching import Fetcher, is_linked, mails_of
from tracking.providers.gmail.api import BadTokenError, GmailApi, HistoryExpiredError
from tracking.providers.gmail.listing import is_mailing, mail_of
from tracking.providers.gmail.queries import build_queries, resync_query
from tracking.providers.mailings import may_be_wanted

PAGE_SIZE = 40  # messages fetched and stored together
LIST_SIZE = 500
PENDING_LIMIT = 1000  # ids held in a cursor
OVERLAP = timedelta(days=2)  # looked at again after the history was lost
UNWANTED = frozenset({"DRAFT", "CHAT", "TRASH", "SPAM"})
TRUSTED_AUTHSERV = ("mx.google.com",)

Fetched = tuple[Page, list[str], ProviderError | None]  # without a cursor; what is left; what stopped it


class GmailSource:
    """The mail of one mailbox. `token(refused)` gives access tokens: an `accounts.grants.TokenSource`."""

    def __init__(
        self,
        mailbox: Mailbox,
        scope: Scope,
        token: Token,
        clock: Callable[[], datetime] = timezone.now,
        budget: Budget | None = None,
    ) -> None:
        self.mailbox, self.scope = mailbox, scope
        self._api = GmailApi(token, clock, budget)
        self._sources = Fetcher(self._api.message, str, settings.GMAIL_CALLS_AT_ONCE)
        self._heads = Fetcher(self._api.headers, str, settings.GMAIL_CALLS_AT_ONCE)
        self._seen: set[str] = set()  # in this sync; several searches find the same message

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """Everything since `cursor`: the search if it is not done, then the history.

        Where the history is lost, all mail since two days before the last success is read once more.
        """
        try:
            yield from self._walk(cursor)
        finally:
            self._heads.close()
            self._sources.close()

    def get(self, provider_id: str) -> RawMail:
        return _raw_mail(self._api.message(provider_id))

    def _walk(self, cursor: Cursor) -> Iterator[Page]:
        cursor = dict(cursor) or self._begin("backfill", build_queries(self.scope))
        cursor = yield from self._search(cursor)
        if self.scope.before is not None:
            return
        try:
            yield from self._changes(cursor)
        except HistoryExpiredError:
            # What comes meanwhile is left to the next sync, also if Gmail has lost that history too.
            yield from self._search(self._resync())

    def _begin(self, phase: str, queries: list[str]) -> Cursor:
        history = str(
            self._api.profile()["historyId"]
        )  # before the search: what comes in it is followed later
        rest = {"queries": queries, "page_token": "", "pending": [], "listed": 0}
        return {"phase": phase, "history": history, **rest}

    def _resync(self) -> Cursor:
        last = self.mailbox.last_success_at
        if last is None:
            return self._begin("backfill", build_queries(self.scope))
        return self._begin("resync", [resync_query(max(last - OVERLAP, self.scope.since))])

    def _search(self, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """Hand over what the searches of `cursor` find; gives the cursor of the history from there."""
        while cursor["phase"] != "history":
            cursor = yield from self._drain(cursor)
            cursor = self._list_more(cursor)
            yield Page((), cursor, estimated_total=cursor.get("listed"))
        return cursor

    def _list_more(self, cursor: Cursor) -> Cursor:
        """The cursor with the ids of its next page, or that of the history behind the last one."""
        if not cursor["queries"]:
            return {"phase": "history", "history": cursor["history"], "pending": []}
        try:
            answer = self._api.messages(cursor["queries"][0], cursor["page_token"], LIST_SIZE)
        except (
            BadTokenError
        ):  # the search has waited too long; what was read is recognised when it comes again
            return {**cursor, "page_token": ""}
        found = [message["id"] for message in answer.get("messages", ())]
        pending = [identifier for identifier in found if identifier not in self._seen]
        following = answer.get("nextPageToken", "")
        return {
            **cursor,
            "queries": cursor["queries"] if following else cursor["queries"][1:],
            "page_token": following,
            "pending": pending,
            "listed": cursor["listed"] + len(pending),
        }

    def _changes(self, cursor: Cursor) -> Iterator[Page]:
        """Hand over what was added since the history id of `cursor`. Raises HistoryExpiredError."""
        is_last = False
        while True:
            cursor = yield from self._drain(cursor)
            if is_last:
                return
            following, is_last = self._follow(cursor)
            if following != cursor and not following["pending"]:
                yield Page((), following)
            cursor = following

    def _follow(self, cursor: Cursor) -> tuple[Cursor, bool]:
        """The cursor with what was added since, and whether that is all. Raises HistoryExpiredError."""
        start = last = newest = cursor["history"]
        added: dict[str, dict[str, Any]] = {}
        page_token = ""
        while len(added) < PENDING_LIMIT:
            answer = self._api.history(start, page_token)
            if not page_token:
                newest = str(answer["historyId"])  # of the first page: later ones may have moved past it
            for record in answer.get("history", ()):
                last = str(record["id"])
                added |= {each["message"]["id"]: each["message"] for each in record.get("messagesAdded", ())}
            page_token = answer.get("nextPageToken", "")
            if not page_token:
                newest = max(start, newest, last, key=int)
                return {"phase": "history", "history": newest, "pending": self._wanted(added)}, True
        return {"phase": "history", "history": last, "pending": self._wanted(added)}, False

    def _wanted(self, added: dict[str, dict[str, Any]]) -> list[str]:
        return [identifier for identifier, message in added.items() if self._is_wanted(message)]

    def _is_wanted(self, message: dict[str, Any]) -> bool:
        """Not drafts, chats and rubbish; of what the user sent, only in conversations already linked."""
        labels = set(message.get("labelIds", ()))
        if labels & UNWANTED:
            return False
        return "SENT" not in labels or is_linked(self.mailbox, message["threadId"])

    def _drain(self, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """Hand over the pending messages page by page; gives the cursor without them.

        What was fetched before an error is handed over first.
        """
        while cursor["pending"]:
            page, problem = self._fetch(cursor)
            cursor = page.cursor
            yield page
            if problem is not None:
                raise problem
        return cursor

    def _fetch(self, cursor: Cursor) -> tuple[Page, ProviderError | None]:
        """One page of what is pending, and what stopped it.

        A search has filtered already, so that each of its candidates is fetched at once. Of all that
        came since the last sync the headers are read first.
        """
        self._api.check_access()
        pending = cursor["pending"]
        if cursor["phase"] == "backfill" or self.scope.keeps is everything:
            page, left, problem = self._fetch_sources(pending, cursor)
        else:
            page, left, problem = self._fetch_by_headers(pending, cursor)
        self._seen |= set(pending) - set(left)
        cursor = {**cursor, "pending": left}
        return replace(page, cursor=cursor, estimated_total=cursor.get("listed")), problem

    def _fetch_sources(self, identifiers: list[str], cursor: Cursor) -> Fetched:
        def read(identifier: str, message: dict[str, Any]) -> RawMail | None:
            return _raw_mail(message) if self._keeps(message, cursor) else None

        batch = self._sources.batch(identifiers, PAGE_SIZE)
        mails, failed = mails_of(batch, read, str)
        return Page(mails, {}, failed), batch.left, batch.problem

    def _fetch_by_headers(self, identifiers: list[str], cursor: Cursor) -> Fetched:
        heads = self._heads.batch(identifiers, PAGE_SIZE)
        wanted = [each for each, found in heads.found if self._may_keep(found, cursor)]
        page, later, problem = self._fetch_sources(wanted, cursor)
        failed = (*heads.failed, *page.failed)
        return replace(page, failed=failed), [*later, *heads.left], heads.problem or problem

    def _may_keep(self, message: dict[str, Any], cursor: Cursor) -> bool:
        """False for mailings without a word about applications in headers or first words.

        What one person wrote to another is read whole: there the first words may be about the weather.
        """
        if not self._keeps(message, cursor):
            return False
        try:
            return not is_mailing(message) or may_be_wanted(mail_of(message), self.scope.keeps)
        except (KeyError, ValueError, TypeError, OverflowError):
            return True

    def _keeps(self, message: dict[str, Any], cursor: Cursor) -> bool:
        """A first search may keep what the user wrote anywhere; later only what answers linked mail."""
        if cursor["phase"] == "backfill":
            return not UNWANTED & set(message.get("labelIds", ()))
        return self._is_wanted(message)


def _raw_mail(message: dict[str, Any]) -> RawMail:
    """Raises MessageError where the source or the date cannot be read."""
    try:
        content = base64.urlsafe_b64decode(message["raw"] + "==")
        received_at = datetime.fromtimestamp(int(message["internalDate"]) / 1000, UTC)  # milliseconds
    except (KeyError, ValueError, TypeError, OverflowError, binascii.Error):
        raise MessageError("message_damaged") from None
    return RawMail(
        provider_id=message["id"],
        thread_id=message["threadId"],
        content=content,
        received_at=received_at,
        sent="SENT" in message.get("labelIds", ()),
        trusted_authserv=TRUSTED_AUTHSERV,
    )
