"""What the pages of an application show of the mail linked to it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from applications.correspondence import Appointment, Correspondence, Email
from applications.models import Application
from billing.plans import Entitlements
from tracking.access import within
from tracking.models import Message


def tell(application: Application, may: Entitlements) -> Correspondence:
    """The linked e-mails of `application`, and what was read in them, as far as `may` shows it."""
    rows = Message.objects.of(application.user_id).filter(application=application)
    rows = rows.defer("snippet", "body", "quoted", "evidence", "ranked").select_related("mailbox")
    messages = [(row, within(row.mailbox, may)) for row in rows.order_by("-received_at", "-id")]
    appointments = {
        (each.at, each.kind): each for row, shown in messages for each in _appointments(row, shown)
    }
    return Correspondence(
        emails=[_email(row, shown) for row, shown in messages],
        appointments=[appointments[key] for key in sorted(appointments)],
        next_steps=_next_steps(messages),
        insights=may.insights or any(shown.insights for _, shown in messages),
    )


def _email(row: Message, shown: Entitlements) -> Email:
    return Email(
        id=row.pk,
        thread_id=row.thread_id,
        event_id=row.event_id,
        subject=row.subject,
        sender=_("You") if row.sent_by_user else row.sender_name or row.sender_address,
        sent_by_user=row.sent_by_user,
        at=row.received_at,
        kind=row.get_kind_display() if shown.kinds and not row.sent_by_user else "",
        attachments=len(row.attachments),
    )


def _appointments(row: Message, shown: Entitlements) -> list[Appointment]:
    found = []
    if shown.kinds and row.interview_at:
        found.append(Appointment("interview", row.interview_at, True, row.thread_id))
    if shown.insights and row.deadline:
        found.append(Appointment("deadline", row.deadline, row.deadline_has_time, row.thread_id))
    return found


def _next_steps(messages: list[tuple[Message, Entitlements]]) -> list[str]:
    """What the newest e-mail that asks for anything asks for; one with a warning gives no advice."""
    asking = (
        row.next_steps for row, shown in messages if shown.insights and row.next_steps and not row.warning
    )
    return [str(step) for step in next(asking, [])]
