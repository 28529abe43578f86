"""What the views of applications share."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.requests import UserRequest
from applications.models import Application, Event


def own(request: UserRequest, pk: UUID) -> Application:
    """The application of who asks; 404 for a stranger's."""
    found: Application = get_object_or_404(Application.objects.of(request.user), pk=pk)
    return found


def say(request: HttpRequest, words: str, event: Event) -> None:
    """Tell the user what was done, with a way to take it back."""
    offer_undo(request, words, reverse("application-undo", args=[event.pk]))


def offer_undo(request: HttpRequest, words: str, path: str) -> None:
    """Tell the user what was done; a POST to `path`, an address of ours, takes it back."""
    messages.success(request, words, extra_tags=f"undo path {path}")
