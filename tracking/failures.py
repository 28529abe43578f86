"""Messages that could not be taken in: tried again with growing pauses, then parked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from accounts.models import User
from tracking.models import FailedMessage, Mailbox
from tracking.router.read import version
from tracking.trouble import RETRY_SECONDS

ATTEMPTS = 5  # before a message is parked
MISSING_PIECE = "piece-"
CRASHES = "message_crashes"
DEATHS = 3  # of workers over a message before it is parked: one may have been killed for another reason


def note_failure(mailbox: Mailbox, provider_id: str, error: str, at: datetime) -> None:
    """Remember that a message failed, or failed once more; nothing of it but its id and our code."""
    if provider_id.startswith(MISSING_PIECE):
        return  # of an uploaded file: it cannot be had again from here
    told = {"error": error, "router_version": version()}
    failure, created = FailedMessage.objects.get_or_create(
        mailbox=mailbox, provider_id=provider_id, defaults={**told, "first_failed_at": at}
    )
    if not created:
        failure.attempts, failure.error = failure.attempts + 1, error
        failure.retry_at = at + timedelta(seconds=RETRY_SECONDS[min(failure.attempts, ATTEMPTS)])
        failure.parked_at = at if failure.attempts >= ATTEMPTS else None
        failure.router_version = told["router_version"]
        failure.save()


def suspect(mailbox: Mailbox, provider_id: str, at: datetime) -> bool:
    """Name a message before it is read, in case its worker does not survive; False where DEATHS did not."""
    named = {"error": CRASHES, "attempts": 1, "parked_at": at, "router_version": version()}
    failure, created = FailedMessage.objects.get_or_create(
        mailbox=mailbox, provider_id=provider_id, defaults={**named, "first_failed_at": at}
    )
    if created:
        return True
    deaths = failure.attempts if failure.error == CRASHES else 0
    is_deadly = deaths >= DEATHS
    named["attempts"] = ATTEMPTS if is_deadly else deaths + 1
    FailedMessage.objects.filter(pk=failure.pk).update(**named)
    return not is_deadly


def clear(mailbox: Mailbox, provider_id: str) -> None:
    """The worker survived it."""
    mailbox.failures.filter(provider_id=provider_id, error=CRASHES).delete()


def begin_retry(failure: FailedMessage, at: datetime) -> None:
    """Keep an attempt from being repeated at once, should its worker not survive it."""
    later = {"retry_at": at + timedelta(seconds=RETRY_SECONDS[-1]), "router_version": version()}
    FailedMessage.objects.filter(pk=failure.pk).update(**later)


def retry(mailbox: Mailbox) -> int:
    """Have all that failed tried again with the next sync, as if for the first time; give how many."""
    return int(mailbox.failures.update(parked_at=None, retry_at=None, attempts=1))


def failures_of(user: User) -> dict[UUID, int]:
    """How many messages of each mailbox could not be read so far; mailboxes without any are left out."""
    rows = FailedMessage.objects.filter(mailbox__user=user).order_by().values_list("mailbox")
    return dict(rows.annotate(Count("pk")))
