"""Real workers, a real broker, and kill -9 in the middle of a first sync."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.factories import ApplicationFactory
from tests.standins.fixtures import Gmail, source
from tests.tracking.mails import confirmation
from tests.workers import held_after_a_page, kill, running_worker, start_worker, wait_for
from tracking import connect
from tracking.models import Mailbox, Message, SyncRun
from tracking.sync import sync

pytest_plugins = ["tests.standins.fixtures"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

GMAIL = Mailbox.Provider.GMAIL
JOB_MAIL, OTHER_MAIL = 60, 60
TITLES = ("Data Analyst", "Data Engineer", "Product Designer", "Account Manager", "Network Technician")


def fill(gmail: Gmail) -> None:
    at = timezone.now() - timedelta(days=20)
    for number in range(JOB_MAIL):
        title = f"{TITLES[number % len(TITLES)]} {number}"
        gmail.deliver(at + timedelta(minutes=number), raw=confirmation(number, "Lumen Health", title).content)
    for number in range(OTHER_MAIL):
        when = at + timedelta(minutes=number, seconds=30)
        text = "Your interview with the local paper about the flower show application is printed on Tuesday."
        gmail.deliver(when, raw=source(when, f"Flower show {number}", text, "Paper <desk@paper.example>"))


def connected(user) -> Mailbox:
    at, session = timezone.now(), {}
    url = connect.consent_url(user, GMAIL, session, at)
    back = Gmail(settings.GMAIL_API_BASE_URL).consent(url)
    return connect.connect_account(user, GMAIL, session, back["code"], back["state"], at).mailbox


def outcome(mailbox: Mailbox) -> list[tuple]:
    rows = Message.objects.filter(mailbox=mailbox).values_list(
        "provider_id", "kind", "state", "application__title", "application__status"
    )
    return sorted(rows, key=str)


def test_killed_workers_lose_nothing_and_repeat_nothing(user, gmail):
    fill(gmail)
    gmail.order("set_quota", units=10**9)  # the mail is read more than once within a minute
    ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst 0", applied_on="2026-01-01")
    mailbox = connected(user)
    Mailbox.objects.filter(pk=mailbox.pk).update(next_sync_at=timezone.now())

    for looked_at in (25, 50):
        with held_after_a_page():
            worker = start_worker()
            try:
                wait_for(lambda target=looked_at: total_looked_at(mailbox) >= target)
            finally:
                kill(worker)
        # The lease of a dead worker runs out; the test does not wait for it.
        Mailbox.objects.filter(pk=mailbox.pk).update(lease_until=timezone.now())
    with running_worker():
        wait_for(lambda: SyncRun.objects.filter(mailbox=mailbox, state="completed").exists())

    broken = outcome(mailbox)
    runs = SyncRun.objects.filter(mailbox=mailbox)
    assert runs.filter(state="interrupted").count() == 2
    assert sum(run.looked_at - run.duplicates for run in runs) == JOB_MAIL + OTHER_MAIL
    assert sum(run.kept for run in runs) == len(broken)
    assert len({row[0] for row in broken}) == len(broken)
    assert broken == calm(mailbox)


def total_looked_at(mailbox: Mailbox) -> int:
    return sum(SyncRun.objects.filter(mailbox=mailbox).values_list("looked_at", flat=True))


def calm(mailbox: Mailbox) -> list[tuple]:
    """What one undisturbed sync of the same mail comes to."""
    user = mailbox.user
    Message.objects.all().delete()
    mailbox.threads.all().delete()
    user.applications.exclude(title="Data Analyst 0").delete()
    application = user.applications.get()
    application.events.exclude(kind="created").delete()
    application.refold()
    Mailbox.objects.filter(pk=mailbox.pk).update(cursor={}, lease_until=None, last_success_at=None)
    run = sync(mailbox.pk)
    assert run is not None
    assert run.state == "completed"
    return outcome(mailbox)
