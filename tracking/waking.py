"""Having a mailbox synced sooner than its schedule says, because its provider told of something new."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, Q, Value, When

from tracking.models import Mailbox, SyncRun


def wake(mailbox_id: UUID, at: datetime) -> bool:
    """Have the mailbox synced now; whether the caller should queue it.

    However many wakes come before a sync begins, it is one sync. One that comes while a sync runs leads
    to one more behind it; one for a mailbox that has to wait is kept until then. A mailbox that is
    paused, to be reconnected or disconnected sleeps on.
    """
    running = Q(lease_until__gt=at)  # what it has listed already may lack what is new
    asleep = Q(next_sync_at=None) | Q(next_sync_at__gt=at)
    active = Mailbox.objects.filter(pk=mailbox_id, state=Mailbox.State.ACTIVE)
    active.filter(running | asleep).update(next_sync_at=at, wanted_by=_BY)
    return bool(Mailbox.objects.due(at).unqueued(at).filter(pk=mailbox_id).exists())


# A first sync stays one, and what a person asked for stays theirs.
_BY = Case(
    When(wanted_by="", last_success_at__isnull=False, then=Value(SyncRun.Trigger.PUSH)),
    default=F("wanted_by"),
)
