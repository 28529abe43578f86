"""The one place that answers what a user may do."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from accounts.models import User
from billing.models import Subscription
from billing.plans import FREE, PLANS, Entitlements, Plan


class LimitError(Exception):
    """The user's plan does not allow it. Its text is a sentence for the user."""


def plan_of(user: User) -> Plan:
    """The plan `user` is on; Free where none is set."""
    return plan_called(Subscription.objects.filter(user=user).values_list("plan_code", flat=True).first())


def plan_called(code: str | None) -> Plan:
    """The plan of a subscription that is loaded already; Free for None and what is not known."""
    return PLANS.get(code or FREE.code, FREE)


def plans_of(user_ids: Collection[UUID]) -> dict[UUID, Plan]:
    """The plan of each of these users, in one query."""
    codes = dict(Subscription.objects.filter(user__in=user_ids).values_list("user_id", "plan_code"))
    return {user_id: PLANS.get(codes.get(user_id, FREE.code), FREE) for user_id in user_ids}


def entitlements(user: User) -> Entitlements:
    """What `user` may do now."""
    return plan_of(user).entitlements
