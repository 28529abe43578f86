"""Analytics: what became of applications, how soon answers come, how much mail there is."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.fragments import Request
from accounts.models import User
from applications.models import Application
from applications.status import Status
from billing.entitlements import entitlements
from tracking.analytics import figures, ladder, loading, sankey

DEFAULT = loading.PERIODS["90"]


@login_required
@require_safe
def analytics(request: Request) -> HttpResponse:
    """All figures of a period on plans that have them; on others what they would be made of."""
    period = loading.PERIODS.get(request.GET.get("period", ""), DEFAULT)
    may = entitlements(request.user)
    context: dict[str, Any] = {"period": period, "periods": loading.PERIODS.values(), "may": may}
    if may.performance:
        context |= _figures(request.user, period, timezone.localdate())
    else:
        context |= _teaser(request.user)
    return render(request, "analytics.html", context)


def _figures(user: User, period: loading.Period, today: date) -> dict[str, Any]:
    since = period.begins_on(today)
    journeys = loading.journeys(user, since)
    times = [took for each in journeys if (took := each.took) is not None]
    replies = figures.reply_times(loading.letters(user, since))
    drawing = sankey.draw(figures.flows(journeys))
    counts, days = loading.mail_counts(user, since, today)
    return {
        "sent": len(journeys),
        "heard_back": sum(each.heard_back for each in journeys),
        "rate": figures.response_rate(journeys),
        "first_answer": figures.in_words(figures.typical(times)),
        "answers": len(times),
        "spans": figures.by_span(times),
        "own_reply": figures.in_words(figures.typical(replies)),
        "replies": len(replies),
        "drawing": drawing,
        "rungs": ladder.rungs(drawing),
        "bars": figures.bars(counts, days),
        "last_day": days[-1],
        "mail": sum(received + sent for received, sent in counts.values()),
    }


def _teaser(user: User) -> dict[str, Any]:
    """What every plan may see: how many applications there are, and how many were answered."""
    sent = Application.objects.of(user).exclude(status=Status.SAVED)
    return {"sent": sent.count(), "heard_back": sent.filter(status__in=figures.HEARD).count()}
