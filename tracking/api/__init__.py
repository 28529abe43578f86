"""The JSON API: the same inbox as on the pages, for a user's own programs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.parser import Parser

from tracking.api import imap, inbox, oauth, runs
from tracking.api.auth import AUTH, Throttle
from tracking.api.errors import add_handlers, shaped

DESCRIPTION = """
Lists and decides what waits in the Tracking Inbox.

**Signing in.** Send a personal token, made under Settings, as `Authorization: Bearer hb_…`. In a browser
the session works too; unsafe methods then need its CSRF token (the `csrftoken` cookie) in the
`X-CSRFToken` header. This page sends it by itself.

**Errors** have one shape: `{"error": {"code": "not_found", "message": "A sentence.", "fields": {…}}}`.

**Lists** give `{"items": […], "next": "…"}`; pass `next` as `cursor` for the next page, until it is null.
"""


class JsonParser(Parser):
    """Takes JSON; an empty form, as some clients send it where there is no body, counts as none."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type == "multipart/form-data" and not (request.POST or request.FILES):
            return None
        return super().parse_body(request)


api = NinjaAPI(
    title="Heardback",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=AUTH,
    throttle=Throttle(),
    parser=JsonParser(),
    # No validator of another host; the page talks to this one only.
    docs=Swagger({"validatorUrl": None, "docExpansion": "list", "defaultModelsExpandDepth": 0}),
    docs_decorator=require_safe,
)
add_handlers(api)
for each in (inbox, runs, oauth, imap):
    api.add_router("/post-application", each.router)


def nowhere(request: HttpRequest) -> HttpResponse:
    """What no route takes is told in JSON, too."""
    raise Http404


def _urls() -> tuple[list[Any], str, str]:
    routes, app, namespace = api.urls
    patterns: list[Any] = [*routes]
    for pattern in patterns:
        pattern.callback = shaped(api, pattern.callback)
    return [*patterns, re_path("", shaped(api, nowhere))], app, namespace


urls = _urls()
