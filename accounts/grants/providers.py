"""The providers that can be granted access to, as data; settings hold what an operator chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from accounts.grants.errors import NotConfiguredError
from accounts.models import Grant

GOOGLE = Grant.Provider.GOOGLE.value
GMAIL_SCOPE = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass(frozen=True)
class Provider:
    """Where consent is asked for and tokens are had. `names` are its settings, for the operator."""

    key: str
    scope: str
    authorize_url: str
    token_url: str
    revoke_url: str
    redirect_uri: str
    client_id: str
    client_secret: str = field(repr=False)
    names: str
    parameters: Mapping[str, str]


def provider(key: str) -> Provider:
    """The provider `key` as it is configured. Raises NotConfiguredError."""
    found = _google() if key == GOOGLE else None
    if found is None:
        raise NotConfiguredError(f"There is no provider called {key}.")
    if not (found.client_id and found.client_secret):
        raise NotConfiguredError(f"Gmail cannot be connected yet: set {found.names} (.env.example says how).")
    return found


def is_configured(key: str) -> bool:
    """Whether users can connect this provider on this installation."""
    try:
        provider(key)
    except NotConfiguredError:
        return False
    return True


def _google() -> Provider:
    return Provider(
        key=GOOGLE,
        scope=GMAIL_SCOPE,
        authorize_url=settings.GMAIL_OAUTH_AUTH_URL,
        token_url=settings.GMAIL_OAUTH_TOKEN_URL,
        revoke_url=settings.GMAIL_OAUTH_REVOKE_URL,
        redirect_uri=settings.GMAIL_OAUTH_REDIRECT_URI,
        client_id=settings.GMAIL_OAUTH_CLIENT_ID,
        client_secret=settings.GMAIL_OAUTH_CLIENT_SECRET,
        names="GMAIL_OAUTH_CLIENT_ID and GMAIL_OAUTH_CLIENT_SECRET",
        # Without both, Google gives no refresh token to a user who has consented before.
        parameters={"access_type": "offline", "prompt": "consent"},
    )
