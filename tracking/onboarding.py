"""The first steps of a newcomer: what is done is seen from what there is, so it can be left and resumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Application
from tracking.models import Decision, Mailbox


@dataclass(frozen=True)
class Step:
    """One thing to do once."""

    code: str
    label: str
    help: str
    is_done: bool


def steps(user: User) -> list[Step]:
    """Every first step of `user`, in order. Asks the database once."""
    mine = OuterRef("pk")
    found = User.objects.filter(pk=user.pk).annotate(
        applied=Exists(Application.objects.filter(user=mine)),
        connected=Exists(Mailbox.objects.connected().filter(user=mine)),
        decided=Exists(Decision.objects.filter(user=mine, by_user=True)),
    )
    done = found.values("timezone_confirmed", "applied", "connected", "decided").get()
    return [
        Step(
            "timezone", _("Confirm your time zone"), _("Interviews show in it."), done["timezone_confirmed"]
        ),
        Step(
            "mailbox", _("Give it mail to read"), _("The sample, your mailbox, or a file."), done["connected"]
        ),
        Step("application", _("Track an application"), _("By hand, or from your mail."), done["applied"]),
        Step("decision", _("Decide one e-mail"), _("In the Tracking Inbox; undo works."), done["decided"]),
    ]


def remaining(user: User) -> list[Step]:
    """All steps while any is to be done and the user has not put them away; else none."""
    if user.onboarding_dismissed_at is not None:
        return []
    found = steps(user)
    return [] if all(step.is_done for step in found) else found


def dismiss(user: User, at: datetime) -> None:
    """Show the first steps no more, but for where the user looks for them."""
    User.objects.filter(pk=user.pk).update(onboarding_dismissed_at=at)


def resume(user: User) -> None:
    """Show them on the dashboard again."""
    User.objects.filter(pk=user.pk).update(onboarding_dismissed_at=None)
