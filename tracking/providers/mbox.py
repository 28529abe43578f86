"""Reads mail out of uploaded files as a stream: an .mbox of any size, one .eml, or a .zip of either."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from typing import IO

from tracking.mail import RawMail
from tracking.providers import UnreadableFileError
from tracking.router.domains import registrable

MAX_MESSAGE_BYTES = 60 * 1024 * 1024  # larger than any provider accepts
MAX_LINE = 1024 * 1024
MAX_MEMBERS = 100_000
MAX_RATIO = 200  # of a zip's member: beyond it is a bomb
SNIFF_BYTES = 64 * 1024

# A separator as mboxrd and Google Takeout write it: "From " sender date-with-year
_SEPARATOR = re.compile(rb"^From .*\d{4}\s*$|^From \S+\s*$")
_HEADER = re.compile(rb"^[!-9;-~]{1,100}:[ \t]?", re.MULTILINE)
_MAIL_HEADERS = re.compile(
    rb"^(?:from|to|date|subject|received|message-id|mime-version|return-path):", re.I | re.M
)
_QUOTED_FROM = re.compile(rb">+From ")
_BOUNDARY = re.compile(rb'boundary="?([^"\r\n;]{1,70})', re.IGNORECASE)
_AUTHSERV = re.compile(r"^\s*([A-Za-z0-9.-]+)\s*(?:\d+\s*)?;")
_BY_HOST = re.compile(r"\bby\s+([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
# Providers that always add their own verdict on the sender and drop a forged one with their name.
VERIFYING_PROVIDERS = frozenset({"google.com", "yahoo.com", "messagingengine.com", "icloud.com", "proton.ch"})


@dataclass(frozen=True)
class Piece:
    """One message of a file. `number` counts from 0; `error` is a code where it cannot be taken as it is."""

    number: int
    content: bytes
    error: str = ""


def pieces(name: str, file: IO[bytes]) -> Iterator[Piece]:
    """The messages in `file`, one at a time, in bounded memory.

    What it is, is told by its content; `name` only helps with words. Raises UnreadableFileError
    for a file that holds no mail, before the first piece.
    """
    head = file.read(SNIFF_BYTES)
    stream = _Joined(head, file)
    if head.startswith(b"PK\x03\x04"):
        file.seek(0)
        yield from _zip_pieces(file)
    elif head.lstrip(b"\r\n\xef\xbb\xbf").startswith(b"From "):
        yield from _mbox_pieces(stream)
    elif _looks_like_mail(head):
        yield from _single(stream)
    elif not head.strip():
        raise UnreadableFileError("file_empty")
    else:
        raise UnreadableFileError("file_not_mail")


def raw_mail(piece: Piece, own_addresses: frozenset[str]) -> RawMail:
    """The piece as the pipeline takes it: identified by its Message-ID and thread, or by its content."""
    headers = BytesHeaderParser(policy=compat32).parsebytes(piece.content)
    message_id = str(headers.get("Message-ID") or "").strip()
    names = (message_id, *(str(headers.get(name) or "") for name in ("From", "Date", "Subject")))
    provider_id = _digest("\0".join(names).encode(errors="replace") if message_id else piece.content)
    root = (str(headers.get("References") or "").split() or [str(headers.get("In-Reply-To") or "").strip()])[
        0
    ]
    thread = str(headers.get("X-GM-THRID") or "") or _digest((root or message_id).encode(errors="replace"))
    labels = str(headers.get("X-Gmail-Labels") or "")
    sender = re.search(r"[^\s<>\"]+@[^\s<>\"]+", str(headers.get("From") or ""))
    sent = "Sent" in re.split(r"\s*,\s*", labels) or bool(sender and sender[0].lower() in own_addresses)
    return RawMail(
        provider_id=provider_id,
        thread_id=thread if root or message_id else provider_id,
        content=piece.content,
        received_at=_received_at(str(headers.get("Received") or ""), str(headers.get("Date") or "")),
        sent=sent,
        trusted_authserv=trusted_authserv(headers),
    )


def _mbox_pieces(stream: _Joined) -> Iterator[Piece]:
    lines: list[bytes] = []
    size, number, blank, started = 0, 0, True, False
    for line in stream.lines():
        if blank and _SEPARATOR.match(line.rstrip(b"\r\n")):
            if started:
                yield _piece(number, lines, size)
                number += 1
            lines, size, started, blank = [], 0, True, False
            continue
        blank = not line.strip(b"\r\n")
        size += len(line)
        if size <= MAX_MESSAGE_BYTES:
            lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
    if started:
        last = _piece(number, lines, size)
        yield replace(last, error="message_cut") if _is_cut(last.content) else last


def _piece(number: int, lines: list[bytes], size: int) -> Piece:
    if size > MAX_MESSAGE_BYTES:
        return Piece(number, b"".join(lines[:200])[:SNIFF_BYTES], error="message_too_large")
    return Piece(number, b"".join(lines))


def _is_cut(content: bytes) -> bool:
    """Whether the last message of a file ends in the middle: no line end, or a part left open."""
    boundary = _BOUNDARY.search(content[:SNIFF_BYTES].split(b"\n\n")[0])
    is_open = boundary is not None and b"--" + boundary[1] + b"--" not in content
    return is_open or not content.endswith(b"\n")


def _single(stream: _Joined) -> Iterator[Piece]:
    content = stream.read(MAX_MESSAGE_BYTES + 1)
    if len(content) > MAX_MESSAGE_BYTES:
        raise UnreadableFileError("message_too_large")
    yield Piece(0, content)


def _zip_pieces(file: IO[bytes]) -> Iterator[Piece]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError):
        raise UnreadableFileError("zip_damaged") from None
    with archive:
        members = [member for member in archive.infolist() if _is_mail_member(member)]
        if not members:
            raise UnreadableFileError("zip_without_mail")
        if len(members) > MAX_MEMBERS or any(_is_bomb(member) for member in members):
            raise UnreadableFileError("zip_too_large")
        number = 0
        for member in members:
            for piece in _member_pieces(archive, member):
                yield replace(piece, number=number)
                number += 1


def _member_pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Piece]:
    """The mail of one member; a damaged or foreign member is one piece with an error."""
    try:
        with archive.open(member) as file:
            head = file.read(SNIFF_BYTES)
            stream = _Joined(head, file)
            if head.lstrip(b"\r\n").startswith(b"From "):
                yield from _mbox_pieces(stream)
            elif _looks_like_mail(head):
                yield from _single(stream)
            else:
                yield Piece(0, b"", error="file_not_mail")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, NotImplementedError, UnreadableFileError):
        yield Piece(0, b"", error="zip_damaged")


def _is_mail_member(member: zipfile.ZipInfo) -> bool:
    name = member.filename.lower()
    return not member.is_dir() and name.endswith((".eml", ".mbox")) and not name.startswith("__macosx/")


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > 10 * 1024 * 1024 and member.file_size > MAX_RATIO * max(member.compress_size, 1)


def _looks_like_mail(head: bytes) -> bool:
    block = re.split(rb"\r?\n\r?\n", head.lstrip(b"\r\n\xef\xbb\xbf"), maxsplit=1)[0]
    if b"\x00" in block or not _HEADER.match(block):
        return False
    return len({name.lower() for name in _MAIL_HEADERS.findall(block)}) >= 2


def _received_at(received: str, date: str) -> datetime:
    """When the message came: by the topmost Received line, else by its Date, else long ago."""
    for text in (received.rpartition(";")[2], date):
        try:
            at = parsedate_to_datetime(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if 1990 <= at.year <= datetime.now(UTC).year + 1:
            return min(at.astimezone(UTC), datetime.now(UTC))
    return datetime(1990, 1, 1, tzinfo=UTC)


def trusted_authserv(headers: Message) -> tuple[str, ...]:
    """The host whose verdict on the sender may be believed: the provider that received the message.

    A file can hold mail of a server that gives no verdict, with one the sender forged; so the
    topmost Received line must be of a provider known to give its own.
    """
    results, received = headers.get_all("Authentication-Results"), headers.get_all("Received") or []
    found = _AUTHSERV.match(str(results[0])) if results else None
    hosts = [host[1] for line in received if (host := _BY_HOST.search(str(line)))]
    if found is None or not hosts:
        return ()
    domain = registrable(found[1])
    return (found[1].lower(),) if domain in VERIFYING_PROVIDERS and registrable(hosts[0]) == domain else ()


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:40]


class _Joined:
    """A stream that gives the bytes already read again, then the rest of the file."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._buffer, self._file = head, file

    def read(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken + self._file.read(size - len(taken))

    def lines(self) -> Iterator[bytes]:
        """The stream line by line; an endless line comes in parts of MAX_LINE bytes."""
        rest = b""
        while block := self.read(SNIFF_BYTES):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield line + b"\n"
            if len(rest) > MAX_LINE:
                yield rest
                rest = b""
        if rest:
            yield rest
