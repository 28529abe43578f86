"""A user's applications as the board and the list show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from applications.models import Application, ApplicationQuerySet
from applications.status import Status

CARDS_A_COLUMN = 20
SORTS = {
    "company": "company",
    "title": "title",
    "status": "status",
    "applied": "applied_on",
    "moved": "status_at",
    "activity": "last_activity_at",
}
DEFAULT_SORT = "-activity"


@dataclass(frozen=True)
class Column:
    """One status of the board: its newest cards, and how many applications there are in all."""

    status: Status
    cards: list[Application]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


def found(user: User, *, query: str = "", status: str = "", archived: bool = False) -> ApplicationQuerySet:
    """The user's applications that hold every word of `query` in company, title or location."""
    rows: ApplicationQuerySet = Application.objects.of(user).filter(archived_at__isnull=not archived)
    if status:
        rows = rows.filter(status=status)
    for word in query.split()[:8]:
        rows = rows.filter(Q(company__icontains=word) | Q(title__icontains=word) | Q(location__icontains=word))
    return rows


def board(rows: ApplicationQuerySet) -> list[Column]:
    """`rows` by status, the latest activity first, in two queries whatever their number."""
    totals: dict[str, int] = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    position = Window(RowNumber(), partition_by=F("status"), order_by=F("last_activity_at").desc())
    cards: dict[str, list[Application]] = {status: [] for status in Status}
    for card in with_mail_count(rows).annotate(position=position).filter(position__lte=CARDS_A_COLUMN):
        cards[card.status].append(card)
    return [Column(status, cards[status], totals.get(status, 0)) for status in Status]


def in_order(rows: ApplicationQuerySet, sort: str) -> ApplicationQuerySet:
    """`rows` by `sort`: a key of SORTS, with a minus for descending; anything else is the default."""
    name = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    field = F(SORTS[name.removeprefix("-")])
    first = field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True)
    return with_mail_count(rows).order_by(first, "-created_at", "pk")


def with_mail_count(rows: ApplicationQuerySet) -> Any:
    """`rows`, each with the number of e-mails linked to it as `mail_count`."""
    return rows.defer("notes").annotate(mail_count=Count("messages"))
