"""An Outlook mailbox as the sync reads it, folder by folder. Its cursor:

    {"folders": {name: state}, "pending": [[id, conversation, received, sent], …], "listed": n}

The state of a folder is {"link": …, "seen": n}: where its changes go on, and how many messages came by
that way. While its mail since a moment is read there is more: {…, "since": …, "before": …, "edge": [ids],
"next": …}. The link is from before that reading began, so that following it afterwards misses nothing.

Reading goes from the newest mail back, by time instead of by page, so that nothing that comes or goes
meanwhile shifts a message out of sight: each listing takes what is older than `before`, and `edge` are
the ids already seen of its last second. `pending` are messages listed but not fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from tracking.mail import RawMail
from tracking.models import Mailbox, Message
from tracking.providers import Cursor, MessageError, Page, Scope
from tracking.providers.budgets import Budget
from tracking.providers.calling import Token
from tracking.providers.fetching import Fetcher, is_linked, mails_of
from tracking.providers.outlook.api import BRIEF, TELLING, GraphApi, LinkExpiredError
from tracking.providers.outlook.listing import Listed, is_unclear, mail_of

SENT = "sentitems"
FOLDERS = ("inbox", "archive", "junkemail", SENT)  # sent last: by then conversations are linked
PAGE_SIZE = 25  # messages fetched and stored together
CALLS_AT_ONCE = 4  # that Graph lets an app make for one mailbox
OVERLAP = timedelta(days=2)  # looked at again where a link was lost
SECOND = timedelta(seconds=1)
# With a filter, Graph tells of 5,000 messages at most; a link is renewed before it comes to that.
RENEW_AT = 4000

State = dict[str, Any]
Entry = list[Any]


class OutlookSource:
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
        self._api, self._clock = GraphApi(token, clock, budget), clock
        self._sources = Fetcher(self._source, _name, settings.GRAPH_CALLS_AT_ONCE or CALLS_AT_ONCE)
        self._seen: set[str] = set()  # in this sync; a message may move while it runs

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """Everything since `cursor`, of each folder: its mail of the scope if that is not done, then changes.

        Where the way to the changes is lost, all mail since two days before the last success is read
        once more.
        """
        try:
            yield from self._walk(cursor)
        finally:
            self._sources.close()

    def get(self, provider_id: str) -> RawMail:
        found = self._api.message(provider_id)
        entry = _entry(found, found.get("parentFolderId") == self._api.folder(SENT)["id"])
        return _raw_mail(entry, self._source(entry))

    def _walk(self, cursor: Cursor) -> Iterator[Page]:
        cursor = dict(cursor) or self._begin()
        before = cursor["folders"]
        cursor = yield from self._drain(cursor)
        for name in FOLDERS:
            if name in cursor["folders"]:
                cursor = yield from self._folder(cursor, name)
        if cursor["folders"] != before:
            yield Page((), cursor)  # links that moved on without any mail

    def _begin(self) -> Cursor:
        """All links before any mail: what moves to another folder meanwhile is told by its link.

        Where only older mail is wanted, links are not.
        """
        if self.scope.before is not None:
            known = self.mailbox.cursor.get("folders", FOLDERS)
            span = {"since": _stamp(self.scope.since), "before": _stamp(self.scope.before)}
            folders = {name: {"link": "", "seen": 0, **span, "edge": [], "next": ""} for name in known}
            return {"folders": folders, "pending": [], "listed": 0}
        states = {name: self._open(name, self.scope.since) for name in FOLDERS}
        return {
            "folders": {name: state for name, state in states.items() if state},
            "pending": [],
            "listed": 0,
        }

    def _open(self, name: str, since: datetime) -> State | None:
        """The state of a folder whose mail since then is to be read; None where there is no such folder."""
        answer = self._api.begin_changes(name, _stamp(self._clock() - OVERLAP))
        if answer is None:
            return None
        seen = len(answer["value"])
        while "@odata.deltaLink" not in answer:
            answer = self._api.changes(answer["@odata.nextLink"])
            seen += len(answer["value"])
        link = answer["@odata.deltaLink"]
        return {"link": link, "seen": seen, "since": _stamp(since), "before": "", "edge": [], "next": ""}

    def _folder(self, cursor: Cursor, name: str) -> Generator[Page, None, Cursor]:
        cursor = yield from self._read(cursor, name)
        if self.scope.before is not None:
            return cursor
        try:
            cursor = yield from self._changes(cursor, name)
            if cursor["folders"][name]["seen"] < RENEW_AT:
                return cursor
        except LinkExpiredError:
            pass  # nothing is pending now: what came before was handed over
        # What comes meanwhile is left to the next sync, also if Graph has lost that link too.
        return (yield from self._read(self._renewed(cursor, name), name))

    def _renewed(self, cursor: Cursor, name: str) -> Cursor:
        last = self.mailbox.last_success_at
        since = max(last - OVERLAP, self.scope.since) if last else self.scope.since
        others = {each: state for each, state in cursor["folders"].items() if each != name}
        state = self._open(name, since)
        return {**cursor, "folders": {**others, name: state} if state else others}

    def _read(self, cursor: Cursor, name: str) -> Generator[Page, None, Cursor]:
        """Hand over the mail of a folder that is still to be read; gives the cursor behind it."""
        while "since" in (state := cursor["folders"].get(name, {})):
            state, listed = self._list(name, state)
            cursor = self._with(cursor, name, state, self._wanted(listed, name, screened=name != SENT))
            yield Page((), cursor, estimated_total=cursor["listed"])
            cursor = yield from self._drain(cursor)
        return cursor

    def _list(self, name: str, state: State) -> tuple[State, list[Listed]]:
        """The state behind one listing, and what it lists that was not listed before."""
        if state["next"]:
            answer = self._api.more_messages(state["next"])
        else:
            fields = BRIEF if name == SENT else TELLING
            answer = self._api.messages(name, state["since"], state["before"], fields)
        listed = answer["value"]
        fresh = [each for each in listed if each["id"] not in state["edge"]]
        if "@odata.nextLink" not in answer:
            return {"link": state["link"], "seen": state["seen"]}, fresh
        before = _second_after(listed[-1]["receivedDateTime"]) if listed else state["before"]
        edge = [each["id"] for each in listed if _second_after(each["receivedDateTime"]) == before]
        if before == state["before"]:  # more in one second than a listing holds
            return {**state, "edge": [*state["edge"], *edge], "next": answer["@odata.nextLink"]}, fresh
        return {**state, "before": before, "edge": edge, "next": ""}, fresh

    def _changes(self, cursor: Cursor, name: str) -> Generator[Page, None, Cursor]:
        """Hand over what came into a folder since its link. Raises LinkExpiredError."""
        while name in cursor["folders"]:
            state = cursor["folders"][name]
            answer = self._api.changes(state["link"])
            link = answer.get("@odata.deltaLink") or answer["@odata.nextLink"]
            state = {"link": link, "seen": state["seen"] + len(answer["value"])}
            cursor = self._with(cursor, name, state, self._wanted(answer["value"], name, screened=False))
            cursor = yield from self._drain(cursor)
            if "@odata.deltaLink" in answer:
                break
        return cursor

    def _with(self, cursor: Cursor, name: str, state: State, entries: list[Entry]) -> Cursor:
        """The cursor with a folder's new state, and more that is pending."""
        folders = {**cursor["folders"], name: state}
        pending, listed = [*cursor["pending"], *entries], cursor["listed"] + len(entries)
        return {"folders": folders, "pending": pending, "listed": listed}

    def _wanted(self, listed: list[Listed], name: str, *, screened: bool) -> list[Entry]:
        """What of a listing is to be fetched; of what the user sent, only what answers linked mail."""
        ids = [each["id"] for each in listed]
        stored = Message.objects.filter(mailbox=self.mailbox, provider_id__in=ids)
        known = self._seen | set(stored.values_list("provider_id", flat=True))
        return [
            _entry(each, name == SENT)
            for each in listed
            if each["id"] not in known and self._is_wanted(each, name, screened)
        ]

    def _is_wanted(self, listed: Listed, name: str, screened: bool) -> bool:
        if "@removed" in listed or listed.get("isDraft"):
            return False
        if name == SENT:
            return is_linked(self.mailbox, listed.get("conversationId") or "")
        return not screened or is_unclear(listed) or self.scope.keeps(mail_of(listed))

    def _drain(self, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """Hand over the pending messages page by page; gives the cursor without them.

        What was fetched before an error is handed over first.
        """
        while cursor["pending"]:
            self._api.check_access()
            batch = self._sources.batch(cursor["pending"], PAGE_SIZE)
            mails, failed = mails_of(batch, _raw_mail, _name)
            self._seen |= {entry[0] for entry in cursor["pending"]} - {entry[0] for entry in batch.left}
            cursor = {**cursor, "pending": batch.left}
            yield Page(mails, cursor, failed, cursor["listed"])
            if batch.problem is not None:
                raise batch.problem
        return cursor

    def _source(self, entry: Entry) -> bytes:
        return self._api.source(_name(entry))


def _raw_mail(entry: Entry, content: bytes) -> RawMail:
    """Raises MessageError where the date cannot be read."""
    identifier, conversation, received, sent = entry
    try:
        received_at = datetime.fromisoformat(received).astimezone(UTC)
    except (ValueError, TypeError):
        raise MessageError("message_damaged") from None
    return RawMail(
        provider_id=identifier,
        thread_id=conversation,
        content=content,
        received_at=received_at,
        sent=sent,
        unnamed_authserv=True,
    )


def _name(entry: Entry) -> str:
    return str(entry[0])


def _entry(listed: Listed, sent: bool) -> Entry:
    return [listed["id"], listed.get("conversationId") or "", listed.get("receivedDateTime"), sent]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _second_after(received: str) -> str:
    """Where a listing goes on that takes the rest of this second, too: Graph may hide fractions of it."""
    return _stamp(datetime.fromisoformat(received).replace(microsecond=0) + SECOND)
