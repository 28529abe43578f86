"""One shape for every error: {"error": {"code", "message", "fields"?}}."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from accounts.grants import GrantError, NotConfiguredError
from applications.models import Application
from billing.entitlements import LimitError
from tracking.inbox import DecidedError
from tracking.models import Decision, Mailbox, Message
from tracking.providers import ProviderError, TemporaryError
from tracking.words import in_words

log = logging.getLogger("heardback.api")

SIGN_IN = "Sign in, or send a personal token as `Authorization: Bearer hb_…`."
HTTP_ERRORS = {
    400: ("bad_request", "The request could not be read: its body must be JSON."),
    401: ("unauthenticated", SIGN_IN),
    403: ("csrf", "Send the CSRF token of your session in the X-CSRFToken header."),
    429: ("throttled", "Too many calls. Wait as long as Retry-After says."),
}
# What went wrong at the provider -> status; what is not named was wrong in the request.
GRANT_STATUS = {
    "scope_missing": 403,
    "admin_approval_needed": 403,
    "admin_consent_missing": 403,
    "client_refused": 502,
    "client_secret_wrong": 502,
    "client_secret_expired": 502,
    "provider_down": 503,
    "provider_unreachable": 503,
    "not_configured": 503,
}

ROWS = (Message, Application, Mailbox, Decision)

View = Callable[..., HttpResponse]


class ApiError(Exception):
    """A refusal that only the API knows. `message` is a sentence; `fields` says what is wrong where."""

    def __init__(self, status: int, code: str, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.fields = status, code, message, fields


def error(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> HttpResponse:
    """The answer that says what was wrong."""
    content: dict[str, Any] = {"code": code, "message": message}
    if fields:
        content["fields"] = fields
    response = JsonResponse({"error": content}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def sentence(code: str) -> str:
    """What a code of ours means and what to do about it, in words."""
    return " ".join(part for part in in_words(code) if part)


def add_handlers(api: NinjaAPI) -> None:
    """Have every exception that a call can end in answered in the one shape."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)


def shaped(api: NinjaAPI, view: View) -> View:
    """`view` with the answers that never reach a handler, such as a wrong method, in the same shape."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Exception as problem:  # noqa: BLE001 - the handler answers and logs it
            response = api.on_exception(request, problem)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = error(405, "method_not_allowed", f"This address takes {allowed} only.")
            response["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    wrapper.csrf_exempt = True  # type: ignore[attr-defined]  # session calls are checked by their auth
    return wrapper


def _invalid(problems: Sequence[dict[str, Any]]) -> HttpResponse:
    fields = {_field(problem["loc"]): problem["msg"] for problem in problems}
    return error(422, "invalid", "Some values are not valid.", fields)


def _field(place: Sequence[str | int]) -> str:
    """("body", "data", "status") -> "status": without where it was and what the view calls it."""
    names = [str(part) for part in place if part not in {"body", "query", "path", "data", "filters"}]
    return ".".join(names) or "body"


def _refused(problem: GrantError) -> HttpResponse:
    status = GRANT_STATUS.get(problem.code, 400)
    if isinstance(problem, NotConfiguredError):
        return error(status, problem.code, str(problem))
    return error(status, problem.code, sentence(problem.code))


def _missing(request: HttpRequest, problem: Exception) -> HttpResponse:
    return error(404, "not_found", "There is nothing here, or it is not yours.")


def _unexpected(request: HttpRequest, problem: Exception) -> HttpResponse:
    # Where it happened and of what kind: the text of an exception may quote mail.
    frames = "".join(traceback.format_tb(problem.__traceback__))
    log.error("%s %s failed: %s\n%s", request.method, request.path, type(problem).__name__, frames)
    return error(500, "internal", "Something went wrong on our side. Try again later.")


HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    ApiError: lambda _, problem: error(problem.status, problem.code, problem.message, problem.fields),
    HttpError: lambda _, problem: error(problem.status_code, *HTTP_ERRORS[problem.status_code]),
    ValidationError: lambda _, problem: _invalid(problem.errors),
    DecidedError: lambda _, problem: error(409, "already_decided", str(problem)),
    LimitError: lambda _, problem: error(403, "plan", str(problem)),
    GrantError: lambda _, problem: _refused(problem),
    TemporaryError: lambda _, problem: error(503, problem.code, sentence(problem.code)),
    ProviderError: lambda _, problem: error(502, problem.code, sentence(problem.code)),
    RequestDataTooBig: lambda *_: error(413, "too_large", "The body of the request is too large."),
    Exception: _unexpected,
    Http404: _missing,
    **{row.DoesNotExist: _missing for row in ROWS},
}
