"""All applications: a board by status, cards, or a table to sort; and the file of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.fragments import Request, show
from accounts.requests import UserRequest, back
from applications import adding, columns, csvfile, listing
from applications.listing import Filters
from applications.models import Application
from applications.status import CLOSED, OPEN, Status

PAGE = 15
VIEWS = ("board", "cards", "list")


@login_required
@require_safe
def applications(request: Request) -> HttpResponse:
    """All applications that pass the filters, in the view that the address asks for."""
    filters, asked = Filters.of(request.GET), request.GET.get("view", "")
    view = asked if asked in VIEWS else VIEWS[0]
    view = "list" if filters.archived and view == "board" else view
    at = timezone.now()
    context: dict[str, Any] = {
        "view": view,
        "filters": filters,
        "statuses": list(Status),
        "sources": Application.Source.choices,
        "usage": adding.usage(request.user, at),
    }
    rows = listing.found(request.user, filters, at)
    context |= _board(request, rows) if view == "board" else _pages(request, rows, view)
    return show(request, "applications/list.html", context, {"applications": "applications"})


@login_required
@require_POST
def choose_columns(request: UserRequest) -> HttpResponse:
    """Keep which columns the table shows."""
    columns.choose(request.user, request.POST.getlist("column"))
    messages.success(request, _("The table shows the columns you chose."))
    return back(request, "applications")


@login_required
@require_safe
def export(request: UserRequest) -> HttpResponse:
    """The applications that pass the filters, as a CSV file that the import takes back."""
    rows = listing.found(request.user, Filters.of(request.GET), timezone.now()).order_by("created_at", "pk")
    name = f"applications-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(csvfile.written(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _board(request: Request, rows: Any) -> dict[str, Any]:
    found = listing.board(request.user, rows, timezone.now())
    return {
        "open": [column for column in found if column.status in OPEN],
        "closed": [column for column in found if column.status in CLOSED],
        "total": sum(column.total for column in found),
    }


def _pages(request: Request, rows: Any, view: str) -> dict[str, Any]:
    sort = request.GET.get("sort", columns.DEFAULT_SORT)
    page = Paginator(listing.in_order(rows, sort), PAGE).get_page(request.GET.get("page"))
    keys = columns.chosen(request.user)
    return {
        "page": page,
        "total": page.paginator.count,
        "applications": listing.page_of(request.user, page.object_list, timezone.now()),
        "sort": sort,
        "sorts": list(columns.COLUMNS.values()),
        "headings": columns.headings(sort, keys) if view == "list" else [],
        "columns": columns.OPTIONAL,
        "chosen": keys,
    }
