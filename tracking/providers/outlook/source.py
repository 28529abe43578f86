"""An Outlook mailbox as the sync reads it, folder by folder. Its cursor:

    {"folders": {name: state}, "pending": [[id, conversation, received, sent, doubtful], …], "listed": n}

The state of a folder is {"link": …, "seen": n}: where its changes go on, and how many messages came by
that way. While its mail since a moment is read there is more: {…, "since": …, "before": …, "edge": [ids],
"next": …, "again": whether that is after a link was lost}. The link is from before that reading began, so
that following it afterwards misses nothing.

Reading goes from the newest mail back, by time instead of by page, so that nothing that comes or goes
meanwhile shifts a message out of sight: each listing takes what is older than `before`, and `edge` are
the ids already seen of its last second. `pending` are messages listed but not fetched; of those that are
`doubtful` the headers are read before the source.
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
from tracking.providers.outlook.api import BRIEF, HEADS, TELLING, GraphApi, LinkExpiredError
from tracking.providers.outlook.listing import Listed, may_be_kept, may_be_kept_by_headers, tells_all

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
        self._fetcher = Fetcher(self._fetch, _name, settings.GRAPH_CALLS_AT_ONCE or CALLS_AT_ONCE)
        self._seen: set[str] = set()  # in this sync; a message may move while it runs

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """Everything since `cursor`, of each folder: its mail of the scope if that is not done, then changes.

        Where the way to the changes is lost, all mail since two days before the last success is read
        once more.
        """
        try:
            yield from self._walk(cursor)
        finally:
            self._fetcher.close()

    def get(self, provider_id: str) -> RawMail:
        found = self._api.message(provider_id)
        entry = _entry(found, sent=found.get("parentFolderId") == self._api.folder(SENT)["id"])
        return _raw_mail(entry, self._api.source(provider_id))

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
            span = {"since": stamp(self.scope.since), "before": stamp(self.scope.before)}
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
        fields = BRIEF if name == SENT else HEADS
        answer = self._api.begin_changes(name, stamp(self._clock() - OVERLAP), fields)
        if answer is None:
            return None
        seen = len(answer["value"])
        while "@odata.deltaLink" not in answer:
            answer = self._api.changes(answer["@odata.nextLink"])
            seen += len(answer["value"])
        link = answer["@odata.deltaLink"]
        return {"link": link, "seen": seen, "since": stamp(since), "before": "", "edge": [], "next": ""}

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
        if state is not None and last:
            state["again"] = True
        return {**cursor, "folders": {**others, name: state} if state else others}

    def _read(self, cursor: Cursor, name: str) -> Generator[Page, None, Cursor]:
        """Hand over the mail of a folder that is still to be read; gives the cursor behind it."""
        while "since" in (state := cursor["folders"].get(name, {})):
            state, listed = self._list(name, state)
            cursor = self._with(cursor, name, state, self._wanted(listed, name))
            yield Page((), cursor, estimated_total=cursor["listed"])
            cursor = yield from self._drain(cursor)
        return cursor

    def _list(self, name: str, state: State) -> tuple[State, list[Listed]]:
        """The state behind one listing, and what it lists that was not listed before."""
        if state["next"]:
            answer = self._api.more_messages(state["next"])
        else:
            telling = HEADS if state.get("again") else TELLING
            fields = BRIEF if name == SENT else telling
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
            cursor = self._with(cursor, name, state, self._wanted(answer["value"], name))
            cursor = yield from self._drain(cursor)
            if "@odata.deltaLink" in answer:
                break
        return cursor

    def _with(self, cursor: Cursor, name: str, state: State, entries: list[Entry]) -> Cursor:
        """The cursor with a folder's new state, and more that is pending."""
        folders = {**cursor["folders"], name: state}
        pending, listed = [*cursor["pending"], *entries], cursor["listed"] + len(entries)
        return {"folders": folders, "pending": pending, "listed": listed}

    def _wanted(self, listed: list[Listed], name: str) -> list[Entry]:
        """What of a listing is to be fetched."""
        ids = [each["id"] for each in listed]
        stored = Message.objects.filter(mailbox=self.mailbox, provider_id__in=ids)
        known = self._seen | set(stored.values_list("provider_id", flat=True))
        entries = [self._entry_of(each, name) for each in listed if each["id"] not in known]
        return [entry for entry in entries if entry is not None]

    def _entry_of(self, listed: Listed, name: str) -> Entry | None:
        """The entry of what may be wanted; of what the user sent, only of what answers linked mail."""
        if "@removed" in listed or listed.get("isDraft"):
            return None
        if name == SENT:
            linked = is_linked(self.mailbox, listed.get("conversationId") or "")
            return _entry(listed, sent=True) if linked else None
        if may_be_kept(listed, self.scope.keeps):
            return _entry(listed, sent=False)
        return None if tells_all(listed) else _entry(listed, sent=False, doubtful=True)

    def _drain(self, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """Hand over the pending messages page by page; gives the cursor without them.

        What was fetched before an error is handed over first.
        """
        while cursor["pending"]:
            self._api.check_access()
            batch = self._fetcher.batch(cursor["pending"], PAGE_SIZE)
            mails, failed = mails_of(batch, _read, _name)
            kept = [_certain(entry) for entry, found in batch.found if self._is_kept(found)]
            left = [*kept, *batch.left]
            self._seen |= {entry[0] for entry in cursor["pending"]} - {entry[0] for entry in left}
            cursor = {**cursor, "pending": left}
            yield Page(mails, cursor, failed, cursor["listed"])
            if batch.problem is not None:
                raise batch.problem
        return cursor

    def _is_kept(self, found: bytes | Listed) -> bool:
        return isinstance(found, dict) and may_be_kept_by_headers(found, self.scope.keeps)

    def _fetch(self, entry: Entry) -> bytes | Listed:
        """The source of a message, or its headers where it is doubtful."""
        return self._api.headers(_name(entry)) if _is_doubtful(entry) else self._api.source(_name(entry))


def _read(entry: Entry, found: bytes | Listed) -> RawMail | None:
    """The mail, or None where only its headers were read. Raises MessageError."""
    return _raw_mail(entry, found) if isinstance(found, bytes) else None


def _raw_mail(entry: Entry, content: bytes) -> RawMail:
    """Raises MessageError where the date cannot be read."""
    identifier, conversation, received, sent = _certain(entry)
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


def _is_doubtful(entry: Entry) -> bool:
    return entry[4:] == [True]


def _certain(entry: Entry) -> Entry:
    return entry[:4]


def _entry(listed: Listed, *, sent: bool, doubtful: bool = False) -> Entry:
    about = [listed["id"], listed.get("conversationId") or "", listed.get("receivedDateTime"), sent]
    return [*about, doubtful] if doubtful else about


def stamp(moment: datetime) -> str:
    """A moment as Graph writes it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _second_after(received: str) -> str:
    """Where a listing goes on that takes the rest of this second, too: Graph may hide fractions of it."""
    return stamp(datetime.fromisoformat(received).replace(microsecond=0) + SECOND)
