"""What is due: tasks by their day, and applications that fell silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest, back
from applications import reminders, todo
from applications.forms import DayForm
from applications.views.own import own
from billing.entitlements import LimitError, plan_of

SHOWN = 12
AHEAD = timedelta(days=14)


@login_required
@require_safe
def reminders_page(request: UserRequest) -> HttpResponse:
    """Tasks of the next two weeks, and, where the plan has it, whom to write to again."""
    at, today, plan = timezone.now(), timezone.localdate(), plan_of(request.user)
    due = reminders.due(request.user, at) if plan.entitlements.performance else []
    tasks = list(todo.coming(request.user, today + AHEAD))
    context = {
        "plan": plan,
        "today": today,
        "tasks": tasks[:SHOWN],
        "more_tasks": max(0, len(tasks) - SHOWN),
        "due": due[:SHOWN],
        "more": max(0, len(due) - SHOWN),
        "later": reminders.later(request.user, at)[:SHOWN] if plan.entitlements.performance else [],
        "days": reminders.FOLLOW_UP_DAYS,
        "tomorrow": today + timedelta(days=1),
    }
    return render(request, "applications/reminders.html", context)


@login_required
@require_POST
def followed_up(request: UserRequest, pk: UUID) -> HttpResponse:
    """The user wrote to them: begin to count anew."""
    row = own(request, pk)
    said = f"{row.company}: noted that you followed up."
    return _do(request, lambda: reminders.done(row, timezone.now()), said)


@login_required
@require_POST
def remind(request: UserRequest, pk: UUID) -> HttpResponse:
    """Come back to it on the day chosen, or with `week` in a week."""
    row, form = own(request, pk), DayForm(request.POST)
    if request.POST.get("week"):
        day = timezone.localdate() + reminders.SNOOZE
    elif form.is_valid():
        day = form.cleaned_data["day"]
    else:
        messages.error(request, "Choose a day that is still to come. Nothing changed.")
        return back(request, "reminders")
    said = f"{row.company}: you are reminded on {day.day} {day:%B}."
    return _do(request, lambda: reminders.remind_on(row, day), said)


def _do(request: UserRequest, action: Callable[[], None], said: str) -> HttpResponse:
    try:
        action()
    except LimitError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return back(request, "reminders")
