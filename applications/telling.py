"""In the morning: one piece of news for whoever has something to do that day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import Notification, User
from accounts.notifications import notify
from applications import silence
from applications.models import Application, Task

HOUR = 7  # o'clock where the user is: before the daily e-mail, so that it tells of it


def tell_of_today(at: datetime) -> int:
    """Tell each user what is due on their day, once it is past HOUR there; give how many were told."""
    days = (at.date() - timedelta(days=1), at.date() + timedelta(days=1))  # today, in any zone
    tasks = Task.objects.open().order_by().filter(due_on__range=days, application__archived_at=None)
    chosen = Application.objects.active().order_by().filter(remind_on__range=days)
    ids = tasks.values_list("user_id", flat=True).union(chosen.values_list("user_id", flat=True))
    return sum(_tell(user_id, at) for user_id in ids)


def _tell(user_id: UUID, at: datetime) -> bool:
    with transaction.atomic():
        # Of two at once one waits, and then finds it said.
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        local = at.astimezone(user.zone)
        key, count = f"due:{local.date()}", _due(user, local.date())
        if local.hour < HOUR or not count or Notification.objects.of(user).filter(key=key).exists():
            return False
        words = ngettext(
            "%(count)s task or reminder for today.", "%(count)s tasks or reminders for today.", count
        )
        notify(user, Notification.Kind.TASK, key, words % {"count": count}, reverse("reminders"), at)
    return True


def _due(user: User, today: date) -> int:
    tasks = Task.objects.of(user).open().filter(due_on=today, application__archived_at=None)
    chosen = Application.objects.of(user).active().filter(remind_on=today, status__in=silence.WAITING)
    return int(tasks.count() + chosen.count())
