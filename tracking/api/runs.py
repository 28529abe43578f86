"""Sync runs, and waking the mailboxes."""

from __future__ import annotations

from contextlib import suppress

from django.utils import timezone
from kombu.exceptions import OperationalError
from ninja import Query, Router, Status

from billing.entitlements import LimitError
from tracking import connect
from tracking.api import schemas
from tracking.api.auth import Request
from tracking.api.items import run
from tracking.api.paging import page
from tracking.api.schemas import answers
from tracking.models import Mailbox, SyncRun
from tracking.tasks import queue_sync

router = Router(tags=["Sync"], by_alias=True)


@router.get("/runs", response=answers(schemas.RunPage, 422), summary="List sync runs")
def list_runs(request: Request, paging: Query[schemas.Paging]) -> schemas.RunPage:
    """What each sync looked at, found and failed on, newest first."""
    rows = SyncRun.objects.of(request.auth).select_related("mailbox")
    shown, following = page(rows, "started_at", request.auth, "runs", paging)
    return schemas.RunPage(items=[run(row) for row in shown], next=following)


@router.post("/sync", response=answers(schemas.Woken, 403, status=202), summary="Sync mail now")
def sync(request: Request) -> Status[schemas.Woken]:
    """Wake the mailboxes. One that cannot be synced now is named with the reason."""
    mailboxes = Mailbox.objects.of(request.auth).connected().exclude(provider=Mailbox.Provider.UPLOAD)
    woken = [_wake(mailbox) for mailbox in mailboxes.order_by("created_at").select_related("user")]
    if not any(each.woken for each in woken):
        connect.require_mail_sync(request.auth)
    return Status(202, schemas.Woken(mailboxes=woken))


def queue(mailbox: Mailbox) -> None:
    """Send the sync to the workers at once. Where the queue is out of reach, the schedule finds it."""
    with suppress(OperationalError):
        queue_sync(mailbox)


def _wake(mailbox: Mailbox) -> schemas.WokenMailbox:
    reason = ""
    try:
        queue(connect.sync_now(mailbox.user, mailbox.pk, timezone.now()))
    except (connect.RefusedError, LimitError) as refusal:
        reason = str(refusal)
    return schemas.WokenMailbox(id=mailbox.pk, provider=mailbox.provider, woken=not reason, reason=reason)
