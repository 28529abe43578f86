"""The tokens by which Google's pushes are known: JWTs signed by Google for our audience (RFC 7519).

Google's keys are asked for every hour, and where a token names one that is not among them; but for that no
more often than once a minute, whoever sends tokens. While they cannot be had, those of the last day serve.
"""

from __future__ import annotations

import logging
from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.cache import cache

ALGORITHM = "RS256"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
LEEWAY = 30  # seconds that clocks may differ
FRESH, KEPT, ASKED_EVERY, RETRIED_AFTER = 3600, 24 * 3600, 60, 5  # seconds
TIMEOUT = (3, 5)
LONGEST = 4096  # characters of a token
CLAIMS = ["iss", "aud", "exp", "iat", "email", "email_verified"]

Keys = dict[str, dict[str, Any]]

log = logging.getLogger("heardback.push")


class UnknownTokenError(Exception):
    """No token, or none that Google signed for us and that is valid now."""


class StrangerError(Exception):
    """Signed by Google for our audience, but on behalf of another account."""


class KeysUnavailableError(Exception):
    """Google's keys cannot be had now, so nothing can be told about a token."""


def verify(authorization: str) -> None:
    """Check the value of an Authorization header.

    Raises UnknownTokenError, StrangerError, KeysUnavailableError.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token or len(token) > LONGEST:
        raise UnknownTokenError("missing")
    try:
        claims = jwt.decode(
            token,
            _key_of(token),
            algorithms=[ALGORITHM],
            audience=settings.GMAIL_PUBSUB_AUDIENCE,
            issuer=ISSUERS,
            leeway=LEEWAY,
            options={"require": CLAIMS, "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise UnknownTokenError(type(error).__name__) from None
    if claims["email"] != settings.GMAIL_PUBSUB_SERVICE_ACCOUNT or claims["email_verified"] is not True:
        raise StrangerError


def _key_of(token: str) -> jwt.PyJWK:
    """The key that the head of `token` names, for our algorithm alone, whatever the head says of it."""
    name = str(jwt.get_unverified_header(token).get("kid"))
    keys = _keys(name)
    if name not in keys:
        raise UnknownTokenError("key")
    return jwt.PyJWK(keys[name], ALGORITHM)


def _keys(wanted: str) -> Keys:
    """Google's keys by name, asked for anew where they have got old or lack the one `wanted`."""
    keys: Keys = cache.get(_place()) or {}
    lacking = wanted not in keys and cache.add(f"{_place()}:asked", True, ASKED_EVERY)
    if lacking or cache.add(f"{_place()}:fresh", True, FRESH):
        try:
            keys = _fetch()
            cache.set(_place(), keys, KEPT)
            cache.set(f"{_place()}:fresh", True, FRESH)
        except KeysUnavailableError:
            cache.set(f"{_place()}:asked", True, RETRIED_AFTER)
    if not keys:
        raise KeysUnavailableError
    return keys


def _fetch() -> Keys:
    try:
        response = requests.get(settings.GMAIL_PUBSUB_KEYS_URL, timeout=TIMEOUT, allow_redirects=False)
        response.raise_for_status()
        return {str(key["kid"]): key for key in response.json()["keys"] if key.get("kty") == "RSA"}
    except (requests.RequestException, ValueError, LookupError, TypeError, AttributeError) as error:
        log.warning("Google's keys could not be had: %s", type(error).__name__)
        raise KeysUnavailableError from None


def _place() -> str:
    return f"google-keys:{settings.GMAIL_PUBSUB_KEYS_URL}"
