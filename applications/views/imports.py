"""Taking in a CSV file: upload, what its columns mean, a look at what comes of it, the result, undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.fragments import Request, show
from accounts.requests import UserRequest
from applications import adding, csvfile, importing
from applications.forms import MappingForm, UploadForm
from applications.models import Import

SHOWN, PROBLEMS = 12, 20
OUTCOMES = {
    importing.READY: ngettext_lazy("%(count)s will be added", "%(count)s will be added", "count"),
    importing.DUPLICATE: ngettext_lazy("%(count)s tracked already", "%(count)s tracked already", "count"),
    importing.INVALID: ngettext_lazy("%(count)s cannot be read", "%(count)s cannot be read", "count"),
    importing.OVER: ngettext_lazy(
        "%(count)s over your plan's limit", "%(count)s over your plan's limit", "count"
    ),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: UserRequest) -> HttpResponse:
    """Choose a file."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid() and (made := _receive(request, form)):
        return redirect("import", made.pk)
    context = {
        "form": form,
        "headings": [_(each) for each in csvfile.HEADINGS.values()],
        "max_rows": csvfile.MAX_ROWS,
        "max_mb": csvfile.MAX_BYTES // 1024**2,
        "usage": adding.usage(request.user, timezone.now()),
        "earlier": Import.objects.of(request.user).exclude(imported_at=None)[:5],
    }
    return render(request, "applications/upload.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, pk: UUID) -> HttpResponse:
    """What a file would become, with its columns to correct; once it is taken in, what became of it."""
    batch = _own_import(request, pk)
    if batch.imported_at is not None:
        return _result(request, batch)
    form = MappingForm(batch, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        return redirect("import", batch.pk)
    return _preview(request, batch, form)


@login_required
@require_POST
def run(request: UserRequest, pk: UUID) -> HttpResponse:
    """Add what the preview showed."""
    batch = _own_import(request, pk)
    try:
        importing.run(batch, timezone.now())
    except importing.GoneError:
        messages.info(request, _("This file was taken in already."))
    return redirect("import", pk)


@login_required
@require_POST
def undo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Remove what the import added, but for what was used since."""
    batch = _own_import(request, pk)
    removed = importing.undo(batch, timezone.now())
    if removed:
        words = ngettext(
            "%(count)s application removed again.", "%(count)s applications removed again.", removed
        )
        messages.success(request, words % {"count": removed})
    else:
        messages.info(request, _("There was nothing to take back."))
    return redirect("import", pk)


def _own_import(request: UserRequest, pk: UUID) -> Import:
    found: Import = get_object_or_404(Import.objects.of(request.user).select_related("user"), pk=pk)
    return found


def _receive(request: UserRequest, form: UploadForm) -> Import | None:
    file = form.cleaned_data["file"]
    try:
        content = file.read(csvfile.MAX_BYTES + 1)
        return importing.receive(request.user, file.name, content, timezone.now())
    except csvfile.UnreadableError as error:
        form.add_error("file", str(error))
        return None


def _preview(request: Request, batch: Import, form: MappingForm) -> HttpResponse:
    rows = importing.preview(batch, timezone.now())
    counts = Counter(row.outcome for row in rows)
    context: dict[str, Any] = {
        "batch": batch,
        "form": form,
        "rows": rows[:SHOWN],
        "total": len(rows),
        "problems": importing.grouped(rows)[:PROBLEMS],
        "unknown": importing.unknown_statuses(batch),
        "ready": counts[importing.READY],
        "over": counts[importing.OVER],
        "counts": _said(counts),
        "usage": adding.usage(request.user, timezone.now()),
    }
    status = 422 if form.is_bound else 200
    return show(request, "applications/import.html", context, {"preview": "preview"}, status)


def _said(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """How many rows had which outcome, in words and as its name, without those that none had."""
    return [(words % {"count": counts[name]}, name) for name, words in OUTCOMES.items() if counts.get(name)]


def _result(request: UserRequest, batch: Import) -> HttpResponse:
    left = importing.untouched_of(batch).count() if batch.undone_at is None else 0
    added = batch.applications.all()
    context = {
        "batch": batch,
        "skipped": [words for words, _name in _said(batch.skipped)],
        "removable": left,
        "used": added.count() - left,
        "added": list(added.defer("notes").order_by("company")[:SHOWN]),
    }
    return render(request, "applications/imported.html", context)
