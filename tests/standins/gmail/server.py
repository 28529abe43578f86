"""The HTTP side of the stand-in."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote

from tests.standins.gmail import watches
from tests.standins.gmail.mailboxes import ApiError, MailAccount
from tests.standins.gmail.world import World
from tests.standins.oauth import OAuthError
from tests.standins.serving import StandInHandler

READONLY = "https://www.googleapis.com/auth/gmail.readonly"
COMMON = {"alt", "prettyPrint", "fields"}
PARAMETERS = {
    "profile": COMMON,
    "list": COMMON | {"q", "maxResults", "pageToken", "labelIds", "includeSpamTrash"},
    "get": COMMON | {"format", "metadataHeaders"},
    "history": COMMON | {"startHistoryId", "maxResults", "pageToken", "labelId", "historyTypes"},
    "watch": COMMON,
    "stop": COMMON,
}
ROUTES = [
    ("profile", re.compile(r"/gmail/v1/users/([^/]+)/profile")),
    ("list", re.compile(r"/gmail/v1/users/([^/]+)/messages")),
    ("get", re.compile(r"/gmail/v1/users/([^/]+)/messages/([^/]+)")),
    ("history", re.compile(r"/gmail/v1/users/([^/]+)/history")),
    ("watch", re.compile(r"/gmail/v1/users/([^/]+)/watch")),
    ("stop", re.compile(r"/gmail/v1/users/([^/]+)/stop")),
]
CHANGING = {"watch", "stop"}  # of what is told: nothing in a mailbox
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


class Handler(StandInHandler):
    world: World
    page = PAGE
    unknown_account = "Couldn't find your Google Account"

    def serve(self, url: SplitResult, body: bytes) -> None:
        if url.path == "/o/oauth2/v2/auth":
            self.consent_page(url.query, body)
        elif url.path in {"/token", "/revoke"}:
            self.oauth(url.path.strip("/"), body)
        elif url.path == "/oauth2/v3/certs":
            self.inject("certs")
            self.json(200, self.world.pubsub.published(), {"Cache-Control": "public, max-age=20000"})
        else:
            self.api(url.path, url.query, body)

    def oauth(self, name: str, body: bytes) -> None:
        if self.command != "POST":
            raise OAuthError(405, "invalid_request", "Only POST is allowed")
        form = self.form(body)
        self.inject(name)
        with self.world.lock:
            answer = self.world.oauth.token(form) if name == "token" else {}
            if name == "revoke":
                self.world.oauth.revoke_token(form.get("token", ""))
        self.json(200, answer)

    def api(self, path: str, query: str, body: bytes) -> None:
        method, user, identifier = self.route(path)
        if (self.command == "POST") != (method in CHANGING) and not self.is_long_query():
            raise ApiError(404, "Not Found", "notFound")
        if self.is_long_query():  # a query too long for an address comes as a form
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
            if method in CHANGING:
                answer = self.watch(account, method, body)
            else:
                answer = account.answer(method, identifier, parameters)
        if method == "stop":
            self.answer(204, b"", "text/plain")
        else:
            self.json(200, answer)

    def is_long_query(self) -> bool:
        return self.command == "POST" and self.headers.get("X-HTTP-Method-Override") == "GET"

    def watch(self, account: MailAccount, method: str, body: bytes) -> dict[str, str]:
        if method == "stop":
            account.watch = None
            return {}
        account.watch = watches.begin(account.watch, body, self.world.clock())
        expiration = str(int(account.watch.expires_at * 1000))
        return {"historyId": str(account.history_id), "expiration": expiration}

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
