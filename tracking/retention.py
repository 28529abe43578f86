"""Full content goes after its time; what a message was about stays until the user deletes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracking.models import Message, Upload

BATCH = 500
ABANDONED = timedelta(days=1)


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
