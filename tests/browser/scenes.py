"""What the journeys find when they begin, and what they look for again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from applications.models import Application
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tracking.mail import Kind
from tracking.models import Mailbox, Message

COMPANIES = ["Lumen Health", "Northwind Robotics", "Harbor & Pine", "Quillstone", "Meridian Freight"]


def application(user: User, company: str, title: str = "Data Analyst", **values: Any) -> Application:
    """Somebody's application of two weeks ago."""
    made: Application = ApplicationFactory(user=user, company=company, title=title, **values)
    return made


def message(mailbox: Mailbox, company: str, hours: int, **values: Any) -> Message:
    """An interview invitation of `company`, `hours` old, waiting."""
    made: Message = MessageFactory(
        mailbox=mailbox,
        subject=values.pop("subject", f"Interview with {company}"),
        sender_name=f"{company} Recruiting",
        sender_address="jobs@mail.example",
        company=company,
        received_at=timezone.now() - timedelta(hours=hours),
        **values,
    )
    return made


def queue(user: User, count: int = 5) -> list[Message]:
    """What waits for review in one mailbox: a mail of each of `count` companies, newest first."""
    mailbox = MailboxFactory(user=user)
    found = []
    for hours, company in enumerate(COMPANIES[:count], 1):
        found.append(message(mailbox, company, hours, suggestion=application(user, company)))
    return found


def noon_zone() -> str:
    """A time zone in which it is about noon: no day ends there while a test counts what was done today."""
    return f"Etc/GMT{timezone.now().hour - 12:+d}"


def orphan(mailbox: Mailbox, company: str, hours: int = 1, **values: Any) -> Message:
    """A mail that fits no application."""
    return message(mailbox, company, hours, state="orphan", why="no_match", evidence=[], **values)


def everything(user: User) -> Application:
    """Something of all that pages can show; gives the application with most to it."""
    mailbox = queue(user)[0].mailbox
    orphan(mailbox, "Bluefin Analytics")
    long = "A subject of a length that nobody would write but every program sends " * 3
    message(
        mailbox,
        "Kestrel Energy",
        9,
        subject=long,
        kind=Kind.OFFER,
        warning="The sender could not be verified: this mail may be forged.",
        suggestion=application(
            user, "Kestrel Energieversorgungsunternehmensberatungsgesellschaft, Northern Division"
        ),
        body="https://a-very-long-host.example/" + "path/" * 60 + "\n\n" + "word" * 200,
    )
    linked = application(user, "Ostrava Games", "Senior Quality Assurance Engineer, Platforms")
    message(mailbox, "Ostrava Games", 3, linked_to=linked)
    for status in ("saved", "technical_round", "offer_extended", "accepted", "rejected", "withdrawn"):
        application(user, f"{status.title().replace('_', ' ')} Limited", status=status)
    return linked


def reload(*rows: Any) -> None:
    for row in rows:
        row.refresh_from_db()


def current(page: Page) -> Any:
    """The line of the inbox that is opened."""
    return page.locator(".row[aria-current]")


def has_focus_in_inbox(page: Page) -> None:
    """The focus is somewhere in the inbox, or gets there."""
    expect(page.locator("#inbox :focus")).to_have_count(1)


def until(page: Page, condition: Callable[[], Any]) -> None:
    """Let the browser go on until `condition` holds, such as that a request has arrived at its route."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        page.wait_for_timeout(10)


def settle(page: Page) -> None:
    """Wait until no part of the page is on its way."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def look_again(page: Page) -> None:
    """Have the page ask for news at once, as it does when somebody comes back to it."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
