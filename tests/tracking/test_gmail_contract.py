"""Every call of Gmail that we make is one of those that Google's own description of the API allows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import googleapiclient
import pytest
from django.utils import timezone

from accounts.grants.providers import GMAIL_SCOPE
from tracking.providers.gmail.api import GmailApi
from tracking.providers.gmail.watch import GmailWatch

DESCRIPTION: dict[str, Any] = json.loads(
    (Path(googleapiclient.__file__).parent / "discovery_cache/documents/gmail.v1.json").read_bytes()
)
ANSWER = {"emailAddress": "sam@gmail.com", "historyId": "1", "expiration": "1900000000000"}

Call = tuple[str, str, dict[str, list[str]], Any]


def methods(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def described(verb: str, path: str) -> dict[str, Any]:
    """The method that the call is of."""
    for method in methods(DESCRIPTION):
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape("/" + method["flatPath"]))
        if method["httpMethod"] == verb and re.fullmatch(pattern, path):
            return method
    raise AssertionError(f"no such method: {verb} {path}")


@pytest.fixture
def calls(settings) -> Iterator[list[Call]]:
    """What is asked of an API that answers everything alike."""
    made: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            made.append((self.command, url.path, parse_qs(url.query), json.loads(body) if body else None))
            content = json.dumps(ANSWER).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.GMAIL_API_BASE_URL = f"http://127.0.0.1:{server.server_port}"
        settings.GMAIL_PUBSUB_TOPIC = "projects/heardback/topics/mail"
        yield made
        server.shutdown()


def test_each_call_is_described(calls):
    api = GmailApi(lambda refused: "token", timezone.now)
    api.profile()
    api.messages("after:1 {interview}", "", 500)
    api.messages("after:1 {interview}", "page", 500)
    api.message("18c0")
    api.headers("18c0")
    api.history("1", "page")
    watch = GmailWatch(lambda refused: "token", timezone.now)
    watch.begin("", lambda external_id: False)

    assert len(calls) == 8
    for verb, path, query, body in calls:
        method = described(verb, path)
        allowed = method.get("parameters", {}) | DESCRIPTION["parameters"]
        assert query.keys() <= allowed.keys()
        for name, values in query.items():
            assert set(values) <= set(allowed[name].get("enum", values))
        if body:
            assert body.keys() <= DESCRIPTION["schemas"][method["request"]["$ref"]]["properties"].keys()
        assert GMAIL_SCOPE in method["scopes"]
