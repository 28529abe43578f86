"""The Tracking Inbox: look at what waits, decide, take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.fragments import Request, show
from applications.labels import CHOICES
from applications.models import Application
from billing.entitlements import LimitError, entitlements
from tracking import inbox as decisions
from tracking.access import within
from tracking.context import Header
from tracking.forms import ApproveForm, BulkForm, CreateForm, LinkForm, UndoForm
from tracking.inbox import DecidedError
from tracking.models import Decision, Message
from tracking.models.messages import KINDS
from tracking.views import wording
from tracking.views.filters import BAND_NAMES, TAB_OF, TABS, Filters, back_to, number, set_ones
from tracking.views.queue import Queue, done_on, rows_of

PARTIALS = {"inbox": "inbox", "found": "found"}
MOST_AT_ONCE = 100


@login_required
@require_safe
def inbox(request: Request) -> HttpResponse:
    return _page(request, request.GET)


@login_required
@require_POST
def approve(request: Request, pk: UUID) -> HttpResponse:
    return _link(request, pk, ApproveForm(request.POST))


@login_required
@require_POST
def link(request: Request, pk: UUID) -> HttpResponse:
    return _link(request, pk, LinkForm(request.POST))


@login_required
@require_POST
def ignore(request: Request, pk: UUID) -> HttpResponse:
    return _decide(request, lambda: decisions.ignore(request.user, pk, timezone.now()))


@login_required
@require_POST
def create(request: Request, pk: UUID) -> HttpResponse:
    form = CreateForm(request.POST, auto_id=CreateForm.auto_id_for(pk))
    if form.is_valid():
        data = {**form.cleaned_data, "status": form.cleaned_data["status"] or None}
        try:
            return _decide(request, lambda: decisions.create(request.user, pk, timezone.now(), **data))
        except LimitError as error:
            form.add_error(None, str(error))
    query = QueryDict(request.POST.get("back", ""), mutable=True)
    query["m"] = str(pk)
    return _page(request, query, create_form=form, status=422)


@login_required
@require_POST
def undo(request: Request) -> HttpResponse:
    form = UndoForm(request.POST)
    if not form.is_valid() or not any(form.cleaned_data.values()):
        raise BadRequest("decision or batch")
    try:
        undone = _take_back(request, **form.cleaned_data)
    except (Decision.DoesNotExist, Message.DoesNotExist) as error:
        raise Http404 from error
    except DecidedError as error:
        messages.info(request, str(error))
        return redirect(Filters(tab="decided").path())
    if not undone:
        messages.info(request, _("This was already undone. Nothing changed."))
        return redirect(Filters().path())
    messages.success(request, wording.undone(undone))
    message = Message.objects.of(request.user).get(pk=undone[0].message_id)
    return redirect(Filters(tab=TAB_OF[message.state]).path(message.pk))


@login_required
@require_POST
def unmatch(request: Request, pk: UUID) -> HttpResponse:
    """Take a linked message off its application, and offer the right one at once."""
    try:
        decision = decisions.unmatch(request.user, pk, timezone.now())
    except Message.DoesNotExist as error:
        raise Http404 from error
    except DecidedError as error:
        messages.info(request, str(error))
        return redirect(Filters(tab="decided").path(pk))
    messages.success(request, wording.done(decision), extra_tags=f"undo decision {decision.pk}")
    return redirect(Filters(tab=TAB_OF[decision.message.state]).path(pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: Request) -> HttpResponse:
    """First a page that shows what would change, then the decision over what is ticked there."""
    form = BulkForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise BadRequest("action")
    ids = (request.POST if request.method == "POST" else request.GET).getlist("select")[:MOST_AT_ONCE]
    back = back_to(request)
    if request.method == "POST":
        return _decide_together(request, form.cleaned_data["action"], ids, back)
    rows = rows_of(request.user, ids)
    if not rows:
        messages.info(request, _("Select e-mails in the list first."))
        return redirect(back.path())
    context = {"rows": rows, "action": form.cleaned_data["action"], "filters": back}
    return render(request, "inbox/bulk.html", context)


def _page(
    request: Request, query: QueryDict, *, create_form: CreateForm | None = None, status: int = 200
) -> HttpResponse:
    """The inbox under the filters of `query`, with the message `m` opened."""
    filters, chosen = Filters.of(query), query.get("m", "")
    try:
        queue = Queue(request.user, filters, chosen, query.get("find", ""), number(query.get("part", "")))
    except Message.DoesNotExist as error:
        raise Http404 from error
    if request.htmx.target == "found":
        return show(request, "inbox/page.html", {"queue": queue, "message": queue.message}, PARTIALS)
    header, may, message = Header(request.user), entitlements(request.user), queue.message
    context: dict[str, Any] = {
        "header": header,
        "filters": filters,
        "set_ones": set_ones(filters, header.mailboxes),
        "queue": queue,
        "message": message,
        "row": queue.open_row,
        "explicit": bool(chosen),
        "tabs": _tabs(filters, filters.counts(request.user) if filters.narrowed else header.counts),
        "kinds": KINDS,
        "bands": BAND_NAMES.items(),
        "statuses": CHOICES,
        "may": may,
        "may_here": within(message.mailbox, may) if message else may,
        "waits": wording.WAITING.get(message.why, "") if message else "",
        "create_form": create_form or (CreateForm.for_message(message) if message else None),
        "newer": filters.path(page=filters.page - 1),
        "older": filters.path(page=filters.page + 1),
        "done": None if queue.messages else done_on(request.user, timezone.localdate()),
    }
    return show(request, "inbox/page.html", context, PARTIALS, status)


def _tabs(filters: Filters, found: dict[str, int]) -> list[tuple[str, str, str, int]]:
    """Code, label, address and count of each tab under these filters."""
    counts = dict.fromkeys(TABS, 0)
    for state, tab in TAB_OF.items():
        counts[tab] += found[state]
    return [(code, str(label), filters.path(tab=code, page=1), counts[code]) for code, label in TABS.items()]


def _link(request: Request, pk: UUID, form: ApproveForm) -> HttpResponse:
    if not form.is_valid():
        get_object_or_404(Message.objects.of(request.user), pk=pk)
        raise BadRequest("status or application")
    data = form.cleaned_data
    return _decide(
        request,
        lambda: decisions.approve(
            request.user,
            pk,
            timezone.now(),
            application_id=data["application"],
            status=data["status"] or None,
            note=data["note"],
        ),
    )


def _decide(request: Request, verb: Callable[[], Decision]) -> HttpResponse:
    """Carry one decision out, say what it did, and go on to the message that comes next."""
    try:
        decision = verb()
    except (Message.DoesNotExist, Application.DoesNotExist) as error:
        raise Http404 from error
    except DecidedError as error:
        messages.info(request, str(error))
    else:
        messages.success(request, wording.done(decision), extra_tags=f"undo decision {decision.pk}")
    return redirect(back_to(request).path(_next(request)))


def _decide_together(request: Request, action: str, ids: list[str], back: Filters) -> HttpResponse:
    batch, at, done = uuid4(), timezone.now(), 0
    verb = decisions.approve if action == "approve" else decisions.ignore
    waiting = rows_of(request.user, ids)
    for row in waiting:
        try:
            verb(request.user, row.message.pk, at, batch=batch)
        except DecidedError:
            continue
        done += 1
    words = wording.decided_together(done, len(ids) - done, action)
    messages.success(request, words, extra_tags=f"undo batch {batch}" if done else "")
    return redirect(back.path())


def _take_back(request: Request, decision: UUID | None, batch: UUID | None) -> list[Decision]:
    if decision is not None:
        return [decisions.undo(request.user, decision, timezone.now())]
    return decisions.undo_batch(request.user, batch or "", timezone.now())


def _next(request: Request) -> str | None:
    """The message to open next, as the form names it."""
    try:
        return str(UUID(request.POST.get("next", "")))
    except ValueError:
        return None
