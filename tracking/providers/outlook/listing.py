"""What a listing or the headers say about a message before its source is fetched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tracking.mail import Address, Mail
from tracking.providers.mailings import by_name, is_mailing, may_be_wanted
from tracking.router.parse.html import visible_text
from tracking.router.parse.links import find_links
from tracking.router.parse.text import clean

Listed = dict[str, Any]
Keeps = Callable[[Mail], bool]


def tells_all(listed: Listed) -> bool:
    """Whether its text is told as well, so that the listing decides."""
    return "body" in listed


def may_be_kept(listed: Listed, keeps: Keeps) -> bool:
    """Whether the message may be kept, also where that cannot be told.

    Without its text, only what may be kept of a mailing as well: else its headers decide.
    """
    try:
        if _is_unclear(listed):
            return True
        if tells_all(listed):
            return keeps(mail_of(listed))
        return may_be_wanted(mail_of(listed, bulk=True), keeps)
    except (KeyError, ValueError, TypeError, AttributeError):
        return True


def may_be_kept_by_headers(found: Listed, keeps: Keeps) -> bool:
    """False for mailings without a word about applications in headers or first words.

    What one person wrote to another is read whole: there the first words may be about the weather.
    """
    try:
        return not is_mailing(_headers(found)) or may_be_kept(found, keeps)
    except (KeyError, TypeError, AttributeError):
        return True


def mail_of(listed: Listed, *, bulk: bool = False) -> Mail:
    """The mail as far as the listing or the headers tell it; `bulk` where it is to be taken for a mailing.

    What else a listing leaves out is filled in the way that makes a mail rather more interesting.
    Raises KeyError, ValueError, TypeError.
    """
    headers = _headers(listed)
    text = _text(listed)
    sender = _address(listed.get("from"))
    return Mail(
        provider_id=listed["id"],
        thread_id=listed.get("conversationId") or "",
        message_id=listed.get("internetMessageId") or "",
        in_reply_to=headers.get("in-reply-to", "").strip(),
        references=tuple(headers.get("references", "").split()),
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
        list_unsubscribe="list-unsubscribe" in headers,
        bulk=bulk or is_mailing(headers),
        hidden_text=False,
        truncated=False,
        defects=(),
    )


def _is_unclear(listed: Listed) -> bool:
    """Whether only the source can tell what it is: an invitation, an attachment, or no text at all."""
    kind = str(listed.get("@odata.type", ""))
    text = str((listed.get("body") or {}).get("content") or listed.get("bodyPreview") or "").strip()
    return "eventMessage" in kind or bool(listed.get("hasAttachments")) or not text


def _headers(listed: Listed) -> dict[str, str]:
    return by_name(listed.get("internetMessageHeaders") or ())


def _text(listed: Listed) -> str:
    if not tells_all(listed):
        return clean(str(listed.get("bodyPreview") or ""))
    body = listed["body"] or {}
    content = str(body.get("content") or "")
    return clean(visible_text(content).text if body.get("contentType") == "html" else content)


def _address(recipient: Any) -> Address | None:
    found = (recipient or {}).get("emailAddress") or {}
    address = found.get("address")
    return Address(clean(found.get("name") or "")[:200], address) if isinstance(address, str) else None


def _addresses(recipients: Any) -> tuple[Address, ...]:
    return tuple(address for each in (recipients or ())[:50] if (address := _address(each)) is not None)
