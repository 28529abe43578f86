"""One conversation, in the order in which it was held."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.fragments import Request
from applications.models import Application
from billing.entitlements import entitlements
from tracking import monitoring
from tracking.access import within
from tracking.models import Message, Thread


@login_required
@require_safe
def thread(request: Request, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Thread.objects.of(request.user).select_related("mailbox", "application"), pk=pk)
    rows = found.messages.select_related("application", "suggestion").order_by("received_at", "id")
    context = {"thread": found, "rows": list(rows), "may": within(found.mailbox, entitlements(request.user))}
    return render(request, "threads/page.html", context)


@login_required
@require_safe
def of_application(request: Request, pk: UUID) -> HttpResponse:
    """Lead to the one conversation linked to an application; where there is another number, to the list."""
    application = get_object_or_404(Application.objects.of(request.user), pk=pk)
    linked = Message.objects.of(request.user).filter(application=application).order_by()
    threads = list(linked.values_list("thread_id", flat=True).distinct()[:2])
    if len(threads) == 1:
        return redirect("thread", threads[0])
    return redirect(f"{application.get_absolute_url()}?tab=emails")


@login_required
@require_POST
def watch(request: Request, pk: UUID) -> HttpResponse:
    """Let a resting conversation be watched instead of the quietest other one."""
    monitoring.watch(get_object_or_404(Thread.objects.of(request.user), pk=pk), timezone.now())
    return redirect("thread", pk)
