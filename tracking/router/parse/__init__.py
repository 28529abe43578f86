"""Turn the source of one message into a Mail: total, capped, and believing nothing it need not."""

from __future__ import annotations

from typing import Final

from tracking.mail import Address, Auth, Mail, RawMail
from tracking.router.parse.auth import authentication, exchange_authentication
from tracking.router.parse.headers import Headers
from tracking.router.parse.html import NOTHING, Visible, visible_text
from tracking.router.parse.invites import read_invites
from tracking.router.parse.links import find_links
from tracking.router.parse.mime import Parts, read_parts
from tracking.router.parse.quotes import split_quotes
from tracking.router.parse.text import clean, tricks

MAX_TEXT: Final = 2_000_000
MAX_ADDRESSES: Final = 50
PADDED: Final = 50_000  # characters; no person writes that much about one application


def parse(raw: RawMail) -> Mail:
    """Read `raw`. Never raises on bad MIME: what was wrong is named in `Mail.defects`."""
    parts = read_parts(raw.content, MAX_TEXT)
    headers = parts.headers
    senders = headers.addresses("From") or [Address("", "")]
    visible = visible_text(parts.html) if parts.html else NOTHING
    body = _body(parts, visible)
    text, quoted, signature = split_quotes(body)
    return Mail(
        provider_id=raw.provider_id,
        thread_id=raw.thread_id,
        message_id=_first(headers.message_ids("Message-ID")),
        in_reply_to=_first(headers.message_ids("In-Reply-To")),
        references=tuple(headers.message_ids("References")[-50:]),
        sender=Address(clean(senders[0].name)[:200], senders[0].email),
        reply_to=next(iter(headers.addresses("Reply-To")), None),
        recipients=tuple((headers.addresses("To") + headers.addresses("Cc"))[:MAX_ADDRESSES]),
        subject=" ".join(clean(headers.text("Subject"))[:1000].split()),
        text=text,
        quoted=quoted,
        signature=signature,
        snippet=" ".join(text[:600].split())[:200],
        links=find_links(parts.plain, visible.links),
        invites=read_invites(parts.calendars),
        attachments=tuple(clean(name)[:200] for name in parts.attachments),
        received_at=raw.received_at,
        sent=raw.sent,
        auth=_auth(raw, headers, senders),
        list_unsubscribe=bool(headers.text("List-Unsubscribe")),
        bulk=headers.is_bulk(),
        hidden_text=visible.hidden_text,
        truncated=parts.truncated,
        defects=tuple(dict.fromkeys(parts.defects)),
        marks=_marks(parts, visible, body, headers.text("Subject"), senders[0].name),
    )


def _auth(raw: RawMail, headers: Headers, senders: list[Address]) -> Auth:
    """Two senders prove nothing, whatever was found out about one of them."""
    if len(senders) > 1:
        return "none"
    if raw.unnamed_authserv:
        return exchange_authentication(headers, senders[0].domain)
    return authentication(headers, senders[0].domain, raw.trusted_authserv)


def _first(values: list[str]) -> str:
    return values[0] if values else ""


def _body(parts: Parts, visible: Visible) -> str:
    plain = clean(parts.plain)
    return plain if _says_something(plain, visible.text) else clean(visible.text) or plain


def _says_something(plain: str, html: str) -> bool:
    """Whether the plain part is a real alternative, not a stub such as "view this in a browser"."""
    letters = sum(map(str.isalpha, plain[:400]))
    return letters > 0 and (letters >= 150 or len(html) < 4 * len(plain))


def _marks(parts: Parts, visible: Visible, body: str, subject: str, name: str) -> tuple[str, ...]:
    marks = tricks(parts.plain, visible.text, subject, name)
    if len(body) > PADDED or (len(parts.plain) - len(body) > PADDED and not parts.html):
        marks += ("padding",)
    if visible.instructions:
        marks += ("instructions",)
    return marks


__all__ = ["parse"]
