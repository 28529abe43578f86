"""What a listing says about a message before its source is fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tracking.mail import Address, Mail
from tracking.router.parse.html import visible_text
from tracking.router.parse.links import find_links
from tracking.router.parse.text import clean

Listed = dict[str, Any]


def is_unclear(listed: Listed) -> bool:
    """Whether only the source can tell what it is: an invitation, an attachment, or no text at all."""
    kind = str(listed.get("@odata.type", ""))
    text = str((listed.get("body") or {}).get("content") or "").strip()
    return "eventMessage" in kind or bool(listed.get("hasAttachments")) or not text


def mail_of(listed: Listed) -> Mail:
    """The mail as far as the listing tells it.

    What a listing leaves out is filled in the way that makes a mail rather more interesting.
    """
    text = _text(listed.get("body") or {})
    sender = _address(listed.get("from"))
    return Mail(
        provider_id=listed["id"],
        thread_id=listed.get("conversationId") or "",
        message_id=listed.get("internetMessageId") or "",
        in_reply_to="",
        references=(),
        sender=sender or Address("", ""),
        reply_to=next(iter(_addresses(listed.get("replyTo"))), None),
        recipients=_addresses(listed.get("toRecipients")),
        subject=clean(listed.get("subject") or "")[:1000],
        text=text,
        quoted="",
        signature="",
        snippet=clean(listed.get("bodyPreview") or "")[:200],
        links=find_links(text, ()),
        invites=(),
        attachments=(),
        received_at=datetime.fromisoformat(listed["receivedDateTime"]),
        sent=False,
        auth="none",
        list_unsubscribe=False,
        bulk=False,
        hidden_text=False,
        truncated=False,
        defects=(),
    )


def _text(body: dict[str, Any]) -> str:
    content = str(body.get("content") or "")
    return clean(visible_text(content).text if body.get("contentType") == "html" else content)


def _address(recipient: Any) -> Address | None:
    found = (recipient or {}).get("emailAddress") or {}
    address = found.get("address")
    return Address(clean(found.get("name") or "")[:200], address) if isinstance(address, str) else None


def _addresses(recipients: Any) -> tuple[Address, ...]:
    return tuple(address for each in (recipients or ())[:50] if (address := _address(each)) is not None)
