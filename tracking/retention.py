"""Full content goes after its time; what a message was about stays until the user deletes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from tracking.models import Message, SyncRun, Upload

BATCH = 500
ABANDONED = timedelta(days=1)
UNEVENTFUL = timedelta(hours=1)


def purge(received_before: datetime, at: datetime) -> int:
    """Wipe bodies, quotes and snippets of mail received before then; give how many messages.

    Uploads that were never completed go too.
    """
    Upload.objects.filter(done_at=None, complete=False, created_at__lt=at - ABANDONED).delete()
    purged = 0
    while batch := list(
        Message.objects.with_content_before(received_before).values_list("pk", flat=True)[:BATCH]
    ):
        purged += Message.objects.filter(pk__in=batch).update(snippet="", body="", quoted="", purged_at=at)
    return purged


def purge_empty_runs(at: datetime) -> int:
    """Delete what says nothing: syncs of over an hour ago that found no mail, but for a mailbox's last one.

    Gives how many.
    """
    later = SyncRun.objects.filter(mailbox=OuterRef("mailbox"), started_at__gt=OuterRef("started_at"))
    routine = SyncRun.objects.filter(trigger__in=[SyncRun.Trigger.SCHEDULE, SyncRun.Trigger.PUSH])
    empty = routine.filter(Exists(later), state=SyncRun.State.COMPLETED, looked_at=0)
    old, deleted = empty.filter(started_at__lt=at - UNEVENTFUL), 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        deleted += SyncRun.objects.filter(pk__in=batch).delete()[0]
    return deleted
