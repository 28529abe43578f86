"""Google accounts: consent, authorization codes and tokens (OAuth 2.0 with PKCE)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

CODE_SECONDS = 600


class OAuthError(Exception):
    """An answer of the token endpoint that is none: status, code, description."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, "error_description": description}


@dataclass
class Clock:
    """Real time and what tests added to it, in seconds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Consented:
    """One user's yes to one client: refresh token and all that hangs on it."""

    address: str
    client_id: str
    scopes: tuple[str, ...]
    refresh_token: str = field(default_factory=lambda: "1//" + secrets.token_urlsafe(32))


@dataclass
class Code:
    consented: Consented
    redirect_uri: str
    challenge: str
    issued_at: float
    offline: bool
    used: bool = False


@dataclass
class Access:
    consented: Consented
    expires_at: float


class Accounts:
    """Who consented to what, for one registered client."""

    def __init__(self, client_id: str, client_secret: str, redirect_uris: list[str], clock: Clock) -> None:
        self.client_id, self.client_secret, self.redirect_uris = client_id, client_secret, redirect_uris
        self.clock = clock
        self.access_seconds = 3599
        self.reset()

    def reset(self) -> None:
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Access] = {}
        self.consents: list[Consented] = []
        self.access_seconds = 3599
        self.refreshes = 0

    def problem_with(self, query: dict[str, str]) -> str:
        """Why the consent page refuses the request, as Google's page would say; "" if it does not."""
        required = {"client_id", "redirect_uri", "response_type", "scope"}
        if missing := sorted(required - query.keys()):
            return f"Error 400: invalid_request. Missing required parameter: {missing[0]}"
        if query["client_id"] != self.client_id:
            return "Error 401: invalid_client. The OAuth client was not found."
        if query["redirect_uri"] not in self.redirect_uris:
            return "Error 400: redirect_uri_mismatch"
        if query["response_type"] != "code":
            return "Error 400: unsupported_response_type"
        if query.get("code_challenge_method", "S256") != "S256":
            return "Error 400: invalid_request. Only S256 is allowed here."
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", query.get("code_challenge", "")):
            return "Error 400: invalid_request. Invalid code_challenge."
        return ""

    def decide(self, query: dict[str, str], address: str, decision: str) -> dict[str, str]:
        """The parameters of the redirect back, after the user has pressed a button."""
        back = {"state": query["state"]} if "state" in query else {}
        if decision == "deny":
            return {"error": "access_denied", **back}
        asked = tuple(query["scope"].split())
        granted = asked if decision == "allow" else ()
        consented = Consented(address, query["client_id"], granted)
        code = "4/" + secrets.token_urlsafe(30)
        offline = query.get("access_type") == "offline" and query.get("prompt") == "consent"
        self.codes[code] = Code(
            consented, query["redirect_uri"], query["code_challenge"], self.clock(), offline
        )
        return {**back, "code": code, "scope": " ".join(granted)}

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. Raises OAuthError."""
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            raise OAuthError(401, "invalid_client", "Unauthorized")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form)
        raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")

    def _exchange(self, form: dict[str, str]) -> dict[str, Any]:
        code = self.codes.get(form.get("code", ""))
        if code is None or code.used or self.clock() - code.issued_at > CODE_SECONDS:
            raise OAuthError(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        verifier = form.get("code_verifier", "")
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) or _challenge(verifier) != code.challenge:
            raise OAuthError(400, "invalid_grant", "Invalid code verifier.")
        code.used = True
        self.consents.append(code.consented)
        answer = self._issue(code.consented)
        return {**answer, "refresh_token": code.consented.refresh_token} if code.offline else answer

    def _refresh(self, form: dict[str, str]) -> dict[str, Any]:
        self.refreshes += 1
        found = [each for each in self.consents if each.refresh_token == form.get("refresh_token")]
        if not found:
            raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
        return self._issue(found[0])

    def _issue(self, consented: Consented) -> dict[str, Any]:
        token = "ya29." + secrets.token_urlsafe(40)
        self.access[token] = Access(consented, self.clock() + self.access_seconds)
        return {
            "access_token": token,
            "expires_in": self.access_seconds,
            "scope": " ".join(consented.scopes),
            "token_type": "Bearer",
        }

    def revoke_token(self, token: str) -> None:
        """Revoke all that the user granted, by either token. Raises OAuthError."""
        held = self.access.get(token)
        found = [each for each in self.consents if each.refresh_token == token]
        if held is None and not found:
            raise OAuthError(400, "invalid_token", "Token expired or revoked")
        self.revoke((held.consented if held else found[0]).address)

    def revoke(self, address: str) -> None:
        """What the user does on their account's page, or Google after seven days of testing."""
        self.consents = [each for each in self.consents if each.address != address]
        self.access = {key: each for key, each in self.access.items() if each.consented.address != address}

    def expire_access(self) -> None:
        for each in self.access.values():
            each.expires_at = 0

    def bearer(self, token: str) -> Consented | None:
        """Whose valid access token this is."""
        held = self.access.get(token)
        return held.consented if held and self.clock() < held.expires_at else None


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
