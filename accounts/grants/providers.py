"""The providers that can be granted access to, as data; settings hold what an operator chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from accounts.grants import microsoft
from accounts.grants.errors import NotConfiguredError
from accounts.models import Grant

GOOGLE = Grant.Provider.GOOGLE.value
MICROSOFT = Grant.Provider.MICROSOFT.value
GMAIL_SCOPE = "https://www.googleapis.com/auth/gmail.readonly"

_NUMBER = re.compile(r"AADSTS\d{4,8}")


@dataclass(frozen=True)
class Provider:
    """Where consent is asked for and tokens are had. `names` are its settings, for the operator.

    `needed` are the spellings of the scope that must be granted. `lost` and `refusals` say by which
    of our codes an error goes: `lost` those that end a grant, `refusals` those told in any case.
    """

    key: str
    mail: str  # what its mailboxes are called
    scope: str
    needed: frozenset[str]
    authorize_url: str
    token_url: str
    revoke_url: str  # empty: an app cannot give its access back
    redirect_uri: str
    client_id: str
    client_secret: str = field(repr=False)
    names: str
    parameters: Mapping[str, str]
    lost: Mapping[str, str]
    refusals: Mapping[str, str]
    testing_ends_after_a_week: bool = False

    def refusal(self, errors: Iterable[str]) -> str:
        """Our code of the first of `errors`, the most telling first; "" if it has none."""
        return next((self.refusals[error] for error in errors if error in self.refusals), "")


def provider(key: str) -> Provider:
    """The provider `key` as it is configured. Raises NotConfiguredError."""
    if key not in _PROVIDERS:
        raise NotConfiguredError(f"There is no provider called {key}.")
    found = _PROVIDERS[key]()
    if not (found.client_id and found.client_secret):
        raise NotConfiguredError(
            f"{found.mail} cannot be connected yet: set {found.names} (.env.example says how)."
        )
    return found


def is_configured(key: str) -> bool:
    """Whether users can connect this provider on this installation."""
    try:
        provider(key)
    except NotConfiguredError:
        return False
    return True


def can_revoke(key: str) -> bool:
    """Whether access can be taken back at this provider by us."""
    return bool(key in _PROVIDERS and _PROVIDERS[key]().revoke_url)


def refusal_of(key: str, error: str, description: str) -> str:
    """Our code for the `error` with which the consent page sent the user back.

    Of the `description` only Microsoft's number of the error is read. Raises NotConfiguredError.
    """
    return provider(key).refusal([*_NUMBER.findall(description), error]) or "exchange_failed"


def _google() -> Provider:
    return Provider(
        key=GOOGLE,
        mail="Gmail",
        scope=GMAIL_SCOPE,
        needed=frozenset({GMAIL_SCOPE}),
        authorize_url=settings.GMAIL_OAUTH_AUTH_URL,
        token_url=settings.GMAIL_OAUTH_TOKEN_URL,
        revoke_url=settings.GMAIL_OAUTH_REVOKE_URL,
        redirect_uri=settings.GMAIL_OAUTH_REDIRECT_URI,
        client_id=settings.GMAIL_OAUTH_CLIENT_ID,
        client_secret=settings.GMAIL_OAUTH_CLIENT_SECRET,
        names="GMAIL_OAUTH_CLIENT_ID and GMAIL_OAUTH_CLIENT_SECRET",
        # Without both, Google gives no refresh token to a user who has consented before.
        parameters={"access_type": "offline", "prompt": "consent"},
        lost={"invalid_grant": "grant_revoked", "admin_policy_enforced": "grant_revoked"},
        refusals={"access_denied": "access_denied"},
        testing_ends_after_a_week=True,
    )


def _microsoft() -> Provider:
    authority = settings.OUTLOOK_AUTHORITY.rstrip("/")
    return Provider(
        key=MICROSOFT,
        mail="Outlook",
        scope=microsoft.SCOPE,
        needed=microsoft.NEEDED,
        authorize_url=f"{authority}/oauth2/v2.0/authorize",
        token_url=f"{authority}/oauth2/v2.0/token",
        revoke_url="",
        redirect_uri=settings.OUTLOOK_OAUTH_REDIRECT_URI,
        client_id=settings.OUTLOOK_OAUTH_CLIENT_ID,
        client_secret=settings.OUTLOOK_OAUTH_CLIENT_SECRET,
        names="OUTLOOK_OAUTH_CLIENT_ID and OUTLOOK_OAUTH_CLIENT_SECRET",
        # Somebody signed in at work may want to connect their own mailbox.
        parameters={"response_mode": "query", "prompt": "select_account"},
        lost=microsoft.LOST,
        refusals=microsoft.REFUSALS,
    )


_PROVIDERS = {GOOGLE: _google, MICROSOFT: _microsoft}
