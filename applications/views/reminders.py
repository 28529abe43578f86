"""What is due: tasks by their day, and applications that fell silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest, back
from applications import reminders, todo
from applications.forms import DayForm, ReminderForm
from applications.models import Application
from applications.views.own import offer_undo, own
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
    said = _("%(company)s: noted that you followed up.") % {"company": row.company}
    return _do(request, row, lambda: reminders.done(row, timezone.now()), said)


@login_required
@require_POST
def remind(request: UserRequest, pk: UUID) -> HttpResponse:
    """Come back to it on the day chosen, with `week` in a week, or with `off` not at all."""
    row, form = own(request, pk), DayForm(request.POST)
    if request.POST.get("off"):
        said = _("%(company)s: the reminder is taken off.") % {"company": row.company}
        return _do(request, row, lambda: reminders.put_back(row, None, row.followed_up_at), said)
    if request.POST.get("week"):
        day = timezone.localdate() + reminders.SNOOZE
    elif form.is_valid():
        day = form.cleaned_data["day"]
    else:
        messages.error(request, _("Choose a day that is still to come. Nothing changed."))
        return back(request, "reminders")
    said = _("%(company)s: you are reminded on %(day)s.")
    said %= {"company": row.company, "day": date_format(day, "j F")}
    return _do(request, row, lambda: reminders.remind_on(row, day), said)


@login_required
@require_POST
def undo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Set the reminder of an application to what it was; the address says what."""
    row, form = own(request, pk), ReminderForm(request.GET)
    if not form.is_valid():
        raise BadRequest("reminder")
    return _do(request, row, lambda: reminders.put_back(row, **form.cleaned_data), _("Taken back."))


def _do(request: UserRequest, row: Application, action: Callable[[], None], said: str) -> HttpResponse:
    was = {"remind_on": row.remind_on, "followed_up_at": row.followed_up_at}
    try:
        action()
    except LimitError as error:
        messages.error(request, str(error))
    else:
        known = urlencode({name: value.isoformat() for name, value in was.items() if value})
        offer_undo(request, said, f"{reverse('application-remind-undo', args=[row.pk])}?{known}")
    return back(request, "reminders")
