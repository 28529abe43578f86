"""What the views of applications share."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404

from accounts.requests import UserRequest
from applications.models import Application, Event


def own(request: UserRequest, pk: UUID) -> Application:
    """The application of who asks; 404 for a stranger's."""
    found: Application = get_object_or_404(Application.objects.of(request.user), pk=pk)
    return found


def say(request: UserRequest, words: str, event: Event) -> None:
    """Tell the user what was done, with a way to take it back."""
    messages.success(request, words, extra_tags=f"undo event {event.pk}")
