"""How fast a mailbox is read, and what it costs: the real sync against the stand-in of Gmail over HTTP.

    make benchmark NAME=sync

A user with 60 applications, and mailboxes of 500 and 5,000 messages of which six in ten are about them.
"Messages per second" counts every message of the mailbox, also those that the search leaves at the
provider; "fetched" counts those that were got. CPU is that of this process (or of the workers) alone:
neither of the stand-in's, nor of PostgreSQL's or Redis's. Quotas are switched off, for the stand-in and
for our own budgets: of a real account, Gmail lets 300 messages a minute be fetched.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the set-up
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.mailbox import cpu_of, database, mailbox_of, processes, stand_in  # noqa: E402
from tests.standins.fixtures import Gmail  # noqa: E402
from tracking import scheduling  # noqa: E402
from tracking.models import Mailbox, SyncRun  # noqa: E402
from tracking.sync import sync  # noqa: E402
from tracking.tasks import sync_mailbox  # noqa: E402

UNITS = {"profile": 1, "list": 5, "get": 20, "history": 2}
SIZES, LATENCIES = (500, 5000), (0.0, 0.05)
POLLS = 200
TOGETHER, EACH = 6, 500  # mailboxes read at the same time by workers, and their messages
WORKER = "celery --quiet --app config worker --queues default,priority --loglevel error"
FLEETS = ((10_000, 300), (1_000, 15))  # mailboxes, seconds between two polls of each


@dataclass(frozen=True)
class Cost:
    """What something took. `statements` are those of SQL, without BEGIN and COMMIT."""

    seconds: float
    cpu: float
    statements: int
    calls: dict[str, int]

    @property
    def units(self) -> int:
        return sum(UNITS[name] * count for name, count in self.calls.items())


def main() -> None:
    with database(), stand_in() as gmail:
        warm_up(gmail)
        print(
            "\nFirst sync\nmessages  latency  messages/s  fetched/s  CPU ms/message  gets/fetched"
            "  calls  quota units  SQL/message  SQL/kept"
        )
        mailboxes = [first_sync(gmail, size, latency) for size in SIZES for latency in LATENCIES]
        idle = idle_polls(gmail, mailboxes[0])
        with_workers(gmail, idle)


def warm_up(gmail: Gmail) -> None:
    """Load weights, templates of addresses and connections, as a worker has them after its first mail."""
    reverse("inbox")
    sync(mailbox_of(gmail, "warm@gmail.com", 50).pk)


def first_sync(gmail: Gmail, size: int, latency: float) -> Mailbox:
    mailbox = mailbox_of(gmail, f"first.{size}.{latency}@gmail.com", size)
    run, cost = measured(gmail, latency, lambda: sync(mailbox.pk))
    assert run is not None and run.state == SyncRun.State.COMPLETED, run and run.error  # noqa: PT018
    fetched = cost.calls["get"]
    print(
        f"{size:8} {latency * 1000:5.0f} ms {size / cost.seconds:11.0f} {fetched / cost.seconds:10.0f}"
        f" {1000 * cost.cpu / size:15.2f} {fetched / run.looked_at:13.2f} {sum(cost.calls.values()):6}"
        f" {cost.units:12} {cost.statements / size:12.2f} {cost.statements / run.kept:9.2f}"
        f"   ({fetched} fetched, {run.kept} kept, load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    return mailbox


def idle_polls(gmail: Gmail, mailbox: Mailbox) -> Cost:
    """Print what a sync with nothing new takes; give the mean of many."""
    _, once = measured(gmail, 0.0, lambda: sync(mailbox.pk))
    print(
        f"\nAgain with nothing new: {sum(once.calls.values())} call(s) {once.calls}, {once.units} units, "
        f"{once.statements} SQL statements"
    )
    _, cost = measured(gmail, 0.0, lambda: [sync(mailbox.pk) for _ in range(POLLS)])
    mean = Cost(cost.seconds / POLLS, cost.cpu / POLLS, cost.statements // POLLS, once.calls)
    print(f"Idle poll, mean of {POLLS}: {1000 * mean.cpu:.2f} ms CPU, {mean.statements} SQL statements")
    return mean


def with_workers(gmail: Gmail, idle: Cost) -> None:
    """Several mailboxes at once by real workers, then idle polls through the queue."""
    for count in (1, 2, 3):
        addresses = [f"together.{count}.{number}@gmail.com" for number in range(TOGETHER)]
        mailboxes = [mailbox_of(gmail, address, EACH) for address in addresses]
        command = f"{WORKER} --concurrency {count}"
        gmail.order("set_latency", seconds=0.05)
        with processes(command) as sessions:
            queue_and_wait([mailbox_of(gmail, f"warm.{count}.{n}@gmail.com", 50) for n in range(count)])
            cpu, began = cpu_of(sessions), time.perf_counter()
            queue_and_wait(mailboxes)
            seconds, cpu = time.perf_counter() - began, cpu_of(sessions) - cpu
            rate, each = TOGETHER * EACH / seconds, 1000 * cpu / TOGETHER / EACH
            print(
                f"\n{count} worker process(es), {TOGETHER} mailboxes of {EACH} at 50 ms: {rate:.0f} "
                f"messages/s, {each:.2f} ms CPU a message (load {os.getloadavg()[0]:.1f})",
                flush=True,
            )
            if count == 3:
                polled(gmail, mailboxes, sessions, idle)


def polled(gmail: Gmail, mailboxes: list[Mailbox], sessions: list[int], idle: Cost) -> None:
    """Print what idle polls cost the workers, and what that means for many mailboxes."""
    gmail.order("set_latency", seconds=0.0)
    rounds, cpu = 30, cpu_of(sessions)
    for _ in range(rounds):
        queue_and_wait(mailboxes)
    each = (cpu_of(sessions) - cpu) / rounds / len(mailboxes)
    print(f"\nIdle poll through the queue: {1000 * each:.2f} ms CPU of the worker")
    for count, seconds in FLEETS:
        rate = count / seconds
        print(
            f"{count:6} mailboxes every {seconds} s: {rate:.0f} polls/s, {rate * each:.2f} cores of workers, "
            f"{rate * idle.statements:.0f} SQL statements/s, {60 * rate * idle.units:.0f} quota units a "
            "minute (the project has 1,200,000)"
        )


def queue_and_wait(mailboxes: list[Mailbox]) -> None:
    """Have workers sync these, and wait until each has a run more than before."""
    before = finished(mailboxes)
    due = {"next_sync_at": timezone.now(), "blocked_until": None, "queued_until": None}
    Mailbox.objects.filter(pk__in=[each.pk for each in mailboxes]).update(**due)
    for mailbox in mailboxes:
        if scheduling.claim(mailbox.pk, timezone.now()):
            sync_mailbox.apply_async(args=(str(mailbox.pk),), queue="default")
    while finished(mailboxes) < before + len(mailboxes):
        time.sleep(0.1)  # asking costs CPU that the workers could use


def finished(mailboxes: list[Mailbox]) -> int:
    done = SyncRun.objects.filter(mailbox__in=mailboxes, state=SyncRun.State.COMPLETED)
    return int(done.count())


def measured(gmail: Gmail, latency: float, act: Callable[[], Any]) -> tuple[Any, Cost]:
    """What `act` gives, and what it cost."""
    statements = 0

    def count(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*given)

    gmail.order("reset_counts")
    gmail.order("set_latency", seconds=latency)
    with connection.execute_wrapper(count):
        began, cpu = time.perf_counter(), time.process_time()
        found = act()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return found, Cost(seconds, cpu, statements, gmail.calls())


if __name__ == "__main__":
    main()
