"""What authorization servers share: consents, single-use codes with PKCE, tokens that end."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass, field

from tests.standins.serving import AnswerError

CODE_SECONDS = 600


class OAuthError(AnswerError):
    """An answer of the token endpoint that is none: status, code, description."""

    def __init__(self, status: int, error: str, description: str, **more: object) -> None:
        super().__init__(status, {"error": error, "error_description": description, **more})


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
        self.reset()

    def reset(self) -> None:
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Access] = {}
        self.consents: list[Consented] = []
        self.access_seconds = 3599
        self.refreshes = 0

    def new_code(self, prefix: str, query: dict[str, str], consented: Consented, offline: bool) -> str:
        """A code for what was consented to on the page that `query` asked for."""
        code = prefix + secrets.token_urlsafe(30)
        self.codes[code] = Code(
            consented, query["redirect_uri"], query["code_challenge"], self.clock(), offline
        )
        return code

    def challenge_problem(self, query: dict[str, str]) -> str:
        if query.get("code_challenge_method", "S256") != "S256":
            return "Only S256 is allowed here."
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", query.get("code_challenge", "")):
            return "Invalid code_challenge."
        return ""

    def code_problem(self, form: dict[str, str]) -> str:
        """Why the code of `form` is not good: unknown, used, late, redirect_uri or verifier; "" if it is."""
        code = self.codes.get(form.get("code", ""))
        if code is None:
            return "unknown"
        if code.used:
            return "used"
        if self.clock() - code.issued_at > CODE_SECONDS:
            return "late"
        if form.get("redirect_uri") != code.redirect_uri:
            return "redirect_uri"
        verifier = form.get("code_verifier", "")
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) or challenge(verifier) != code.challenge:
            return "verifier"
        return ""

    def redeem(self, form: dict[str, str]) -> Code:
        """Use up the code of `form`, which is good."""
        code = self.codes[form["code"]]
        code.used = True
        self.consents.append(code.consented)
        return code

    def consented_by(self, refresh_token: str) -> Consented | None:
        return next((each for each in self.consents if each.refresh_token == refresh_token), None)

    def new_access(self, prefix: str, consented: Consented) -> str:
        token = prefix + secrets.token_urlsafe(40)
        self.access[token] = Access(consented, self.clock() + self.access_seconds)
        return token

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


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
