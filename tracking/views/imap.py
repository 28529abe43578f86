"""Settings, Integrations: connecting a mailbox with its address and a password."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.fragments import Request, show
from billing.entitlements import LimitError
from tracking import connect_imap
from tracking.connect import RefusedError, require_mail_sync
from tracking.forms import ImapForm
from tracking.models import Mailbox
from tracking.providers import ProviderError
from tracking.views.integrations import wake, welcome
from tracking.words import in_words

TEMPLATE = "settings/imap.html"

log = logging.getLogger("heardback.integrations")


@sensitive_post_parameters("password")
@sensitive_variables("form")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Request) -> HttpResponse:
    """Ask for an address, its password and server, and try them; with `mailbox`, to reconnect that one."""
    try:
        require_mail_sync(request.user)
    except LimitError as error:
        messages.error(request, str(error))
        return redirect("integrations")
    mailbox = _mailbox(request)
    form = ImapForm(request.POST or None, initial=_initial(request, mailbox))
    form.fields["address"].disabled = mailbox is not None
    if request.method != "POST":
        return _page(request, form, mailbox)
    if form.is_valid() and (response := _connect(request, form)):
        return response
    return _page(request, form, mailbox, status=422)


def _connect(request: Request, form: ImapForm) -> HttpResponse | None:
    """Go on to the mailboxes; None where the form now says what was wrong."""
    try:
        connected = connect_imap.connect(
            request.user, form.cleaned_data["address"], form.login(), timezone.now()
        )
    except ProviderError as error:
        log.warning("IMAP not connected: %s", error.code)
        form.add_error(connect_imap.FIELDS.get(error.code), " ".join(in_words(error.code)))
        return None
    except (LimitError, RefusedError) as error:
        form.add_error(None, str(error))
        return None
    wake(connected.mailbox)
    welcome(request, connected)
    return redirect("integrations")


def _mailbox(request: Request) -> Mailbox | None:
    if "mailbox" not in request.GET:
        return None
    try:
        return connect_imap.known_login(request.user, UUID(request.GET["mailbox"]))[0]
    except (Mailbox.DoesNotExist, ValueError):
        raise Http404 from None


def _initial(request: Request, mailbox: Mailbox | None) -> dict[str, object]:
    """What is known already: how the mailbox was read so far, else the server of the address."""
    address = mailbox.address if mailbox else request.GET.get("address", "")[:254]
    login = connect_imap.known_login(request.user, mailbox.pk)[1] if mailbox else None
    if login is None:
        return {"address": address, **_server_fields(address)}
    username = login.username if login.username != address else ""
    server = {"host": login.host, "port": login.port, "security": login.security}
    return {"address": address, "username": username, **server}


def _server_fields(address: str) -> dict[str, object]:
    server = connect_imap.server_of(address)
    domain = address.rpartition("@")[2].strip().lower()
    host = server.host if server else f"imap.{domain}" if "@" in address and domain else ""
    return {"host": host}


def _page(request: Request, form: ImapForm, mailbox: Mailbox | None, status: int = 200) -> HttpResponse:
    address = str(form["address"].value() or "")
    context = {"form": form, "mailbox": mailbox, "server": connect_imap.server_of(address)}
    return show(request, TEMPLATE, context, {"server": "server"}, status)
