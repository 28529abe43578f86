"""The HTTP side of the stand-in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from tests.standins.oauth import Consented, OAuthError
from tests.standins.outlook import changes, subscriptions
from tests.standins.outlook.mailboxes import RECEIVED_BY, MailAccount, folder_id
from tests.standins.outlook.odata import Filter, GraphError, newest_first, only, selection, top
from tests.standins.outlook.world import World
from tests.standins.serving import Parameters, StandInHandler

AUTHORITY, GRAPH = "/common/oauth2/v2.0", "/v1.0"
FOLDER = r"/me/mailFolders(?:/([^/]+)|\('([^']+)'\))"
ROUTES = [
    ("me", re.compile("/me")),
    ("delta", re.compile(FOLDER + "/messages/delta")),
    ("list", re.compile(FOLDER + "/messages")),
    ("folder", re.compile(FOLDER)),
    ("value", re.compile(r"/me/messages/([^/]+)/\$value")),
    ("message", re.compile(r"/me/messages/([^/]+)")),
]
LISTING = {"$select", "$filter", "$orderby", "$top", "$skip", "$expand"}
EXPAND = f"singleValueExtendedProperties($filter=id eq '{RECEIVED_BY}')"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Sign in to your account (stand-in)</title>
<h1>Permissions requested by {client}</h1>
<form method="post" action="?{query}">
<p><label>Account <select name="account">{accounts}</select></label></p>
<p>This app would like to: {scopes}</p>
<button name="decision" value="allow">Accept</button>
<button name="decision" value="deny">Cancel</button>
<button name="decision" value="admin">Return to the application without granting consent</button>
</form></html>"""


class Handler(StandInHandler):
    world: World
    page = PAGE
    unknown_account = "AADSTS50034: The user account does not exist in the directory."

    def serve(self, url: SplitResult, body: bytes) -> None:
        if url.path == f"{AUTHORITY}/authorize":
            self.consent_page(url.query, body)
        elif url.path == f"{AUTHORITY}/token":
            self.token(body)
        elif url.path.startswith("/_webhook"):
            self.webhook(url)
        elif url.path.startswith(f"{GRAPH}/subscriptions"):
            self.subscriptions(url.path.removeprefix(f"{GRAPH}/subscriptions").strip("/"), body)
        elif url.path.startswith(GRAPH):
            self.graph(url.path.removeprefix(GRAPH), url.query)
        else:
            raise GraphError(404, "ResourceNotFound", "Resource not found.")

    def token(self, body: bytes) -> None:
        if self.command != "POST":
            raise OAuthError(405, "invalid_request", "AADSTS900561: The endpoint only accepts POST requests.")
        self.inject("token")
        with self.world.lock:
            answer = self.world.oauth.token(self.form(body))
        self.json(200, answer)

    def graph(self, path: str, query: str) -> None:
        if self.command != "GET":
            raise GraphError(405, "Request_BadRequest", "Only reading is allowed here.")
        call, name = self.route(path)
        self.inject(call)
        parameters = parse_qs(query, keep_blank_values=True)
        with self.world.lock:
            consented = self.authorized()
            account = self.mailbox(consented, call)
            account.spend(self.world.clock())
            self.world.last[call] = {"query": parameters, "prefer": self.headers.get("Prefer", "")}
            if call == "value":
                content = account.message(name).raw
            else:
                answer = self.answer_of(account, call, name, parameters)
        if call == "value":
            self.answer(200, content, "text/plain")
        else:
            self.json(200, answer)

    def webhook(self, url: SplitResult) -> None:
        """An address that answers as it should, for tests that have none of their own."""
        token = parse_qs(url.query).get("validationToken", [""])[0]
        self.answer(200 if token else 202, token.encode(), "text/plain")

    def subscriptions(self, name: str, body: bytes) -> None:
        calls = {"GET": "subscribed", "POST": "subscribe", "PATCH": "renew", "DELETE": "unsubscribe"}
        self.inject(calls[self.command])
        with self.world.lock:
            consented = self.authorized()
            self.mailbox(consented, calls[self.command])
            self.world.last[calls[self.command]] = subscriptions.read(body) if body else {}
        if self.command == "POST" and not name:
            asked = subscriptions.read(body)
            subscriptions.check(asked, self.world.now())
            subscriptions.try_out(asked)  # without the lock: whoever is tried out may call us meanwhile
            with self.world.lock:
                self.json(201, self.world.subscribe(consented.address, asked))
            return
        with self.world.lock:
            status, answer = self.subscribed(consented.address, name, body)
        if answer is None:
            self.answer(status, b"", "text/plain")
        else:
            self.json(status, answer)

    def subscribed(self, owner: str, name: str, body: bytes) -> tuple[int, dict[str, Any] | None]:
        if self.command == "GET" and not name:
            found = [each.shown() for each in self.world.subscriptions_of(owner)]
            size, query = self.world.subscriptions_a_page, parse_qs(urlsplit(self.path).query)
            start = int(query.get("$skiptoken", ["0"])[0])
            page = {"@odata.context": f"{self.base}/$metadata#subscriptions", "value": found[start:][:size]}
            if start + size < len(found):
                page["@odata.nextLink"] = f"{self.base}/subscriptions?$skiptoken={start + size}"
            return 200, page
        held = next((each for each in self.world.subscriptions_of(owner) if each.id == name), None)
        if held is None:
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        match self.command:
            case "PATCH":
                wanted = subscriptions.expiry(subscriptions.read(body), self.world.now())
                held.expires_at = self.world.granted(wanted)
                return 200, held.shown()
            case "DELETE":
                self.world.subscriptions.remove(held)
                return 204, None
        return 200, held.shown()

    def route(self, path: str) -> tuple[str, str]:
        for call, pattern in ROUTES:
            if found := pattern.fullmatch(path):
                return call, unquote(next((group for group in found.groups() if group), ""))
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{path}'.")

    def authorized(self) -> Consented:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        consented = self.world.oauth.bearer(token) if kind == "Bearer" else None
        if consented is None:
            message = "Lifetime validation failed, the token is expired."
            raise GraphError(401, "InvalidAuthenticationToken", message)
        return consented

    def mailbox(self, consented: Consented, call: str) -> MailAccount:
        scopes = {*consented.scopes, *self.world.oauth.allowed_before}
        if call == "me" and "User.Read" not in scopes:
            message = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", message)
        if call != "me" and "Mail.Read" not in scopes:
            raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        account = self.world.mail[consented.address]
        if call != "me" and not account.has_mailbox:
            message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
            raise GraphError(404, "MailboxNotEnabledForRESTAPI", message)
        return account

    def answer_of(self, account: MailAccount, call: str, name: str, query: Parameters) -> dict[str, Any]:
        match call:
            case "me":
                only(query, {"$select"})
                return {"mail": account.address, "userPrincipalName": account.address}
            case "folder":
                only(query, {"$select"})
                return {"id": folder_id(account.folder(name))}
            case "message":
                names = selection(only(query, {"$select"}), of_one=True)
                return account.message(name).shown(names, self.immutable, self.as_text)
            case "list":
                return self.listed(account, account.folder(name), query)
        return self.delta(account, account.folder(name), query)

    def listed(self, account: MailAccount, folder: str, query: Parameters) -> dict[str, Any]:
        given = only(query, LISTING)
        if given.get("$expand", EXPAND) != EXPAND:
            raise GraphError(400, "RequestBroker--ParseUri", "Parsing OData Select and Expand failed.")
        names, size, skip = selection(given), top(given), int(given.get("$skip", "0"))
        test = Filter.parse(given.get("$filter", ""))
        found = [each for each in account.within(folder) if test(each.received_at)]
        found = found if newest_first(given) else found[::-1]
        answer: dict[str, Any] = {"@odata.context": f"{self.base}/$metadata#users('48d31887')/messages"}
        answer["value"] = [
            each.shown(names, self.immutable, self.as_text) for each in found[skip : skip + size]
        ]
        if "$expand" in given and folder != "sentitems":
            for value in answer["value"]:
                value["singleValueExtendedProperties"] = [{"id": RECEIVED_BY, "value": account.address}]
        if skip + size < len(found):
            rest = "&".join(f"{key}={value}" for key, value in given.items() if key != "$skip")
            address = f"{self.base}/me/mailFolders('{folder}')/messages?{rest}&$skip={skip + size}"
            answer["@odata.nextLink"] = address.replace(" ", "%20")
        return answer

    def delta(self, account: MailAccount, folder: str, query: Parameters) -> dict[str, Any]:
        tokens = [query[name][0] for name in ("$skiptoken", "$deltatoken") if name in query]
        if tokens:
            token = changes.resume(account, folder, tokens[0])
        else:
            token = changes.begin(account, folder, query)
        size = re.search(r"odata\.maxpagesize=(\d+)", self.headers.get("Prefer", ""))
        return changes.page(account, token, int(size[1]) if size else 10, self.base, self.immutable)

    @property
    def base(self) -> str:
        return f"http://{self.headers['Host']}{GRAPH}"

    @property
    def immutable(self) -> bool:
        return 'IdType="ImmutableId"' in self.headers.get("Prefer", "")

    @property
    def as_text(self) -> bool:
        return 'outlook.body-content-type="text"' in self.headers.get("Prefer", "")
