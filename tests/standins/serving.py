"""The HTTP side that stand-ins share: one process each, steered by POSTs of JSON to /_control."""

from __future__ import annotations

import argparse
import html
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

Parameters = dict[str, list[str]]


class AnswerError(Exception):
    """An answer that is an error: its status, its body as JSON, its headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


class CutError(Exception):
    """The connection is to be cut instead of answered."""


class Server(ThreadingHTTPServer):
    """Takes many connections in the same moment."""

    daemon_threads = True
    request_queue_size = 128


class StandInHandler(BaseHTTPRequestHandler):
    """Answers for the `world`; `page` is the consent page, with places for what it shows."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    world: Any
    page = ""
    unknown_account = ""

    def serve(self, url: SplitResult, body: bytes) -> None:
        """Answer one call. Raises AnswerError and CutError."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.handle_one(b"")

    def do_POST(self) -> None:
        self.handle_one(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    do_PATCH = do_DELETE = do_POST

    def handle_one(self, body: bytes) -> None:
        url = urlsplit(self.path)
        try:
            if url.path == "/_control":
                with self.world.lock:
                    answer = self.world.control(json.loads(body))
                self.json(200, {**answer, **self.world.send()})
            else:
                self.serve(url, body)
        except AnswerError as error:
            self.json(error.status, error.body, error.headers)
        except CutError:
            self.close_connection = True

    def consent_page(self, query: str, body: bytes) -> None:
        fields, form = _first_values(query), _first_values(body.decode())
        with self.world.lock:
            problem = self.world.oauth.problem_with(fields)
            if not problem and self.command == "POST" and form.get("account") not in self.world.mail:
                problem = self.unknown_account
            shown = f"<!doctype html><p>{html.escape(problem)}</p>" if problem else self.shown(fields, query)
            self.world.last["consent"] = fields
            if not problem and self.command == "POST":
                back = self.world.oauth.decide(fields, form["account"], form.get("decision", "deny"))
                self.redirect(f"{fields['redirect_uri']}?{urlencode(back)}")
                return
        self.answer(400 if problem else 200, shown.encode(), "text/html")

    def shown(self, fields: dict[str, str], query: str) -> str:
        hint = fields.get("login_hint", "")
        names = sorted(self.world.mail, key=lambda address: (address != hint, address))
        options = "".join(f"<option>{html.escape(name)}</option>" for name in names)
        return self.page.format(
            client=html.escape(fields["client_id"]),
            query=html.escape(query),
            accounts=options,
            scopes=html.escape(fields["scope"]),
        )

    def form(self, body: bytes) -> dict[str, str]:
        return _first_values(body.decode())

    def inject(self, call: str) -> None:
        """Count the call, and do what was ordered instead of it."""
        with self.world.lock:
            self.world.counts[call] += 1
            failure, latency = self.world.failure(call), self.world.latency
        if latency:
            time.sleep(latency)
        if failure is None:
            return
        if failure.get("delay"):
            time.sleep(failure["delay"])
        if failure.get("cut"):
            raise CutError
        if failure.get("truncate"):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"id": ')
            raise CutError
        if status := failure.get("status"):
            raise AnswerError(status, failure.get("body", {}), failure.get("headers"))

    def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(value) if not isinstance(value, str) else value
        self.answer(status, text.encode(), "application/json; charset=UTF-8", headers)

    def redirect(self, target: str) -> None:
        self.answer(302, b"", "text/html", {"Location": target})

    def answer(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            **(headers or {}),
            "Content-Type": kind,
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: tests read counters."""


def run(prog: str, handler: type[StandInHandler], make_world: Callable[[str, str, list[str]], Any]) -> None:
    """Serve until killed, after printing the address as one line of JSON."""
    parser = argparse.ArgumentParser(prog=prog)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id", default="client.apps.example")
    parser.add_argument("--client-secret", default="GOCSPX-secret")
    parser.add_argument("--redirect-uri", action="append", required=True)
    parser.add_argument("--user", action="append", default=[], help="address of an account to begin with")
    options = parser.parse_args()
    world = make_world(options.client_id, options.client_secret, options.redirect_uri)
    for address in options.user:
        world.do_add_user(address)
    server = Server(("127.0.0.1", options.port), type("Bound", (handler,), {"world": world}))
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


def _first_values(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
