"""A newcomer's first steps."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import TimezoneForm
from accounts.fragments import Request
from billing.entitlements import entitlements
from tracking import onboarding as first_steps


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding(request: Request) -> HttpResponse:
    """The steps with what is done; a POST confirms the time zone."""
    form = TimezoneForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Times are shown as it is there."))
        return redirect("onboarding")
    steps = first_steps.steps(request.user)
    context = {
        "form": form,
        "steps": steps,
        "done": [step.code for step in steps if step.is_done],
        "may": entitlements(request.user),
    }
    return render(request, "onboarding/page.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def dismiss(request: Request) -> HttpResponse:
    """Put the steps away, or with `resume` show them on the dashboard again."""
    if "resume" in request.POST:
        first_steps.resume(request.user)
    else:
        first_steps.dismiss(request.user, timezone.now())
        messages.info(request, _("Put away. You find the first steps again in your account menu."))
    return redirect("dashboard")
