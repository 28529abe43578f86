"""What an account export says about applications."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from applications.models import Application, Event


def applications(user: User) -> list[dict[str, Any]]:
    """Every application of `user`, archived ones too, with its whole timeline."""
    rows = Application.objects.of(user).order_by("created_at").prefetch_related("events")
    return [_application(row) for row in rows]


def _application(row: Application) -> dict[str, Any]:
    fields = [field.attname for field in Application._meta.concrete_fields if field.attname != "user_id"]
    events = sorted(row.events.all(), key=lambda event: (event.occurred_at, event.recorded_at))
    return {name: getattr(row, name) for name in fields} | {"events": [_event(event) for event in events]}


def _event(event: Event) -> dict[str, Any]:
    names = [field.attname for field in Event._meta.concrete_fields if field.attname != "application_id"]
    return {name: getattr(event, name) for name in names}
