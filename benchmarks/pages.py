"""Server time and queries of the main pages, for a user with little and for one with very much.

    make benchmark NAME=pages

Makes a user with 500 messages and 20 applications and one with 50,000 messages and 2,000 applications,
asks for each page many times, and prints the median and 95th percentile of the server's time in
milliseconds and the number of queries. The goal: p95 under 150 ms and the same number of queries for both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

import django
import pytest  # noqa: F401  (by it the settings know that this is no production)

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

SIZES = {"small": (500, 20), "large": (50_000, 2_000)}
TIMES, GOAL_MS = 40, 150
BATCH = 2_000
FRAGMENT = {"HX-Request": "true", "HX-Target": "inbox"}
WORDS = ("Interview", "Your application", "Next steps", "Update on", "Invitation", "Résumé received")
COMPANIES = ("Lumen", "Northwind", "Harbor", "Quillstone", "Meridian", "Bluefin", "Kestrel", "Ostrava")
PAGES = {
    "inbox review": "/inbox/",
    "inbox orphans": "/inbox/?tab=orphans",
    "inbox decided": "/inbox/?tab=decided",
    "inbox page 5": "/inbox/?tab=decided&page=5",
    "search, common word": "/inbox/?tab=decided&q=interview",
    "search, rare words": "/inbox/?tab=decided&q=kestrel+6",
    "search, beginning": "/inbox/?tab=decided&q=int",
    "filter kind and confidence": "/inbox/?tab=decided&kind=rejection&band=likely",
    "filter days": "/inbox/?tab=decided&since={day}",
    "picker": "/inbox/?m={message}&find=kestrel",
    "board": "/applications/?view=board",
    "table": "/applications/?view=list",
    "table, search": "/applications/?view=list&q=kestrel",
    "application": "/applications/{application}/",
    "dashboard": "/dashboard/",
    "analytics": "/analytics/",
    "sync history": "/inbox/runs/",
    "live": "/live/",
}


def main() -> None:
    with database():
        users = {size: make(size, *numbers) for size, numbers in SIZES.items()}
        print(f"{'page':28} {'queries':>9}   {'small p50/p95':>14}   {'large p50/p95':>14} ms")
        missed = [name for name in PAGES if not line(name, users)]
    if missed:
        sys.exit(f"over {GOAL_MS} ms, or more queries with more data: {', '.join(missed)}")


def line(name: str, users: dict[str, User]) -> bool:
    """Measure one page and print what was found; give whether it meets the goal."""
    found = {size: measure(user, path_of(name, user)) for size, user in users.items()}
    (few, *small), (many, *large) = found["small"], found["large"]
    queries = f"{few:.0f}" if few == many else f"{few:.0f} / {many:.0f}"
    times = [f"{p50:6.1f} / {p95:5.1f}" for p50, p95 in (small, large)]
    print(f"{name:28} {queries:>9}   {times[0]:>14}   {times[1]:>14}", flush=True)
    return large[1] <= GOAL_MS and many <= few


def measure(user: User, path: str) -> tuple[float, float, float]:
    """Queries, median and 95th percentile of the milliseconds of `path`."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for _ in range(3):
        timed(client, path)
    with CaptureQueriesContext(connection) as captured:
        timed(client, path)
        queries = len(captured)
    times = sorted(timed(client, path) for _ in range(TIMES))
    cuts = quantiles(times, n=100, method="inclusive")
    return queries, cuts[49], cuts[94]


def timed(client: Client, path: str) -> float:
    begun = perf_counter()
    response = client.get(path)
    took = 1000 * (perf_counter() - begun)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return took


def path_of(name: str, user: User) -> str:
    from django.utils import timezone

    from applications.models import Application
    from tracking.models import Message

    return PAGES[name].format(
        day=(timezone.localdate() - timedelta(days=30)).isoformat(),
        message=Message.objects.of(user).in_review().values_list("pk", flat=True)[0],
        application=Application.objects.of(user).order_by("created_at").values_list("pk", flat=True)[0],
    )


def make(size: str, messages: int, applications: int) -> User:
    """A user with so much; nine in ten messages are decided, most of them linked."""
    from django.db import connection

    from accounts.models import User
    from billing.models import Subscription
    from tracking.models import Mailbox, SyncRun

    user = User.objects.create_user(f"{size}@example.org", name="Sam Taylor")
    Subscription.objects.create(user=user, plan_code="platinum")
    mailbox = Mailbox.objects.create(user=user, provider="gmail", address=f"{size}@gmail.com")
    SyncRun.objects.bulk_create(
        SyncRun(user=user, mailbox=mailbox, state="completed") for _ in range(applications)
    )
    tracked = add_applications(user, applications)
    add_messages(mailbox, messages, tracked)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return user


def add_applications(user: User, number: int) -> list[Any]:
    from django.utils import timezone

    from applications.models import Application, Event
    from applications.status import Status

    statuses, now = list(Status), timezone.now()
    rows, events = [], []
    for n in range(number):
        at = now - timedelta(hours=5 * n)
        row = Application(
            user=user,
            company=f"{COMPANIES[n % len(COMPANIES)]} {n}",
            title="Data Analyst",
            status=statuses[n % len(statuses)],
            applied_on=at.date(),
            created_at=at,
            last_activity_at=at,
        )
        rows.append(row)
        events.append(Event(application=row, kind="created", status="applied", occurred_at=at))
        events += [Event(application=row, kind="status_set", status=row.status, occurred_at=at)]
    Application.objects.bulk_create(rows, BATCH)
    Event.objects.bulk_create(events, BATCH)
    return rows


def add_messages(mailbox: Any, number: int, tracked: list[Any]) -> None:
    from tracking.models import Message, Thread

    rows = (message(mailbox, n, tracked) for n in range(number))
    while batch := list(islice(rows, BATCH)):
        Thread.objects.bulk_create([each.thread for each in batch])
        Message.objects.bulk_create(batch)


def message(mailbox: Any, n: int, tracked: list[Any]) -> Any:
    from django.utils import timezone

    from tracking.mail import Kind
    from tracking.models import Message, Thread

    application, at = tracked[n % len(tracked)], timezone.now() - timedelta(minutes=7 * n)
    state = {0: "review", 1: "orphan", 2: "ignored"}.get(n % 20, "linked")
    linked = application if state == "linked" else None
    user = mailbox.user
    return Message(
        user=user,
        mailbox=mailbox,
        thread=Thread(user=user, mailbox=mailbox, provider_id=f"{n}", application=linked, last_message_at=at),
        provider_id=f"{n}",
        sender_name=f"{application.company} Recruiting",
        sender_address=f"jobs@{application.company.split()[0].lower()}.example",
        subject=f"{WORDS[n % len(WORDS)]}: {application.title} at {application.company}",
        sent_by_user=n % 9 == 8,
        received_at=at,
        snippet="Thank you for applying.",
        body="Hi Sam,\n\nThank you for applying. " * 8,
        kind=list(Kind)[n % 11],
        confidence=n % 101,
        state=state,
        application=linked,
        suggestion=application if state == "review" else None,
        ranked=[[str(tracked[(n + k) % len(tracked)].pk), 40 - k] for k in range(3)],
        evidence=[{"code": "title", "text": "Names the job title", "weight": 2.1}],
        suggested_effect="interview_invitation",
        decided_at=at if state in {"linked", "ignored"} else None,
    )


@contextmanager
def database() -> Iterator[None]:
    """A fresh database with nobody in it."""
    from django.db import connection, connections
    from django.test.utils import setup_test_environment

    setup_test_environment()
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
