from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from billing.plans import FREE, PLANS, Plan


class Subscription(models.Model):
    """The plan of one user; whoever has none is on Free."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscription"
    )
    plan_code = models.CharField(
        "plan", max_length=16, choices=[(p.code, p.title) for p in PLANS.values()], default=FREE.code
    )
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.plan_code}"

    @property
    def plan(self) -> Plan:
        return PLANS[self.plan_code]
