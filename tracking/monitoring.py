"""How many conversations a plan watches: over the limit, the longest-quiet ones are let rest."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notifications import notify
from billing.entitlements import entitlements
from billing.usage import Usage
from tracking.models import Thread


def usage(user: User, at: datetime) -> Usage:
    """How many active threads are watched, of how many the plan allows."""
    watched = Thread.objects.of(user).active().filter(monitored=True).count()
    return Usage(_("Conversations watched"), watched, entitlements(user).active_threads)


def watch(thread: Thread, at: datetime) -> None:
    """Watch `thread` before others: the user chose it."""
    Thread.objects.filter(pk=thread.pk).update(pinned=True)
    limit(thread.user, at)


def limit(user: User, at: datetime) -> int:
    """Watch as many active threads as the plan of `user` allows, pinned and newest first.

    Gives how many rest. Nothing is hidden or deleted: mail in a resting thread waits for review.
    """
    allowed = entitlements(user).active_threads
    active = Thread.objects.of(user).active().order_by("-pinned", "-last_message_at", "pk")
    watched = list(active.values_list("pk", flat=True)[:allowed])
    Thread.objects.of(user).filter(pk__in=watched, monitored=False).update(monitored=True)
    resting = active.exclude(pk__in=watched).filter(monitored=True) if allowed else active.none()
    rests = int(resting.update(monitored=False))
    if rests:
        text = _(
            "Your plan watches %(count)s conversations, so the quietest ones rest. Open one to watch it."
        )
        notify(user, "plan", "threads", text % {"count": allowed}, "/settings/integrations/")
    return rests
