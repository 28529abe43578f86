"""One sync of a mailbox at a time: a lease on its row, with a fencing token that every write checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from tracking.models import FailedMessage, Mailbox, SyncRun

LEASE = timedelta(seconds=60)
SUSPECT = timedelta(hours=1)  # for which a mailbox is read with care after a worker died over it


class LostLeaseError(Exception):
    """Somebody else syncs the mailbox now, or it was paused or disconnected: write nothing."""


@dataclass(frozen=True)
class Lease:
    mailbox_id: UUID
    token: int


@dataclass(frozen=True)
class Claimed:
    """A mailbox as it is when its lease is taken, and what a sync first wants to know about it."""

    mailbox: Mailbox
    lease: Lease
    plan_code: str | None
    has_new_plan: bool  # since the last sync
    has_open_run: bool
    has_failures: bool
    is_suspect: bool  # a worker died lately before it had read anything


def claim(mailbox_id: UUID, at: datetime, *, only_due: bool = False) -> Lease | None:
    """Take the lease if it is free and the mailbox is to be synced (`only_due`: now); None otherwise."""
    if not _take(mailbox_id, at, only_due):
        return None
    return Lease(mailbox_id, Mailbox.objects.values_list("lease_token", flat=True).get(pk=mailbox_id))


def _take(mailbox_id: UUID, at: datetime, only_due: bool) -> bool:
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    active = Mailbox.objects.filter(free, state=Mailbox.State.ACTIVE)
    wanted = (Mailbox.objects.due(at) if only_due else active).order_by().filter(pk=mailbox_id)
    taken = wanted.update(lease_token=F("lease_token") + 1, lease_until=at + LEASE, queued_until=None)
    if not taken:
        Mailbox.objects.filter(pk=mailbox_id).exclude(queued_until=None).update(queued_until=None)
    return bool(taken)


def claim_loaded(mailbox_id: UUID, at: datetime, *, only_due: bool = False) -> Claimed | None:
    """`claim`, with the mailbox, its user, grant and plan, in two queries."""
    if not _take(mailbox_id, at, only_due):
        return None
    rows = Mailbox.objects.select_related("user", "grant").annotate(
        plan_code=F("user__subscription__plan_code"),
        plan_since=F("user__subscription__since"),
        has_open_run=Exists(SyncRun.objects.open().filter(mailbox=OuterRef("pk"))),
        has_failures=Exists(FailedMessage.objects.filter(mailbox=OuterRef("pk"))),
    )
    died = Q(state=SyncRun.State.RUNNING) | Q(error="worker_lost", started_at__gt=at - SUSPECT)
    deaths = SyncRun.objects.filter(died, mailbox=OuterRef("pk"), looked_at=0)
    row = rows.annotate(is_suspect=Exists(deaths)).get(pk=mailbox_id)
    lease = Lease(mailbox_id, row.lease_token)
    has_new_plan = bool(row.plan_since and row.last_success_at and row.plan_since > row.last_success_at)
    return Claimed(
        row, lease, row.plan_code, has_new_plan, row.has_open_run, row.has_failures, row.is_suspect
    )


def hold(lease: Lease, at: datetime) -> Mailbox:
    """Lock the mailbox row for the caller's transaction and extend the lease. Raises LostLeaseError."""
    held = Mailbox.objects.select_for_update().filter(
        pk=lease.mailbox_id, lease_token=lease.token, state=Mailbox.State.ACTIVE
    )
    mailbox: Mailbox | None = held.first()
    if mailbox is None:
        raise LostLeaseError
    mailbox.lease_until = at + LEASE
    mailbox.save(update_fields=["lease_until"])
    return mailbox


def hold_with(lease: Lease, at: datetime, **values: object) -> None:
    """`hold`, which also sets `values` in the row; nothing of it is loaded. Raises LostLeaseError."""
    held = Mailbox.objects.filter(pk=lease.mailbox_id, lease_token=lease.token, state=Mailbox.State.ACTIVE)
    if not held.update(lease_until=at + LEASE, **values):
        raise LostLeaseError


def release(lease: Lease) -> None:
    """Give the lease back, if it is still ours."""
    Mailbox.objects.filter(pk=lease.mailbox_id, lease_token=lease.token).update(lease_until=None)
