"""Which colors a page is drawn in. The server says it, so that no page flashes in the wrong ones."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import Theme, User

COOKIE = "theme"
YEAR = 365 * 24 * 3600

R = TypeVar("R", bound=HttpResponse)


def theme_of(request: HttpRequest) -> str:
    """What the user chose, else this browser; the system decides if neither did."""
    user = getattr(request, "user", None)
    chosen = user.theme if isinstance(user, User) else ""
    chosen = chosen or request.COOKIES.get(COOKIE, "")
    return chosen if chosen in Theme.values else Theme.SYSTEM.value


def remember_theme(response: R, theme: str) -> R:
    """Keep the choice in this browser, for the pages before signing in."""
    if theme:
        response.set_cookie(COOKIE, theme, YEAR, secure=settings.SECURE, httponly=True, samesite="Lax")
    return response


def theme(request: HttpRequest) -> dict[str, str]:
    """For every template: `theme` is system, light or dark."""
    return {"theme": theme_of(request)}
