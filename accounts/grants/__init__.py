"""What users grant at providers: consent, exchange, refresh and revoking, in one place.

1. `authorization_url` gives where the user goes; they come back with a state and a code.
2. `take_consent` finds the consent that the state belongs to, `exchange` trades the code for tokens.
3. The caller asks the provider whose account it is, and `keep` stores the grant.
4. `TokenSource` gives access tokens of it, until it is lost or forgotten.

Where a password is all there is, `keep_login` stores it and `login_of` gives it to the provider's call.
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
from accounts.grants.parting import PartingTokens
from accounts.grants.passwords import IMAP, Login, Security, keep_login, login_of
from accounts.grants.providers import (
    GMAIL_SCOPE,
    GOOGLE,
    MICROSOFT,
    can_revoke,
    is_configured,
    refusal_of,
)
from accounts.grants.retiring import drop, retire, retired_token
from accounts.grants.tokens import Tokens

__all__ = [
    "GMAIL_SCOPE",
    "GOOGLE",
    "IMAP",
    "MICROSOFT",
    "Consent",
    "ExchangeError",
    "GrantError",
    "GrantLostError",
    "GrantUnavailableError",
    "Login",
    "MissingScopeError",
    "NotConfiguredError",
    "PartingTokens",
    "Security",
    "StateError",
    "TokenSource",
    "Tokens",
    "access_token",
    "authorization_url",
    "can_revoke",
    "drop",
    "exchange",
    "forget",
    "is_configured",
    "keep",
    "keep_login",
    "login_of",
    "lose",
    "refusal_of",
    "retire",
    "retired_token",
    "revoke",
    "take_consent",
]
