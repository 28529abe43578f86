"""The Tracking Inbox: what waits, one e-mail in full, and the decisions on it."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Query, Router

from applications.models import Application
from tracking import inbox
from tracking.api import schemas
from tracking.api.auth import Request
from tracking.api.errors import ApiError
from tracking.api.items import decided, full_item, items, stored
from tracking.api.paging import page
from tracking.api.schemas import answers
from tracking.models import Mailbox, Message

router = Router(tags=["Tracking Inbox"], by_alias=True)
CONTENT = ("body", "quoted")


@router.get("/inbox", response=answers(schemas.ItemPage, 404, 422), summary="List pending e-mails")
def list_pending(request: Request, filters: Query[schemas.InboxFilters]) -> schemas.ItemPage:
    """What waits for a decision, newest first: `review` has a suggested application, `orphan` has none."""
    rows = stored(request.auth).pending().defer(*CONTENT)
    if filters.mailbox is not None:
        rows = rows.filter(mailbox=Mailbox.objects.of(request.auth).get(pk=filters.mailbox))
    if filters.state is not None:
        rows = rows.filter(state=filters.state)
    if filters.kind is not None:
        rows = rows.filter(kind=filters.kind)
    shown, following = page(rows, "received_at", request.auth, "inbox", filters)
    return schemas.ItemPage(items=items(request.auth, shown), next=following)


@router.get("/inbox/{uuid:id}", response=answers(schemas.FullItem, 404), summary="One e-mail in full")
def get_item(request: Request, id: UUID) -> schemas.FullItem:
    """The e-mail with its content, whether it still waits or not."""
    return full_item(request.auth, stored(request.auth).get(pk=id))


@router.post(
    "/inbox/{uuid:id}/approve", response=answers(schemas.Decided, 403, 404, 409, 422), summary="Approve"
)
def approve(request: Request, id: UUID, data: schemas.Approval | None = None) -> schemas.Decided:
    """Link the e-mail to its suggested application and let it change the status.

    The body is optional: `application` links it to another one, `status` says what the status is from
    now on, `note` goes to the timeline.
    """
    wanted = data or schemas.Approval()
    _check_target(request, id, wanted)
    decision = inbox.approve(
        request.auth,
        id,
        timezone.now(),
        application_id=wanted.application,
        status=wanted.status,
        note=wanted.note,
    )
    return decided(request.auth, decision.pk)


@router.post("/inbox/{uuid:id}/deny", response=answers(schemas.Decided, 403, 404, 409), summary="Deny")
def deny(request: Request, id: UUID) -> schemas.Decided:
    """Take the e-mail out of the inbox without linking it.

    One that is linked already stays linked; only the status change it offered is declined.
    """
    decision = inbox.ignore(request.auth, id, timezone.now())
    return decided(request.auth, decision.pk)


@router.post("/inbox/{uuid:id}/undo", response=answers(schemas.Decided, 403, 404, 409), summary="Undo")
def undo(request: Request, id: UUID) -> schemas.Decided:
    """Take the last decision on the e-mail back, also one that was made automatically."""
    last = Message.objects.of(request.auth).get(pk=id).decisions.filter(undone_at=None).first()
    if last is None:
        raise ApiError(409, "nothing_to_undo", "There is no decision on this e-mail to take back.")
    decision = inbox.undo(request.auth, last.pk, timezone.now())
    return decided(request.auth, decision.pk)


@router.get(
    "/applications/{uuid:id}/emails",
    response=answers(schemas.ItemPage, 404, 422),
    summary="E-mails of an application",
    tags=["Applications"],
)
def list_emails(request: Request, id: UUID, paging: Query[schemas.Paging]) -> schemas.ItemPage:
    """The e-mails that are linked to the application, newest first."""
    application = Application.objects.of(request.auth).get(pk=id)
    rows = stored(request.auth).filter(application=application).defer(*CONTENT)
    shown, following = page(rows, "received_at", request.auth, f"emails:{id}", paging)
    return schemas.ItemPage(items=items(request.auth, shown), next=following)


def _check_target(request: Request, message_id: UUID, wanted: schemas.Approval) -> None:
    """An e-mail without a suggestion needs an application to go to."""
    message = Message.objects.of(request.auth).pending().filter(pk=message_id).first()
    if message and not (wanted.application or message.application_id or message.suggestion_id):
        fields = {"application": "This e-mail has no suggested application: say which one."}
        raise ApiError(422, "invalid", "Choose an application for this e-mail first.", fields)
