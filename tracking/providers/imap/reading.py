"""What a folder's listing says about a message: which it is, what conversation it is of, how long it is.

IMAP has no lasting ids: a UID ends with its folder's UIDVALIDITY, and a moved message gets another one. So
a message is known by what never changes: its Message-ID with sender, date and subject (a Message-ID alone
could be made up to hide another mail); without one, its head and length. That is hashed, so that mail which
is not kept leaves nothing readable. Before the hash stands the day the message names, by which a server can
find it again. There are no conversations either: replies name the first message of theirs in References.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.errors import MessageError as MimeError
from email.message import Message as Mime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_tz
from typing import Any

from tracking.mail import Mail, RawMail
from tracking.models import Mailbox, Message
from tracking.providers import MessageError
from tracking.router.parse import parse

FIELDS = (
    "FROM TO CC REPLY-TO SUBJECT DATE MESSAGE-ID IN-REPLY-TO REFERENCES"
    " LIST-ID LIST-UNSUBSCRIBE PRECEDENCE AUTO-SUBMITTED"
)
LISTED = ("RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({FIELDS})]")
NO_DAY = "00000000"

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,400}>")


@dataclass(frozen=True)
class Head:
    """One message as its folder lists it. `answers` are the Message-IDs it refers to, the oldest first."""

    uid: int
    size: int
    received_at: datetime
    fields: bytes
    provider_id: str
    message_id: str
    answers: tuple[str, ...]

    @property
    def mail(self) -> Mail:
        """The mail as far as its head tells it."""
        return parse(RawMail(self.provider_id, self.thread_id, self.fields, self.received_at))

    @property
    def thread_id(self) -> str:
        """The conversation by the message that began it; of its own where it names none."""
        root = next(iter(self.answers), self.message_id)
        return digest(root) if root else self.provider_id


def head_of(uid: int, fetched: dict[bytes, Any]) -> Head:
    """Raises MessageError where the listing cannot be read."""
    fields = part(fetched, b"BODY[HEADER")
    received_at, size = fetched.get(b"INTERNALDATE"), fetched.get(b"RFC822.SIZE")
    if not isinstance(fields, bytes) or not isinstance(received_at, datetime) or not isinstance(size, int):
        raise MessageError("message_damaged")
    headers = _parsed(fields)
    identifiers = {name: _identifiers(headers, name) for name in ("Message-ID", "References", "In-Reply-To")}
    message_id = next(iter(identifiers["Message-ID"]), "")
    return Head(
        uid=uid,
        size=size,
        received_at=received_at.astimezone(UTC),
        fields=fields,
        provider_id=f"{_day(headers)}-{_mark(headers, message_id, fields, size)}",
        message_id=message_id,
        answers=tuple(identifiers["References"] or identifiers["In-Reply-To"][:1]),
    )


def part(fetched: dict[bytes, Any], prefix: bytes) -> bytes | None:
    """The part of the message that was fetched under a name beginning so."""
    found = (value for name, value in fetched.items() if name.upper().startswith(prefix))
    return next((value for value in found if isinstance(value, bytes)), None)


def day_of(provider_id: str) -> date | None:
    """The day by which a message with this id can be found; None where it names none."""
    try:
        return datetime.strptime(provider_id[: len(NO_DAY)], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None


def thread_of(head: Head, mailbox: Mailbox) -> str:
    """The conversation of a message: that of a stored one it answers, else by the first it names."""
    known = _stored(mailbox, head.answers).order_by("received_at")
    found = known.values_list("thread__provider_id", flat=True).first()
    return str(found) if found else head.thread_id


def answers_linked(head: Head, mailbox: Mailbox) -> bool:
    """Whether it answers mail that belongs to an application."""
    return bool(_stored(mailbox, head.answers).exclude(application=None).exists())


def digest(text: str) -> str:
    """A hash of `text`, 40 hex digits."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:40]


def _stored(mailbox: Mailbox, identifiers: Iterable[str]) -> Any:
    return Message.objects.filter(mailbox=mailbox, rfc_message_id__in=[each[:255] for each in identifiers])


def _mark(headers: Mime, message_id: str, fields: bytes, size: int) -> str:
    if not message_id:
        return digest(" ".join([str(size), *fields.decode("latin-1").split()]))
    named = (" ".join(str(headers.get(name) or "").split()) for name in ("From", "Date", "Subject"))
    return digest("\0".join((message_id, *named)))


def _day(headers: Mime) -> str:
    stated = parsedate_tz(str(headers.get("Date") or ""))
    return f"{stated[0]:04d}{stated[1]:02d}{stated[2]:02d}" if stated else NO_DAY


def _parsed(fields: bytes) -> Mime:
    try:
        return BytesHeaderParser(policy=compat32).parsebytes(fields)
    except (MimeError, ValueError):
        raise MessageError("message_damaged") from None


def _identifiers(headers: Mime, name: str) -> list[str]:
    return _MESSAGE_ID.findall(" ".join(str(value) for value in headers.get_all(name) or ()))
