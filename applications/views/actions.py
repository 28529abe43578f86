"""What is done to one application: added, corrected, moved, put away; and taken back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest, back
from applications import adding, editing
from applications.forms import AddForm, ApplicationForm, StatusForm
from applications.labels import status_label
from applications.models import Application, Event
from applications.status import Status
from applications.views.own import offer_undo, own, say
from billing.entitlements import LimitError, plan_of


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
    context = {"form": form, "duplicates": duplicates, "usage": usage, "plan": plan_of(request.user)}
    return render(request, "applications/add.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: UUID) -> HttpResponse:
    """Correct what is written down about an application."""
    row = own(request, pk)
    form = ApplicationForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        if editing.edit(row, timezone.now(), **form.cleaned_data):
            messages.success(request, _("Saved."))
        return redirect("application", row.pk)
    context = {"form": form, "application_id": row.pk}
    return render(request, "applications/edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def set_status(request: UserRequest, pk: UUID) -> HttpResponse:
    """Move an application to the status the user chose."""
    row, form = own(request, pk), StatusForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the statuses."))
        return back(request, row)
    status = Status(form.cleaned_data["status"])
    event = editing.set_status(row, status, timezone.now())
    named = {"company": row.company, "status": status_label(status)}
    if event is None:
        messages.info(request, _("%(company)s stands at %(status)s already.") % named)
    else:
        say(request, _("%(company)s: moved to %(status)s.") % named, event)
    return back(request, row)


@login_required
@require_POST
def archive(request: UserRequest, pk: UUID) -> HttpResponse:
    row = own(request, pk)
    if event := editing.archive(row, timezone.now()):
        say(request, _("%(company)s is archived. Its timeline stays.") % {"company": row.company}, event)
    return back(request, "applications")


@login_required
@require_POST
def restore(request: UserRequest, pk: UUID) -> HttpResponse:
    row = own(request, pk)
    if editing.restore(row, timezone.now()):
        words = _("%(company)s is back among your applications.")
        messages.success(request, words % {"company": row.company})
    return back(request, row)


@login_required
@require_POST
def undo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Take back a status set by hand, a note, or putting away."""
    event = _own_event(request, pk)
    if editing.undo(event, timezone.now()):
        offer_undo(request, _("Taken back."), reverse("application-redo", args=[event.pk]))
    else:
        messages.info(request, _("This was taken back already."))
    return back(request, event.application)


@login_required
@require_POST
def redo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Let stand again what was taken back."""
    event = _own_event(request, pk)
    if editing.redo(event):
        say(request, _("It stands again."), event)
    else:
        messages.info(request, _("Nothing changed: it stands as it is."))
    return back(request, event.application)


def _own_event(request: UserRequest, pk: UUID) -> Event:
    events = Event.objects.filter(application__in=Application.objects.of(request.user))
    return get_object_or_404(events.select_related("application"), pk=pk)


def _try_to_add(request: UserRequest, form: AddForm) -> Application | None:
    try:
        made = adding.add(request.user, timezone.now(), **form.values)
    except LimitError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("%(application)s is on your list.") % {"application": made})
    return made
