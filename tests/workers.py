"""Real Celery workers for tests, in processes of their own, on the database and a queue of the test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection

from config.embedded import ROOT

PASSED_ON = (
    "GMAIL_OAUTH_CLIENT_ID",
    "GMAIL_OAUTH_CLIENT_SECRET",
    "GMAIL_OAUTH_REDIRECT_URI",
    "GMAIL_OAUTH_TOKEN_URL",
    "GMAIL_OAUTH_REVOKE_URL",
    "GMAIL_API_BASE_URL",
    "GMAIL_PUBSUB_TOPIC",
    "GMAIL_PUBSUB_AUDIENCE",
    "GMAIL_PUBSUB_SERVICE_ACCOUNT",
    "GMAIL_PUBSUB_KEYS_URL",
    "OUTLOOK_OAUTH_CLIENT_ID",
    "OUTLOOK_OAUTH_CLIENT_SECRET",
    "OUTLOOK_OAUTH_REDIRECT_URI",
    "OUTLOOK_AUTHORITY",
    "GRAPH_BASE_URL",
    "IMAP_ALLOW_PRIVATE_HOSTS",
    "IMAP_CA_FILE",
)

SECONDS = 300  # costs only where something is broken
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END';
CREATE TRIGGER hold BEFORE UPDATE OF looked_at ON tracking_syncrun
    FOR EACH ROW WHEN (OLD.looked_at > 0) EXECUTE FUNCTION hold();
"""


def environment() -> dict[str, str]:
    """What a worker needs to reach the test's database, a queue of its own, and the stand-ins."""
    redis = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path="/7"))
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    passed = {name: str(getattr(settings, name)) for name in PASSED_ON}
    return os.environ | passed | {"DATABASE_URL": urlunsplit(database), "REDIS_URL": redis}


def start_worker(surroundings: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A worker for both queues with a beat in it; `surroundings` instead of those of `environment()`."""
    command = (
        "--quiet --app config worker --beat --concurrency 1 --queues ticks,default,priority --loglevel error"
    )
    schedule = ["--schedule", str(Path(tempfile.mkdtemp(prefix="heardback-test-")) / "beat")]
    return subprocess.Popen(
        [sys.executable, "-m", "celery", *command.split(), *schedule],
        cwd=ROOT,
        env=surroundings or environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and its children as a power cut would."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@contextlib.contextmanager
def running_worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker for the length of the body."""
    worker = start_worker()
    try:
        yield worker
    finally:
        kill(worker)


@contextlib.contextmanager
def held_after_a_page() -> Iterator[None]:
    """In the body, runs store one page and wait with the second until its end, in the middle of it."""
    with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(HOLD)
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock(1)")
            connection.execute("DROP TRIGGER hold ON tracking_syncrun")
            connection.execute("DROP FUNCTION hold")


def wait_for(condition: Callable[[], bool]) -> None:
    """Return as soon as `condition` holds; fail after SECONDS."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
