"""What an account export says about the plan."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from billing.entitlements import plan_of
from billing.models import Subscription


def subscription(user: User) -> dict[str, Any]:
    since = Subscription.objects.filter(user=user).values_list("since", flat=True).first()
    return {"plan": plan_of(user).code, "since": since}
