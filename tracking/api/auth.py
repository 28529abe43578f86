"""Who is calling: a personal token, or the session of a browser; and how often they may."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import SessionAuth
from ninja.security.http import HttpAuthBase
from ninja.throttling import BaseThrottle

from accounts.models import ApiToken, User

CALLS_A_MINUTE = 600


class Request(HttpRequest):
    """A call whose caller is known."""

    auth: User


class Token(HttpAuthBase):
    """A personal token in the Authorization header."""

    openapi_scheme = "bearer"
    openapi_description = "A personal token (`hb_…`), made under Settings."

    def __call__(self, request: HttpRequest) -> User | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return ApiToken.user_of(secret.strip(), timezone.now()) if scheme.lower() == "bearer" else None


class Session(SessionAuth):
    """The session of a signed-in browser; unsafe methods need its CSRF token."""

    openapi_description = "The session cookie; POST needs the CSRF token in the `X-CSRFToken` header."

    def __call__(self, request: HttpRequest) -> User | None:
        # Who sends a token means the token: a wrong one must not pass as the session. And who is
        # nobody is told so (401) before the CSRF check would answer 403.
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        user: User | None = super().__call__(request)
        return user


class Throttle(BaseThrottle):
    """So many calls a user and minute, counted in the cache. It keeps nothing itself: threads share it."""

    def allow_request(self, request: HttpRequest) -> bool:
        user = getattr(request, "auth", None)
        key = f"api:calls:{user and user.pk}:{int(time.time()) // 60}"
        cache.add(key, 0, timeout=120)
        return bool(cache.incr(key) <= CALLS_A_MINUTE)

    def wait(self) -> float:
        return 60 - time.time() % 60


AUTH = [Token(), Session()]
