"""A stand-in of Google's and Microsoft's sign-in, over real HTTP on a port, and so an origin, of its own.

Written from OpenID Connect and the two providers' documentation: an authorization page, single-use codes
with PKCE, a token endpoint, Microsoft Graph's /me. It knows nothing of mail.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt

from tests.standins.oauth import challenge

CLIENT_ID, CLIENT_SECRET = "sign-in.apps.example", "GOCSPX-sign-in"
PAGE = "<!doctype html><title>Sign in</title><h1>Choose an account</h1><a href='{back}'>{address}</a>"


class Identity(ThreadingHTTPServer):
    """Whoever comes is `address`; `asked` is what the last authorization request said."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = address
        self.asked: dict[str, str] = {}
        self.codes: dict[str, str] = {}  # code: PKCE challenge
        self.url = f"http://127.0.0.1:{self.server_port}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """What the token endpoint gives; None where it refuses."""
        expected = self.codes.pop(form.get("code", ""), None)
        client = (form.get("client_id"), form.get("client_secret"))
        if expected != challenge(form.get("code_verifier", "")) or client != (CLIENT_ID, CLIENT_SECRET):
            return None
        now = int(time.time())
        who = {"sub": "1083", "email": self.address, "email_verified": True, "name": "Sam Taylor"}
        claims = who | {"iss": "https://accounts.google.com", "aud": CLIENT_ID, "iat": now, "exp": now + 3600}
        signed = jwt.encode(claims, "a key that only the stand-in has, of 32 bytes", algorithm="HS256")
        return {
            "access_token": "ya29.identity",
            "token_type": "Bearer",
            "expires_in": 3599,
            "id_token": signed,
        }


class Handler(BaseHTTPRequestHandler):
    server: Identity

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.endswith("/authorize"):
            asked = self.server.asked = dict(parse_qsl(url.query))
            code = secrets.token_urlsafe(16)
            self.server.codes[code] = asked["code_challenge"]
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            page = PAGE.format(back=html.escape(back), address=html.escape(self.server.address))
            self.answer(200, page, "text/html")
        elif url.path == "/v1.0/me":
            me = {"id": "1083", "displayName": "Sam Taylor", "mail": self.server.address}
            self.answer(200, json.dumps(me))
        else:
            self.answer(404, "{}")

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        given = self.server.token(form)
        self.answer(200 if given else 400, json.dumps(given or {"error": "invalid_grant"}))

    def answer(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def identity(address: str) -> Iterator[Identity]:
    """A stand-in at which whoever comes is signed in as `address`."""
    server = Identity(address)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
