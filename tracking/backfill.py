"""How far back a mailbox is read: what a sync asks for, and the older mail that a user adds later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from applications.models import Application
from tracking.lease import Lease
from tracking.models import Mailbox, Message
from tracking.providers import Scope


def scope_of(mailbox: Mailbox, at: datetime) -> Scope:
    """What to ask the provider for: as far back as was chosen, and the user's own companies and people."""
    linked = Message.objects.filter(mailbox=mailbox, sent_by_user=False).exclude(application=None)
    people = linked.values_list("sender_address", flat=True).distinct()
    companies = Application.objects.of(mailbox.user).values_list("company", flat=True).distinct()
    since = mailbox.read_since or at - timedelta(days=mailbox.backfill_days)
    return Scope(since=since, companies=companies, people=people)  # asked of the database only if used


def note_beginning(mailbox: Mailbox, lease: Lease, scope: Scope) -> None:
    """Remember how far back the first sync goes, so that older mail can be added without a gap."""
    if mailbox.read_since is None and mailbox.is_pulled:
        held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=lease.token)
        held.update(read_since=scope.since)
        mailbox.read_since = scope.since


def older_scope(mailbox: Mailbox, scope: Scope) -> Scope | None:
    """Like `scope`, but of the older mail that was added and is not read yet; None where there is none."""
    if mailbox.older_since is None or mailbox.read_since is None:
        return None
    return replace(scope, since=mailbox.older_since, before=mailbox.read_since)


def finish_older(mailbox: Mailbox, lease: Lease) -> None:
    """The older mail is read, too."""
    held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=lease.token)
    held.update(read_since=mailbox.older_since, older_since=None, older_cursor={})


def chosen(mailbox: Mailbox, days: int, at: datetime) -> dict[str, Any]:
    """What changes in `mailbox` if it is to be read back that many days; a shorter time deletes nothing.

    Its `older_since` is set where there is more to read then.
    """
    changes: dict[str, Any] = {"backfill_days": days, "older_since": None, "older_cursor": {}}
    if not mailbox.cursor:
        return {**changes, "read_since": None}  # the first sync has not begun, and goes by the new choice
    since = at - timedelta(days=days)
    if mailbox.read_since is not None and since < mailbox.read_since:
        changes["older_since"] = since
    return changes
