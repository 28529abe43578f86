"""The stand-ins as pytest fixtures: one process a run, emptied for each test."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.utils import timezone

CLIENT_ID, CLIENT_SECRET = "client.apps.example", "GOCSPX-secret"
REDIRECT_URI = "http://testserver/oauth/gmail/callback"
OWNER = "sam.taylor@gmail.com"
OUTLOOK_REDIRECT_URI = "http://testserver/oauth/outlook/callback"
OUTLOOK_OWNER = "sam.taylor@outlook.com"


class StandIn:
    """A stand-in of a provider, as a test steers it."""

    redirect_uri = ""
    owner = ""

    def __init__(self, url: str) -> None:
        self.url = url

    def order(self, do: str, **values: Any) -> dict[str, Any]:
        response = requests.post(f"{self.url}/_control", json={"do": do, **values}, timeout=60)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def fail(self, call: str, **failure: Any) -> None:
        """The next calls of this name go wrong; `calls` tells the names."""
        self.order("fail", call=call, **failure)

    def calls(self) -> dict[str, int]:
        """How often each method was called since the test began."""
        return self.order("counts")

    def consent(self, url: str, decision: str = "allow", account: str = "") -> dict[str, str]:
        """Press a button on the consent page at `url`; give the parameters of the way back."""
        page = requests.get(url, timeout=60)
        assert page.status_code == 200, page.text
        form = {"account": account or self.owner, "decision": decision}
        response = requests.post(url, data=form, timeout=60, allow_redirects=False)
        assert response.status_code == 302, response.text
        target = response.headers["Location"]
        assert target.startswith(self.redirect_uri + "?")
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


class Gmail(StandIn):
    """The stand-in of Google."""

    redirect_uri, owner = REDIRECT_URI, OWNER

    def deliver(self, at: datetime | None = None, *, to: str = OWNER, **values: Any) -> dict[str, Any]:
        """Put a message into the mailbox of `to`; give its id, threadId and historyId."""
        at = at or timezone.now()
        labels, thread = values.pop("labels", ["INBOX", "UNREAD"]), values.pop("thread", "")
        raw = values.pop("raw", None) or source(at, **values)
        return self.order(
            "add_message",
            address=to,
            raw=base64.b64encode(raw).decode(),
            received_ms=int(at.timestamp() * 1000),
            labels=labels,
            thread=thread,
        )

    def refuse(self, call: str, status: int, reason: str, message: str = "Refused", **more: Any) -> None:
        """The next call gets an error in Google's form."""
        errors = [{"domain": "usageLimits", "reason": reason, "message": message}]
        body = {"error": {"code": status, "message": message, "errors": errors}}
        self.fail(call, status=status, body=body, **more)


class Outlook(StandIn):
    """The stand-in of Microsoft."""

    redirect_uri, owner = OUTLOOK_REDIRECT_URI, OUTLOOK_OWNER

    def deliver(
        self, at: datetime | None = None, *, to: str = OUTLOOK_OWNER, **values: Any
    ) -> dict[str, Any]:
        """Put a message into the mailbox of `to`; give its id and conversationId."""
        at = at or timezone.now()
        names = ("folder", "conversation", "draft")
        placed = {name: values.pop(name) for name in names if name in values}
        raw = values.pop("raw", None) or source(at, **values)
        encoded, milliseconds = base64.b64encode(raw).decode(), int(at.timestamp() * 1000)
        return self.order("add_message", address=to, raw=encoded, received_ms=milliseconds, **placed)

    def refuse(self, call: str, status: int, code: str, **more: Any) -> None:
        """The next call gets an error in Graph's form."""
        self.fail(call, status=status, body={"error": {"code": code, "message": "Refused"}}, **more)

    def refuse_token(self, number: int, error: str = "invalid_grant", status: int = 400) -> None:
        """The next call of the token endpoint gets an error in Microsoft's form."""
        body = {"error": error, "error_description": f"AADSTS{number}: No.", "error_codes": [number]}
        self.fail("token", status=status, body=body)


def source(
    at: datetime,
    subject: str = "Your application to Lumen Health",
    text: str = "Thank you for applying. We have received your application for Data Analyst.",
    sender: str = "Lumen Health <jobs@lumenhealth.example>",
    message_id: str = "",
) -> bytes:
    """A plain message as RFC 822 source."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, OWNER, subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id or f"<{at.timestamp()}.{abs(hash(subject))}@lumenhealth.example>"
    mail.set_content(text)
    return mail.as_bytes()


def serving(name: str, redirect_uri: str) -> Iterator[str]:
    """A stand-in as a process of its own: its address."""
    command = [sys.executable, "-m", f"tests.standins.{name}", "--redirect-uri", redirect_uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture(scope="session")
def gmail_process() -> Iterator[str]:
    yield from serving("gmail", REDIRECT_URI)


@pytest.fixture(scope="session")
def outlook_process() -> Iterator[str]:
    yield from serving("outlook", OUTLOOK_REDIRECT_URI)


@pytest.fixture
def gmail(gmail_process: str, settings: Any) -> Gmail:
    """Google with one account, and settings that lead to it."""
    stand_in = Gmail(gmail_process)
    stand_in.order("reset")
    stand_in.order("add_user", address=OWNER)
    settings.GMAIL_OAUTH_CLIENT_ID, settings.GMAIL_OAUTH_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.GMAIL_OAUTH_REDIRECT_URI = REDIRECT_URI
    settings.GMAIL_OAUTH_AUTH_URL = f"{gmail_process}/o/oauth2/v2/auth"
    settings.GMAIL_OAUTH_TOKEN_URL = f"{gmail_process}/token"
    settings.GMAIL_OAUTH_REVOKE_URL = f"{gmail_process}/revoke"
    settings.GMAIL_API_BASE_URL = gmail_process
    settings.GMAIL_UNITS_PER_MINUTE = 0  # tests at the same frozen minute would share it
    return stand_in


PUSH_ACCOUNT = "pushes@heardback.iam.gserviceaccount.com"
PUSH_AUDIENCE = "https://heardback.example/push/gmail"


@pytest.fixture
def gmail_push(gmail: Gmail, settings: Any) -> Gmail:
    """Google with a topic, and settings to be told by it; `subscribe` says where it pushes to."""
    settings.GMAIL_PUBSUB_TOPIC = "projects/heardback/topics/gmail"
    settings.GMAIL_PUBSUB_AUDIENCE, settings.GMAIL_PUBSUB_SERVICE_ACCOUNT = PUSH_AUDIENCE, PUSH_ACCOUNT
    settings.GMAIL_PUBSUB_KEYS_URL = f"{gmail.url}/oauth2/v3/certs"
    return gmail


@pytest.fixture
def outlook_push(outlook: Outlook, settings: Any) -> Outlook:
    """Microsoft, and settings to be told by it, at an address that stands for ours."""
    settings.GRAPH_PUSH_BASE_URL = f"{outlook.url}/_webhook"
    return outlook


@pytest.fixture
def outlook(outlook_process: str, settings: Any) -> Outlook:
    """Microsoft with one account, and settings that lead to it."""
    stand_in = Outlook(outlook_process)
    stand_in.order("reset")
    stand_in.order("add_user", address=OUTLOOK_OWNER)
    settings.OUTLOOK_OAUTH_CLIENT_ID, settings.OUTLOOK_OAUTH_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.OUTLOOK_OAUTH_REDIRECT_URI = OUTLOOK_REDIRECT_URI
    settings.OUTLOOK_AUTHORITY = f"{outlook_process}/common"
    settings.GRAPH_BASE_URL = f"{outlook_process}/v1.0"
    return stand_in
