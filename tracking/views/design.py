"""The living style page: every component and state there is, for who works on it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.fragments import Request
from applications.status import Status
from tracking.forms import CreateForm
from tracking.views import examples

COLORS = {
    "Ground": ["bg", "surface", "sunken", "line", "line-strong"],
    "Text": ["ink", "muted"],
    "Accent": ["accent", "accent-hover", "on-accent", "accent-soft"],
    "Meaning": ["danger", "danger-soft", "warning", "warning-soft", "success", "success-soft", "alert"],
}


@login_required
@require_safe
def design(request: Request) -> HttpResponse:
    """For staff; to all others there is no such page."""
    if not request.user.is_staff:
        raise Http404
    bound = CreateForm({"company": "Lumen Health", "title": ""}, auto_id="bad-%s")
    context = {
        "colors": COLORS,
        "statuses": list(Status),
        "form": CreateForm(auto_id="good-%s"),
        "bound": bound,
        "columns": ["light", "dark"],
        **examples.shots(timezone.now()),
    }
    return render(request, "design.html", context)
