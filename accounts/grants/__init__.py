"""What users grant at providers: consent, exchange, refresh and revoking, in one place.

1. `authorization_url` gives where the user goes; they come back with a state and a code.
2. `take_consent` finds the consent that the state belongs to, `exchange` trades the code for tokens.
3. The caller asks the provider whose account it is, and `keep` stores the grant.
4. `TokenSource` gives access tokens of it, until it is lost or forgotten.
"""

from accounts.grants.consent import Consent, authorization_url, exchange, take_consent
from accounts.grants.errors import (
    ExchangeError,
    GrantError,
    GrantLostError,
    GrantUnavailableError,
    MissingScopeError,
    NotConfiguredError,
    StateError,
)
from accounts.grants.keeping import TokenSource, access_token, forget, keep, lose, revoke
from accounts.grants.providers import (
    GMAIL_SCOPE,
    GOOGLE,
    MICROSOFT,
    can_revoke,
    is_configured,
    refusal_of,
)
from accounts.grants.tokens import Tokens

__all__ = [
    "GMAIL_SCOPE",
    "GOOGLE",
    "MICROSOFT",
    "Consent",
    "ExchangeError",
    "GrantError",
    "GrantLostError",
    "GrantUnavailableError",
    "MissingScopeError",
    "NotConfiguredError",
    "StateError",
    "TokenSource",
    "Tokens",
    "access_token",
    "authorization_url",
    "can_revoke",
    "exchange",
    "forget",
    "is_configured",
    "keep",
    "lose",
    "refusal_of",
    "revoke",
    "take_consent",
]
