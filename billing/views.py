from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from billing.comparison import comparison
from billing.entitlements import plan_of
from billing.plans import PLANS
from billing.usage import usages


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """The plans for anybody, from the same data that the limits are made of."""
    return render(request, "pricing.html", {"plans": list(PLANS.values()), "rows": comparison()})


@login_required
@require_safe
def plan(request: UserRequest) -> HttpResponse:
    """What each plan holds, which one the user is on, and how much of it is used."""
    context = {
        "plan": plan_of(request.user),
        "plans": list(PLANS.values()),
        "rows": comparison(),
        "usages": usages(request.user, timezone.now()),
        "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
    return render(request, "settings/plan.html", context)
