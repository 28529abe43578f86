"""A user's applications as the board, the cards and the table show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from applications import silence
from applications.columns import COLUMNS, parse_sort
from applications.models import Application, ApplicationQuerySet
from applications.status import CLOSED, Status

CARDS_OPEN, CARDS_CLOSED = 7, 3  # cards of a column before "show all"
WORDS = 8


@dataclass(frozen=True)
class Filters:
    """What narrows the list. Values that make no sense narrow nothing."""

    query: str = ""
    status: str = ""
    source: str = ""
    archived: bool = False
    quiet: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """The filters that the query string of an address asks for."""
        status, source = asked.get("status", ""), asked.get("source", "")
        return cls(
            query=asked.get("q", "").replace("\x00", "").strip()[:200],
            status=status if status in set(Status) else "",
            source=source if source in Application.Source.values else "",
            archived=asked.get("archived") == "1",
            quiet=asked.get("quiet") == "1",
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.query or self.status or self.source or self.quiet)


@dataclass(frozen=True)
class Column:
    """One status of the board: its newest cards, and how many applications there are in all."""

    status: Status
    cards: list[Application]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


def found(user: User, filters: Filters, at: datetime) -> Any:
    """The user's applications that pass `filters`; each word counts in company, title or location."""
    rows: ApplicationQuerySet = Application.objects.of(user).filter(archived_at__isnull=not filters.archived)
    exact = {"status": filters.status, "source": filters.source}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    for word in filters.query.split()[:WORDS]:
        rows = rows.filter(
            Q(company__icontains=word) | Q(title__icontains=word) | Q(location__icontains=word)
        )
    return silence.quiet(rows, at) if filters.quiet else rows


def board(user: User, rows: Any, at: datetime) -> list[Column]:
    """`rows` by status, the latest activity first, in as many queries whatever their number."""
    totals: dict[str, int] = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    position = Window(RowNumber(), partition_by=F("status"), order_by=F("last_activity_at").desc())
    placed = rows.annotate(position=position).filter(
        Q(position__lte=CARDS_CLOSED) | Q(position__lte=CARDS_OPEN) & ~Q(status__in=CLOSED)
    )
    cards: dict[str, list[Application]] = {status: [] for status in Status}
    for card in dressed(user, placed.values_list("pk", flat=True), at):
        cards[card.status].append(card)
    return [Column(status, cards[status], totals.get(status, 0)) for status in Status]


def in_order(rows: Any, sort: str) -> Any:
    """`rows` by `sort`: a key of COLUMNS, with a minus for descending; anything else is the default."""
    name, descending = parse_sort(sort)
    field = COLUMNS[name].order
    first = field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)
    counted = rows.annotate(mail_count=Count("messages")) if name == "emails" else rows
    return counted.order_by(first, "-created_at", "pk")


def dressed(user: User, ids: Iterable[UUID], at: datetime) -> list[Application]:
    """These applications of `user`, latest activity first, with what a card says beside their own fields.

    `mail_count` is the number of e-mails linked, `thread_count` that of their conversations, `silent_days`
    how long no answer came (None if not long).
    """
    rows = Application.objects.of(user).filter(pk__in=list(ids)).defer("notes")
    counts = {"mail_count": Count("messages"), "thread_count": Count("messages__thread", distinct=True)}
    found = list(rows.annotate(**counts).order_by("-last_activity_at", "pk"))
    heard = silence.heard_at(row.pk for row in found)
    for row in found:
        row.silent_days = silence.silent_days(row, heard.get(row.pk), at)
    return found


def page_of(user: User, rows: Any, at: datetime) -> list[Application]:
    """The applications of one page of `in_order`, dressed, in its order."""
    ids = list(rows.values_list("pk", flat=True))
    place = {pk: number for number, pk in enumerate(ids)}
    return sorted(dressed(user, ids, at), key=lambda row: place[row.pk])
