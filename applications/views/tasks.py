"""The tasks of an application: note one, tick it off, change it, drop it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.fragments import Request
from accounts.requests import back
from applications import todo
from applications.forms import TaskForm
from applications.models import Task
from applications.views.detail import detail
from applications.views.own import offer_undo, own


@login_required
@require_POST
def add(request: Request, pk: UUID) -> HttpResponse:
    """Note something to do about an application."""
    row, form = own(request, pk), TaskForm(request.POST, auto_id="task-%s")
    if not form.is_valid():
        return detail(request, row, "tasks", status=422, task_form=form)
    todo.add(row, form.cleaned_data["text"], form.cleaned_data["due_on"], timezone.now())
    return _tasks_of(request, row.pk)


@login_required
@require_POST
def done(request: Request, pk: UUID) -> HttpResponse:
    """Tick a task off, or with `undone` put it back."""
    task = _own_task(request, pk)
    undo = f"{request.path}?undone=1"
    if request.POST.get("undone") or request.GET.get("undone"):
        todo.reopen(task)
    elif todo.finish(task, timezone.now()) and request.POST.get("next"):
        # Elsewhere than under its application it is gone from the page.
        offer_undo(request, _("Done: %(task)s") % {"task": task.text}, undo)
    return _tasks_of(request, task.application_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, pk: UUID) -> HttpResponse:
    """Say something else in a task, or set another day."""
    task = _own_task(request, pk)
    initial = {"text": task.text, "due_on": task.due_on}
    sent = request.POST if request.method == "POST" else None
    form = TaskForm(sent, initial=initial, auto_id=f"change-{task.pk}-%s")
    if form.is_valid():
        todo.change(task, form.cleaned_data["text"], form.cleaned_data["due_on"])
        return _tasks_of(request, task.application_id)
    status = 422 if form.is_bound else 200
    return detail(request, task.application, "tasks", status, changing=task, change_form=form)


@login_required
@require_POST
def delete(request: Request, pk: UUID) -> HttpResponse:
    task = _own_task(request, pk)
    todo.delete(task, timezone.now())
    words = _("The task “%(task)s” is deleted.") % {"task": Truncator(task.text).chars(60)}
    offer_undo(request, words, reverse("task-restore", args=[task.pk]))
    return _tasks_of(request, task.application_id)


@login_required
@require_POST
def restore(request: Request, pk: UUID) -> HttpResponse:
    """Bring back a task that was deleted."""
    task = get_object_or_404(Task.with_deleted.of(request.user), pk=pk)
    todo.restore(task)
    messages.success(request, _("The task is back."))
    return _tasks_of(request, task.application_id)


def _own_task(request: Request, pk: UUID) -> Task:
    found: Task = get_object_or_404(Task.objects.of(request.user).select_related("application"), pk=pk)
    return found


def _tasks_of(request: Request, application_id: UUID) -> HttpResponse:
    return back(request, f"/applications/{application_id}/?tab=tasks")
