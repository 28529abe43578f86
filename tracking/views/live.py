"""What open pages ask for again and again, and what load balancers ask."""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.fragments import Request
from accounts.notifications import live_tag
from tracking.context import Header, live_etag

log = logging.getLogger("heardback.health")


def unchanged(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer a poll for which there is no news without touching the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = request.headers.get("If-None-Match")
        if asked and request.method == "GET" and request.path == reverse("live"):
            user_id = request.session.get(SESSION_KEY)
            if user_id and asked == live_etag(user_id):
                response = HttpResponseNotModified()
                response.headers["Cache-Control"] = "private, no-store"
                return response
        return get_response(request)

    return middleware


@require_safe
def live(request: Request) -> HttpResponse:
    """The bell, the pill and the counts, for a script to put in place; 401 once signed out."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    header = Header(request.user)
    tag = header.tag
    response = render(request, "live.html", {"header": header})
    response.headers["ETag"] = tag
    return response


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the database and Redis answer; 503 names what does not."""
    checks = {"database": _database_answers(), "redis": _redis_answers()}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("the database does not answer")
        return False
    return True


def _redis_answers() -> bool:
    try:
        live_tag("readyz")
    except redis.RedisError:
        log.exception("Redis does not answer")
        return False
    return True
