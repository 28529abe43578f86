"""Which mailboxes are to be synced now, each queued once; and runs that nobody goes on with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.notifications import touch
from billing.entitlements import plans_of
from tracking.lease import LEASE
from tracking.models import Mailbox, SyncRun
from tracking.models.mailboxes import SyncRunQuerySet

PRIORITY, DEFAULT = "priority", "default"
QUEUED = timedelta(seconds=60)  # how long a claim to be queued holds; its task has expired before
PRIORITY_SECONDS = 15


def claim_due(at: datetime, limit: int) -> list[Mailbox]:
    """Up to `limit` mailboxes that are due, the longest waiting first, now claimed by the caller.

    Two callers at once get different ones, and the same one again only after a minute without a sync.
    """
    with transaction.atomic():
        due = Mailbox.objects.due(at).unqueued(at).select_for_update(skip_locked=True, of=("self",))
        mailboxes = list(due.select_related("user")[:limit])
        claimed = Mailbox.objects.filter(pk__in=[mailbox.pk for mailbox in mailboxes])
        claimed.update(queued_until=at + QUEUED)
    return mailboxes


def claim(mailbox_id: UUID, at: datetime) -> bool:
    """Claim one mailbox to be queued; False where it is on its way already."""
    free = Mailbox.objects.filter(pk=mailbox_id).unqueued(at)
    return bool(free.update(queued_until=at + QUEUED))


def give_back(mailbox_ids: Iterable[UUID]) -> None:
    """What was claimed could not be queued: the next tick may try."""
    Mailbox.objects.filter(pk__in=list(mailbox_ids)).update(queued_until=None)


def queues_of(mailboxes: Iterable[Mailbox]) -> dict[UUID, str]:
    """The queue for each: a first sync, a file or the rest of a long run never holds up the priority one."""
    chosen = {mailbox.pk: mailbox for mailbox in mailboxes}
    unfinished = SyncRun.objects.filter(mailbox__in=chosen, state=SyncRun.State.WAITING)
    slow = set(unfinished.values_list("mailbox_id", flat=True))
    plans = plans_of({mailbox.user_id for mailbox in chosen.values()})
    queues = dict.fromkeys(chosen, DEFAULT)
    for key, mailbox in chosen.items():
        if key not in slow and _is_quick(mailbox, plans[mailbox.user_id].entitlements.sync_seconds):
            queues[key] = PRIORITY
    return queues


def close_lost_runs(at: datetime) -> int:
    """Close runs that nobody will go on with, also of mailboxes that rest; give how many.

    Their worker was killed, or the mailbox was paused, changed or taken away meanwhile.
    """
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    held = Q(mailbox__lease_token=F("lease_token"))
    abandoned = Q(mailbox__lease_until=None) | Q(mailbox__lease_until__lt=at - LEASE)
    resting = Mailbox.objects.filter(pk=OuterRef("mailbox")).exclude(state=Mailbox.State.ACTIVE)
    waiting = SyncRun.objects.filter(Exists(resting), state=SyncRun.State.WAITING)
    return (
        _close(running.filter(held & abandoned), "worker_lost", at)
        + _close(running.exclude(held), "taken_over", at)
        + _close(waiting, "taken_over", at)
    )


def _is_quick(mailbox: Mailbox, every: int | None) -> bool:
    told = mailbox.wanted_by == SyncRun.Trigger.PUSH
    often = told or (every is not None and every <= PRIORITY_SECONDS)
    return often and mailbox.last_success_at is not None and mailbox.is_pulled and not mailbox.older_since


def _close(runs: SyncRunQuerySet, error: str, at: datetime) -> int:
    found = dict(runs.values_list("pk", "user_id"))
    still_open = SyncRun.objects.filter(pk__in=found).open()
    closed = still_open.update(state=SyncRun.State.INTERRUPTED, error=error, finished_at=at)
    for user_id in set(found.values()):
        touch(user_id)
    return int(closed)
