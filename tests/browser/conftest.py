"""A real Chromium for the journeys. An error on a page, or a request to another host, fails the test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from config.embedded import ROOT
from tests.standins.fixtures import CLIENT_ID, CLIENT_SECRET, OUTLOOK_OWNER, OWNER, Gmail, Outlook
from tests.workers import environment, kill

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
PICTURES = ROOT / "var" / "journeys"
SECONDS = 60  # costs only where something is broken

# What goes away by itself after some seconds stays for a browser, or a test, that is slower than people are:
# toasts, and the first of two keys pressed one after the other.
PATIENT = """(() => {
    const soon = window.setTimeout, goes = new Set([1500, 12000]);
    window.setTimeout = (what, after, ...more) => soon(what, goes.has(after) ? 60 * after : after, ...more);
})()"""


class Faults:
    """What went wrong in the pages of one test. A journey names beforehand what it provokes."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected: list[str] = []
        self.hosts: set[str] = set()

    def expect(self, pattern: str) -> None:
        """Let what `pattern` describes pass: it is what the journey is about."""
        self.expected.append(pattern)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", lambda line: line.type == "error" and self.add(f"{line.text} {line.location}"))
        context.on("weberror", lambda error: self.add(f"script: {error.error}"))
        context.on("request", self._check_host)
        context.on("response", lambda answer: answer.status >= 500 and self.add(f"{answer}"))
        context.on("requestfailed", self._check_failure)

    def add(self, what: str) -> None:
        if not any(re.search(pattern, what) for pattern in self.expected):
            self.found.append(what)

    def _check_host(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and url.netloc not in self.hosts:
            self.add(f"another host: {request.url}")

    def _check_failure(self, request: Any) -> None:
        # A poll or a form that is overtaken by the next page is called off by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self.add(f"failed: {request.url} {request.failure}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        words = "The journeys need a Chromium: install one, or name it in CHROMIUM."
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    expect.set_options(timeout=SECONDS * 1000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which makes Django think it is in async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=SECONDS * 1000)
        with closing(launched) as browser:
            yield browser


@pytest.fixture
def faults(live_server: Any) -> Iterator[Faults]:
    kept = Faults()
    kept.hosts.add(urlsplit(live_server.url).netloc)
    yield kept
    assert not kept.found, "\n".join(kept.found)


@pytest.fixture
def open_browser(chromium: Browser, live_server: Any, faults: Faults) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own; `user` is signed in, `options` are those of a browser context."""
    contexts = []

    def make(user: User | None = None, **options: Any) -> Page:
        given = {"viewport": WIDE, "locale": "en-US", "timezone_id": "Europe/Berlin", **options}
        context = chromium.new_context(base_url=live_server.url, **given)
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        context.add_init_script(PATIENT)
        faults.watch(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    # What the server still answers would meet the emptying of the database.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(SECONDS)


def session_cookie(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url, "httpOnly": True}


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps how a page looks, for people to judge."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")

    return take


@contextmanager
def stand_in(name: str, back: str, owner: str, faults: Faults) -> Iterator[str]:
    """The address of a stand-in of a provider that sends people back to `back`."""
    command = [sys.executable, "-m", f"tests.standins.{name}", "--redirect-uri", back, "--user", owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        faults.hosts.add(urlsplit(url).netloc)
        faults.expect(r"favicon\.ico")  # the stand-in has none
        yield url
        process.terminate()


@pytest.fixture
def google(live_server: Any, faults: Faults, settings: Any) -> Iterator[Gmail]:
    """A stand-in of Google that sends people back to this server."""
    back = f"{live_server.url}/oauth/gmail/callback"
    with stand_in("gmail", back, OWNER, faults) as url:
        settings.GMAIL_OAUTH_CLIENT_ID, settings.GMAIL_OAUTH_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.GMAIL_OAUTH_REDIRECT_URI = back
        settings.GMAIL_OAUTH_AUTH_URL = f"{url}/o/oauth2/v2/auth"
        settings.GMAIL_OAUTH_TOKEN_URL = f"{url}/token"
        settings.GMAIL_OAUTH_REVOKE_URL = f"{url}/revoke"
        settings.GMAIL_API_BASE_URL = url
        yield Gmail(url)


@pytest.fixture
def microsoft(live_server: Any, faults: Faults, settings: Any) -> Iterator[Outlook]:
    """A stand-in of Microsoft that sends people back to this server."""
    back = f"{live_server.url}/oauth/outlook/callback"
    with stand_in("outlook", back, OUTLOOK_OWNER, faults) as url:
        settings.OUTLOOK_OAUTH_CLIENT_ID, settings.OUTLOOK_OAUTH_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OUTLOOK_OAUTH_REDIRECT_URI = back
        settings.OUTLOOK_AUTHORITY = f"{url}/common"
        settings.GRAPH_BASE_URL = f"{url}/v1.0"
        yield Outlook(url)


@pytest.fixture
def start_worker(live_server: Any, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a real worker that shares database and Redis with the web server of the test."""
    running: list[subprocess.Popen[bytes]] = []
    command = (
        "--quiet --app config worker --beat --concurrency 1 --queues ticks,default,priority --loglevel error"
    )

    def start() -> subprocess.Popen[bytes]:
        schedule = ["--schedule", str(tmp_path / f"schedule-{len(running)}")]
        shared = environment() | {"REDIS_URL": django_settings.REDIS_URL}
        arguments = [sys.executable, "-m", "celery", *command.split(), *schedule]
        # What it says of errors, pytest shows with the failure of the test.
        running.append(subprocess.Popen(arguments, cwd=ROOT, env=shared, start_new_session=True))
        return running[-1]

    yield start
    for worker in running:
        kill(worker)
