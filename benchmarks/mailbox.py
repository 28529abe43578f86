"""A made-up mailbox and its user for benchmarks of the sync, on the stand-in of Gmail.

Sixty applications and the wordings of tests/scenarios: six messages in ten are about these applications,
the rest is everything else that people get. Spread evenly over 80 days, the newest a few minutes old.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone

from accounts.models import User
from applications import adding
from billing.models import Subscription
from billing.plans import PLATINUM
from tests.standins.fixtures import CLIENT_ID, CLIENT_SECRET, Gmail, serving
from tests.workers import PASSED_ON as NAMES
from tracking import connect
from tracking.models import Mailbox
from tracking.router.scenario import AUTHSERV, Scenario, ScenarioMessage, load_scenarios, to_raw

SCENARIOS = Path(__file__).resolve().parents[1] / "tests" / "scenarios"
APPLICATIONS = 60
SPAN = timedelta(days=80)
OWN_NAME = b"mx.google.com"
BATCH = 200
REDIRECT_URI = "http://testserver/oauth/gmail/callback"
PASSED_ON = (
    *NAMES,
    "GMAIL_UNITS_PER_USER_MINUTE",
    "GMAIL_UNITS_PER_MINUTE",
    "GMAIL_PUBSUB_TOPIC",
    "GMAIL_PUBSUB_AUDIENCE",
    "GMAIL_PUBSUB_SERVICE_ACCOUNT",
    "GMAIL_PUBSUB_KEYS_URL",
)


@dataclass(frozen=True)
class Letter:
    """One message of a scenario, ready to be delivered again and again."""

    scenario: Scenario
    message: ScenarioMessage

    def source(self, turn: int, at: datetime) -> bytes:
        """Its source as received at `at`; of each turn it is another message with other ids."""
        scenario = replace(self.scenario, id=f"{self.scenario.id}-{turn}")
        raw = to_raw(replace(self.message, date=at), scenario)
        return raw.content.replace(AUTHSERV.encode(), OWN_NAME)

    @property
    def thread(self) -> str:
        return f"{self.scenario.id}:{self.message.thread}"


@cache
def scenarios() -> list[Scenario]:
    return load_scenarios(SCENARIOS)


def people(applications: int = APPLICATIONS) -> list[Scenario]:
    """Scenarios of all authors in turn until their applications are so many."""
    by_author: dict[str, list[Scenario]] = {}
    for scenario in scenarios():
        by_author.setdefault(scenario.author, []).append(scenario)
    found: list[Scenario] = []
    for number in count():
        for written in by_author.values():
            found += written[number : number + 1]
            if sum(len(scenario.applications) for scenario in found) >= applications:
                return found
    raise AssertionError


def letters(chosen: Sequence[Scenario]) -> Iterator[tuple[int, Letter]]:
    """(turn, message) without end: of ten, six about the applications and four that are not."""
    job = [Letter(each, m) for each in chosen for m in each.messages if m.expected.relevant]
    rest = [Letter(each, m) for each in scenarios() for m in each.messages if not m.expected.relevant]
    jobs, rests = _again(job), _again(rest)
    while True:
        for is_job in (True, False, True, True, False, True, False, True, True, False):
            yield next(jobs if is_job else rests)


def _again(given: Sequence[Letter]) -> Iterator[tuple[int, Letter]]:
    for turn in count():
        for letter in given:
            yield turn, letter


def fill(gmail: Gmail, address: str, size: int, now: datetime) -> None:
    """Deliver `size` messages to `address`, the oldest first."""
    chosen = people()
    step = SPAN / size
    batch: list[dict[str, Any]] = []
    for number, (turn, letter) in enumerate(islice(letters(chosen), size)):
        at = now - SPAN + step * (number + 1) - timedelta(minutes=3)
        batch.append(
            {
                "raw": base64.b64encode(letter.source(turn, at)).decode(),
                "received_ms": int(at.timestamp() * 1000),
                "labels": ["SENT"] if letter.message.sent_by_user else ["INBOX"],
                "thread": f"{letter.thread}-{turn}",
            }
        )
        if len(batch) == BATCH or number == size - 1:
            gmail.order("add_messages", address=address, messages=batch)
            batch = []


def make_user(address: str, applications: int = APPLICATIONS) -> User:
    """A user on Platinum with the applications of `people`."""
    chosen = people(applications)
    user = User.objects.create_user(email=f"user.{address}", password="x", name=chosen[0].user.name)
    Subscription.objects.create(user=user, plan_code=PLATINUM.code)
    begun = timezone.now() - SPAN - timedelta(days=10)
    for each in (application for scenario in chosen for application in scenario.applications):
        known = {"company": each.company, "title": each.title, "url": each.url, "location": each.location}
        adding.add(user, begun, applied_on=begun.date(), **known)
    return user


def connected(gmail: Gmail, user: User, address: str) -> Mailbox:
    """The Gmail mailbox `address`, connected as the user would."""
    session: dict[str, Any] = {}
    at = timezone.now()
    url = connect.consent_url(user, Mailbox.Provider.GMAIL, session, at)
    back = gmail.consent(url, account=address)
    done = connect.connect_account(user, Mailbox.Provider.GMAIL, session, back["code"], back["state"], at)
    return done.mailbox


@contextlib.contextmanager
def stand_in() -> Iterator[Gmail]:
    """The stand-in in a process of its own, without quota, and settings that lead to it."""
    for url in serving("gmail", REDIRECT_URI):
        settings.GMAIL_OAUTH_CLIENT_ID, settings.GMAIL_OAUTH_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.GMAIL_OAUTH_REDIRECT_URI = REDIRECT_URI
        settings.GMAIL_OAUTH_AUTH_URL = f"{url}/o/oauth2/v2/auth"
        settings.GMAIL_OAUTH_TOKEN_URL, settings.GMAIL_OAUTH_REVOKE_URL = f"{url}/token", f"{url}/revoke"
        settings.GMAIL_API_BASE_URL = url
        settings.GMAIL_UNITS_PER_USER_MINUTE = settings.GMAIL_UNITS_PER_MINUTE = 0
        yield Gmail(url)


def mailbox_of(gmail: Gmail, address: str, size: int) -> Mailbox:
    """A connected mailbox with `size` messages, of a user of its own."""
    gmail.order("add_user", address=address)
    gmail.order("set_quota", units=10**9)
    fill(gmail, address, size, timezone.now())
    return connected(gmail, make_user(address), address)


@contextlib.contextmanager
def database() -> Iterator[None]:
    """An empty database for the length of the body."""
    names = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    try:
        yield
    finally:
        teardown_databases(names, verbosity=0)


@contextlib.contextmanager
def processes(*commands: str) -> Iterator[list[int]]:
    """Commands of a shell, each in a session of its own, on the same database, Redis and stand-in."""
    database_url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    passed = {name: str(getattr(settings, name)) for name in PASSED_ON}
    environment = (
        os.environ
        | passed
        | {
            "DATABASE_URL": urlunsplit(database_url),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONWARNINGS": "ignore",  # celery's about running as root
        }
    )
    started = [
        subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )
        for command in commands
    ]
    try:
        yield [each.pid for each in started]
    finally:
        for each in started:
            each.send_signal(signal.SIGTERM)
        for each in started:
            each.wait()


def cpu_of(sessions: Iterable[int]) -> float:
    """Seconds of CPU that the live processes of these sessions have used."""
    wanted, ticks = {str(each) for each in sessions}, 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if fields[3] in wanted:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
