"""A live listing of what a mailbox received in a period: who wrote, about what and when; newest first.

Nothing of it is stored. A page is a bounded number of calls, within the same budgets as a sync.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from tracking.mail import Address, Mail
from tracking.providers import Cursor

PAGE_SIZE = 20  # messages that a page looks at
PATIENCE = 2.0  # seconds of waiting for one call: somebody waits for the page

Entry = TypeVar("Entry")
Stored = Callable[[Sequence[str]], set[str]]  # which of these ids are taken in


@dataclass(frozen=True)
class Span:
    """A period from `since` up to and without `before`; with `words`, mail that holds all of them."""

    since: datetime
    before: datetime
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """One message as its mailbox lists it."""

    provider_id: str
    sender: Address
    subject: str
    received_at: datetime

    @classmethod
    def of(cls, mail: Mail) -> Head:
        return cls(mail.provider_id, mail.sender, mail.subject, mail.received_at)


@dataclass(frozen=True)
class Listing:
    """One page, and where the next one begins; None behind the last."""

    heads: tuple[Head, ...]
    following: Cursor | None


class Lister(Protocol):
    """A mailbox opened for such a listing."""

    def page(self, span: Span, cursor: Cursor, stored: Stored) -> Listing:
        """What came in `span` and is not `stored`, from `cursor` on ({} = from its end).

        Raises ProviderError, in any of its kinds.
        """

    def close(self) -> None:
        """Give back what the listing has taken up."""


def cut(entries: Sequence[Entry], when: Callable[[Entry], datetime]) -> tuple[list[Entry], Cursor | None]:
    """The newest of `entries`, about a page of them, and the cursor behind them.

    A page ends with a full second, so that the next one can begin before it and misses nothing.
    """
    ordered = sorted(entries, key=when, reverse=True)
    if len(ordered) <= PAGE_SIZE:
        return ordered, None
    edge = when(ordered[PAGE_SIZE - 1]).replace(microsecond=0)
    found = [entry for entry in ordered if when(entry) >= edge]
    return found, {"before": edge.timestamp()} if len(found) < len(ordered) else None


def before_of(cursor: Cursor, span: Span) -> datetime:
    """Before when a page ends that a cursor of `cut` begins."""
    stamp = cursor.get("before")
    return min(span.before, datetime.fromtimestamp(stamp, UTC)) if stamp else span.before


def arrange(heads: Sequence[Head], following: Cursor | None, stored: Stored) -> Listing:
    """The page of `heads` without what is stored."""
    known = stored([head.provider_id for head in heads]) if heads else set()
    left = [head for head in heads if head.provider_id not in known]
    return Listing(tuple(sorted(left, key=lambda head: head.received_at, reverse=True)), following)
