"""How soon a new mail is seen: from received at the provider to visible here.

    make benchmark NAME=latency

Fifty mailboxes of users on Platinum at the stand-in of Gmail, the processes of the Procfile, and messages
that arrive at random times: first with polling alone, then with the stand-in's pushes as well.
"""

from __future__ import annotations

import os
import random
import socket
import time
from datetime import timedelta
from statistics import quantiles

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.utils import timezone  # noqa: E402

from benchmarks.mailbox import connected, cpu_of, database, make_user, processes, stand_in  # noqa: E402
from config.embedded import ROOT  # noqa: E402
from tests.standins.fixtures import PUSH_ACCOUNT, PUSH_AUDIENCE, Gmail  # noqa: E402
from tracking.models import Mailbox, Message, PushSubscription  # noqa: E402
from tracking.push import upkeep  # noqa: E402
from tracking.sync import sync  # noqa: E402

MAILBOXES, APPLICATIONS = 50, 12
MESSAGES, MEAN_SECONDS = 120, 0.5  # between two arrivals
PATIENCE = 120  # seconds for the last to appear
POLLED_EVERY = timedelta(seconds=15)


def main() -> None:
    with database(), stand_in() as gmail:
        mailboxes = [active_mailbox(gmail, number) for number in range(MAILBOXES)]
        with processes(*lines_of_procfile("worker", "priority", "beat")) as sessions:
            measure("polling alone", gmail, mailboxes, sessions)
        with processes(*lines_of_procfile("worker", "priority", "beat", *pushed(gmail))) as sessions:
            tell(mailboxes)
            measure("polling and push", gmail, mailboxes, sessions)


def active_mailbox(gmail: Gmail, number: int) -> Mailbox:
    """A mailbox whose first sync is done, and whose next ones come at its own times."""
    address = f"busy.{number}@gmail.com"
    gmail.order("add_user", address=address)
    mailbox = connected(gmail, make_user(address, APPLICATIONS), address)
    sync(mailbox.pk)
    first = timezone.now() + random.random() * POLLED_EVERY
    Mailbox.objects.filter(pk=mailbox.pk).update(next_sync_at=first)
    return mailbox


def lines_of_procfile(*names: str) -> list[str]:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    return [lines[name] for name in names]


def pushed(gmail: Gmail) -> list[str]:
    """Set everything for pushes to a web process of ours; give the processes that it takes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(BIND="127.0.0.1", PORT=str(port), ALLOWED_HOSTS="127.0.0.1")
    settings.GMAIL_PUBSUB_TOPIC = "projects/heardback/topics/gmail"
    settings.GMAIL_PUBSUB_AUDIENCE, settings.GMAIL_PUBSUB_SERVICE_ACCOUNT = PUSH_AUDIENCE, PUSH_ACCOUNT
    settings.GMAIL_PUBSUB_KEYS_URL = f"{gmail.url}/oauth2/v3/certs"
    endpoint = f"http://127.0.0.1:{port}/push/gmail"
    gmail.order("subscribe", endpoint=endpoint, audience=PUSH_AUDIENCE, service_account=PUSH_ACCOUNT)
    return ["web"]


def tell(mailboxes: list[Mailbox]) -> None:
    """Have the provider tell of new mail in each, as the beat does within a few minutes."""
    for subscription_id in upkeep.claim_due(timezone.now(), len(mailboxes)):
        upkeep.tend(subscription_id, timezone.now)
    active = PushSubscription.objects.filter(mailbox__in=mailboxes, state=PushSubscription.State.LIVE)
    while active.count() < len(mailboxes):
        time.sleep(0.2)


def measure(title: str, gmail: Gmail, mailboxes: list[Mailbox], sessions: list[int]) -> None:
    time.sleep(POLLED_EVERY.seconds)  # the processes are up, and every mailbox was polled once
    before, cpu, began = Message.objects.count(), cpu_of(sessions), time.perf_counter()
    begun_at = timezone.now()
    for number in range(MESSAGES):
        time.sleep(random.expovariate(1 / MEAN_SECONDS))
        arrive(gmail, random.choice(mailboxes), f"{title} {number}")
    deadline = time.monotonic() + PATIENCE
    while Message.objects.count() < before + MESSAGES and time.monotonic() < deadline:
        time.sleep(0.2)
    used, seconds = cpu_of(sessions) - cpu, time.perf_counter() - began
    rows = Message.objects.filter(received_at__gte=begun_at - timedelta(seconds=1))
    report(title, [(row.visible_at - row.received_at).total_seconds() for row in rows], used, seconds)


def arrive(gmail: Gmail, mailbox: Mailbox, number: str) -> None:
    """One confirmation in the mailbox, received now."""
    company = f"Harrow {number} Labs"
    gmail.deliver(
        timezone.now(),
        to=mailbox.address,
        subject=f"We received your application for Data Analyst at {company}",
        text=f"Hi,\n\nThank you for applying for the Data Analyst position at {company}. We have received "
        f"your application and our hiring team will review it.\n\nKind regards,\n{company} Recruiting\n",
        sender=f"{company} Recruiting <careers@harrowlabs.example>",
    )


def report(title: str, latencies: list[float], cpu: float, seconds: float) -> None:
    cuts = quantiles(latencies, n=100, method="inclusive")
    print(
        f"{title}: {len(latencies)} of {MESSAGES} messages in {MAILBOXES} mailboxes; received to visible "
        f"p50 {cuts[49]:.1f} s, p95 {cuts[94]:.1f} s, max {max(latencies):.1f} s; workers used "
        f"{cpu / seconds:.2f} cores (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )


if __name__ == "__main__":
    main()
