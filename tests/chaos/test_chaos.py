"""Everything goes wrong while a mailbox of thousands of messages is read; then a calm run is compared.

Workers are killed with -9, database connections are cut, Redis loses all it knew, the provider answers
429 and 5xx, cuts, stalls, and says everything twice. What stands at the end is what a calm sync gives.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import connection, models
from django.utils import timezone

from accounts.models import User
from applications.models import Event
from config.celery import app as celery
from tests.chaos.surroundings import RedisServer, fill, track
from tests.factories import UserFactory
from tests.standins.fixtures import OWNER, Gmail, source
from tests.workers import environment, kill, start_worker
from tracking import connect
from tracking.models import FailedMessage, Mailbox, Message, SyncRun, Thread
from tracking.sync import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CALM_OWNER = "calm.taylor@gmail.com"
WORKERS = 2
DISTURBANCES = 20
LATER_DISTURBANCES = 6
LATER_MAIL = 60
SECONDS = 1200  # costs only where something is broken
BUDGETS = ("GMAIL_UNITS_PER_USER_MINUTE", "GMAIL_UNITS_PER_MINUTE")  # 3,000 messages would take ten minutes
SEED = int(os.environ.get("CHAOS_SEED", "20261121"))


class Chaos:
    """Disturbs one sync in ways drawn by `seed`, and counts what it did."""

    def __init__(self, mailbox: Mailbox, gmail: Gmail, redis_server: RedisServer, seed: int) -> None:
        self.mailbox, self.gmail, self.redis = mailbox, gmail, redis_server
        self.random = random.Random(seed)
        self.environment = environment() | {"REDIS_URL": redis_server.url} | dict.fromkeys(BUDGETS, "0")
        self.workers = [start_worker(self.environment) for _ in range(WORKERS)]
        self.done: Counter[str] = Counter()

    def ways(self) -> list[Callable[[], None]]:
        """All that it can do."""
        return [
            self.kill_a_worker,
            self.cut_database_connections,
            self.lose_redis,
            self.refuse_calls,
            self.break_calls,
            self.wake_many_times,
        ]

    def disturb(self) -> None:
        """Do one thing wrong: each way once, then as it comes."""
        ways = self.ways()
        left = [way for way in ways if not self.done[way.__name__]]
        way = self.random.choice(left or ways)
        way()
        self.done[way.__name__] += 1

    def kill_a_worker(self) -> None:
        number = self.random.randrange(WORKERS)
        kill(self.workers[number])
        self.workers[number] = start_worker(self.environment)

    def cut_database_connections(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def lose_redis(self) -> None:
        self.redis.stop()
        self.redis.start()

    def refuse_calls(self) -> None:
        call, status = self.random.choice(["get", "list", "history"]), self.random.choice([429, 500, 503])
        headers = {"Retry-After": "1"} if status == 429 else {}
        self.gmail.fail(call, status=status, headers=headers, times=self.random.randint(1, 6))

    def break_calls(self) -> None:
        how = self.random.choice([{"cut": True}, {"truncate": True}, {"delay": 2.0}])
        self.gmail.fail(self.random.choice(["get", "list"]), times=self.random.randint(1, 4), **how)

    def wake_many_times(self) -> None:
        with suppress(OSError), celery.connection_for_write(self.redis.url) as broker:
            for _ in range(5):
                celery.send_task(
                    "tracking.tasks.sync_mailbox",
                    args=(str(self.mailbox.pk),),
                    queue="default",
                    connection=broker,
                )

    def let_work(self) -> None:
        """Wait until some more messages were looked at, a while if there are none."""
        enough = self.looked_at() + self.random.randint(20, 150)
        end = time.monotonic() + 3
        while self.looked_at() < enough and time.monotonic() < end:
            time.sleep(0.1)

    def looked_at(self) -> int:
        return int(self.mailbox.runs.aggregate(total=models.Sum("looked_at"))["total"] or 0)

    def hurry(self) -> None:
        """Have waits end at once: a dead worker's lease, a lost task, a pause that was asked for, a poll."""
        at = timezone.now()
        dead = Mailbox.objects.filter(pk=self.mailbox.pk, lease_until__lt=at + timedelta(seconds=55))
        dead.update(lease_until=at)
        Mailbox.objects.filter(pk=self.mailbox.pk).update(
            blocked_until=None, next_sync_at=at, queued_until=None
        )

    def end(self) -> None:
        for worker in self.workers:
            kill(worker)


@pytest.fixture
def redis_server(tmp_path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


def connected(user: User, gmail: Gmail, address: str) -> Mailbox:
    at, session = timezone.now(), {}
    url = connect.consent_url(user, Mailbox.Provider.GMAIL, session, at)
    back = gmail.consent(url, account=address)
    return connect.connect_account(
        user, Mailbox.Provider.GMAIL, session, back["code"], back["state"], at
    ).mailbox


def outcome(mailbox: Mailbox) -> dict[str, Counter]:
    """All that a sync leaves behind, without the ids that differ between two users."""
    of_mailbox = {
        "messages": Message.objects.filter(mailbox=mailbox).values_list(
            "provider_id",
            "thread__provider_id",
            "kind",
            "state",
            "confidence",
            "subject",
            "application__company",
            "application__title",
            "suggestion__company",
            "suggestion__title",
        ),
        "threads": Thread.objects.filter(mailbox=mailbox).values_list("provider_id", "application__company"),
    }
    of_user: dict[str, models.QuerySet] = {
        "applications": mailbox.user.applications.values_list("company", "title", "status", "source"),
        "events": Event.objects.filter(application__user=mailbox.user)
        .values_list("application__company", "application__title", "kind", "occurred_at", "voided_at")
        .filter(kind="mail"),
    }
    return {name: Counter(map(tuple, rows)) for name, rows in (of_mailbox | of_user).items()}


def check_counters(mailbox: Mailbox) -> None:
    """What the runs say they did is what stands in the database."""
    runs = SyncRun.objects.filter(mailbox=mailbox)
    kept = ("review", "orphans", "auto_linked", "created_applications")
    for run in runs:
        assert run.kept == sum(getattr(run, name) for name in kept)
        assert run.looked_at == run.kept + run.ignored + run.duplicates + run.failed
    stored = Message.objects.filter(mailbox=mailbox)
    assert sum(run.kept for run in runs) == stored.count() == stored.values("provider_id").distinct().count()
    assert not FailedMessage.objects.filter(mailbox=mailbox).exists()
    assert not runs.filter(state=SyncRun.State.RUNNING).exists()


def quiet(mailbox: Mailbox, since: datetime) -> bool:
    """Whether the mailbox was read to its end by a run begun after `since`, and nobody works on it."""
    row = Mailbox.objects.get(pk=mailbox.pk)
    done = row.cursor.get("phase") == "history" and not row.cursor.get("pending")
    fresh = row.runs.filter(state=SyncRun.State.COMPLETED, started_at__gt=since)
    return done and fresh.exists() and row.lease_until is None


def disturb_until_read(chaos: Chaos, disturbances: int) -> None:
    """Disturb so many times, then let the mailbox be read to its end."""
    end = time.monotonic() + SECONDS
    for _ in range(disturbances):
        chaos.let_work()
        chaos.disturb()
        chaos.hurry()
    disturbed = timezone.now()
    while not quiet(chaos.mailbox, disturbed):
        assert time.monotonic() < end, f"it did not end, after {dict(chaos.done)}"
        time.sleep(1)
        chaos.hurry()


def deliver_more(gmail: Gmail, at: datetime) -> None:
    """New mail for both, which comes by the history."""
    for number in range(LATER_MAIL):
        when = at + timedelta(seconds=number)
        raw = to_raw_confirmation(number, when)
        for address in (OWNER, CALM_OWNER):
            gmail.deliver(when, to=address, raw=raw)


def to_raw_confirmation(number: int, when: datetime) -> bytes:
    company = f"Later{number} Limited"
    text = f"Thank you for applying for the Data Analyst position at {company}. We have received it."
    sender = f"{company} <jobs@later{number}.example>"
    subject = f"Your application to {company}"
    return source(when, subject, text, sender, f"<{number}@later.example>")


def test_chaos_leaves_what_a_calm_sync_leaves(gmail, redis_server, user, settings):
    for name in BUDGETS:
        setattr(settings, name, 0)
    at = timezone.now()
    calm_user = UserFactory(plan="platinum", name=user.name, timezone=user.timezone)
    gmail.order("add_user", address=CALM_OWNER)
    gmail.order("set_quota", units=10**9)
    count = fill(gmail, OWNER, at)
    assert fill(gmail, CALM_OWNER, at) == count >= 3000
    track(user, at)
    track(calm_user, at)
    mailbox, calm = connected(user, gmail, OWNER), connected(calm_user, gmail, CALM_OWNER)
    assert sync(calm.pk).state == SyncRun.State.COMPLETED
    Mailbox.objects.filter(pk=calm.pk).update(next_sync_at=None)  # the workers leave it alone
    chaos = Chaos(mailbox, gmail, redis_server, SEED)
    try:
        chaos.hurry()
        disturb_until_read(chaos, DISTURBANCES)
        deliver_more(gmail, at)
        disturb_until_read(chaos, LATER_DISTURBANCES)
    finally:
        chaos.end()
    gmail.order("clear_failures")
    assert sync(calm.pk).state == SyncRun.State.COMPLETED

    broken, unbroken = outcome(mailbox), outcome(calm)
    for name, rows in unbroken.items():
        assert broken[name] == rows, (name, SEED, dict(chaos.done))
    for each in (mailbox, calm):
        check_counters(each)
    assert Message.objects.filter(mailbox=mailbox, subject__contains="Later").count() == LATER_MAIL
    assert set(chaos.done) == {way.__name__ for way in chaos.ways()}
