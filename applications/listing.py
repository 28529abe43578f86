"""A user's applications as the board and the list show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Q, When, Window
from django.db.models.functions import Lower, RowNumber

from accounts.models import User
from applications.models import Application, ApplicationQuerySet
from applications.status import Status

CARDS_A_COLUMN = 20
SORTS = {
    "company": ("Company", "company"),
    "title": ("Job title", "title"),
    "status": ("Status", "status"),
    "applied": ("Applied", "applied_on"),
    "moved": ("Status moved", "status_at"),
    "activity": ("Last activity", "last_activity_at"),
}
DEFAULT_SORT = "-activity"


@dataclass(frozen=True)
class Heading:
    """One sortable column of the list; `sort` is what a click on it asks for."""

    key: str
    label: str
    sort: str
    direction: str  # "ascending", "descending" or ""


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
        rows = rows.filter(
            Q(company__icontains=word) | Q(title__icontains=word) | Q(location__icontains=word)
        )
    return rows


def board(rows: ApplicationQuerySet) -> list[Column]:
    """`rows` by status, the latest activity first, in two queries whatever their number."""
    totals: dict[str, int] = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    position = Window(RowNumber(), partition_by=F("status"), order_by=F("last_activity_at").desc())
    cards: dict[str, list[Application]] = {status: [] for status in Status}
    for card in with_mail_count(rows).annotate(position=position).filter(position__lte=CARDS_A_COLUMN):
        cards[card.status].append(card)
    return [Column(status, cards[status], totals.get(status, 0)) for status in Status]


def in_order(rows: ApplicationQuerySet, sort: str) -> Any:
    """`rows` by `sort`: a key of SORTS, with a minus for descending; anything else is the default."""
    name, descending = _parse(sort)
    field = _ORDER.get(name, F(SORTS[name][1]))
    first = field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)
    return with_mail_count(rows).order_by(first, "-created_at", "pk")


def headings(sort: str) -> list[Heading]:
    """The columns to sort by, with the one that `sort` names marked and ready to be turned round."""
    name, descending = _parse(sort)
    direction = "descending" if descending else "ascending"
    return [
        Heading(
            key,
            label,
            f"-{key}" if key == name and not descending else key,
            direction if key == name else "",
        )
        for key, (label, _) in SORTS.items()
    ]


def with_mail_count(rows: ApplicationQuerySet) -> Any:
    """`rows`, each with the number of e-mails linked to it as `mail_count`."""
    return rows.defer("notes").annotate(mail_count=Count("messages"))


def _parse(sort: str) -> tuple[str, bool]:
    """(key of SORTS, whether descending)."""
    name = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    return name.removeprefix("-"), name.startswith("-")


# Names sort as people read them, statuses in the order of a way through them.
_ORDER: dict[str, Any] = {
    "company": Lower("company"),
    "title": Lower("title"),
    "status": Case(*(When(status=status, then=place) for place, status in enumerate(Status))),
}
