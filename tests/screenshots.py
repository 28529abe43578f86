"""Pictures of every page, wide and narrow, light and dark, into var/screenshots/: `make screenshots`.

Starts a web server on a database of its own, with the demo account and its sample mailbox read, and goes
through the pages that tests/browser/pages.py names.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import pytest  # noqa: F401  (by it the settings know that this is a test)

FOLDER = Path("var/screenshots")
SIZES = {"wide": {"width": 1360, "height": 900}, "narrow": {"width": 390, "height": 844}}
THEMES = ("light", "dark")


def main(wanted: list[str]) -> None:
    """Take the pictures of the pages whose names are `wanted`, or of all."""
    with serving() as url:
        shots(url, wanted)


@contextmanager
def serving() -> Iterator[str]:
    """The address of a web server on a fresh database."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.db import connection, connections
    from django.test.testcases import LiveServerThread
    from django.test.utils import setup_test_environment

    setup_test_environment()
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    thread = LiveServerThread("localhost", StaticFilesHandler)
    thread.start()
    thread.is_ready.wait()
    try:
        yield f"http://localhost:{thread.port}"
    finally:
        thread.terminate()
        name = connection.settings_dict["NAME"]
        connections.close_all()
        connection.settings_dict["NAME"] = before
        with connection.cursor() as cursor:  # the browser's last requests may still hold on to it
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def shots(url: str, wanted: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS, session_cookie
    from tests.browser.pages import EMPTY, PUBLIC, addresses
    from tests.factories import UserFactory

    people = {"": (None, PUBLIC), "empty-": (UserFactory(plan="platinum", email="new@example.org"), EMPTY)}
    demo = demo_user()
    people["own-"] = (demo, addresses(demo))
    cookies = {before: session_cookie(user, url) for before, (user, _) in people.items() if user}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for size, viewport in SIZES.items():
            for theme in THEMES:
                for before, (_, paths) in people.items():
                    context = browser.new_context(base_url=url, viewport=viewport, color_scheme=theme)
                    if before in cookies:
                        context.add_cookies([cookies[before]])
                    page = context.new_page()
                    for name, path in paths.items():
                        if not wanted or before + name in wanted or name in wanted:
                            page.goto(path)
                            page.screenshot(
                                path=FOLDER / f"{before}{name}-{size}-{theme}.png",
                                full_page=True,
                                animations="disabled",
                            )
                    context.close()
        browser.close()


def demo_user():
    """The demo account, its sample mailbox read."""
    from django.core.management import call_command

    from accounts.models import User
    from tests.factories import ImportFactory, TaskFactory
    from tracking.management.commands.create_demo import EMAIL
    from tracking.models import Mailbox, Message
    from tracking.sync import sync

    os.environ.setdefault("DEMO_PASSWORD", "screenshots")
    call_command("create_demo", verbosity=0)
    user = User.objects.get(email=EMAIL)
    sync(Mailbox.objects.of(user).get().pk)
    TaskFactory(application=Message.objects.of(user).filter(state="linked").latest("received_at").application)
    ImportFactory(user=user)
    return user


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    django.setup()
    main(sys.argv[1:])
