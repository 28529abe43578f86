"""Small builders of raw mail and of what is known, for the router's tests."""

from __future__ import annotations

from datetime import UTC, datetime

from tracking.mail import Candidate, Known, Mail, Person, RawMail
from tracking.router.parse import parse

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)  # a Monday
HOST = "mx.receiver.test"
PERSON = Person("Nadia Okafor", "nadia@example.com", "America/New_York")


def raw(
    text: str = "",
    *,
    html: str = "",
    subject: str = "Hello",
    sender: str = "Someone <someone@example.org>",
    headers: str = "",
    auth: str = "pass",
    sent: bool = False,
    ics: str = "",
) -> RawMail:
    """A message with a plain, an HTML and a calendar part, each only where given."""
    domain = sender.rstrip(">").rpartition("@")[2]
    parts = [("text/plain", text)] if text or not html else []
    parts += [("text/html", html)] if html else []
    parts += [("text/calendar", ics)] if ics else []
    body = "".join(f"--b\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{part}\r\n" for kind, part in parts)
    head = (
        f"Authentication-Results: {HOST}; dmarc={auth} header.from={domain}\r\n{headers}"
        f"From: {sender}\r\nTo: nadia@example.com\r\nSubject: {subject}\r\nMessage-ID: <one@example.org>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    )
    return RawMail("p1", "t1", (head + body + "--b--\r\n").encode(), NOW, sent, (HOST,))


def mail(text: str = "", **options: object) -> Mail:
    """`raw`, parsed."""
    return parse(raw(text, **options))  # type: ignore[arg-type]


def known(*candidates: Candidate, **options: object) -> Known:
    return Known(PERSON, candidates, **options)  # type: ignore[arg-type]


def candidate(
    company: str = "Northwind Labs", title: str = "Data Analyst", status: str = "applied"
) -> Candidate:
    return Candidate("c1", company, title, status, NOW)
