"""The first page of a user: what is going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.fragments import Request, show
from applications import status as statuses
from applications.models import Application, Event
from applications.status import Status
from billing.entitlements import entitlements
from billing.plans import Entitlements
from tracking.access import within
from tracking.context import Header
from tracking.models import Message
from tracking.views.queue import Filters, Queue

WAITING = 4
STEPS = 6
EVENTS = 9
DAY = timedelta(days=1)  # a deadline may lie in another time zone
IN_TALKS = (Status.INTERVIEWING, Status.TECHNICAL_ROUND)
SILENT = (Status.SAVED, Status.APPLIED)


@dataclass(frozen=True)
class NextStep:
    """Something with a date in the future that linked mail tells of."""

    at: datetime
    kind: Literal["interview", "deadline"]
    has_time: bool
    message: Any

    @property
    def what(self) -> str:
        """What it is, in a word."""
        return _("Deadline") if self.kind == "deadline" else _("Interview")


@login_required
@require_safe
def dashboard(request: Request) -> HttpResponse:
    user, at, may = request.user, timezone.now(), entitlements(request.user)
    header = Header(user)
    context = {
        "header": header,
        "may": may,
        "numbers": _numbers(user),
        "waiting": Queue(user, Filters(), None, size=WAITING).rows if header.pending else [],
        "steps": next_steps(user, at, may),
        "events": _events(user),
    }
    return show(request, "dashboard.html", context, {"dashboard": "dashboard"})


def next_steps(user: Any, at: datetime, may: Entitlements) -> list[NextStep]:
    """Interviews and deadlines after `at` in linked mail, as far as the plan shows them, soonest first."""
    rows = Message.objects.of(user).filter(
        application__archived_at=None, application__status__in=statuses.OPEN
    )
    ahead = Q(interview_at__gte=at) | Q(deadline_at__gte=at - DAY)
    rows = rows.filter(ahead, state=Message.State.LINKED)
    found = []
    for message in rows.defer("body", "quoted", "snippet", "evidence").select_related(
        "application", "mailbox"
    ):
        shown = within(message.mailbox, may)
        if shown.kinds and message.interview_at and message.interview_at >= at:
            found.append(NextStep(message.interview_at, "interview", True, message))
        if shown.insights and message.deadline and message.deadline >= at:
            found.append(NextStep(message.deadline, "deadline", message.deadline_has_time, message))
    once = {(step.at, step.kind, step.message.application_id): step for step in found}
    return sorted(once.values(), key=lambda step: step.at)[:STEPS]


def _numbers(user: Any) -> dict[str, int]:
    rows = Application.objects.of(user).active()
    sent = ~Q(status=Status.SAVED)
    numbers: dict[str, int] = rows.aggregate(
        open=Count("pk", filter=Q(status__in=statuses.OPEN)),
        in_talks=Count("pk", filter=Q(status__in=IN_TALKS)),
        offers=Count("pk", filter=Q(status__in=[Status.OFFER_EXTENDED, Status.ACCEPTED])),
        answered=Count("pk", filter=~Q(status__in=[*SILENT, Status.WITHDRAWN])),
        sent=Count("pk", filter=sent),
        all=Count("pk"),
    )
    return numbers


def _events(user: Any) -> list[Event]:
    rows = Event.objects.filter(application__user=user, voided_at=None).select_related("application")
    mail = Message.objects.filter(event=OuterRef("pk")).order_by("received_at").values("thread_id")
    rows = rows.annotate(thread_id=Subquery(mail[:1]))
    return list(rows.order_by("-recorded_at", "-occurred_at")[:EVENTS])
