"""Work for Celery: each task takes ids, loads, and calls one domain function."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.entitlements import entitlements
from tracking import retention
from tracking.models import Mailbox
from tracking.sync import sync

TICK_LIMIT = 500
PRIORITY_SECONDS = 15


@shared_task(ignore_result=True)
def sync_mailbox(mailbox_id: str) -> None:
    sync(mailbox_id)  # type: ignore[arg-type]


@shared_task(ignore_result=True)
def queue_due_mailboxes() -> None:
    """Wake what is due; a second beat or a full queue does no harm, since a sync claims its mailbox."""
    with transaction.atomic():
        due = Mailbox.objects.due(timezone.now()).select_for_update(skip_locked=True, of=("self",))
        mailboxes = list(due.select_related("user")[:TICK_LIMIT])
    for mailbox in mailboxes:
        queue_sync(mailbox)


def queue_sync(mailbox: Mailbox) -> None:
    """Send one sync to the workers: a first sync or a file never holds up the priority queue."""
    quick = mailbox.last_success_at is not None and mailbox.is_pulled
    often = (entitlements(mailbox.user).sync_seconds or PRIORITY_SECONDS + 1) <= PRIORITY_SECONDS
    queue = "priority" if quick and often else "default"
    sync_mailbox.apply_async(args=(str(mailbox.pk),), queue=queue, expires=30)


@shared_task(ignore_result=True)
def purge_old_content() -> None:
    retention.purge(timezone.now() - timedelta(days=settings.FULL_CONTENT_RETENTION_DAYS), timezone.now())
