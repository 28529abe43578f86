"""Of what a provider listed: what is wanted, and fetching as much of it as one page holds, one by one or
several at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracking.mail import RawMail
from tracking.models import Mailbox, Thread
from tracking.providers import MessageError, ProviderError
from tracking.providers.calling import Token

PAGE_SECONDS = 20.0  # after which a page is handed over as it is: a lease is short
AHEAD = 2  # pages asked for at most: while one is judged and stored, the next is on its way

Entry = TypeVar("Entry")
Found = TypeVar("Found")


def is_linked(mailbox: Mailbox, thread_id: str) -> bool:
    """Whether this conversation of the provider belongs to an application."""
    threads = Thread.objects.filter(mailbox=mailbox, provider_id=thread_id)
    return threads.exclude(application=None).exists()


class _StaleTokenError(Exception):
    """A thread that fetches was refused its token: who made it has to get another."""


class HeldToken:
    """The access token of one account for several threads. Only the thread that made this asks `token` for
    one, since that takes a database connection; the others use what is held.
    """

    def __init__(self, token: Token) -> None:
        self._token, self._held = token, ""
        self._owner = threading.get_ident()

    def __call__(self, refused: bool) -> str:
        if threading.get_ident() == self._owner:
            self._held = self._token(refused)
        elif refused:
            raise _StaleTokenError
        return self._held


@dataclass
class Batch(Generic[Entry]):
    """What was fetched and what is `left`. `problem` stopped it; it is raised after the page is stored."""

    left: list[Entry]
    mails: list[RawMail] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    problem: ProviderError | None = None


def fetch_batch(
    pending: Sequence[Entry],
    size: int,
    fetch: Callable[[Entry], RawMail | None],
    name: Callable[[Entry], str],
) -> Batch[Entry]:
    """Fetch up to `size` of `pending`; `fetch` gives None for what is not wanted after all.

    One message's failure stands under its `name`; one that is gone is no failure.
    """
    batch = Batch(list(pending))
    begun = time.monotonic()
    for entry in pending[:size]:
        if batch.mails and time.monotonic() - begun > PAGE_SECONDS:
            break
        try:
            mail = fetch(entry)
            batch.mails += [mail] if mail is not None else []
        except MessageError as error:
            batch.failed += [(name(entry), error.code)] if error.code != "message_gone" else []
        except ProviderError as error:
            batch.problem = error
            break
        batch.left.remove(entry)
    return batch


@dataclass
class Answers(Generic[Entry, Found]):
    """What was `found` and what is `left`. `problem` stopped it; it is raised after the page is stored."""

    left: list[Entry]
    found: list[tuple[Entry, Found]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    problem: ProviderError | None = None


class Fetcher(Generic[Entry, Found]):
    """Fetches entries by `at_once` threads, also some ahead of their page. Results come in order.

    `fetch` makes one call and touches no database; `name` tells entries apart.
    """

    def __init__(self, fetch: Callable[[Entry], Found], name: Callable[[Entry], str], at_once: int) -> None:
        self._fetch, self._name, self._at_once = fetch, name, max(1, at_once)
        self._threads: ThreadPoolExecutor | None = None
        self._running: dict[str, Future[Found]] = {}

    def batch(self, pending: Sequence[Entry], size: int) -> Answers[Entry, Found]:
        """Fetch up to `size` of `pending`. After a problem nothing more is given, also of what had come:
        what is found of a mail depends on those before it, so none may overtake another.

        One message's failure stands under its name; one that is gone is no failure.
        """
        batch: Answers[Entry, Found] = Answers([])
        begun, taken = time.monotonic(), 0
        self._begin(pending[: AHEAD * size])
        for entry in pending:
            late = bool(batch.found) and time.monotonic() - begun > PAGE_SECONDS
            if batch.problem is None and not late and taken < size and self._take(entry, batch):
                taken += 1
            else:
                batch.left.append(entry)
        if batch.problem is not None:
            self._call_off()
        return batch

    def close(self) -> None:
        """Ask for nothing more, wait for what is on its way and forget it."""
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        self._threads, self._running = None, {}

    def _begin(self, entries: Sequence[Entry]) -> None:
        self._threads = self._threads or ThreadPoolExecutor(self._at_once, thread_name_prefix="fetch")
        for entry in entries:
            name = self._name(entry)
            if name not in self._running:
                self._running[name] = self._threads.submit(self._fetch, entry)

    def _call_off(self) -> None:
        """Ask for nothing more; what is on its way is not wanted any longer."""
        for running in self._running.values():
            running.cancel()
        self._running = {}

    def _take(self, entry: Entry, batch: Answers[Entry, Found]) -> bool:
        """Put one result where it belongs; False where it is still to be fetched."""
        try:
            batch.found.append((entry, self._result(entry)))
        except MessageError as error:
            batch.failed += [(self._name(entry), error.code)] if error.code != "message_gone" else []
        except ProviderError as error:
            batch.problem = error
            return False
        return True

    def _result(self, entry: Entry) -> Found:
        try:
            return self._running.pop(self._name(entry)).result()
        except _StaleTokenError:
            return self._fetch(entry)  # here, where another token can be had


def mails_of(
    batch: Answers[Entry, Found], read: Callable[[Entry, Found], RawMail | None], name: Callable[[Entry], str]
) -> tuple[tuple[RawMail, ...], tuple[tuple[str, str], ...]]:
    """The mails and failures of a batch; `read` gives None for what is not wanted after all."""
    mails: list[RawMail] = []
    failed = list(batch.failed)
    for entry, found in batch.found:
        try:
            mail = read(entry, found)
            mails += [mail] if mail is not None else []
        except MessageError as error:
            failed.append((name(entry), error.code))
    return tuple(mails), tuple(failed)
