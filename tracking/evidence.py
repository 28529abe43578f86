"""Reasons for a decision, as they are kept with a message and said to its user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from tracking.mail import Evidence

READ = frozenset({"kind", "company", "title"})  # codes of what the mail itself says
LONGEST_VALUE = 200


def storable(text: str, limit: int) -> str:
    """`text` as PostgreSQL takes it, cut to `limit` characters."""
    return text.replace("\x00", "")[:limit]


def stored(reason: Evidence) -> dict[str, Any]:
    """What is kept of one reason as JSON; of its values only those that its words name."""
    values = {
        name: storable(value, LONGEST_VALUE)
        for name, value in reason.values.items()
        if f"%({name})s" in reason.words
    }
    return {"code": reason.code, "text": reason.words, "values": values, "weight": reason.weight}


def said(reason: Mapping[str, Any]) -> str:
    """One kept reason as a sentence in the user's language."""
    words, values = gettext(reason["text"]), reason.get("values")
    return words % values if values else words
