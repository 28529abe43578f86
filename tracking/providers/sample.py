"""A made-up mailbox that reads like a real one, dated relative to today, for trying everything out."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tracking.mail import RawMail
from tracking.providers import Cursor, MessageError, Page
from tracking.providers.heads import Head, Listing, Span, Stored, arrange, before_of, cut
from tracking.router.parse import parse

AUTHSERV = "mx.sample.heardback.invalid"
PAGE_SIZE = 10
_DATE = re.compile(r"\{d([+-]\d+):([^}]*)\}")


@dataclass(frozen=True)
class Owner:
    """For whom the sample is made out."""

    name: str
    email: str
    zone: ZoneInfo
    now: datetime


class SampleSource:
    """The sample mailbox, as received by `owner` up to `owner.now`."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        messages = contents()["messages"]
        for start in range(int(cursor.get("read", 0)), len(messages), PAGE_SIZE):
            end = min(start + PAGE_SIZE, len(messages))
            mails = tuple(self._raw(message) for message in messages[start:end])
            yield Page(mails, {"read": end}, estimated_total=len(messages))

    def get(self, provider_id: str) -> RawMail:
        for message in contents()["messages"]:
            if message["id"] == provider_id:
                return self._raw(message)
        raise MessageError("message_gone")

    def _raw(self, message: dict[str, Any]) -> RawMail:
        received_at = moment(message["days_ago"], message["time"], self.owner)
        return RawMail(
            provider_id=message["id"],
            thread_id=message["thread"],
            content=self._source(message, received_at).as_bytes(),
            received_at=received_at,
            sent=message.get("sent_by_user", False),
            trusted_authserv=(AUTHSERV,),
        )

    def _source(self, message: dict[str, Any], received_at: datetime) -> EmailMessage:
        mail = EmailMessage()
        mail["Authentication-Results"] = _authentication(message)
        mail["Date"] = format_datetime(received_at)
        mail["Message-ID"] = _message_id(message["id"])
        mail["From"] = self._fill(message["from"])
        mail["To"] = self._fill(message.get("to") or "{name} <{email}>")
        mail["Subject"] = self._fill(message["subject"])
        if message.get("reply_to"):
            mail["Reply-To"] = self._fill(message["reply_to"])
        if message.get("in_reply_to"):
            mail["In-Reply-To"] = mail["References"] = _message_id(message["in_reply_to"])
        if message.get("list_unsubscribe"):
            mail["List-Unsubscribe"] = "<https://lists.invalid/unsubscribe>"
        self._add_content(mail, message)
        return mail

    def _add_content(self, mail: EmailMessage, message: dict[str, Any]) -> None:
        text, html, ics = (message.get(part) for part in ("text", "html", "ics"))
        if text:
            mail.set_content(self._fill(text))
        if html and text:
            mail.add_alternative(self._fill(html), subtype="html")
        elif html:
            mail.set_content(self._fill(html), subtype="html")
        if ics:
            method = re.search(r"METHOD:(\w+)", ics)
            parameters = {"method": method.group(1) if method else "REQUEST"}
            mail.add_alternative(self._fill(ics), subtype="calendar", params=parameters)
        for name in message.get("attachments") or ():
            mail.add_attachment(b"sample", maintype="application", subtype="octet-stream", filename=name)

    def _fill(self, text: str) -> str:
        today = self.owner.now.astimezone(self.owner.zone).date()
        text = _DATE.sub(lambda m: (today + timedelta(days=int(m[1]))).strftime(m[2]), text)
        first = self.owner.name.partition(" ")[0]
        for name, value in (("name", self.owner.name), ("first", first), ("email", self.owner.email)):
            text = text.replace(f"{{{name}}}", value)
        return text


class SampleLister:
    """What the sample mailbox received."""

    def __init__(self, owner: Owner) -> None:
        self.source = SampleSource(owner)

    def page(self, span: Span, cursor: Cursor, stored: Stored) -> Listing:
        before = before_of(cursor, span)
        raws = (self.source.get(message["id"]) for message in contents()["messages"])
        received = [raw for raw in raws if not raw.sent and span.since <= raw.received_at < before]
        heads = [head for raw in received if _names(head := Head.of(parse(raw)), span.words)]
        return arrange(*cut(heads, lambda head: head.received_at), stored)

    def close(self) -> None:
        """There is nothing to give back."""


def _names(head: Head, words: Iterable[str]) -> bool:
    named = f"{head.sender.name} {head.sender.email} {head.subject}".casefold()
    return all(word.casefold() in named for word in words)


def moment(days_ago: float, clock: str, owner: Owner) -> datetime:
    """When something happened: at `clock` of that day in the owner's zone, never in the future."""
    day = owner.now.astimezone(owner.zone).date() - timedelta(days=int(days_ago))
    at = datetime.combine(day, time.fromisoformat(clock), owner.zone)
    return min(at, owner.now - timedelta(minutes=5))


@lru_cache(maxsize=1)
def contents() -> dict[str, Any]:
    """The sample's applications and messages as written in sample_mailbox.json."""
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "sample_mailbox.json").read_text())
    return loaded


def _message_id(identifier: str) -> str:
    return f"<{identifier}@sample.heardback.invalid>"


def _authentication(message: dict[str, Any]) -> str:
    domain = message["from"].rpartition("@")[2].strip(" >")
    results = {
        "pass": f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}",
        "fail": f"dkim=fail header.d={domain}; spf=fail; dmarc=fail header.from={domain}",
    }
    return f"{AUTHSERV}; {results.get(message.get('auth', 'pass'), 'none')}"
