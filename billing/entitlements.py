"""The one place that answers what a user may do."""

from __future__ import annotations

from accounts.models import User
from billing.models import Subscription
from billing.plans import FREE, PLANS, Entitlements, Plan


class LimitError(Exception):
    """The user's plan does not allow it. Its text is a sentence for the user."""


def plan_of(user: User) -> Plan:
    """The plan `user` is on; Free where none is set."""
    code = Subscription.objects.filter(user=user).values_list("plan_code", flat=True).first()
    return PLANS.get(code or FREE.code, FREE)


def entitlements(user: User) -> Entitlements:
    """What `user` may do now."""
    return plan_of(user).entitlements
