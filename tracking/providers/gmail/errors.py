"""What Gmail's answers to refused calls mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracking.providers.calling import Refusal, wait_until

_RATE = frozenset(
    {"ratelimitexceeded", "userratelimitexceeded", "quotaexceeded", "dailylimitexceeded", "resourceexhausted"}
)
_ACCESS = {
    "insufficientpermissions": "scope_missing",
    "accesstokenscopeinsufficient": "scope_missing",
    "domainpolicy": "domain_policy",
}
_SWITCHED_OFF = frozenset({"accessnotconfigured", "servicedisabled"})  # the API, by this site's operator
_RETRY_AFTER = re.compile(r"retry after ([0-9T:.+-]+Z?)", re.IGNORECASE)


def read_refusal(status: int, content: bytes, headers: Mapping[str, str], at: datetime) -> Refusal:
    """What an error answer means."""
    error = _error(content)
    reasons = _reasons(error)
    named = _RETRY_AFTER.search(str(error.get("message") or ""))
    until = wait_until(headers.get("retry-after", ""), at, named[1].rstrip(".") if named else "")
    if status == 429 or (status == 403 and reasons & _RATE):
        return Refusal("busy", "rate_limited", until)
    if status >= 500 or (status == 400 and "failedprecondition" in reasons):
        return Refusal("busy", "provider_down", until)
    if status == 401:
        return Refusal("token", "access_refused")
    if status == 403 and reasons & _SWITCHED_OFF:
        return Refusal("operator", "api_disabled")
    if status == 403:
        code = next((_ACCESS[reason] for reason in sorted(reasons) if reason in _ACCESS), "access_refused")
        return Refusal("access", code)
    return Refusal(
        "missing" if status == 404 else "refused", "message_gone" if status == 404 else "call_refused"
    )


def _error(content: bytes) -> dict[str, Any]:
    try:
        error = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _reasons(error: dict[str, Any]) -> frozenset[str]:
    """Reasons of both of Google's forms, spelled alike ("RATE_LIMIT_EXCEEDED" and "rateLimitExceeded")."""
    listed = [*(error.get("errors") or ()), *(error.get("details") or ())]
    found = [each.get("reason") for each in listed if isinstance(each, dict)] + [error.get("status")]
    return frozenset(reason.replace("_", "").lower() for reason in found if isinstance(reason, str))
