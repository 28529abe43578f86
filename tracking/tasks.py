"""Work for Celery: each task takes ids, loads, and calls one domain function."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from celery import Task, shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from tracking import disconnect, reminding, retention, scheduling
from tracking.models import Mailbox, SyncRun
from tracking.push import upkeep
from tracking.sync import sync

log = logging.getLogger("heardback.tasks")

TICK_LIMIT = 500
EXPIRES = 55  # seconds: before the mailbox can be claimed for the queue once more
TEND_EXPIRES = upkeep.CLAIM.seconds - 60
# How long one run may keep a worker before others get their turn
TURN = {scheduling.PRIORITY: timedelta(seconds=20), scheduling.DEFAULT: timedelta(seconds=60)}


@shared_task(bind=True, ignore_result=True, time_limit=900)  # a turn is ten minutes at most
def sync_mailbox(self: Task, mailbox_id: str) -> None:  # type: ignore[type-arg]
    info = self.request.delivery_info or {}
    turn = TURN.get(str(info.get("routing_key")), TURN[scheduling.DEFAULT])
    run = sync(UUID(mailbox_id), only_due=True, turn=turn)
    if run is not None and _is_due_again(run):
        queue_sync(run.mailbox)


@shared_task(ignore_result=True)
def queue_due_mailboxes() -> None:
    """Wake what is due; a second beat or a slow queue does no harm, since each is claimed first."""
    at = timezone.now()
    scheduling.close_lost_runs(at)
    _send(scheduling.claim_due(at, TICK_LIMIT))


def queue_sync(mailbox: Mailbox) -> None:
    """Send one sync to the workers, unless it is on its way to them. Raises OperationalError."""
    if scheduling.claim(mailbox.pk, timezone.now()):
        _send([mailbox])


@shared_task(ignore_result=True)
def tend_push_subscriptions() -> None:
    """Queue what keeps being told of new mail up; each is claimed, so a second beat does no harm."""
    for subscription_id in upkeep.claim_due(timezone.now(), TICK_LIMIT):
        tend_push_subscription.apply_async(args=(str(subscription_id),), expires=TEND_EXPIRES)


@shared_task(ignore_result=True)
def tend_push_subscription(subscription_id: str) -> None:
    if mailbox_id := upkeep.tend(UUID(subscription_id)):
        queue_woken([mailbox_id])


def queue_woken(mailbox_ids: Iterable[UUID]) -> None:
    """Send syncs of mailboxes that were woken; with the queue out of order, the schedule does it later."""
    for mailbox in Mailbox.objects.filter(pk__in=list(mailbox_ids)).select_related("user"):
        try:
            queue_sync(mailbox)
        except OperationalError:
            log.warning("mailbox %s waits for the schedule", mailbox.pk)


@shared_task(ignore_result=True)
def purge_old_content() -> None:
    at = timezone.now()
    retention.purge(at - timedelta(days=settings.FULL_CONTENT_RETENTION_DAYS), at)
    retention.purge_empty_runs(at)


@shared_task(ignore_result=True)
def revoke_unfinished() -> None:
    disconnect.revoke_unfinished(timezone.now())


@shared_task(ignore_result=True)
def remind_of_lost_mailboxes() -> None:
    reminding.remind_of_lost(timezone.now())


def _is_due_again(run: SyncRun) -> bool:
    """Whether it is to be synced once more at once: its turn was over, or it was woken meanwhile."""
    return Mailbox.objects.due(timezone.now()).filter(pk=run.mailbox_id).exists()


def _send(mailboxes: list[Mailbox]) -> None:
    queues = scheduling.queues_of(mailboxes)
    sent: set[UUID] = set()
    try:
        for key, queue in queues.items():
            sync_mailbox.apply_async(args=(str(key),), queue=queue, expires=EXPIRES)
            sent.add(key)
    except OperationalError:
        scheduling.give_back(queues.keys() - sent)
        raise
