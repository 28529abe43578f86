"""The plans side by side, in words, made from what they let a user do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from billing.plans import PLANS, Entitlements

YES, NO = "Yes", "–"


@dataclass(frozen=True)
class Row:
    """One thing, and what each plan says to it, in the order of PLANS."""

    label: str
    values: list[str]


def comparison() -> list[Row]:
    """One row for each thing that plans differ in."""
    return [Row(label, [say(plan.entitlements) for plan in PLANS.values()]) for label, say in _ROWS.items()]


def _yes(allowed: bool) -> str:
    return YES if allowed else NO


def _threads(entitlements: Entitlements) -> str:
    limit = entitlements.active_threads
    if limit is None:
        return "Unlimited"
    return f"Up to {limit}" if limit else NO


def _applications(entitlements: Entitlements) -> str:
    limit = entitlements.new_applications_a_month
    return "Unlimited" if limit is None else f"{limit} new a month"


def _sync(entitlements: Entitlements) -> str:
    seconds = entitlements.sync_seconds
    if seconds is None:
        return NO
    return f"Every {seconds // 60} min" if seconds >= 60 else "Within 30 seconds"


_ROWS: dict[str, Callable[[Entitlements], str]] = {
    "Applications": _applications,
    "Status updates": lambda plan: "Automatic" if plan.automatic_status else "By hand",
    "Mail sync (Gmail, Outlook, IMAP, upload)": lambda plan: _yes(plan.mail_sync),
    "New mail shows": _sync,
    "Active threads monitored": _threads,
    "Notifications as it happens": lambda plan: _yes(plan.real_time_notifications),
    "Applications created from mail": lambda plan: _yes(plan.create_from_mail),
    "Kind of mail, interview scheduling": lambda plan: _yes(plan.kinds),
    "Insights: urgency, next steps, deadlines": lambda plan: _yes(plan.insights),
    "Reply suggestions": lambda plan: _yes(plan.reply_suggestions),
    "Response times, follow-up reminders": lambda plan: _yes(plan.performance),
}
