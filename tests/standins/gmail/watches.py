"""Watches: which accounts tell which topic of new mail, and until when."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.standins.gmail.mailboxes import ApiError

WATCH_SECONDS = 7 * 24 * 3600
TOPIC = re.compile(r"projects/[a-z][a-z0-9-]{4,29}/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
FIELDS = {"topicName", "labelIds", "labelFilterBehavior", "labelFilterAction"}


@dataclass
class Watch:
    topic: str
    labels: frozenset[str]
    including: bool
    expires_at: float

    def tells_of(self, labels: list[str], at: float) -> bool:
        return at < self.expires_at and (not self.labels or bool(self.labels & set(labels)) == self.including)


def begin(current: Watch | None, body: bytes, at: float) -> Watch:
    """The watch that a call asks for. Raises ApiError."""
    asked = _fields(body)
    topic = asked.get("topicName", "")
    if not isinstance(topic, str) or not TOPIC.fullmatch(topic):
        raise ApiError(400, f"Invalid topicName does not match {TOPIC.pattern}", "invalidArgument")
    if current is not None and current.topic != topic and at < current.expires_at:
        words = "Only one user push notification client allowed per developer (call /stop then try again)"
        raise ApiError(400, words, "failedPrecondition")
    behavior = str(asked.get("labelFilterBehavior", asked.get("labelFilterAction", "include"))).lower()
    if behavior not in {"include", "exclude"}:
        raise ApiError(400, "Invalid value at 'label_filter_behavior'", "badRequest")
    return Watch(topic, frozenset(asked.get("labelIds", ())), behavior == "include", at + WATCH_SECONDS)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise ApiError(400, "Parse Error", "parseError") from None
    if not isinstance(asked, dict) or asked.keys() - FIELDS:
        raise ApiError(400, "Invalid JSON payload received. Unknown name", "badRequest")
    return asked
