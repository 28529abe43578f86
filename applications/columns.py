"""The columns of the table: which there are, how each sorts, and which a user wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, When
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from accounts.models import User
from applications.models import ListColumns
from applications.status import Status


@dataclass(frozen=True)
class TableColumn:
    """One column; `order` is what the database sorts by."""

    key: str
    label: StrPromise
    order: Any


# Names sort as people read them, statuses in the order of a way through them.
_STATUS = Case(*(When(status=status, then=place) for place, status in enumerate(Status)))
COLUMNS = {
    column.key: column
    for column in (
        TableColumn("company", _("Company"), Lower("company")),
        TableColumn("title", _("Job title"), Lower("title")),
        TableColumn("status", _("Status"), _STATUS),
        TableColumn("applied", _("Applied"), F("applied_on")),
        TableColumn("moved", _("Status moved"), F("status_at")),
        TableColumn("activity", _("Last activity"), F("last_activity_at")),
        TableColumn("emails", _("E-mails"), F("mail_count")),
        TableColumn("location", _("Location"), Lower("location")),
        TableColumn("requisition", _("Requisition"), Lower("requisition")),
        TableColumn("source", _("Source"), F("source")),
        TableColumn("added", _("Added"), F("created_at")),
    )
}
ALWAYS = "company"
OPTIONAL = [column for column in COLUMNS.values() if column.key != ALWAYS]
USUAL = ["title", "status", "applied", "moved", "activity", "emails"]
DEFAULT_SORT = "-activity"


@dataclass(frozen=True)
class Heading:
    """One column of the table as shown; `sort` is what a click on it asks for."""

    key: str
    label: str
    sort: str
    direction: str  # "ascending", "descending" or ""


def chosen(user: User) -> list[str]:
    """The keys of the columns `user` wants beside the company, in the order of COLUMNS."""
    kept = ListColumns.objects.of(user).values_list("columns", flat=True).first()
    return _known(USUAL if kept is None else kept)


def choose(user: User, keys: Iterable[str]) -> None:
    """Remember which columns `user` wants; unknown keys are left out."""
    ListColumns.objects.update_or_create(user=user, defaults={"columns": _known(keys)})


def headings(sort: str, keys: Iterable[str]) -> list[Heading]:
    """The columns to show, with the one that `sort` names marked and ready to be turned round."""
    name, descending = parse_sort(sort)
    return [_heading(COLUMNS[key], key == name, descending) for key in (ALWAYS, *keys)]


def parse_sort(sort: str) -> tuple[str, bool]:
    """(key of COLUMNS, whether descending); anything unknown is the default."""
    name = sort if sort.removeprefix("-") in COLUMNS else DEFAULT_SORT
    return name.removeprefix("-"), name.startswith("-")


def _heading(column: TableColumn, is_current: bool, descending: bool) -> Heading:
    if not is_current:
        return Heading(column.key, str(column.label), column.key, "")
    turned = column.key if descending else f"-{column.key}"
    return Heading(column.key, str(column.label), turned, "descending" if descending else "ascending")


def _known(keys: Iterable[str]) -> list[str]:
    wanted = set(keys)
    return [column.key for column in OPTIONAL if column.key in wanted]
