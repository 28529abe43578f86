"""The plans, as data: what each one lets a user do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Entitlements:
    """What a plan allows. None stands for "without limit"."""

    new_applications_a_month: int | None
    automatic_status: bool
    mail_sync: bool
    active_threads: int | None
    real_time_notifications: bool
    create_from_mail: bool
    kinds: bool  # what kind of mail it is, interview scheduling
    insights: bool  # sentiment, urgency, next steps, deadlines
    reply_suggestions: bool
    performance: bool  # response times, follow-up reminders
    sync_seconds: int | None  # how often a mailbox is looked at

    def may_add(self, used_this_month: int, adding: int = 1) -> bool:
        """Whether `adding` more applications fit, with `used_this_month` made already."""
        limit = self.new_applications_a_month
        return limit is None or used_this_month + adding <= limit


@dataclass(frozen=True)
class Plan:
    code: str
    title: StrOrPromise
    dollars_a_month: int
    entitlements: Entitlements

    @property
    def name(self) -> str:
        """What it is called, in the language of whoever reads it."""
        return str(self.title)


FREE = Plan(
    "free", _("Free"), 0, Entitlements(5, False, False, 0, False, False, False, False, False, False, None)
)
PREMIUM = Plan(
    "premium", _("Premium"), 9, Entitlements(None, True, True, 50, True, True, True, False, False, False, 300)
)
PLATINUM = Plan(
    "platinum",
    _("Platinum"),
    19,
    Entitlements(None, True, True, None, True, True, True, True, True, True, 15),
)
PLANS = {plan.code: plan for plan in (FREE, PREMIUM, PLATINUM)}
