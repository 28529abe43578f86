"""Silence: how long nothing has been heard of an application. Derived from its timeline, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, OuterRef, QuerySet, Subquery

from applications.models import Application, ApplicationQuerySet, Event
from applications.status import Status

QUIET_DAYS = 21
WAITING = frozenset({Status.APPLIED, Status.INTERVIEWING, Status.TECHNICAL_ROUND})  # it is their turn
_SIGNS = (Event.Kind.CREATED, Event.Kind.STATUS_SET, Event.Kind.MAIL)


def signs() -> QuerySet[Event]:
    """Events that tell of the other side: beginnings, moves, and mail that the user did not send."""
    return Event.objects.filter(kind__in=_SIGNS, voided_at=None).exclude(messages__sent_by_user=True)


def heard_at(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each of these applications was last heard of, in one query."""
    rows = signs().filter(application__in=list(ids)).order_by()
    return dict(rows.values_list("application").annotate(Max("occurred_at")))


def quiet(rows: ApplicationQuerySet, at: datetime) -> Any:
    """Those of `rows` that wait for an answer and have heard nothing for QUIET_DAYS before `at`."""
    newest = signs().filter(application=OuterRef("pk")).order_by("-occurred_at")
    waiting = rows.filter(status__in=WAITING)
    heard = waiting.annotate(heard_at=Subquery(newest.values("occurred_at")[:1]))
    return heard.filter(heard_at__lte=at - timedelta(days=QUIET_DAYS))


def silent_days(application: Application, heard: datetime | None, at: datetime) -> int | None:
    """For how many whole days nothing was heard; None where no answer is due or it is not long yet."""
    if application.status not in WAITING or application.archived_at or heard is None:
        return None
    days = (at - heard).days
    return days if days >= QUIET_DAYS else None
