"""What refusals of IMAP servers mean: by response code (RFC 5530), else by their words."""

from __future__ import annotations

import imaplib
import re
import ssl

from imapclient.exceptions import LoginError

from tracking.providers import NeedsReconnectError, ProviderError, TemporaryError
from tracking.providers.imap.wire import InsecureServerError, PasswordNotTakenError

_CODE = re.compile(r"\[([A-Z][A-Z-]*)")
_CROWDED = frozenset({"LIMIT", "INUSE", "OVERQUOTA"})
_DOWN = frozenset({"UNAVAILABLE", "SERVERBUG"})
_TOO_MANY = re.compile(
    r"too many|simultaneous|rate limit|maximum number|connection limit|over ?load|throttl", re.I
)
_LATER = re.compile(r"try again|temporar|unavailable|internal (?:server )?error|timed? ?out", re.I)
_APP_PASSWORD = re.compile(r"app(?:lication)?[- ]?(?:specific)? password", re.I)
_MISUNDERSTOOD = re.compile(r"command error: BAD|illegal in state")
_BY_CODE = {
    "WEBALERT": "web_sign_in_needed",
    "PRIVACYREQUIRED": "password_not_taken",
    "EXPIRED": "password_expired",
}


def busy(text: str) -> TemporaryError | None:
    """The error for an answer that says "not now"; None where it says something else."""
    codes = set(_CODE.findall(text)) - {"ALERT"}  # which says nothing but that it is for the user's eyes
    if codes & _CROWDED or (not codes and _TOO_MANY.search(text)):
        return TemporaryError("too_many_connections")
    if codes & _DOWN or (not codes and _LATER.search(text)):
        return TemporaryError("provider_down")
    return None


def login_refusal(error: LoginError) -> ProviderError:
    """What a login that failed means; a connection that broke in the middle of it says nothing about it."""
    text = str(error)
    if isinstance(error.__context__, imaplib.IMAP4.abort):
        return connection_error(error.__context__)
    if later := busy(text):
        return later
    if _MISUNDERSTOOD.search(text):
        return TemporaryError("call_refused")
    if _APP_PASSWORD.search(text):
        return NeedsReconnectError("app_password_needed")
    code = next((_BY_CODE[found] for found in _CODE.findall(text) if found in _BY_CODE), "")
    return NeedsReconnectError(code or "password_refused")


def connection_error(error: Exception) -> ProviderError:
    """What a connection that could not be made, or broke, means."""
    if isinstance(error, PasswordNotTakenError):
        return NeedsReconnectError("password_not_taken")
    if isinstance(error, InsecureServerError):
        return TemporaryError("starttls_missing")
    if isinstance(error, ssl.SSLCertVerificationError):
        return TemporaryError("certificate_refused")
    if isinstance(error, TimeoutError):
        return TemporaryError("provider_timeout")
    if isinstance(error, ssl.SSLError):
        return TemporaryError("tls_failed")
    return busy(str(error)) or TemporaryError("provider_unreachable")
