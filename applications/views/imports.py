"""Taking in a CSV file: upload, what its columns mean, a look at what comes of it, the result, undo."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.fragments import Request, show
from accounts.requests import UserRequest
from applications import adding, csvfile, importing
from applications.forms import MappingForm, UploadForm
from applications.models import Import

SHOWN, PROBLEMS = 12, 30
OUTCOMES = {
    importing.READY: "will be added",
    importing.DUPLICATE: "tracked already",
    importing.INVALID: "cannot be read",
    importing.OVER: "over your plan's limit",
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
        "headings": list(csvfile.HEADINGS.values()),
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
        messages.info(request, "This file was taken in already.")
    return redirect("import", pk)


@login_required
@require_POST
def undo(request: UserRequest, pk: UUID) -> HttpResponse:
    """Remove what the import added, but for what was used since."""
    batch = _own_import(request, pk)
    removed = importing.undo(batch, timezone.now())
    if removed:
        messages.success(request, f"{removed} application{'' if removed == 1 else 's'} removed again.")
    else:
        messages.info(request, "There was nothing to take back.")
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
        "problems": [row for row in rows[SHOWN:] if row.errors][:PROBLEMS],
        "ready": counts[importing.READY],
        "counts": [(OUTCOMES[name], counts[name], name) for name in OUTCOMES if counts[name]],
        "outcomes": OUTCOMES,
        "usage": adding.usage(request.user, timezone.now()),
    }
    status = 422 if form.is_bound else 200
    return show(request, "applications/import.html", context, {"preview": "preview"}, status)


def _result(request: UserRequest, batch: Import) -> HttpResponse:
    left = importing.untouched_of(batch).count() if batch.undone_at is None else 0
    added = batch.applications.all()
    context = {
        "batch": batch,
        "skipped": [(OUTCOMES[name], batch.skipped[name]) for name in OUTCOMES if name in batch.skipped],
        "removable": left,
        "used": added.count() - left,
        "added": list(added.defer("notes").order_by("company")[:SHOWN]),
    }
    return render(request, "applications/imported.html", context)
