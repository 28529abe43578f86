"""What an account export says about applications."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from accounts.models import User
from applications.models import Application, Event, Import, ListColumns, Task


def applications(user: User) -> list[dict[str, Any]]:
    """Every application of `user`, archived ones too, with its whole timeline and its tasks."""
    rows = Application.objects.of(user).order_by("created_at").prefetch_related("events", "tasks")
    return [_application(row) for row in rows]


def imports(user: User) -> list[dict[str, Any]]:
    """The files of applications `user` uploaded: what became of them, and the rows of one still waiting."""
    return [_fields(row, "user_id") for row in Import.objects.of(user).order_by("created_at")]


def columns(user: User) -> list[str] | None:
    """The columns of the table `user` chose; None where they never chose."""
    return ListColumns.objects.of(user).values_list("columns", flat=True).first()  # type: ignore[no-any-return]


def _application(row: Application) -> dict[str, Any]:
    events: list[Event] = sorted(row.events.all(), key=lambda event: (event.occurred_at, event.recorded_at))
    tasks: list[Task] = list(row.tasks.all())
    return _fields(row, "user_id") | {
        "events": [_fields(event, "application_id") for event in events],
        "tasks": [_fields(task, "application_id", "user_id") for task in tasks],
    }


def _fields(row: Model, *left_out: str) -> dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields if field.attname not in left_out]
    return {name: getattr(row, name) for name in names}
