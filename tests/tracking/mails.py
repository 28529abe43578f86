"""Raw mail for tests of the engine, and a source that gives it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from tracking.mail import RawMail
from tracking.providers import Cursor, MessageError, Page

AUTHSERV = "mx.test.example"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def mail(
    number: int,
    *,
    sender: str,
    subject: str,
    text: str,
    thread: str = "",
    auth: str = "pass",
    sent: bool = False,
    at: datetime | None = None,
) -> RawMail:
    received_at = at or START + timedelta(hours=number)
    message = EmailMessage()
    message["Authentication-Results"] = f"{AUTHSERV}; dmarc={auth}"
    message["From"], message["To"], message["Subject"] = sender, "sam@example.org", subject
    message["Date"] = format_datetime(received_at)
    message["Message-ID"] = f"<{number}@mail.example>"
    message.set_content(text)
    return RawMail(f"id{number}", thread or f"t{number}", message.as_bytes(), received_at, sent, (AUTHSERV,))


def confirmation(number: int, company: str = "Lumen Health", title: str = "Data Analyst", **more) -> RawMail:
    domain = company.lower().replace(" ", "") + ".example"
    more.setdefault("sender", f"{company} Recruiting <careers@{domain}>")
    more.setdefault("subject", f"We received your application for {title} at {company}")
    more.setdefault(
        "text",
        f"Hi Sam,\n\nThank you for applying for the {title} position at {company}. We have received your "
        f"application and our hiring team will review it carefully.\n\nKind regards,\n{company} Recruiting\n",
    )
    return mail(number, **more)


def rejection(number: int, company: str = "Lumen Health", title: str = "Data Analyst", **more) -> RawMail:
    more.setdefault("subject", f"Your application for {title} at {company}")
    more.setdefault(
        "text",
        f"Hi Sam,\n\nThank you for your interest in the {title} position at {company}. Unfortunately, we "
        "have decided not to move forward with your application. We wish you every success.\n\n"
        f"Kind regards,\n{company} Recruiting\n",
    )
    return confirmation(number, company, title, **more)


def everyday(number: int) -> RawMail:
    return mail(
        number,
        sender="Parcels <tracking@parcels.example>",
        subject=f"Your parcel {number} is on its way",
        text="Hello, your parcel with the garden chairs will be delivered on Tuesday between 9 and 12.",
    )


class ListSource:
    """A mailbox of given mail in pages of `size`; `fail_at` raises an error instead of that page."""

    def __init__(self, mails: list[RawMail], size: int = 3, fail_at: int | None = None, error=None) -> None:
        self.mails, self.size, self.fail_at, self.error = mails, size, fail_at, error
        self.opened = 0

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        self.opened += 1
        for start in range(int(cursor.get("read", 0)), len(self.mails), self.size):
            if self.fail_at is not None and start // self.size == self.fail_at:
                raise self.error
            batch = tuple(self.mails[start : start + self.size])
            yield Page(batch, {"read": start + len(batch)}, estimated_total=len(self.mails))

    def get(self, provider_id: str) -> RawMail:
        for raw in self.mails:
            if raw.provider_id == provider_id:
                return raw
        raise MessageError("message_gone")
