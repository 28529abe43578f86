"""What Microsoft is asked for, and its errors by number (AADSTS…) or OAuth code in codes of ours.

The numbers are those of its reference of Entra error codes.
"""

from __future__ import annotations

SCOPE = "Mail.Read offline_access"
NEEDED = frozenset({"Mail.Read", "https://graph.microsoft.com/Mail.Read"})

# The user, or whoever manages the account, can set these right by consenting again.
_BY_CONSENT = {
    "AADSTS65001": "consent_missing",
    "AADSTS70011": "scope_refused",
    "AADSTS500011": "directory_unknown",
    "AADSTS50076": "second_factor_needed",
    "AADSTS50079": "second_factor_missing",
    "AADSTS50158": "security_check_needed",
    "AADSTS90094": "admin_approval_needed",
    "AADSTS90008": "admin_consent_missing",
    "AADSTS50173": "password_changed",
    "AADSTS50057": "account_closed",
    "AADSTS54005": "code_used",
    "consent_required": "consent_missing",
}
LOST = {
    **_BY_CONSENT,
    "AADSTS70000": "grant_invalid",
    "AADSTS70008": "grant_expired",
    "AADSTS700082": "grant_idle",
    "invalid_grant": "grant_revoked",
    "interaction_required": "grant_revoked",
}
REFUSALS = {
    **_BY_CONSENT,
    "AADSTS7000215": "client_secret_wrong",
    "AADSTS7000222": "client_secret_expired",
    "AADSTS65004": "access_denied",
    "access_denied": "access_denied",
    "server_error": "provider_down",
    "temporarily_unavailable": "provider_down",
}
