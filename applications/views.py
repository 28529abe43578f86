from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest, back
from applications import adding, editing, listing
from applications.forms import AddForm, ApplicationForm, NoteForm, StatusForm
from applications.models import Application, Event
from applications.status import CLOSED, OPEN, Status
from applications.timeline import timeline
from billing.entitlements import LimitError

PAGE = 25


@login_required
@require_safe
def applications(request: UserRequest) -> HttpResponse:
    """All applications: a board by status, or a list to sort and search."""
    query, status = request.GET.get("q", "").replace("\x00", "").strip(), request.GET.get("status", "")
    archived, as_list = request.GET.get("archived") == "1", request.GET.get("view") == "list"
    sort = request.GET.get("sort", listing.DEFAULT_SORT)
    status = status if status in set(Status) else ""
    rows = listing.found(request.user, query=query, status=status, archived=archived)
    context: dict[str, Any] = {
        "view": "list" if as_list else "board",
        "query": query,
        "status": status,
        "archived": archived,
        "sort": sort,
        "statuses": list(Status),
        "usage": adding.usage(request.user, timezone.now()),
    }
    if as_list:
        context["page"] = Paginator(listing.in_order(rows, sort), PAGE).get_page(request.GET.get("page"))
        context["headings"] = listing.headings(sort)
    else:
        columns = listing.board(rows)
        context["open"] = [column for column in columns if column.status in OPEN]
        context["closed"] = [column for column in columns if column.status in CLOSED]
        context["total"] = sum(column.total for column in columns)
    return render(request, "applications/list.html", context)


@login_required
@require_safe
def application(request: UserRequest, pk: UUID) -> HttpResponse:
    """One application: its status, timeline, e-mails and notes."""
    return _detail(request, _own(request, pk), NoteForm())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Add one by hand, after a warning where it looks like one that is there already."""
    now = timezone.now()
    form = AddForm(request.POST or None, initial={"applied_on": timezone.localdate()})
    duplicates: list[Application] = []
    if request.method == "POST" and form.is_valid():
        values = form.values
        if not form.cleaned_data["confirmed"]:
            duplicates = adding.find_duplicates(request.user, values["company"], values["title"])
        if not duplicates and (made := _try_to_add(request, form)):
            return redirect(made)
    usage = adding.usage(request.user, now)
    context = {"form": form, "duplicates": duplicates, "usage": usage}
    return render(request, "applications/add.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: UUID) -> HttpResponse:
    """Correct what is written down about an application."""
    row = _own(request, pk)
    form = ApplicationForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        if editing.edit(row, timezone.now(), **form.cleaned_data):
            messages.success(request, "Saved.")
        return redirect("application", row.pk)
    context = {"form": form, "application_id": row.pk}
    return render(request, "applications/edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def set_status(request: UserRequest, pk: UUID) -> HttpResponse:
    """Move an application to the status the user chose."""
    row, form = _own(request, pk), StatusForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the statuses.")
        return back(request, row)
    status = Status(form.cleaned_data["status"])
    event = editing.set_status(row, status, timezone.now())
    if event is None:
        messages.info(request, f"{row.company} stands at {status.label} already.")
    else:
        _say(request, f"{row.company}: moved to {status.label}.", event)
    return back(request, row)


@login_required
@require_POST
def archive(request: UserRequest, pk: UUID) -> HttpResponse:
    row = _own(request, pk)
    if editing.archive(row, timezone.now()):
        messages.success(request, f"{row.company} is archived. Under Archived you can restore it.")
    return back(request, "applications")


@login_required
@require_POST
def restore(request: UserRequest, pk: UUID) -> HttpResponse:
    row = _own(request, pk)
    if editing.restore(row, timezone.now()):
        messages.success(request, f"{row.company} is back among your applications.")
    return back(request, row)


@login_required
@require_POST
def note(request: UserRequest, pk: UUID) -> HttpResponse:
    """Put a note on the timeline."""
    row, form = _own(request, pk), NoteForm(request.POST)
    if not form.is_valid():
        return _detail(request, row, form, status=422)
    _say(request, "Note added.", editing.note(row, form.cleaned_data["text"], timezone.now()))
    return redirect(row)


@login_required
@require_POST
def undo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Take back a status set by hand or a note."""
    own = Event.objects.filter(application__in=Application.objects.of(request.user))
    event = get_object_or_404(own.select_related("application"), pk=pk)
    if editing.undo(event, timezone.now()):
        messages.success(request, "Taken back.")
    else:
        messages.info(request, "This was taken back already.")
    return back(request, event.application)


def _own(request: UserRequest, pk: UUID) -> Application:
    found: Application = get_object_or_404(Application.objects.of(request.user), pk=pk)
    return found


def _detail(request: UserRequest, row: Application, form: NoteForm, status: int = 200) -> HttpResponse:
    mails = list(row.messages.defer("snippet", "body", "quoted"))
    context = {
        "application": row,
        "mails": mails,
        "timeline": timeline(row, mails),
        "statuses": list(Status),
        "note_form": form,
    }
    return render(request, "applications/detail.html", context, status=status)


def _try_to_add(request: UserRequest, form: AddForm) -> Application | None:
    try:
        made = adding.add(request.user, timezone.now(), **form.values)
    except LimitError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, f"{made} is on your list.")
    return made


def _say(request: UserRequest, words: str, event: Event) -> None:
    """Tell the user what was done, with a way to take it back."""
    messages.success(request, words, extra_tags=f"undo event {event.pk}")
