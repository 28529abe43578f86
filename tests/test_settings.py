"""What the settings make of the environment, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from config.embedded import ROOT

REQUIRED = {
    "DATABASE_URL": "postgres://x",
    "REDIS_URL": "redis://x",
    "SECRET_KEY": "x",
    "ENCRYPTION_KEYS": "k1:x",
}


def setting(name: str, **given: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"}}
    command = [sys.executable, "-c", f"from config import settings; print(settings.{name})"]
    surroundings = kept | REQUIRED | given
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("given", "verification"),
    [
        ({"EMAIL_URL": "smtp+tls://user:password@mail.example:587"}, "mandatory"),
        ({"EMAIL_URL": "smtp://mail.example:25"}, "mandatory"),
        ({"EMAIL_URL": "filemail:///tmp/outbox"}, "optional"),
        ({"EMAIL_URL": "consolemail://"}, "optional"),
        ({"EMAIL_URL": "smtp://mail.example:25", "ACCOUNT_EMAIL_VERIFICATION": "optional"}, "optional"),
    ],
)
def test_addresses_are_confirmed_where_letters_arrive(given, verification):
    assert setting("ACCOUNT_EMAIL_VERIFICATION", **given) == verification
