"""What Graph's answers to refused calls mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from tracking.providers.calling import Refusal, wait_until

_THROTTLED = frozenset({"applicationthrottled", "activitylimitreached", "toomanyrequests"})
_NO_MAILBOX = frozenset({"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"})
_ACCESS = {
    "erroraccessdenied": "scope_missing",
    "authorization_requestdenied": "scope_missing",
    "insufficient_claims": "security_check_needed",
}


def read_refusal(status: int, content: bytes, headers: Mapping[str, str], at: datetime) -> Refusal:
    """What an error answer means. Names of `headers` are in lower case."""
    code = _code(content)
    until = wait_until(headers.get("retry-after", ""), at)
    if status == 429 or code in _THROTTLED:
        return Refusal("busy", "rate_limited", until)
    if status >= 500 or status in {408, 423}:  # slow, or the mailbox is locked while it is moved
        return Refusal("busy", "provider_down", until)
    if status == 401:
        return Refusal("token", "access_refused")
    if code in _NO_MAILBOX:
        return Refusal("access", "mailbox_missing")
    if status == 403:
        return Refusal("access", _ACCESS.get(code, "access_refused"))
    if status == 404:
        return Refusal("missing", "message_gone")
    return Refusal("refused", "call_refused")


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content)["error"]["code"]).lower()
    except (ValueError, KeyError, TypeError):
        return ""
