from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect


def user_timezone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Show times in the signed-in user's zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return get_response(request)
        return get_response(request)

    return middleware


def back_after_sign_in(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Lead somebody whose session has ended back to the page they were on, once they have signed in.

    The address of a form's action, or of a part of a page, is none to come back to.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_part = request.headers.get("HX-Request") == "true"
        is_page = request.method in {"GET", "HEAD"} and not is_part
        if is_page or not _asks_to_sign_in(response):
            return response
        if request.method not in {"GET", "HEAD"}:
            messages.warning(
                request, _("Your session had ended, so what you sent was not saved. Sign in to go on.")
            )
        ask = redirect_to_login(_page_of(request))
        return HttpResponseClientRedirect(ask.url) if is_part else ask

    return middleware


def _asks_to_sign_in(response: HttpResponse) -> bool:
    asked = f"{resolve_url(settings.LOGIN_URL)}?next="
    return isinstance(response, HttpResponseRedirect) and response.url.startswith(asked)


def _page_of(request: HttpRequest) -> str:
    """The page of ours on which the form or the part stood, else the one to begin with."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(url)
        return urlunsplit(("", "", parts.path, parts.query, ""))
    return resolve_url(settings.LOGIN_REDIRECT_URL)
