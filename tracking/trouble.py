"""Where a sync cannot go on: its mailbox waits, is tried again later, or needs the user."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.notifications import notify, touch
from tracking.lease import Lease
from tracking.models import Mailbox, SyncRun
from tracking.providers import ProviderError, TemporaryError, UnreadableFileError
from tracking.words import FOR_OPERATORS

RETRY_SECONDS = (30, 60, 120, 300, 900, 1800, 3600)

log = logging.getLogger("heardback.trouble")


def lose_access(mailbox: Mailbox, lease: Lease, code: str, at: datetime) -> bool:
    """Ask the user to reconnect, once however many workers find out; True for the one that did.

    Not where the mailbox was reconnected, paused or disconnected since the lease was taken.
    """
    lost = {"state": Mailbox.State.NEEDS_RECONNECT, "state_reason": code, "lost_at": at}
    with transaction.atomic():
        held = Mailbox.objects.filter(pk=mailbox.pk, state=Mailbox.State.ACTIVE, lease_token=lease.token)
        if not held.update(**lost, lost_mailed_at=None):
            return False
        words = _("%(provider)s needs to be reconnected. What was read so far stays.")
        text = words % {"provider": mailbox.get_provider_display()}
        notify(mailbox.user, "mailbox", f"reconnect:{mailbox.pk}", text, "/settings/integrations/")
    return True


def postpone(mailbox: Mailbox, lease: Lease, error: ProviderError, at: datetime) -> None:
    """Wait longer with each failure in a row; a file that cannot be read is not tried again."""
    if error.code in FOR_OPERATORS:
        log.error("%s cannot be read before the operator acts: %s", mailbox.provider, error.code)
    held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=lease.token)
    if isinstance(error, UnreadableFileError):
        mailbox.uploads.filter(complete=True, done_at=None).update(done_at=at, error=error.code)
        held.update(next_sync_at=None, wanted_by="")
        return
    failures = mailbox.failures_in_a_row + 1
    pause = timedelta(seconds=RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
    until = (error.until if isinstance(error, TemporaryError) else None) or at + pause
    held.update(blocked_until=until, failures_in_a_row=failures)


def rest(mailbox: Mailbox, lease: Lease, until: datetime) -> None:
    """Have the mailbox go on `until` then: nothing is wrong with it."""
    held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=lease.token)
    held.update(blocked_until=until, next_sync_at=until, failures_in_a_row=0)
    touch(mailbox.user_id)


def operator_notices(at: datetime) -> list[str]:
    """What the operator has to act on, each in a sentence: how many mailboxes it stops, and what to do."""
    since = at - timedelta(seconds=2 * RETRY_SECONDS[-1])
    failed = SyncRun.objects.filter(error__in=FOR_OPERATORS, started_at__gt=since).order_by()
    stopped = failed.values_list("error", "mailbox__provider").annotate(Count("mailbox", distinct=True))
    notices = [
        f"{Mailbox.Provider(provider).label}: {count} cannot be read ({code}): {FOR_OPERATORS[code]}."
        for code, provider, count in stopped.order_by("error")
    ]
    lost = Mailbox.objects.filter(state=Mailbox.State.NEEDS_RECONNECT)
    if ended := lost.filter(state_reason="grant_ended_after_a_week").count():
        notices.append(
            f"Gmail: {ended} lost access after seven days, as happens while the consent screen is in testing "
            "mode: publish the app at Google."
        )
    return notices
