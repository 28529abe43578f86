"""What the headers and first words of a message say, before its source is fetched."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any

from tracking.mail import Address, Mail
from tracking.providers import mailings
from tracking.router.parse.text import clean


def is_mailing(message: dict[str, Any]) -> bool:
    """Whether the headers say that it went to many, or was sent by a machine."""
    return mailings.is_mailing(_headers(message))


def mail_of(message: dict[str, Any]) -> Mail:
    """The mail as far as its headers and first words tell it. Raises KeyError, ValueError."""
    headers = _headers(message)
    text = clean(html.unescape(str(message.get("snippet") or "")))
    return Mail(
        provider_id=message["id"],
        thread_id=message["threadId"],
        message_id=headers.get("message-id", "").strip(),
        in_reply_to=headers.get("in-reply-to", "").strip(),
        references=tuple(headers.get("references", "").split()),
        sender=next(iter(_addresses(headers, "from")), Address("", "")),
        reply_to=next(iter(_addresses(headers, "reply-to")), None),
        recipients=_addresses(headers, "to"),
        subject=clean(headers.get("subject", ""))[:1000],
        text=text,
        quoted="",
        signature="",
        snippet=text[:200],
        links=(),
        invites=(),
        attachments=(),
        received_at=datetime.fromtimestamp(int(message["internalDate"]) / 1000, UTC),  # milliseconds
        sent=False,
        auth="none",
        list_unsubscribe="list-unsubscribe" in headers,
        bulk=is_mailing(message),
        hidden_text=False,
        truncated=False,
        defects=(),
    )


def _headers(message: dict[str, Any]) -> dict[str, str]:
    """By name in lower case; of several of a name the first."""
    return mailings.by_name((message.get("payload") or {}).get("headers") or ())


def _addresses(headers: dict[str, str], name: str) -> tuple[Address, ...]:
    found = getaddresses([headers[name]])[:50] if name in headers else []
    return tuple(Address(clean(shown)[:200], address) for shown, address in found if "@" in address)
