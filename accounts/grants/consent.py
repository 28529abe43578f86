"""Asking the user for access, and taking the answer: authorization code with PKCE (RFC 6749, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from accounts.grants import tokens
from accounts.grants.errors import ExchangeError, MissingScopeError, StateError
from accounts.grants.providers import provider
from accounts.grants.tokens import EndpointError, Tokens

VALID_FOR = timedelta(minutes=10)
AT_ONCE = 5  # consents one session may have open, in several tabs
KEY = "consents"

Session = MutableMapping[str, Any]


@dataclass(frozen=True)
class Consent:
    """A consent that this session began. `about` is the caller's own note."""

    provider: str
    verifier: str = field(repr=False)
    about: str


def authorization_url(
    session: Session, key: str, at: datetime, *, login_hint: str = "", about: str = ""
) -> str:
    """Where to send the user to grant access; the session remembers it for ten minutes.

    `login_hint` is the address of the account wanted; `about` comes back with the consent.
    Raises NotConfiguredError.
    """
    chosen = provider(key)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    begun = {"state": state, "verifier": verifier, "provider": key, "about": about, "at": at.timestamp()}
    session[KEY] = [*session.get(KEY, []), begun][-AT_ONCE:]
    query = {
        "client_id": chosen.client_id,
        "redirect_uri": chosen.redirect_uri,
        "response_type": "code",
        "scope": chosen.scope,
        "state": state,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
        **chosen.parameters,
        **({"login_hint": login_hint} if login_hint else {}),
    }
    return f"{chosen.authorize_url}?{urlencode(query)}"


def take_consent(session: Session, state: str, at: datetime) -> Consent:
    """The consent that `state` belongs to, which can be taken once. Raises StateError."""
    kept, found = [], None
    for begun in session.get(KEY, []):
        if hmac.compare_digest(begun["state"].encode(), state.encode()):
            found = begun
        else:
            kept.append(begun)
    if found is None:
        raise StateError("state_unknown")
    session[KEY] = kept
    if at - VALID_FOR > datetime.fromtimestamp(found["at"], at.tzinfo):
        raise StateError("state_expired")
    return Consent(found["provider"], found["verifier"], found["about"])


def exchange(consent: Consent, code: str, at: datetime) -> Tokens:
    """Trade `code` for tokens. Raises ExchangeError, MissingScopeError, NotConfiguredError."""
    chosen = provider(consent.provider)
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": consent.verifier,
        "redirect_uri": chosen.redirect_uri,
    }
    try:
        answer = tokens.ask(chosen, fields)
    except EndpointError as error:
        raise ExchangeError(chosen.refusal(error.errors) or _code(error)) from None
    scopes = tuple(str(answer.get("scope", "")).split())
    if not chosen.needed & set(scopes):
        raise MissingScopeError("scope_missing")
    if not isinstance(answer.get("refresh_token"), str):
        raise ExchangeError("refresh_token_missing")
    return Tokens(
        access_token=answer["access_token"],
        refresh_token=answer["refresh_token"],
        expires_at=tokens.expiry(answer, at),
        consented_at=at,
        scopes=scopes,
    )


_CODES = {
    "invalid_grant": "code_refused",
    "invalid_client": "client_refused",
    "unauthorized_client": "client_refused",
    "redirect_uri_mismatch": "client_refused",
}


def _code(error: EndpointError) -> str:
    if not error.errors:
        return "provider_unreachable"
    return _CODES.get(error.errors[-1], "exchange_failed")


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
