"""Sentences of the Tracking Inbox."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from applications.labels import status_label
from tracking.models import Decision

# Why a message was not dealt with alone, by the code that routing kept.
WAITING = {
    "plan": _("Your plan leaves the decision to you."),
    "unsure": _("It probably belongs here, but not surely enough to link it alone."),
    "one_identity": _("Too little points to this application to link it alone."),
    "tie": _("Two of your applications fit almost equally well."),
    "about_job_unsure": _("It may not be about an application at all."),
    "unauthenticated": _("The sender could not be verified, so nothing was changed alone."),
    "digest": _("It names several companies, so it was not linked alone."),
    "kind_unsure": _("It is linked; what it means for the status is yours to say."),
    "decision_unproven": _("A decision this important is yours to confirm."),
    "own_mail": _("You wrote it yourself; say where it belongs."),
    "outreach": _("A recruiter writes about a job you do not track yet."),
    "no_match": _("It is about an application, but none of yours fits well enough."),
    "asked_for": _("You pulled it in from skipped mail. Later mail from its sender is looked at."),
    "suspicious": _("Something about it is unusual. Read it before you decide."),
}


def done(decision: Decision) -> str:
    """One sentence on what `decision` did."""
    application = decision.application
    named = {"application": application}
    if decision.action == Decision.Action.UNMATCH:
        return gettext("Taken off %(application)s. Choose where it belongs.") % named
    if decision.action == Decision.Action.IGNORE:
        return gettext("Left %(application)s as it is.") % named if application else gettext("Ignored.")
    if decision.created_application:
        return gettext("Added %(application)s and linked the e-mail.") % named
    return " ".join([gettext("Linked to %(application)s.") % named, *_moved(decision)])


def undone(decisions: Sequence[Decision]) -> str:
    """One sentence on what was taken back."""
    if len(decisions) == 1:
        return gettext("Undone. The e-mail is back where it was.")
    words = ngettext(
        "Undone. %(count)s e-mail is back where it was.",
        "Undone. %(count)s e-mails are back where they were.",
        len(decisions),
    )
    return words % {"count": len(decisions)}


def decided_together(count: int, missed: int, action: str) -> str:
    """One sentence on a bulk decision over `count` messages, with `missed` that no longer waited."""
    approved = ngettext("%(count)s e-mail approved.", "%(count)s e-mails approved.", count)
    ignored = ngettext("%(count)s e-mail ignored.", "%(count)s e-mails ignored.", count)
    words = (approved if action == "approve" else ignored) % {"count": count}
    if not missed:
        return words
    others = ngettext(
        "%(count)s could not be: decided already, or without an application.",
        "%(count)s could not be: decided already, or without an application.",
        missed,
    )
    return " ".join([words, others % {"count": missed}])


def _moved(decision: Decision) -> list[str]:
    before, after = decision.status_before, decision.status_after
    if not before or before == after:
        return []
    return [f"{status_label(before)} → {status_label(after)}."]
