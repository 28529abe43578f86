"""What anybody may see: what this is, what it promises, and what robots and researchers ask for."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.plans import FREE, PLANS
from tracking.views import examples

YEAR = timedelta(days=365)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Heardback is, shown on made-up mail by the same partials that show real mail."""
    if request.user.is_authenticated:
        return redirect("dashboard")
    context = {
        "plans": PLANS.values(),
        "free": FREE.entitlements,
        "sure": settings.AUTO_LINK_THRESHOLD,
        "unsure": settings.REVIEW_THRESHOLD,
        "days": settings.FULL_CONTENT_RETENTION_DAYS,
        **examples.shots(timezone.now()),
    }
    return render(request, "home.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "contact": settings.PRIVACY_CONTACT,
        "operator": settings.OPERATOR,
        "days": settings.FULL_CONTENT_RETENTION_DAYS,
        "processors": settings.SUBPROCESSORS,
    }
    return render(request, "privacy.html", context)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "terms.html", {"contact": settings.PRIVACY_CONTACT, "operator": settings.OPERATOR})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Robots may read the public pages; nothing else of this site is for them."""
    open_to_all = [reverse(name) for name in ("pricing", "privacy", "terms")]
    lines = ["User-agent: *", "Allow: /$", *(f"Allow: {path}" for path in open_to_all), "Disallow: /"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look that were told of no icon, as on the admin's pages."""
    return redirect(static("mark.svg"))


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    lines = [
        f"Contact: mailto:{settings.PRIVACY_CONTACT}",
        f"Expires: {(timezone.now() + YEAR).strftime('%Y-%m-%dT00:00:00Z')}",
        f"Canonical: {settings.SITE_URL}{request.path}",
        "Preferred-Languages: en",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
