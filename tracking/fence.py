"""Changing a mailbox so that work already running for it writes nothing afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.notifications import touch
from tracking.models import Mailbox


def locked(user: User, mailbox_id: UUID) -> Mailbox:
    """A connected mailbox of `user`, locked for the caller's transaction. Raises Mailbox.DoesNotExist."""
    mailboxes = Mailbox.objects.of(user).connected().select_for_update(of=("self",))
    mailbox: Mailbox = mailboxes.select_related("grant").get(pk=mailbox_id)
    return mailbox


def fence(mailbox: Mailbox, state: str, reason: str, **values: Any) -> None:
    """Move to `state`, so that a sync which has the lease now can write nothing afterwards."""
    changes = {"state": state, "state_reason": reason, "lease_until": None, **values}
    for name, value in changes.items():
        setattr(mailbox, name, value)
    mailbox.lease_token += 1
    mailbox.save(update_fields=["lease_token", *changes])
    touch(mailbox.user_id)
