"""Skipped mail: a live look at what the screen left out of a mailbox, and one of it pulled in.

Nothing of that mail may stay anywhere: not in a session, a log, an address or a browser's cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.fragments import Request
from accounts.requests import back
from billing.entitlements import LimitError
from tracking import skipped
from tracking.allowed import forget, sender_hash
from tracking.connect import RefusedError
from tracking.forms import PeriodForm
from tracking.models import AllowedSender, Mailbox
from tracking.providers import Cursor, NeedsReconnectError, ProviderError, TemporaryError
from tracking.providers.heads import Head, Listing, Span
from tracking.skipped import Reach
from tracking.views.filters import TAB_OF, Filters
from tracking.words import FOR_OPERATORS, in_words

TEMPLATE = "settings/skipped.html"
ALLOWED_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One skipped mail. `sealed` names it in a form."""

    head: Head
    sealed: str
    is_allowed: bool  # mail from its sender is read already; this one was found to be about no job


@dataclass
class Look:
    """What came of a look: its mail, the way to what is older, and what is to be said about it."""

    lines: list[Line] = field(default_factory=list)
    older: str = ""
    reach: Reach | None = None
    is_clipped: bool = False  # the mailbox is not read as far back as was asked
    problem: tuple[str, str] | None = None
    way: tuple[str, str] = ("", "")  # out of the problem: a path, and what the link says


@never_cache
@login_required
@sensitive_post_parameters("q")
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def skipped_mail(request: Request, pk: UUID) -> HttpResponse:
    """What was skipped in a period. Words are searched for by POST: they do not belong in an address."""
    mailbox = _mailbox(request, pk)
    form = PeriodForm(request.POST if request.method == "POST" else request.GET)
    is_valid = form.is_valid()
    look = _look(mailbox, form, request) if is_valid else Look()
    context = {
        "mailbox": mailbox,
        "form": form,
        "look": look,
        "allowed": _allowed(mailbox),
        "is_searchable": mailbox.provider in skipped.SEARCHABLE,
        "here": request.get_full_path(),
    }
    return render(request, TEMPLATE, context, status=200 if is_valid else 422)


@login_required
@require_POST
def take(request: Request, pk: UUID) -> HttpResponse:
    """Pull one skipped mail in, and go to it."""
    mailbox = _mailbox(request, pk)
    try:
        provider_id = skipped.unseal(mailbox, "mail", request.POST.get("mail", ""))
        message, is_new = skipped.pull_in(mailbox, provider_id, timezone.now)
    except (RefusedError, LimitError, ProviderError) as error:
        messages.error(request, " ".join(_said(error)))
        return back(request, reverse("mailbox-skipped", args=[pk]))
    except Mailbox.DoesNotExist:
        raise Http404 from None
    if is_new:
        messages.success(request, _("Pulled in. From now on, mail from this sender is looked at."))
    else:
        messages.info(request, _("This e-mail is here already."))
    return redirect(Filters(tab=TAB_OF[message.state]).path(message.pk))


@login_required
@require_POST
def forget_sender(request: Request, pk: UUID) -> HttpResponse:
    """Let the screen judge mail of a sender again."""
    try:
        gone = forget(request.user, pk)
    except AllowedSender.DoesNotExist:
        raise Http404 from None
    messages.success(
        request, _("Mail from this sender is judged like any other again. What was pulled in stays.")
    )
    return redirect("mailbox-skipped", pk=gone.mailbox_id)


def _mailbox(request: Request, pk: UUID) -> Mailbox:
    rows = Mailbox.objects.of(request.user).connected().select_related("user", "grant")
    mailbox: Mailbox = get_object_or_404(rows, pk=pk)
    return mailbox


def _look(mailbox: Mailbox, form: PeriodForm, request: Request) -> Look:
    at, look = timezone.now(), Look()
    try:
        skipped.check_readable(mailbox)
        look.reach = skipped.reach_of(mailbox, at)
        span, cursor = _asked(mailbox, form, request, at)
        narrowed = look.reach.narrow(span)
        look.is_clipped = span.since < narrowed.since
        listing = skipped.look(mailbox, narrowed, cursor, timezone.now)
    except (RefusedError, LimitError, ProviderError) as error:
        look.problem, look.way = _said(error), _way(error, mailbox)
        return look
    look.lines = _lines(mailbox, listing)
    look.older = _older(mailbox, narrowed, listing.following) if listing.following else ""
    return look


def _asked(mailbox: Mailbox, form: PeriodForm, request: Request, at: datetime) -> tuple[Span, Cursor]:
    """The period, and where in it the page begins. A further page is of the period its first one had."""
    data: Mapping[str, Any] = request.POST if request.method == "POST" else request.GET
    span = form.span(at)
    if not data.get("after"):
        return span, {}
    since, before, cursor = skipped.unseal(mailbox, "page", data["after"])
    return Span(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(before, UTC), span.words), cursor


def _older(mailbox: Mailbox, span: Span, following: Cursor | None) -> str:
    return skipped.seal(mailbox, "page", [span.since.timestamp(), span.before.timestamp(), following])


def _lines(mailbox: Mailbox, listing: Listing) -> list[Line]:
    hashes = set(AllowedSender.objects.of(mailbox.user).values_list("address_hash", flat=True))
    return [
        Line(
            head,
            skipped.seal(mailbox, "mail", head.provider_id),
            sender_hash(mailbox.user_id, head.sender.email) in hashes,
        )
        for head in listing.heads
    ]


def _allowed(mailbox: Mailbox) -> list[AllowedSender]:
    rows = mailbox.allowed_senders.select_related("message").order_by("-made_at")
    return list(rows[:ALLOWED_SHOWN])


def _way(error: Exception, mailbox: Mailbox) -> tuple[str, str]:
    if isinstance(error, LimitError):
        return reverse("settings-plan"), _("Look at the plans")
    if isinstance(error, TemporaryError) and error.code not in FOR_OPERATORS:
        return reverse("mailbox-skipped", args=[mailbox.pk]), _("Try again")
    return f"{reverse('integrations')}#mailbox-{mailbox.pk}", _("To the mailbox")


def _said(error: Exception) -> tuple[str, str]:
    """What is the matter, and what to do about it."""
    if not isinstance(error, ProviderError):
        return str(error), ""
    said, next_step = in_words(error.code)
    if isinstance(error, NeedsReconnectError) or error.code in FOR_OPERATORS:
        return said, next_step
    if error.code == "period_too_full":
        return said, _("Choose a shorter one.")
    if error.code == "message_gone":
        return said, next_step
    return said, _("Nothing was changed. Try again in a moment.")
