"""The plans side by side, in words, made from what they let a user do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from billing.plans import PLANS, Entitlements

Value = str | bool


@dataclass(frozen=True)
class Row:
    """One thing, and what each plan says to it, in the order of PLANS: words, or whether it holds it."""

    label: str
    values: list[Value]


def comparison() -> list[Row]:
    """One row for each thing that plans differ in, in the language of whoever reads it."""
    return [Row(str(label), [say(plan.entitlements) for plan in PLANS.values()]) for label, say in _ROWS]


def _applications(entitlements: Entitlements) -> Value:
    limit = entitlements.new_applications_a_month
    if limit is None:
        return _("Unlimited")
    return ngettext("%(count)d new a month", "%(count)d new a month", limit) % {"count": limit}


def _status(entitlements: Entitlements) -> Value:
    return _("Automatic") if entitlements.automatic_status else _("By hand")


def _sync(entitlements: Entitlements) -> Value:
    seconds = entitlements.sync_seconds
    if seconds is None:
        return False
    if seconds < 60:
        return _("Within 30 seconds")
    return _("Every %(minutes)d min") % {"minutes": seconds // 60}


def _threads(entitlements: Entitlements) -> Value:
    limit = entitlements.active_threads
    if limit is None:
        return _("Unlimited")
    return _("Up to %(limit)d") % {"limit": limit} if limit else False


_ROWS: list[tuple[StrOrPromise, Callable[[Entitlements], Value]]] = [
    (gettext_lazy("Applications"), _applications),
    (gettext_lazy("Status updates"), _status),
    (gettext_lazy("Mail sync (Gmail, Outlook, IMAP, upload)"), lambda plan: plan.mail_sync),
    (gettext_lazy("New mail shows"), _sync),
    (gettext_lazy("Active threads monitored"), _threads),
    (gettext_lazy("Notifications as it happens"), lambda plan: plan.real_time_notifications),
    (gettext_lazy("Applications created from mail"), lambda plan: plan.create_from_mail),
    (gettext_lazy("Kind of mail, interview scheduling"), lambda plan: plan.kinds),
    (gettext_lazy("Insights: urgency, next steps, deadlines"), lambda plan: plan.insights),
    (gettext_lazy("Reply suggestions"), lambda plan: plan.reply_suggestions),
    (gettext_lazy("Response times, follow-up reminders"), lambda plan: plan.performance),
]
