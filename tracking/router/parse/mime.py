"""The readable parts of a MIME message, within limits that an attacker cannot stretch."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from tracking.router.parse.headers import Headers, decode

MAX_SOURCE: Final = 6_000_000  # bytes of source looked at: text comes before attachments
MAX_BOUNDARIES: Final = 400
MAX_NESTING: Final = 30  # multiparts declared, nested or not
MAX_DEPTH: Final = 12
_BOUNDARY_LINE: Final = re.compile(rb"\n--[^\s-]")
_MULTIPART: Final = re.compile(rb"content-type:\s*(?:multipart/|message/)", re.IGNORECASE)


@dataclass
class Parts:
    """What was found; texts are raw, not yet cleaned."""

    headers: Headers
    plain: str = ""
    html: str = ""
    calendars: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    truncated: bool = False


def read_parts(content: bytes, limit: int) -> Parts:
    """Walk the message; at most `limit` characters of each kind of text are kept."""
    source, defects = _capped(content)
    try:
        message = email.message_from_bytes(source)
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError, AttributeError, IndexError):
        defects.append("unreadable MIME structure")
        message = email.message_from_bytes(source.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0])
    parts = Parts(Headers(message), defects=defects, truncated=bool(defects))
    for part in _leaves(message, parts.defects):
        _take(part, parts, limit)
    return parts


def _capped(content: bytes) -> tuple[bytes, list[str]]:
    """The source cut where it grows beyond what mail of people and platforms looks like."""
    defects: list[str] = []
    if len(content) > MAX_SOURCE:
        content, defects = content[:MAX_SOURCE], ["source too long"]
    for pattern, allowed, words in (
        (_BOUNDARY_LINE, MAX_BOUNDARIES, "too many parts"),
        (_MULTIPART, MAX_NESTING, "too many multiparts"),
    ):
        for count, match in enumerate(pattern.finditer(content)):
            if count >= allowed:
                content = content[: match.start()]
                defects.append(words)
                break
    return content, defects


def _leaves(message: Message, defects: list[str]) -> Iterator[Message]:
    stack = [(message, 0)]
    while stack:
        part, depth = stack.pop()
        defects.extend(type(defect).__name__ for defect in part.defects)
        payload = part.get_payload()
        if part.is_multipart() and isinstance(payload, list):
            if depth >= MAX_DEPTH or (part.get_content_maintype() == "message" and depth):
                defects.append("nested too deep" if depth >= MAX_DEPTH else "attached message not read")
                continue
            stack.extend((child, depth + 1) for child in reversed(payload) if isinstance(child, Message))
        else:
            yield part


def _take(part: Message, parts: Parts, limit: int) -> None:
    kind = part.get_content_type()
    name = _file_name(part)
    if name:
        parts.attachments.append(name)
        del parts.attachments[50:]
    attached = part.get_content_disposition() == "attachment" or bool(name)
    if kind == "text/calendar" or name.lower().endswith(".ics"):
        parts.calendars.append(_text(part, parts, 200_000))
    elif kind == "text/plain" and not attached:
        parts.plain = (
            parts.plain + "\n\n" + _text(part, parts, limit) if parts.plain else _text(part, parts, limit)
        )[:limit]
    elif kind == "text/html" and not attached:
        parts.html = (parts.html + _text(part, parts, limit))[:limit]


def _file_name(part: Message) -> str:
    try:
        return decode(part.get_filename() or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _text(part: Message, parts: Parts, limit: int) -> str:
    """The payload as text; an unknown charset is read as UTF-8, then as Latin-1."""
    try:
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        parts.defects.append("unreadable part")
        return ""
    if not isinstance(payload, bytes):
        return ""
    if len(payload) > 4 * limit:
        payload, parts.truncated = payload[: 4 * limit], True
    text = _decoded(payload, charset, parts.defects)
    parts.truncated = parts.truncated or len(text) > limit
    return text[:limit]


def _decoded(payload: bytes, charset: str, defects: list[str]) -> str:
    for name in (charset, "utf-8"):
        try:
            return payload.decode(name)
        except (UnicodeError, LookupError, ValueError):
            if name == charset:
                defects.append("charset does not fit")
    return payload.decode("latin-1")
