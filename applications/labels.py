"""What each status is called on pages; `status.py`, which the router shares, knows no Django."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from applications.status import Status

LABELS = {
    Status.SAVED: pgettext_lazy("status", "Saved"),
    Status.APPLIED: pgettext_lazy("status", "Applied"),
    Status.INTERVIEWING: pgettext_lazy("status", "Interviewing"),
    Status.TECHNICAL_ROUND: pgettext_lazy("status", "Technical Round"),
    Status.OFFER_EXTENDED: pgettext_lazy("status", "Offer Extended"),
    Status.ACCEPTED: pgettext_lazy("status", "Accepted"),
    Status.REJECTED: pgettext_lazy("status", "Rejected"),
    Status.WITHDRAWN: pgettext_lazy("status", "Withdrawn"),
}
CHOICES = [(status.value, LABELS[status]) for status in Status]


def status_label(status: str) -> str:
    """What `status` is called in the language of who looks."""
    return str(LABELS[Status(status)])
