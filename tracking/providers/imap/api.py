"""Calls of an IMAP server, with errors as the sync knows them. Nothing here can change a mailbox."""

from __future__ import annotations

import contextlib
import imaplib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Any, TypeVar

from django.utils import timezone
from imapclient.exceptions import LoginError

from accounts.grants import Login
from tracking.providers import OverBudgetError, TemporaryError
from tracking.providers.budgets import Budget
from tracking.providers.imap.errors import busy, connection_error, login_refusal
from tracking.providers.imap.wire import Client, InsecureServerError, PasswordNotTakenError

CROWDED = timedelta(seconds=30)  # until there may be room for another connection
TRIAL_SECONDS = 15.0
INBOX = "INBOX"
ARCHIVE, SENT = b"\\Archive", b"\\Sent"  # special uses (RFC 6154)
USUAL_NAMES = {
    ARCHIVE: ("Archive", "Archives", "INBOX.Archive"),
    SENT: ("Sent", "Sent Items", "Sent Messages", "INBOX.Sent"),
}
UNSELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})

Fetched = dict[bytes, Any]
T = TypeVar("T")


class RefusedCallError(Exception):
    """The server refused this very command, or answered it in a way that cannot be read."""


@dataclass(frozen=True)
class Folder:
    """One folder to be read. `is_sent` is that of what the user sent."""

    name: str
    is_sent: bool = False


@dataclass(frozen=True)
class Numbers:
    """UIDs of a folder mean nothing beside another `validity`; new mail gets `next_uid` or more."""

    validity: int
    next_uid: int


def try_login(login: Login) -> None:
    """Sign in and look at the inbox, while somebody waits. Raises TemporaryError and NeedsReconnectError."""
    api = ImapApi(login, seconds=TRIAL_SECONDS)
    try:
        api.examine(INBOX)
    except RefusedCallError:
        raise TemporaryError("inbox_missing") from None
    finally:
        api.close()


class ImapApi:
    """One mailbox; connects with the first call. All calls raise TemporaryError and NeedsReconnectError."""

    def __init__(self, login: Login, budget: Budget | None = None, seconds: float = inf) -> None:
        self._login, self._budget, self._seconds = login, budget or Budget(), seconds
        self._client: Any = None
        self._place = contextlib.ExitStack()  # among the connections at once
        self._examined = ""

    def close(self) -> None:
        """Say goodbye and hang up; the next call connects anew."""
        client, self._client, self._examined = self._client, None, ""
        if client is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.logout()
            client.shutdown()
        self._place.close()

    def folders(self) -> list[Folder]:
        """The inbox, the archive and, last, what was sent, as far as the server tells of them."""
        listed = self._call(lambda client: client.list_folders())
        archive, sent = _special(listed, ARCHIVE), _special(listed, SENT)
        found = [Folder(INBOX)]
        found += [Folder(archive)] if archive and archive != sent else []
        return [*found, *([Folder(sent, is_sent=True)] if sent else [])]

    def numbers(self, folder: str) -> Numbers:
        """Where a folder stands, without opening it. Raises RefusedCallError."""
        status = self._call(lambda client: client.folder_status(folder, ["UIDVALIDITY", "UIDNEXT"]))
        try:
            return Numbers(int(status[b"UIDVALIDITY"]), int(status[b"UIDNEXT"]))
        except (KeyError, TypeError, ValueError):
            raise RefusedCallError from None

    def examine(self, folder: str) -> int:
        """Open a folder for reading only; give its UIDVALIDITY. Raises RefusedCallError."""
        self._examined = ""
        answer = self._call(lambda client: client.select_folder(folder, readonly=True))
        self._examined = folder
        return int(answer.get(b"UIDVALIDITY", 0))

    @property
    def examined(self) -> str:
        """The folder that is open."""
        return self._examined

    def received(self, since: date, before: date | None = None, words: Sequence[str] = ()) -> list[int]:
        """UIDs of what came into the open folder on the day `since` or later, and before `before`.

        With `words`, those that name all of them in sender or subject. Raises RefusedCallError.
        """
        named = [part for word in words for part in ("OR", "FROM", word, "SUBJECT", word)]
        charset = None if all(map(str.isascii, words)) else "UTF-8"
        return self._found(["SINCE", since, *(["BEFORE", before] if before else []), *named], charset)

    def dated(self, first: date, last: date) -> list[int]:
        """UIDs of what names a date from `first` to `last` as its own."""
        return self._found(["SENTSINCE", first, "SENTBEFORE", last])

    def saying(self, uids: Sequence[int], phrases: Sequence[str]) -> list[int]:
        """Which of `uids` hold any of the phrases in their text, by the server's own search.

        Raises RefusedCallError.
        """
        among = ",".join(map(str, uids))
        said: list[Any] = ["BODY", phrases[-1]]
        for phrase in reversed(phrases[:-1]):
            said = ["OR", "BODY", phrase, *said]
        charset = None if all(map(str.isascii, phrases)) else "UTF-8"
        return self._found(["UID", among, *said], charset)

    def fetch(self, uids: Iterable[int], *items: str) -> dict[int, Fetched]:
        """These items of those of `uids` that are still there. Raises RefusedCallError."""
        wanted = list(uids)
        answer: dict[int, Fetched] = self._call(lambda client: client.fetch(wanted, items)) if wanted else {}
        return answer

    def _found(self, criteria: list[Any], charset: str | None = None) -> list[int]:
        return sorted({int(uid) for uid in self._call(lambda client: client.search(criteria, charset))})

    def _call(self, call: Callable[[Any], T]) -> T:
        if self._client is None:
            self._connect()
        self._budget.reserve(1, timezone.now())  # there is no limit: it counts
        try:
            return call(self._client)
        except (imaplib.IMAP4.abort, OSError) as error:
            self._hang_up()
            raise connection_error(error) from None
        except (imaplib.IMAP4.error, ValueError, TypeError, LookupError) as error:
            if later := busy(str(error)):
                raise later from None
            raise RefusedCallError from None

    def _connect(self) -> None:
        at = timezone.now()
        with contextlib.ExitStack() as place:
            if not place.enter_context(self._budget.slot(at)):
                raise OverBudgetError("paced", at + CROWDED)
            self._client = _signed_in(self._login, self._seconds)
            self._place = place.pop_all()

    def _hang_up(self) -> None:
        """After a break nothing more of the connection can be believed."""
        client, self._client, self._examined = self._client, None, ""
        client.shutdown()
        self._place.close()


def _signed_in(login: Login, seconds: float) -> Client:
    try:
        return Client(login, seconds)
    except LoginError as error:
        raise login_refusal(error) from None
    except (InsecureServerError, PasswordNotTakenError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise connection_error(error) from None


def _special(listed: Iterable[tuple[Sequence[bytes], bytes, str]], use: bytes) -> str:
    """The folder the server marks with this use; where it marks none so, one with a usual name."""
    there = [
        (flags, name) for flags, _, name in listed if not UNSELECTABLE & {flag.lower() for flag in flags}
    ]
    marked = [name for flags, name in there if use.lower() in {flag.lower() for flag in flags}]
    usual = [name for _, name in there if name.casefold() in map(str.casefold, USUAL_NAMES[use])]
    return next(iter([*marked, *usual]), "")
