"""Settings, Integrations: the user's mailboxes, connecting one, and taking one away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Prefetch
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.fragments import Request, show
from accounts.grants import GrantError, NotConfiguredError
from accounts.models import User
from accounts.requests import back
from billing.entitlements import LimitError, entitlements
from tracking import connect, tasks
from tracking.connect import Connected, RefusedError
from tracking.context import Header
from tracking.disconnect import made_only_from
from tracking.failures import failures_of
from tracking.forms import BackfillForm
from tracking.models import Disconnection, Mailbox, SyncRun, Upload
from tracking.providers import ProviderError
from tracking.uploading import UnnamedFileHandler
from tracking.words import COMPANIES, after_disconnecting, in_words, no_way_back

TEMPLATE = "settings/integrations.html"
PROOFS = 5
RECENT_FILES = 3

log = logging.getLogger("heardback.integrations")


@dataclass(frozen=True)
class Line:
    """One mailbox with its last run and what the page says about it."""

    mailbox: Mailbox
    run: SyncRun | None
    problem: str = ""
    next_step: str = ""
    failed: int = 0  # messages that could not be read so far

    @property
    def is_syncing(self) -> bool:
        return self.run is not None and self.run.state in SyncRun.OPEN

    @property
    def estimate(self) -> int | None:
        return self.run.estimate if self.run else None

    @property
    def waits_until(self) -> datetime | None:
        """Until when the provider is left alone, if that is still to come."""
        until = self.mailbox.blocked_until
        return until if until and until > timezone.now() else None


@login_required
@require_safe
def integrations(request: Request) -> HttpResponse:
    return _page(request)


@login_required
@require_safe
def start(request: Request, provider: Mailbox.Provider) -> HttpResponse:
    """Send the user to the provider's consent page. A link: a form could not lead to another host."""
    try:
        mailbox_id = UUID(request.GET["mailbox"]) if "mailbox" in request.GET else None
        url = connect.consent_url(request.user, provider, request.session, timezone.now(), mailbox_id)
    except (Mailbox.DoesNotExist, ValueError):
        raise Http404 from None
    except LimitError as error:
        return _refuse(request, str(error))
    except NotConfiguredError as error:
        log.error("%s", error)
        return _page(request, "not_configured", status=503)
    return HttpResponseRedirect(url)


@login_required
@require_safe
def callback(request: Request, provider: Mailbox.Provider) -> HttpResponse:
    """Where the provider sends the user back to, with a code or an error."""
    at, answer = timezone.now(), request.GET
    state = answer.get("state", "")
    try:
        if "error" in answer or "code" not in answer:
            told = (answer.get("error", ""), answer.get("error_description", ""))
            return _page(request, connect.refusal_of(provider, request.session, state, *told, at), status=400)
        connected = connect.connect_account(
            request.user, provider, request.session, answer["code"], state, at
        )
    except LimitError as error:
        return _refuse(request, str(error))
    except (GrantError, ProviderError) as error:
        log.warning("%s not connected: %s", provider.label, error.code)
        return _page(request, error.code, status=400)
    wake(connected.mailbox)
    welcome(request, connected)
    return redirect("integrations")


@login_required
@require_POST
def sample(request: Request) -> HttpResponse:
    mailbox = connect.use_sample(request.user, timezone.now())
    wake(mailbox)
    messages.success(request, _("The sample mailbox is being read. Its mail appears in your Tracking Inbox."))
    return back(request, "integrations")


@csrf_exempt  # checked below: reading the token reads the body, and the handler must be set before
@login_required
@require_POST
def upload(request: Request) -> HttpResponse:
    """Take in a file of mail; the workers read it."""
    try:
        connect.require_mail_sync(request.user)
    except LimitError as error:
        return _refuse(request, str(error))
    handler = UnnamedFileHandler(settings.UPLOAD_MAX_BYTES)
    request.upload_handlers = [handler]
    response: HttpResponse = _upload(request, handler)
    return response


@csrf_protect
def _upload(request: Request, handler: UnnamedFileHandler) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.name:
        return _page(request, "file_too_large" if handler.is_too_large else "file_missing", status=422)
    try:
        with file:
            mailbox = connect.receive_file(
                request.user, file.name, file, settings.UPLOAD_MAX_BYTES, timezone.now()
            )
    except ProviderError as error:
        return _page(request, error.code, status=422)
    wake(mailbox)
    words = _("%(file)s is being read. What it holds appears in your Tracking Inbox.")
    messages.success(request, words % {"file": file.name})
    return redirect("integrations")


@login_required
@require_POST
def pause(request: Request, pk: UUID) -> HttpResponse:
    with _told(request):
        connect.pause(request.user, pk, timezone.now())
        messages.success(request, _("Paused. Everything read so far stays."))
    return redirect("integrations")


@login_required
@require_POST
def resume(request: Request, pk: UUID) -> HttpResponse:
    with _told(request):
        wake(connect.resume(request.user, pk, timezone.now()))
        messages.success(request, _("Resumed. Mail that came meanwhile is being read."))
    return redirect("integrations")


@login_required
@require_POST
def sync_now(request: Request, pk: UUID) -> HttpResponse:
    with _told(request):
        wake(connect.sync_now(request.user, pk, timezone.now()))
        messages.success(request, _("Looking for new mail."))
    return redirect("integrations")


@login_required
@require_POST
def sync_all(request: Request) -> HttpResponse:
    """Have every mailbox that can be looked into looked into now, from whichever page it was asked."""
    active = Mailbox.objects.of(request.user).connected().filter(state=Mailbox.State.ACTIVE)
    woken, refusals = [], []
    for mailbox in active.order_by("created_at"):
        if mailbox.is_pulled:
            try:
                woken.append(connect.sync_now(request.user, mailbox.pk, timezone.now()))
            except (RefusedError, LimitError) as error:
                refusals.append(str(error))
    for mailbox in woken:
        wake(mailbox)
    if woken:
        messages.success(request, _("Looking for new mail."))
    else:
        messages.info(request, refusals[0] if refusals else _("There is no mailbox to look into."))
    return back(request, "integrations")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: Request, pk: UUID) -> HttpResponse:
    """Say what goes with a mailbox and ask about the applications made from its mail; then take it away."""
    mailbox = get_object_or_404(Mailbox.objects.of(request.user).connected(), pk=pk)
    choice = request.POST.get("applications")
    if choice not in {"keep", "delete"}:
        context = {
            "mailbox": mailbox,
            "stored": mailbox.messages.count(),
            "made": made_only_from(mailbox).count(),
            "no_way_back": no_way_back(mailbox.provider),
            "problem": in_words("choice_missing") if request.method == "POST" else None,
        }
        return render(request, "settings/disconnect.html", context, status=422 if context["problem"] else 200)
    with _told(request):
        proof = connect.disconnect(request.user, pk, choice == "keep", timezone.now())
        messages.success(request, _farewell(proof))
    return redirect("integrations")


@login_required
@require_POST
def backfill(request: Request, pk: UUID) -> HttpResponse:
    """Choose how far back a mailbox is read."""
    get_object_or_404(Mailbox.objects.of(request.user).connected(), pk=pk)
    form = BackfillForm(request.POST)
    if not form.is_valid():
        return _page(request, "span_unknown", status=422)
    with _told(request):
        mailbox = connect.read_back(request.user, pk, form.cleaned_data["days"], timezone.now())
        messages.success(request, _read_back(mailbox))
        wake(mailbox)
    return redirect("integrations")


@login_required
@require_POST
def retry(request: Request, pk: UUID) -> HttpResponse:
    """Try again what could not be read."""
    with _told(request):
        mailbox, count = connect.retry_failures(request.user, pk, timezone.now())
        if count:
            wake(mailbox)
            words = ngettext(
                "%(count)s message will be tried again.", "%(count)s messages will be tried again.", count
            )
            messages.success(request, words % {"count": count})
        else:
            messages.info(request, _("There is nothing left to try again."))
    return back(request, "integrations")


@contextmanager
def _told(request: Request) -> Iterator[None]:
    """Say a refusal in a toast; a mailbox that is not the user's is not found."""
    try:
        yield
    except (RefusedError, LimitError) as error:
        messages.error(request, str(error))
    except Mailbox.DoesNotExist:
        raise Http404 from None


def _page(request: Request, problem: str = "", status: int = 200) -> HttpResponse:
    """The page; a `problem` stands on top of it in words, with what to do next."""
    user = request.user
    lines = _lines(user)
    proofs = Disconnection.objects.of(user).order_by("-requested_at")[:PROOFS]
    context = {
        "header": Header(user),
        "lines": lines,
        "spans": Mailbox.BackfillDays.choices,
        "has_sample": any(line.mailbox.provider == Mailbox.Provider.SAMPLE for line in lines),
        "may_sync": entitlements(user).mail_sync,
        "has_gmail": connect.can_connect(Mailbox.Provider.GMAIL),
        "has_outlook": connect.can_connect(Mailbox.Provider.OUTLOOK),
        "problem": in_words(problem) if problem else None,
        "proofs": [
            (
                str(Mailbox.Provider(proof.provider).label),
                proof,
                _afterwards(proof),
            )
            for proof in proofs
        ],
        "upload_limit": settings.UPLOAD_MAX_BYTES,
    }
    return show(request, TEMPLATE, context, {"mailboxes": "mailboxes"}, status)


def _lines(user: User) -> list[Line]:
    recent = Upload.objects.order_by("-created_at")[:RECENT_FILES]
    rows = Mailbox.objects.of(user).connected().order_by("created_at")
    mailboxes = rows.annotate(stored=Count("messages")).prefetch_related(Prefetch("uploads", recent, "files"))
    last = SyncRun.objects.of(user).order_by("mailbox", "-started_at").distinct("mailbox")
    runs = {run.mailbox_id: run for run in last}
    failed = failures_of(user)
    return [_line(each, runs.get(each.pk), failed.get(each.pk, 0)) for each in mailboxes]


def _line(mailbox: Mailbox, run: SyncRun | None, failed: int) -> Line:
    code = mailbox.state_reason
    if mailbox.state == Mailbox.State.ACTIVE:
        code = run.error if run and run.state == SyncRun.State.FAILED else ""
    return Line(mailbox, run, *in_words(code), failed)


def _refuse(request: Request, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("integrations")


def wake(mailbox: Mailbox) -> None:
    """Have it synced at once; with the queue out of order, the schedule does it later."""
    try:
        tasks.queue_sync(mailbox)
    except OperationalError:
        log.warning("mailbox %s waits for the schedule", mailbox.pk)


def welcome(request: Request, connected: Connected) -> None:
    """Say what came of connecting."""
    named = {"address": connected.mailbox.address, "other": connected.instead_of}
    if connected.instead_of:
        words = _(
            "You signed in at %(company)s as %(address)s, so that mailbox was connected. "
            "%(other)s still needs to be reconnected."
        )
        messages.warning(request, words % (named | {"company": COMPANIES[connected.mailbox.provider].name}))
    elif connected.is_new:
        messages.success(request, _("%(address)s is connected. Its first sync has begun.") % named)
    else:
        words = _("%(address)s is connected again, and goes on where it stopped.")
        messages.success(request, words % named)


def _afterwards(proof: Disconnection) -> str:
    is_pending = proof.completed_at is None
    return after_disconnecting(proof.provider, proof.revoked_at_provider, is_pending=is_pending)


def _read_back(mailbox: Mailbox) -> str:
    words = _(
        "Mail of the last %(span)s is read: what is older than before comes next, the newest of it first."
    )
    if mailbox.older_since is None:
        words = _("Mail of the last %(span)s is read. Nothing that was read before is deleted.")
    return words % {"span": mailbox.get_backfill_days_display()}


def _farewell(proof: Disconnection) -> str:
    mails, applications = proof.messages_deleted, proof.applications_deleted
    said = ngettext(
        "Disconnected. %(count)s e-mail deleted.", "Disconnected. %(count)s e-mails deleted.", mails
    )
    words = [said % {"count": mails}]
    if applications:
        said = ngettext("%(count)s application deleted.", "%(count)s applications deleted.", applications)
        words.append(said % {"count": applications})
    words.append(_afterwards(proof))
    return " ".join(words).strip()
