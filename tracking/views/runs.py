"""The history of syncs: what each looked at, kept, and failed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.fragments import Request, show
from accounts.models import User
from tracking.context import Header
from tracking.failures import failures_of
from tracking.models import SyncRun
from tracking.words import in_words

PAGE_SIZE = 20
TITLES: dict[str, str] = {
    SyncRun.Trigger.SCHEDULE: "Scheduled sync",
    SyncRun.Trigger.BY_HAND: "Sync by hand",
    SyncRun.Trigger.PUSH: "Sync after a push",
}


@dataclass(frozen=True)
class Line:
    """One run with what the page says about it."""

    run: SyncRun
    problem: str = ""
    next_step: str = ""
    failed: int = 0  # messages of its mailbox that could not be read so far, said with its last run

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
        return self.run.estimate


@login_required
@require_safe
def runs(request: Request) -> HttpResponse:
    page = request.GET.get("page", "")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1
    rows = SyncRun.objects.of(request.user).select_related("mailbox")
    found = list(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    context = {
        "header": Header(request.user),
        "lines": _lines(request.user, found[:PAGE_SIZE]),
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


def _lines(user: User, runs: list[SyncRun]) -> list[Line]:
    failed = failures_of(user)
    return [_line(run, failed.pop(run.mailbox_id, 0) if run.failed else 0) for run in runs]


def _line(run: SyncRun, failed: int) -> Line:
    return Line(run, *in_words(run.error), failed)
