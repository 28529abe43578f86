"""Whom to write to again: applications that fell silent, and days the user chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notifications import touch
from applications import silence
from applications.models import Application
from billing.entitlements import LimitError, entitlements

FOLLOW_UP_DAYS = 10
SNOOZE = timedelta(days=7)


@dataclass(frozen=True)
class FollowUp:
    """An application worth writing to about, since when it is silent, and whether the user chose the day."""

    application: Application
    heard_at: datetime | None
    days: int
    chosen: bool


def due(user: User, at: datetime) -> list[FollowUp]:
    """What is due at `at`, the longest silent first, in two queries.

    An application is due on the day its user chose for it; without one, once it waits for an answer and
    nothing was heard for FOLLOW_UP_DAYS, nor did the user follow up in that time.
    """
    today, since = at.astimezone(user.zone).date(), at - timedelta(days=FOLLOW_UP_DAYS)
    rows = Application.objects.of(user).active().filter(status__in=silence.WAITING).defer("notes")
    idle = Q(remind_on=None) & (Q(followed_up_at=None) | Q(followed_up_at__lte=since))
    rows = list(rows.filter(Q(remind_on__lte=today) | idle))
    heard = silence.heard_at(row.pk for row in rows)
    found = [_follow_up(row, heard.get(row.pk), at) for row in rows]
    return sorted((each for each in found if each.chosen or each.days >= FOLLOW_UP_DAYS), key=_urgency)


def later(user: User, at: datetime) -> list[Application]:
    """Applications with a chosen day that is still to come, soonest first."""
    today = at.astimezone(user.zone).date()
    rows = Application.objects.of(user).active().filter(remind_on__gt=today, status__in=silence.WAITING)
    return list(rows.defer("notes").order_by("remind_on", "company"))


def done(application: Application, at: datetime) -> None:
    """The user followed up: silence counts anew from `at`. Raises LimitError as `remind_on` does."""
    _set(application, remind_on=None, followed_up_at=at)


def remind_on(application: Application, day: date) -> None:
    """Leave `application` alone until `day`. Raises LimitError where the plan has no reminders."""
    _set(application, remind_on=day, followed_up_at=application.followed_up_at)


def put_back(application: Application, remind_on: date | None, followed_up_at: datetime | None) -> None:
    """Set the reminder to what it was. Raises LimitError as `remind_on` does."""
    _set(application, remind_on=remind_on, followed_up_at=followed_up_at)


def _set(application: Application, *, remind_on: date | None, followed_up_at: datetime | None) -> None:
    if not entitlements(application.user).performance:
        raise LimitError(_("Follow-up reminders come with the Platinum plan. Nothing changed."))
    application.remind_on, application.followed_up_at = remind_on, followed_up_at
    application.save(update_fields=["remind_on", "followed_up_at"])
    touch(application.user_id)


def _follow_up(application: Application, heard: datetime | None, at: datetime) -> FollowUp:
    return FollowUp(application, heard, (at - heard).days if heard else 0, application.remind_on is not None)


def _urgency(each: FollowUp) -> tuple[int, str]:
    return -each.days, each.application.company
