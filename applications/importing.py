"""Taking in a file of applications: what each row would become, then all of it at once, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notifications import touch
from applications import adding, csvfile, reading
from applications.models import Application, Event, Import
from applications.status import Status

READY, DUPLICATE, INVALID, OVER = "ready", "duplicate", "invalid", "over"
UNFINISHED_FOR = timedelta(days=1)
MOST_VALUES = 40
_Statuses = dict[str, tuple[str, str]]  # as it is spelt: (as the file first has it, what it stands for)
AT_ONCE = timedelta(milliseconds=1)  # what the import itself recorded
_LIMITS = {"company": 200, "title": 200, "location": 200, "requisition": 80, "url": 1000}
_EARLIEST = date(1970, 1, 1)
_check_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken in: what such rows share, and what the file says where they differ."""

    what: str
    said: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.said}".strip()


@dataclass
class Row:
    """One line of the file: what it would become, and whether it is taken in."""

    number: int  # as a spreadsheet counts, the headings being 1
    values: dict[str, Any]
    archived: bool = False
    errors: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    outcome: str = READY


@dataclass
class Group:
    """All rows of a file with the same problem: (number, what the file says) of each."""

    what: str
    rows: list[tuple[int, str]] = field(default_factory=list)


class GoneError(Exception):
    """The import is over: taken in, or taken back, perhaps in another tab."""


def receive(user: User, filename: str, content: bytes, at: datetime) -> Import:
    """Keep what an uploaded file says until its owner has looked at it; raises csvfile.UnreadableError.

    What was uploaded before and never taken in is forgotten.
    """
    header, rows = csvfile.read(content)
    Import.objects.of(user).filter(imported_at=None).delete()
    made = Import(user=user, filename=filename[:200], header=header, rows=rows, created_at=at)
    made.mapping = guess(header, rows)
    made.save(force_insert=True)
    return made


def guess(header: list[str], rows: list[list[str]]) -> dict[str, Any]:
    """What the columns, statuses and dates of the file seem to mean."""
    columns = reading.guess_columns(header)
    days = _column(rows, columns, "applied_on")
    statuses = {value: reading.guess_status(value) for value in values_of(rows, columns, "status")}
    return {
        "columns": columns,
        "statuses": statuses,
        "day_first": reading.guess_day_first(days),
        "duplicates": False,
    }


def remap(
    batch: Import, columns: list[str], chosen: dict[str, str], day_first: bool, duplicates: bool
) -> None:
    """Take the owner's word for what the columns and statuses mean.

    `chosen` is {status in the file: status here}; what it does not name is guessed.
    """
    values = values_of(batch.rows, columns, "status")
    statuses = {value: chosen.get(value, reading.guess_status(value)) for value in values}
    batch.mapping = {
        "columns": columns,
        "statuses": statuses,
        "day_first": day_first,
        "duplicates": duplicates,
    }
    batch.save(update_fields=["mapping"])


def values_of(rows: list[list[str]], columns: list[str], name: str) -> dict[str, int]:
    """{value of one field in the file: how many rows have it}, whatever its case and spaces.

    Those that stand for no status of ours come first, then those of most rows; MOST_VALUES at most.
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for value in filter(None, _column(rows, columns, name)):
        counts[_spelt(value)] += 1
        first.setdefault(_spelt(value), value)
    found = [(first[key], number) for key, number in counts.most_common()]
    found.sort(key=lambda each: bool(reading.guess_status(each[0])))
    return dict(found[:MOST_VALUES])


def unknown_statuses(batch: Import) -> int:
    """How many different statuses of the file stand for none of ours yet."""
    return sum(not status for status in batch.mapping["statuses"].values())


def grouped(rows: list[Row]) -> list[Group]:
    """What is wrong with `rows`, each problem once, the one of most rows first."""
    groups: dict[str, Group] = {}
    for row in rows:
        for problem in row.errors:
            groups.setdefault(problem.what, Group(problem.what)).rows.append((row.number, problem.said))
    return sorted(groups.values(), key=lambda group: -len(group.rows))


def has_ambiguous_days(batch: Import) -> bool:
    """Whether its owner has to say if dates begin with the day or the month."""
    return reading.is_ambiguous(_column(batch.rows, batch.mapping["columns"], "applied_on"))


def preview(batch: Import, at: datetime) -> list[Row]:
    """What each row of the file would become if it were taken in at `at`."""
    statuses = {_spelt(value): (value, status) for value, status in batch.mapping["statuses"].items()}
    rows = [_row(number, cells, batch, statuses) for number, cells in enumerate(batch.rows, 2)]
    known = adding.Known(batch.user)
    left = adding.usage(batch.user, at).left
    for row in rows:
        row.outcome = _outcome(row, known, batch.mapping["duplicates"], left)
        if row.outcome == READY:
            known.add(row.values["company"], row.values["title"])
            left = None if left is None else left - 1
    return rows


def run(batch: Import, at: datetime) -> Import:
    """Add the applications of every row that is ready, all or none; raises GoneError if it was done."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=batch.user_id)  # the plan's limit counts in turn
        current: Import = Import.objects.of(batch.user).select_for_update().get(pk=batch.pk)
        if current.imported_at is not None:
            raise GoneError
        rows = preview(current, at)
        ready = [row for row in rows if row.outcome == READY]
        adding.add_many([_begin(current, row, at) for row in ready])
        current.skipped = Counter(row.outcome for row in rows if row.outcome != READY)
        current.added, current.imported_at, current.rows = len(ready), at, []
        current.save()
        touch(current.user_id)
        return current


def undo(batch: Import, at: datetime) -> int:
    """Remove the applications the import added, but for those used since; give how many were removed."""
    with transaction.atomic():
        current: Import = Import.objects.of(batch.user).select_for_update().get(pk=batch.pk)
        if current.imported_at is None or current.undone_at is not None:
            return 0
        untouched = untouched_of(current).values_list("pk", flat=True)
        Application.objects.of(batch.user).filter(pk__in=list(untouched)).delete()
        current.removed = current.added - current.applications.count()
        current.undone_at = at
        current.save(update_fields=["removed", "undone_at"])
        touch(current.user_id)
        return int(current.removed)


def untouched_of(batch: Import) -> Any:
    """The applications of an import that nothing has happened to since it was taken in."""
    if batch.imported_at is None:
        return Application.objects.none()
    rows = Application.objects.of(batch.user).filter(
        imported_by=batch, messages=None, suggested_messages=None
    )
    return rows.filter(tasks=None).exclude(events__recorded_at__gt=batch.imported_at + AT_ONCE)


def forget_unfinished(at: datetime) -> int:
    """Delete files that were uploaded and never taken in; give how many."""
    old = Import.objects.filter(imported_at=None, created_at__lt=at - UNFINISHED_FOR)
    return int(old.delete()[0])


def _spelt(value: str) -> str:
    """What is the same in every spelling of `value`."""
    return " ".join(value.split()).casefold()


def _column(rows: list[list[str]], columns: list[str], name: str) -> list[str]:
    if name not in columns:
        return []
    place = columns.index(name)
    return [row[place] for row in rows]


def _row(number: int, cells: list[str], batch: Import, statuses: _Statuses) -> Row:
    columns = batch.mapping["columns"]
    said = {name: cell.replace("\x00", "") for name, cell in zip(columns, cells, strict=True) if name}
    row = Row(number, {name: said.get(name, "") for name in ("company", "title", "location", "requisition")})
    row.archived = reading.is_yes(said.get("archived", ""))
    row.values["notes"] = said.get("notes", "")
    row.values["status"] = _status(row, said.get("status", ""), statuses)
    row.values["applied_on"] = _day(row, said.get("applied_on", ""), batch)
    row.values["url"] = _url(row, said.get("url", ""))
    row.errors += map(Problem, _complaints(row.values))
    return row


def _status(row: Row, value: str, statuses: _Statuses) -> Status:
    if not value:
        return Status.APPLIED
    name, chosen = statuses.get(_spelt(value), (value, ""))
    found = chosen or reading.guess_status(value)
    if found not in set(Status):
        words = _("The status “%(name)s” stands for none of ours yet.")
        row.errors.append(Problem(words % {"name": name[:40]}))
        return Status.APPLIED
    return Status(found)


def _day(row: Row, value: str, batch: Import) -> date | None:
    if not value or row.values["status"] == Status.SAVED:
        return None
    day = reading.day_of(value, batch.mapping["day_first"])
    today = batch.created_at.astimezone(batch.user.zone).date()
    if day is None or day < _EARLIEST:
        row.errors.append(Problem(_("The day of applying is no date we can read:"), f"“{value[:40]}”"))
    elif day > today + timedelta(days=1):
        row.errors.append(Problem(_("The day of applying has not come yet:"), day.isoformat()))
    return day


def _url(row: Row, value: str) -> str:
    """A link as it is; what is none moves to the notes, so that nothing is lost."""
    if not value:
        return ""
    url = value if urlsplit(value).scheme else f"https://{value}"
    try:
        _check_url(url)
    except (ValidationError, ValueError):
        row.values["notes"] = "\n".join(
            filter(None, [row.values["notes"], _("Link: %(url)s") % {"url": value}])
        )
        row.warnings.append(_("The link is no address; it goes into the notes."))
        return ""
    return url


def _complaints(values: dict[str, Any]) -> Iterator[str]:
    for name in ("company", "title"):
        if not values[name]:
            yield _("%(field)s is missing.") % {"field": _(csvfile.HEADINGS[name])}
    for name, limit in _LIMITS.items():
        if len(values[name]) > limit:
            words = _("%(field)s is longer than %(limit)s characters.")
            yield words % {"field": _(csvfile.HEADINGS[name]), "limit": limit}


def _outcome(row: Row, known: adding.Known, duplicates: bool, left: int | None) -> str:
    if row.errors:
        return INVALID
    if not duplicates and known.holds(row.values["company"], row.values["title"]):
        return DUPLICATE
    return OVER if left is not None and left <= 0 else READY


def _begin(batch: Import, row: Row, at: datetime) -> tuple[Application, list[Event]]:
    values = dict(row.values)
    status = Status(values.pop("status"))
    fields = {**values, "source": Application.Source.IMPORT, "imported_by": batch, "created_at": at}
    application = Application(user=batch.user, archived_at=at if row.archived else None, **fields)
    events = adding.beginning(application, status, at)
    if row.archived:
        events.append(
            Event(application=application, kind=Event.Kind.ARCHIVED, occurred_at=at, recorded_at=at)
        )
    return application, events
