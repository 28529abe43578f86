"""Header fields of one message, decoded leniently."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from typing import Final

from tracking.mail import Address

MAX_VALUE: Final = 20_000
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,400}>")
_BRACKETED: Final = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_BULK: Final = re.compile(r"bulk|list|junk|auto-generated|auto-notified", re.IGNORECASE)


class Headers:
    """Read-only view of the header fields of a message, by name without regard to case."""

    def __init__(self, message: Message) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._values.setdefault(name.lower(), []).append(str(value)[:MAX_VALUE])

    def all(self, name: str) -> list[str]:
        """Raw values in order of appearance, the topmost first."""
        return self._values.get(name.lower(), [])

    def text(self, name: str) -> str:
        """The first value of the field, decoded; "" if it is missing."""
        values = self.all(name)
        return decode(values[0]) if values else ""

    def addresses(self, name: str) -> list[Address]:
        """Every address of every field of that name; what has no @ is left out."""
        values = [_unfold(_repair(value)) for value in self.all(name)]
        pairs = getaddresses(values) if values else []
        found = [Address(decode(display).strip(), address.strip()) for display, address in pairs]
        found = [address for address in found if "@" in address.email]
        return found or [_bracketed(value) for value in values if _BRACKETED.search(value)]

    def message_ids(self, name: str) -> list[str]:
        return _MESSAGE_ID.findall(" ".join(self.all(name)))

    def is_bulk(self) -> bool:
        """Whether the message says of itself that it went to many or was made by a machine for many."""
        marks = " ".join(self.all("Precedence") + self.all("Auto-Submitted"))
        return bool(self.all("List-Id")) or bool(_BULK.search(marks))


def _bracketed(value: str) -> Address:
    """The address of a value that breaks the grammar, as most mail programs show it."""
    match = _BRACKETED.search(value)
    return Address(decode(value[: match.start()]).strip(' "'), match.group(1)) if match else Address("", "")


def decode(value: str) -> str:
    """An encoded header value as text; unknown charsets and broken words are kept as well as can be."""
    value = _unfold(_repair(value))
    if "=?" not in value:
        return value.strip()
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value.strip()
    return "".join(_chunk(chunk, charset) for chunk, charset in chunks).strip()


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return chunk.decode("utf-8", "replace")


def _repair(value: str) -> str:
    """Raw 8-bit bytes, kept by the parser as surrogates, read as UTF-8."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unfold(value: str) -> str:
    return value.replace("\r", "").replace("\n", "") if "\n" in value or "\r" in value else value
