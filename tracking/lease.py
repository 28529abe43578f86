"""One sync of a mailbox at a time: a lease on its row, with a fencing token that every write checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from tracking.models import Mailbox

LEASE = timedelta(seconds=60)


class LostLeaseError(Exception):
    """Somebody else syncs the mailbox now, or it was paused or disconnected: write nothing."""


@dataclass(frozen=True)
class Lease:
    mailbox_id: UUID
    token: int


def claim(mailbox_id: UUID, at: datetime) -> Lease | None:
    """Take the lease if it is free and the mailbox is to be synced; None otherwise."""
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    taken = Mailbox.objects.filter(free, pk=mailbox_id, state=Mailbox.State.ACTIVE).update(
        lease_token=F("lease_token") + 1, lease_until=at + LEASE
    )
    if not taken:
        return None
    return Lease(mailbox_id, Mailbox.objects.values_list("lease_token", flat=True).get(pk=mailbox_id))


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


def release(lease: Lease) -> None:
    """Give the lease back, if it is still ours."""
    Mailbox.objects.filter(pk=lease.mailbox_id, lease_token=lease.token).update(lease_until=None)
