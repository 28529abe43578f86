"""Sentences of the Tracking Inbox."""

from __future__ import annotations

from collections.abc import Sequence

from applications.status import Status
from tracking.models import Decision

# Why a message was not dealt with alone, by the code that routing kept.
WAITING = {
    "plan": "Your plan leaves the decision to you.",
    "unsure": "It probably belongs here, but not surely enough to link it alone.",
    "one_identity": "Too little points to this application to link it alone.",
    "tie": "Two of your applications fit almost equally well.",
    "about_job_unsure": "It may not be about an application at all.",
    "unauthenticated": "The sender could not be verified, so nothing was changed alone.",
    "digest": "It names several companies, so it was not linked alone.",
    "kind_unsure": "It is linked; what it means for the status is yours to say.",
    "decision_unproven": "A decision this important is yours to confirm.",
    "own_mail": "You wrote it yourself; say where it belongs.",
    "outreach": "A recruiter writes about a job you do not track yet.",
    "no_match": "It is about an application, but none of yours fits well enough.",
    "suspicious": "Something about it is unusual. Read it before you decide.",
}


def done(decision: Decision) -> str:
    """One sentence on what `decision` did."""
    application = decision.application
    if decision.action == Decision.Action.UNMATCH:
        return f"Taken off {application}. Choose where it belongs."
    if decision.action == Decision.Action.IGNORE:
        return f"Left {application} as it is." if application else "Ignored."
    if decision.created_application:
        return f"Added {application} and linked the e-mail."
    return f"Linked to {application}.{_moved(decision)}"


def undone(decisions: Sequence[Decision]) -> str:
    """One sentence on what was taken back."""
    if len(decisions) == 1:
        return "Undone. The e-mail is back where it was."
    return f"Undone. {len(decisions)} e-mails are back where they were."


def decided_together(count: int, missed: int, action: str) -> str:
    """One sentence on a bulk decision over `count` messages, with `missed` that no longer waited."""
    words = f"{count} e-mail{'' if count == 1 else 's'} {'approved' if action == 'approve' else 'ignored'}."
    if missed:
        words += f" {missed} could not be: decided already, or without an application."
    return words


def _moved(decision: Decision) -> str:
    before, after = decision.status_before, decision.status_after
    if not before or before == after:
        return ""
    return f" {Status(before).label} → {Status(after).label}."
