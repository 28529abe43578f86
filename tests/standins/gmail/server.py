"""The HTTP side of the stand-in."""

from __future__ import annotations

import html
import json
import re
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.standins.gmail.accounts import OAuthError
from tests.standins.gmail.mailboxes import ApiError, MailAccount
from tests.standins.gmail.world import World

READONLY = "https://www.googleapis.com/auth/gmail.readonly"
COMMON = {"alt", "prettyPrint", "fields"}
PARAMETERS = {
    "profile": COMMON,
    "list": COMMON | {"q", "maxResults", "pageToken", "labelIds", "includeSpamTrash"},
    "get": COMMON | {"format", "metadataHeaders"},
    "history": COMMON | {"startHistoryId", "maxResults", "pageToken", "labelId", "historyTypes"},
}
ROUTES = [
    ("profile", re.compile(r"/gmail/v1/users/([^/]+)/profile")),
    ("list", re.compile(r"/gmail/v1/users/([^/]+)/messages")),
    ("get", re.compile(r"/gmail/v1/users/([^/]+)/messages/([^/]+)")),
    ("history", re.compile(r"/gmail/v1/users/([^/]+)/history")),
]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Sign in - Google Accounts (stand-in)</title>
<h1>{client} wants access to your Google Account</h1>
<form method="post" action="?{query}">
<p><label>Account <select name="account">{accounts}</select></label></p>
<p>This will allow it to: {scopes}</p>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="without">Allow without the scope</button>
<button name="decision" value="deny">Deny</button>
</form></html>"""


class CutError(Exception):
    """The connection is to be cut instead of answered."""


class OrderedError(Exception):
    """A test ordered this answer instead of the real one."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    world: World

    def do_GET(self) -> None:
        self.handle_one(b"")

    def do_POST(self) -> None:
        self.handle_one(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def handle_one(self, body: bytes) -> None:
        url = urlsplit(self.path)
        try:
            if url.path == "/_control":
                with self.world.lock:
                    answer = self.world.control(json.loads(body))
                self.json(200, answer)
            elif url.path == "/o/oauth2/v2/auth":
                self.consent_page(url.query, body)
            elif url.path in {"/token", "/revoke"}:
                self.oauth(url.path.strip("/"), body)
            else:
                self.api(url.path, url.query, body)
        except OAuthError as error:
            self.json(error.status, error.body)
        except ApiError as error:
            self.json(error.status, error.body)
        except OrderedError as order:
            self.json(*order.args)
        except CutError:
            self.close_connection = True

    def consent_page(self, query: str, body: bytes) -> None:
        fields = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        with self.world.lock:
            problem = self.world.oauth.problem_with(fields)
            if not problem and self.command == "POST" and form.get("account") not in self.world.mail:
                problem = "Couldn't find your Google Account"
            page = f"<!doctype html><p>{html.escape(problem)}</p>" if problem else self.page(fields, query)
            self.world.last["consent"] = fields
            if not problem and self.command == "POST":
                back = self.world.oauth.decide(fields, form["account"], form.get("decision", "deny"))
                self.redirect(f"{fields['redirect_uri']}?{urlencode(back)}")
                return
        self.answer(400 if problem else 200, page.encode(), "text/html")

    def page(self, fields: dict[str, str], query: str) -> str:
        hint = fields.get("login_hint", "")
        names = sorted(self.world.mail, key=lambda address: (address != hint, address))
        options = "".join(f"<option>{html.escape(name)}</option>" for name in names)
        return PAGE.format(
            client=html.escape(fields["client_id"]),
            query=html.escape(query),
            accounts=options,
            scopes=html.escape(fields["scope"]),
        )

    def oauth(self, name: str, body: bytes) -> None:
        if self.command != "POST":
            raise OAuthError(405, "invalid_request", "Only POST is allowed")
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        self.inject(name)
        with self.world.lock:
            answer = self.world.oauth.token(form) if name == "token" else {}
            if name == "revoke":
                self.world.oauth.revoke_token(form.get("token", ""))
        self.json(200, answer)

    def api(self, path: str, query: str, body: bytes) -> None:
        method, user, identifier = self.route(path)
        if self.command == "POST":  # a query too long for an address comes as a form
            if self.headers.get("X-HTTP-Method-Override") != "GET":
                raise ApiError(404, "Not Found", "notFound")
            query = body.decode()
        parameters = parse_qs(query, keep_blank_values=True)
        self.inject(method)
        with self.world.lock:
            account = self.authorized(user)
            if unknown := sorted(parameters.keys() - PARAMETERS[method]):
                message = f'Invalid JSON payload received. Unknown name "{unknown[0]}"'
                raise ApiError(400, message, "badRequest")
            account.spend(method, self.world.clock())
            self.world.last[method] = parameters
            answer = account.answer(method, identifier, parameters)
        self.json(200, answer)

    def route(self, path: str) -> tuple[str, str, str]:
        for method, pattern in ROUTES:
            if found := pattern.fullmatch(path):
                groups = [unquote(group) for group in found.groups()]
                return method, groups[0], groups[1] if len(groups) > 1 else ""
        raise ApiError(404, "Not Found", "notFound")

    def authorized(self, user: str) -> MailAccount:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        consented = self.world.oauth.bearer(token) if kind == "Bearer" else None
        if consented is None:
            where = {"locationType": "header", "location": "Authorization"}
            raise ApiError(401, "Invalid Credentials", "authError", **where)
        if READONLY not in consented.scopes:
            raise ApiError(403, "Request had insufficient authentication scopes.", "insufficientPermissions")
        if user not in {"me", consented.address}:
            raise ApiError(403, f"Delegation denied for {consented.address}", "forbidden")
        return self.world.mail[consented.address]

    def inject(self, call: str) -> None:
        """Count the call, and do what was ordered instead of it."""
        with self.world.lock:
            self.world.counts[call] += 1
            failure = self.world.failure(call)
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
            raise OrderedError(status, failure.get("body", {}), failure.get("headers", {}))

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
