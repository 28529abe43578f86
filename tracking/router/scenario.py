"""Scenario files: one job seeker, their applications and their mail, with the truth beside it.

Used by training, evaluation and tests; never by the product itself.
"""

from __future__ import annotations

import base64
import json
import quopri
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from tracking.mail import Auth, Candidate, Kind, Person, RawMail

AUTHSERV = "mx.heardback.test"


@dataclass(frozen=True)
class Expected:
    """The truth about one message, as its author wrote it down."""

    relevant: bool
    kind: Kind
    application: str | None
    status_after: str | None
    company: str | None
    title: str | None
    deadline: str | None
    interview_at: str | None
    needs_review: bool
    adversarial: bool
    note: str


@dataclass(frozen=True)
class ScenarioMessage:
    """One message of a scenario. `sender` and the other addresses are header values as written."""

    id: str
    thread: str
    date: datetime
    sender: str
    reply_to: str | None
    to: str
    subject: str
    in_reply_to: str | None
    auth: Auth
    list_unsubscribe: bool
    sent_by_user: bool
    text: str | None
    html: str | None
    ics: str | None
    expected: Expected


@dataclass(frozen=True)
class Scenario:
    id: str
    author: str
    now: datetime
    user: Person
    applications: tuple[Candidate, ...]
    messages: tuple[ScenarioMessage, ...]


def load_scenarios(directory: Path) -> list[Scenario]:
    """Every scenario under `directory`, authors in sub-folders or not, in order of path."""
    return [load_scenario(path) for path in sorted(Path(directory).rglob("*.json"))]


def load_scenario(path: Path) -> Scenario:
    """Read one file. Raises KeyError or ValueError where it is not a scenario."""
    data = json.loads(path.read_text(encoding="utf-8"))
    user = data["user"]
    return Scenario(
        id=data["id"],
        author=data.get("author") or path.parent.name,
        now=datetime.fromisoformat(data["now"]) if data.get("now") else datetime.now(UTC),
        user=Person(user["name"], user["email"], user.get("timezone") or "UTC"),
        applications=tuple(_application(item) for item in data["applications"]),
        messages=tuple(_message(item, user["email"]) for item in data["messages"]),
    )


def _application(item: Mapping[str, Any]) -> Candidate:
    applied_on = item.get("applied_on")
    applied_at = None
    if applied_on:
        applied_at = datetime.combine(datetime.fromisoformat(applied_on).date(), time(12), UTC)
    return Candidate(
        id=item["id"],
        company=item.get("company") or "",
        title=item.get("title") or "",
        status=item["status"],
        applied_at=applied_at,
        url=item.get("url") or "",
        location=item.get("location") or "",
    )


def _message(item: Mapping[str, Any], owner: str) -> ScenarioMessage:
    return ScenarioMessage(
        id=item["id"],
        thread=item["thread"],
        date=datetime.fromisoformat(item["date"]),
        sender=item["from"],
        reply_to=item.get("reply_to"),
        to=item.get("to") or owner,
        subject=item.get("subject") or "",
        in_reply_to=item.get("in_reply_to"),
        auth=item.get("auth") or "none",
        list_unsubscribe=bool(item.get("list_unsubscribe")),
        sent_by_user=bool(item.get("sent_by_user")),
        text=item.get("text"),
        html=item.get("html"),
        ics=item.get("ics"),
        expected=_expected(item["expected"]),
    )


def _expected(item: Mapping[str, Any]) -> Expected:
    return Expected(
        relevant=bool(item["relevant"]),
        kind=Kind(item["kind"]),
        application=item.get("application"),
        status_after=item.get("status_after"),
        company=item.get("company"),
        title=item.get("title"),
        deadline=item.get("deadline"),
        interview_at=item.get("interview_at"),
        needs_review=bool(item.get("needs_review")),
        adversarial=bool(item.get("adversarial")),
        note=item.get("note") or "",
    )


def message_id(scenario: Scenario, message: str) -> str:
    """The Message-ID of a message of a scenario: the same at every run."""
    return f"<{scenario.id}.{message}@scenario.heardback.test>"


def to_raw(message: ScenarioMessage, scenario: Scenario) -> RawMail:
    """A real RFC 822 message as a provider would hand it over, trusted results header included."""
    headers = _headers(message, scenario)
    content_type, encoding, body = _body(message)
    headers += [("MIME-Version", "1.0"), ("Content-Type", content_type)]
    if encoding:
        headers.append(("Content-Transfer-Encoding", encoding))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return RawMail(
        provider_id=f"{scenario.id}:{message.id}",
        thread_id=f"{scenario.id}:{message.thread}",
        content=head.encode() + b"\r\n" + body,
        received_at=message.date.astimezone(UTC),
        sent=message.sent_by_user,
        trusted_authserv=(AUTHSERV,),
    )


def _headers(message: ScenarioMessage, scenario: Scenario) -> list[tuple[str, str]]:
    headers = [
        ("Authentication-Results", _authentication(message)),
        ("Date", format_datetime(message.date)),
        ("From", _address(message.sender)),
        ("To", _address(message.to)),
        ("Subject", _encoded(message.subject)),
        ("Message-ID", message_id(scenario, message.id)),
    ]
    if message.reply_to:
        headers.append(("Reply-To", _address(message.reply_to)))
    if message.list_unsubscribe:
        headers.append(("List-Unsubscribe", "<https://unsubscribe.heardback.test/u>"))
    return headers + _thread_headers(message, scenario)


def _thread_headers(message: ScenarioMessage, scenario: Scenario) -> list[tuple[str, str]]:
    parents = {item.id: item.in_reply_to for item in scenario.messages}
    chain: list[str] = []
    parent = message.in_reply_to
    while parent and parent not in chain:
        chain.insert(0, parent)
        parent = parents.get(parent)
    if not chain:
        return []
    references = " ".join(message_id(scenario, item) for item in chain)
    return [("In-Reply-To", message_id(scenario, chain[-1])), ("References", references)]


def _authentication(message: ScenarioMessage) -> str:
    domain = message.sender.rstrip("> ").rpartition("@")[2] or "invalid"
    result = message.auth
    return (
        f"{AUTHSERV}; dkim={result} header.d={domain}; spf={result} smtp.mailfrom={domain}; "
        f"dmarc={result} header.from={domain}"
    )


def _encoded(value: str) -> str:
    one_line = " ".join(value.splitlines())
    return one_line if one_line.isascii() else Header(one_line, "utf-8", maxlinelen=10_000).encode()


def _address(value: str) -> str:
    name, bracket, address = value.rpartition("<")
    if not bracket:
        return value
    name = name.strip().strip('"')
    if name.isascii():
        name = '"' + name.replace("\\", "").replace('"', "'") + '"' if name else ""
    else:
        name = _encoded(name)
    return f"{name} <{address.strip().rstrip('>')}>"


def _body(message: ScenarioMessage) -> tuple[str, str, bytes]:
    """Content type, transfer encoding ("" for a multipart) and bytes of the whole body."""
    parts = []
    if message.text is not None:
        parts.append(_part("text/plain", message.text))
    if message.html is not None:
        parts.append(_part("text/html", message.html))
    if message.ics:
        parts.append(_part("text/calendar", message.ics))
    if len(parts) == 1:
        return parts[0]
    return _multipart("alternative", parts, f"=_{message.id}_alternative")


def _part(content_type: str, text: str) -> tuple[str, str, bytes]:
    payload = text.encode("utf-8", "surrogatepass")
    if content_type == "text/html":
        return f"{content_type}; charset=utf-8", "base64", base64.encodebytes(payload)
    return f"{content_type}; charset=utf-8", "quoted-printable", quopri.encodestring(payload)


def _multipart(subtype: str, parts: list[tuple[str, str, bytes]], boundary: str) -> tuple[str, str, bytes]:
    chunks = [
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
        + b"\r\n"
        for kind, encoding, body in parts
    ]
    closing = f"--{boundary}--\r\n".encode()
    return f'multipart/{subtype}; boundary="{boundary}"', "", b"".join(chunks) + closing
