"""An IMAP mailbox as the sync reads it, folder by folder. Its cursor:

    {"server": whose UIDs these are, "folders": {name: state}, "pending": [entry, …], "listed": n}

The state of a folder is {"validity": …, "next": …}: its UIDVALIDITY, and the first UID not seen yet. While
it holds messages still to be looked at there is more: {…, "left": ranges of UIDs, "search": whether this is
the first time}. An entry is [folder, uid, size, id, thread, received, sent]: listed, but not fetched. With
"careful" in it, pending messages are fetched one by one, because the server hung up over some of them.

A look takes some messages of a folder, newest first. It lists their heads; what the heads cannot tell, the
server is asked about on a first sync (a search in the text), and later the beginning of the text is read.
Only what may be kept after that is fetched. `next` is from before the first look, so that nothing that comes
meanwhile is missed; a message that moves is known again by its id (see `reading`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.grants import Login
from tracking.mail import RawMail
from tracking.models import Mailbox, Message
from tracking.providers import Cursor, MessageError, Page, Scope, TemporaryError
from tracking.providers.budgets import Budget
from tracking.providers.fetching import is_linked
from tracking.providers.imap import looking
from tracking.providers.imap.api import Folder, ImapApi, Numbers, RefusedCallError
from tracking.providers.imap.reading import Head, answers_linked, day_of, digest, thread_of
from tracking.providers.imap.servers import trusted_hosts
from tracking.providers.imap.uids import ranges_of, take_last

PAGE_SIZE = 25  # messages fetched and stored together
PAGE_BYTES = 8_000_000
LOOK_SIZE = 100
CUT_OFF = frozenset({"provider_unreachable", "provider_timeout"})
OVERLAP = timedelta(days=2)  # looked at again where UIDs have lost their meaning
DAY = timedelta(days=1)

State = dict[str, Any]
Entry = list[Any]


class ImapSource:
    """The mail of one mailbox, which `login` lets in to."""

    def __init__(self, mailbox: Mailbox, scope: Scope, login: Login, budget: Budget | None = None) -> None:
        self.mailbox, self.scope = mailbox, scope
        self._login, self._api = login, ImapApi(login, budget)
        self._seen: set[str] = set()  # in this sync; a message may move while it runs
        self._threads: dict[str, str] = {}  # Message-ID -> conversation, of what was listed in this sync

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """Everything since `cursor`, of each folder.

        Where the UIDs of a folder have lost their meaning, its mail since two days before the last success
        is looked at once more.
        """
        try:
            yield from self._walk(cursor)
        except RefusedCallError:
            raise TemporaryError("call_refused") from None
        finally:
            self._api.close()

    def get(self, provider_id: str) -> RawMail:
        try:
            return self._find(provider_id)
        except RefusedCallError:
            raise MessageError("message_refused") from None

    def close(self) -> None:
        """Hang up after `get`; `pages` does so by itself."""
        self._api.close()

    def _walk(self, cursor: Cursor) -> Iterator[Page]:
        folders = self._api.folders()
        before, cursor = cursor, self._brought_up(cursor, folders)
        cursor = yield from self._drain(cursor)
        for folder in folders:
            cursor = yield from self._read(cursor, folder)
        if cursor != before:
            yield Page((), cursor)  # folders that moved on without any mail

    def _brought_up(self, cursor: Cursor, folders: list[Folder]) -> Cursor:
        """The cursor with what is there now: all folders before any mail, so that what moves is seen."""
        server = f"{self._login.username}@{self._login.host}:{self._login.port}"
        known = cursor.get("folders", {}) if cursor.get("server") == server else {}
        states = {
            folder.name: self._state(folder, known.get(folder.name), is_later=bool(cursor))
            for folder in folders
        }
        pending = [
            entry
            for entry in cursor.get("pending", ())
            if entry[0] in states and known.get(entry[0], {}).get("validity") == states[entry[0]]["validity"]
        ]
        careful = {"careful": True} if pending and cursor.get("careful") else {}
        listed = cursor.get("listed", 0)
        return {"server": server, "folders": states, "pending": pending, "listed": listed, **careful}

    def _state(self, folder: Folder, known: State | None, *, is_later: bool) -> State:
        """A folder's state with what is new in it still to be looked at."""
        now = self._api.numbers(folder.name)
        if known is None or known["validity"] != now.validity:
            return self._from_the_start(folder, now, is_later=is_later)
        if now.next_uid <= known["next"] or self.scope.before is not None:
            return known
        fresh = [known["next"], now.next_uid - 1]
        # What came meanwhile is looked at like the rest of a folder that is not done yet.
        return {**known, "next": now.next_uid, "left": [*known.get("left", ()), fresh]}

    def _from_the_start(self, folder: Folder, now: Numbers, *, is_later: bool) -> State:
        """The state of a folder that is new to us, or has been renumbered."""
        last, since, before = self.mailbox.last_success_at, self.scope.since, self.scope.before
        is_again = is_later and last is not None and before is None
        if is_again and last is not None:
            since = max(last - OVERLAP, since)
        self._open(folder.name, now.validity)
        # A server's days begin at its own midnight.
        uids = self._api.received((since - DAY).date(), before and (before + 2 * DAY).date())
        numbers = {"validity": now.validity, "next": now.next_uid}
        return {**numbers, "left": ranges_of(uids), "search": not is_again} if uids else numbers

    def _read(self, cursor: Cursor, folder: Folder) -> Generator[Page, None, Cursor]:
        """Hand over what is still to be looked at in a folder; gives the cursor behind it."""
        while "left" in (state := cursor["folders"][folder.name]):
            uids, left = take_last(state["left"], LOOK_SIZE)
            try:
                entries, failed = self._look(folder, state, uids)
            except TemporaryError:
                # A search can take longer than we wait, and would again: next time it goes without.
                yield Page((), _with(cursor, folder.name, {**state, "search": False}))
                raise
            done = {"validity": state["validity"], "next": state["next"]}
            following = {**state, "left": left} if left else done
            cursor = {
                **_with(cursor, folder.name, following),
                "pending": [*cursor["pending"], *entries],
                "listed": cursor["listed"] + len(entries),
            }
            yield Page((), cursor, tuple(failed), estimated_total=cursor["listed"])
            cursor = yield from self._drain(cursor)
        return cursor

    def _look(
        self, folder: Folder, state: State, uids: list[int]
    ) -> tuple[list[Entry], list[tuple[str, str]]]:
        """What of `uids` is to be fetched, newest first, and what could not even be listed."""
        self._open(folder.name, state["validity"])
        heads, unlisted = looking.heads(self._api, uids)
        fresh = self._fresh(heads)
        if folder.is_sent:
            wanted = [head for head in fresh if self._is_of_linked(head)]
        else:
            search = bool(state.get("search"))
            wanted = looking.wanted(self._api, fresh, self.scope, search=search)
        self._seen |= {head.provider_id for head in wanted}
        failed = [(_locator(folder.name, state["validity"], uid), "message_damaged") for uid in unlisted]
        entries = [self._entry(head, folder) for head in reversed(wanted)]  # what is answered, before answers
        return entries[::-1], failed

    def _fresh(self, heads: list[Head]) -> list[Head]:
        """What was not taken before, in whatever folder, and is not older than what is asked for."""
        ids = {head.provider_id for head in heads}
        stored = Message.objects.filter(mailbox=self.mailbox, provider_id__in=ids)
        known = self._seen | set(stored.values_list("provider_id", flat=True))
        by_id = {
            head.provider_id: head
            for head in heads
            if head.provider_id not in known and self._is_asked_for(head.received_at)
        }
        return list(by_id.values())

    def _is_asked_for(self, received_at: datetime) -> bool:
        before = self.scope.before
        return received_at >= self.scope.since and (before is None or received_at < before)

    def _is_of_linked(self, head: Head) -> bool:
        return is_linked(self.mailbox, head.thread_id) or answers_linked(head, self.mailbox)

    def _entry(self, head: Head, folder: Folder) -> Entry:
        thread = next((self._threads[each] for each in head.answers if each in self._threads), "")
        thread = thread or thread_of(head, self.mailbox)
        self._threads[head.message_id or head.provider_id] = thread
        received = head.received_at.timestamp()
        return [folder.name, head.uid, head.size, head.provider_id, thread, received, folder.is_sent]

    def _drain(self, cursor: Cursor) -> Generator[Page, None, Cursor]:
        """Hand over the pending messages page by page; gives the cursor without them."""
        while pending := cursor["pending"]:
            entries = _page_of(pending, 1 if cursor.get("careful") else PAGE_SIZE)
            folder = entries[0][0]
            self._open(folder, cursor["folders"][folder]["validity"])
            try:
                mails, failed = self._fetched(entries)
            except TemporaryError as error:
                if error.code in CUT_OFF:
                    yield _without_the_culprit(cursor, entries)
                raise
            cursor = {**cursor, "pending": pending[len(entries) :]}
            yield Page(mails, cursor, failed, cursor["listed"])
        return {name: value for name, value in cursor.items() if name != "careful"}

    def _fetched(self, entries: list[Entry]) -> tuple[tuple[RawMail, ...], tuple[tuple[str, str], ...]]:
        """The mails and failures of entries of the open folder; what is gone is left out."""
        found = looking.sources(self._api, [entry[1] for entry in entries])
        mails: list[RawMail] = []
        failed: list[tuple[str, str]] = []
        for entry in (each for each in entries if each[1] in found):
            try:
                mails.append(self._raw(entry, found[entry[1]]))
            except MessageError as error:
                failed.append((entry[3], error.code))
        return tuple(mails), tuple(failed)

    def _raw(self, entry: Entry, content: bytes | None) -> RawMail:
        """Raises MessageError where the server would not give the source."""
        _, _, _, provider_id, thread_id, received, sent = entry
        if content is None:
            raise MessageError("message_refused")
        received_at = datetime.fromtimestamp(received, UTC)
        trusted = trusted_hosts(self._login.host, content)
        return RawMail(provider_id, thread_id, content, received_at, sent=sent, trusted_authserv=trusted)

    def _open(self, folder: str, validity: int) -> None:
        """Open a folder for reading. Raises TemporaryError where it was renumbered since it was listed."""
        if self._api.examined != folder and self._api.examine(folder) != validity:
            raise TemporaryError("folder_renumbered")

    def _find(self, provider_id: str) -> RawMail:
        """One message, wherever it is now. Raises MessageError."""
        for folder in self._api.folders():
            validity = self._api.examine(folder.name)
            uids = self._candidates(provider_id, folder, validity)
            for head in looking.heads(self._api, uids)[0]:
                if provider_id in {head.provider_id, _locator(folder.name, validity, head.uid)}:
                    return self._raw(self._entry(head, folder), self._source(head.uid))
        raise MessageError("message_gone")

    def _source(self, uid: int) -> bytes | None:
        """The source of one message of the open folder; None where it is refused, or hung up over."""
        try:
            return looking.sources(self._api, [uid]).get(uid)
        except TemporaryError as error:
            if error.code in CUT_OFF:
                return None
            raise

    def _candidates(self, provider_id: str, folder: Folder, validity: int) -> list[int]:
        place = _locator(folder.name, validity, 0).rpartition(".")[0] + "."
        if provider_id.startswith(place):
            return [int(provider_id.removeprefix(place))]
        if _is_locator(provider_id):
            return []
        day = day_of(provider_id)
        if day is None:
            return self._api.received((self.scope.since - DAY).date())
        return self._api.dated(day - DAY, day + 2 * DAY)


def _with(cursor: Cursor, folder: str, state: State) -> Cursor:
    """The cursor with another state of a folder."""
    return {**cursor, "folders": {**cursor["folders"], folder: state}}


def _without_the_culprit(cursor: Cursor, entries: list[Entry]) -> Page:
    """Where to go on after the server hung up while it handed out `entries`: from now on one by one, and
    past a single one, which is tried again like other failures."""
    if len(entries) > 1:
        return Page((), {**cursor, "careful": True})
    failed = ((str(entries[0][3]), "message_refused"),)
    return Page((), {**cursor, "careful": True, "pending": cursor["pending"][1:]}, failed)


def _page_of(pending: Sequence[Entry], size: int) -> list[Entry]:
    """As many of the first entries, all of one folder, as are fetched together."""
    found: list[Entry] = []
    room = PAGE_BYTES
    for entry in pending[:size]:
        room -= min(entry[2], looking.MAX_SOURCE)
        if found and (room < 0 or entry[0] != found[0][0]):
            break
        found.append(entry)
    return found


def _locator(folder: str, validity: int, uid: int) -> str:
    """What a message is called that could not be listed, so that it can be tried again."""
    return f"uid.{digest(folder)[:16]}.{validity}.{uid}"


def _is_locator(provider_id: str) -> bool:
    return provider_id.startswith("uid.")
