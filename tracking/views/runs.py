"""The history of syncs: what each looked at, kept, and failed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django_stubs_ext import StrPromise

from accounts.fragments import Request, show
from accounts.models import User
from tracking.context import Header
from tracking.failures import failures_of
from tracking.models import SyncRun
from tracking.views.filters import number
from tracking.words import in_words

PAGE_SIZE = 20
TITLES: dict[str, StrPromise] = {
    SyncRun.Trigger.SCHEDULE: gettext_lazy("Scheduled sync"),
    SyncRun.Trigger.BY_HAND: gettext_lazy("Sync by hand"),
    SyncRun.Trigger.PUSH: gettext_lazy("Sync after a push"),
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
        return str(TITLES.get(self.run.trigger) or self.run.get_trigger_display())

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
    page = number(request.GET.get("page", ""))
    rows = SyncRun.objects.of(request.user).select_related("mailbox")
    found = list(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    context = {
        "header": Header(request.user),
        "lines": _lines(request.user, found[:PAGE_SIZE]),
        "page": page,
        "has_more": len(found) > PAGE_SIZE,
    }
    return show(request, "inbox/runs.html", context, {"runs": "runs"})


def spoken(span: timedelta) -> str:
    """A span of time in a word or two."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 1:
        return _("under 1 s")
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": seconds}
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}


def _lines(user: User, runs: list[SyncRun]) -> list[Line]:
    failed = failures_of(user)
    return [_line(run, failed.pop(run.mailbox_id, 0) if run.failed else 0) for run in runs]


def _line(run: SyncRun, failed: int) -> Line:
    return Line(run, *in_words(run.error), failed)
