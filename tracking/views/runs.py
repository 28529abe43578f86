"""The history of syncs: what each looked at, kept, and failed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tracking.context import Header
from tracking.models import SyncRun
from tracking.views.fragments import Request, show
from tracking.words import in_words

PAGE_SIZE = 20
TITLES: dict[str, str] = {
    SyncRun.Trigger.SCHEDULE: "Scheduled sync",
    SyncRun.Trigger.BY_HAND: "Sync by hand",
}


@dataclass(frozen=True)
class Line:
    """One run with what the page says about it."""

    run: SyncRun
    problem: str = ""
    next_step: str = ""

    @property
    def title(self) -> str:
        """What started it, as a heading."""
        return TITLES.get(self.run.trigger) or str(self.run.get_trigger_display())

    @property
    def duration(self) -> str:
        end = self.run.finished_at or timezone.now()
        return spoken(end - self.run.started_at)

    @property
    def estimate(self) -> int | None:
        """Of how many messages it is, where that is more than was looked at already."""
        total = self.run.estimated_total
        return total if total and total >= self.run.looked_at else None


@login_required
@require_safe
def runs(request: Request) -> HttpResponse:
    page = request.GET.get("page", "")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1
    rows = SyncRun.objects.of(request.user).select_related("mailbox")
    found = list(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    context = {
        "header": Header(request.user),
        "lines": [_line(run) for run in found[:PAGE_SIZE]],
        "page": number,
        "has_more": len(found) > PAGE_SIZE,
    }
    return show(request, "inbox/runs.html", context, {"runs": "runs"})


def spoken(span: timedelta) -> str:
    """A span of time in a word or two."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 1:
        return "under 1 s"
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _line(run: SyncRun) -> Line:
    return Line(run, *in_words(run.error)) if run.error else Line(run)
