"""One application under its tabs: timeline, e-mails, notes, tasks, insights."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from accounts.fragments import Request, show, wants_fragment
from applications import correspondence, editing, silence
from applications.forms import NoteForm, NotesForm, TaskForm
from applications.insights import insights
from applications.models import Application, Event
from applications.status import Status
from applications.timeline import timeline
from applications.views.own import own, say
from billing.entitlements import plan_of

TABS = {
    "timeline": gettext_lazy("Timeline"),
    "emails": gettext_lazy("Emails"),
    "notes": gettext_lazy("Notes"),
    "tasks": gettext_lazy("Tasks"),
    "insights": gettext_lazy("Insights"),
}


@login_required
@require_safe
def application(request: Request, pk: UUID) -> HttpResponse:
    """One application, with the tab that the address asks for."""
    asked = request.GET.get("tab", "")
    return detail(request, own(request, pk), asked if asked in TABS else "timeline")


@login_required
@require_POST
def note(request: Request, pk: UUID) -> HttpResponse:
    """Put a note on the timeline."""
    row, form = own(request, pk), NoteForm(request.POST)
    if not form.is_valid():
        return detail(request, row, "timeline", status=422, note_form=form)
    say(request, _("Note added."), editing.note(row, form.cleaned_data["text"], timezone.now()))
    return redirect(row)


@login_required
@require_POST
def write_notes(request: Request, pk: UUID) -> HttpResponse:
    """Save the notes; what was written elsewhere meanwhile is shown beside them, not overwritten."""
    row, form = own(request, pk), NotesForm(request.POST)
    if not form.is_valid():
        return retarget(detail(request, row, "notes", status=422, notes_form=form, elsewhere=None), "#tab")
    text, seen = form.cleaned_data["notes"], form.cleaned_data["seen"]
    if not editing.write_notes(row, text, timezone.now(), seen=seen):
        row.refresh_from_db()
        again = NotesForm(initial={"notes": text, "seen": editing.notes_digest(row.notes)})
        conflict = detail(request, row, "notes", status=422, notes_form=again, elsewhere=row.notes)
        return retarget(conflict, "#tab")
    if not wants_fragment(request):
        return redirect(f"{row.get_absolute_url()}?tab=notes&saved=1")
    # The field itself is left alone: somebody may be typing on in it.
    context = {"notes_form": NotesForm(initial={"seen": editing.notes_digest(text)}), "saved": True}
    return show(request, "applications/detail.html", {**context, "elsewhere": None}, {"saved": "saved"})


def detail(request: Request, row: Application, tab: str, status: int = 200, **given: Any) -> HttpResponse:
    """The page of `row` with `tab` open; `given` adds to what the tab shows."""
    plan = plan_of(request.user)
    mail = correspondence.of(row, plan.entitlements)
    heard = silence.heard_at([row.pk]).get(row.pk)
    context = {
        "application": row,
        "silent_days": silence.silent_days(row, heard, timezone.now()),
        "tab": tab,
        "tabs": TABS,
        "mail": mail,
        "plan": plan,
        "open_tasks": row.tasks.open().count(),
        "statuses": list(Status),
    }
    context |= _TAB_CONTEXT[tab](request, row, mail) | given
    return show(request, "applications/detail.html", context, {"tab": "tab"}, status)


def _timeline(request: Request, row: Application, mail: correspondence.Correspondence) -> dict[str, Any]:
    return {"timeline": timeline(row, mail.emails), "note_form": NoteForm()}


def _emails(request: Request, row: Application, mail: correspondence.Correspondence) -> dict[str, Any]:
    return {}


def _notes(request: Request, row: Application, mail: correspondence.Correspondence) -> dict[str, Any]:
    form = NotesForm(initial={"notes": row.notes, "seen": editing.notes_digest(row.notes)})
    dated = row.events.filter(kind=Event.Kind.NOTE, voided_at=None)
    return {
        "notes_form": form,
        "dated": list(dated),
        "saved": request.GET.get("saved") == "1",
        "elsewhere": None,
    }


def _tasks(request: Request, row: Application, mail: correspondence.Correspondence) -> dict[str, Any]:
    tasks = list(row.tasks.all())
    return {
        "todo": [task for task in tasks if task.done_at is None],
        "finished": [task for task in tasks if task.done_at],
        "today": timezone.localdate(),
        "task_form": TaskForm(auto_id="task-%s"),
        "changing": None,
        "offered": _offered(tasks, mail),
    }


def _offered(tasks: list[Any], mail: correspondence.Correspondence) -> list[dict[str, Any]]:
    """What mail names with a day still to come, and is no task yet."""
    known, offered = {(task.text, task.due_on) for task in tasks}, []
    for each in mail.appointments:
        text = _("Meet the deadline") if each.kind == "deadline" else _("Prepare for the interview")
        day = each.at
        due_on = timezone.localtime(day).date()
        if day >= timezone.now() and (text, due_on) not in known:
            offered.append({"appointment": each, "text": text, "due_on": due_on})
    return offered


def _insights(request: Request, row: Application, mail: correspondence.Correspondence) -> dict[str, Any]:
    shown = insights(row, mail, timezone.now()) if mail.insights else None
    return {"insights": shown}


_TAB_CONTEXT = {
    "timeline": _timeline,
    "emails": _emails,
    "notes": _notes,
    "tasks": _tasks,
    "insights": _insights,
}
