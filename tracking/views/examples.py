"""Made-up mail and applications for the public pages and the style page; never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from applications.models import Application
from applications.status import Status
from tracking.mail import Kind
from tracking.models import Message
from tracking.views.queue import Row


@dataclass(frozen=True)
class Line:
    """One line of a made-up timeline."""

    at: datetime
    what: str
    by: str
    moved_to: Status | None = None
    is_mail: bool = True


def proposal(at: datetime) -> Row:
    """A mail that waits for review, as the Tracking Inbox has it."""
    application = Application(company="Lumen Health", title="Data Analyst", status=Status.APPLIED)
    message = Message(
        sender_name="Priya Raman",
        sender_address="priya.raman@lumenhealth.example",
        subject=_("Next week: talk about the Data Analyst role"),
        received_at=at - timedelta(minutes=12),
        kind=Kind.INTERVIEW_INVITATION,
        confidence=86,
        evidence=[
            _reason(_("The sender's domain is lumenhealth.example, which fits Lumen Health"), 4.2),
            _reason(_("It names your job title, Data Analyst"), 2.1),
            _reason(_("You have a second open application there"), -1.0),
        ],
    )
    return Row(message, "", application, Status.APPLIED, Status.INTERVIEWING)


def timeline(at: datetime) -> list[Line]:
    """The story of one application, the latest first."""
    by = _("From e-mail")
    return [
        Line(at - timedelta(hours=2), _("Offer"), by, Status.OFFER_EXTENDED),
        Line(at - timedelta(days=6), _("Next round"), by, Status.TECHNICAL_ROUND),
        Line(at - timedelta(days=13), _("Interview invitation"), by, Status.INTERVIEWING),
        Line(at - timedelta(days=21), _("Application received"), by),
        Line(at - timedelta(days=21, hours=3), _("Added"), _("By you"), Status.APPLIED, is_mail=False),
    ]


def board(at: datetime) -> list[tuple[Status, list[Application]]]:
    """A few columns of a board."""
    cards = {
        Status.APPLIED: [
            ("Backend Engineer", "Meridian Freight", 2),
            ("Designer", "Quillstone", 30),
        ],
        Status.INTERVIEWING: [("Data Analyst", "Lumen Health", 0)],
        Status.OFFER_EXTENDED: [("QA Engineer", "Ostrava Games", 5)],
    }
    return [(status, [_card(*each, at) for each in found]) for status, found in cards.items()]


def shots(at: datetime) -> dict[str, Any]:
    """All of it, for the public home page."""
    row = proposal(at)
    return {"row": row, "message": row.message, "timeline": timeline(at), "board": board(at)}


def _reason(text: str, weight: float) -> dict[str, Any]:
    return {"code": "example", "text": text, "weight": weight}


def _card(title: str, company: str, hours: int, at: datetime) -> Application:
    return Application(title=title, company=company, status_at=at - timedelta(hours=hours, minutes=4))
