"""Microsoft accounts: consent, authorization codes, and tokens that rotate."""

from __future__ import annotations

import secrets
from typing import Any

from tests.standins.oauth import Accounts, Consented, OAuthError

KNOWN_SCOPES = {"Mail.Read", "User.Read", "offline_access", "openid", "profile", "email"}
CODE_ERRORS = {
    "unknown": (70000, "invalid_grant", "The provided value for the input parameter 'code' is not valid."),
    "used": (54005, "invalid_grant", "OAuth2 Authorization code was already redeemed."),
    "late": (70008, "invalid_grant", "The provided authorization code or refresh token has expired."),
    "redirect_uri": (500112, "invalid_client", "The reply address does not match."),
    "verifier": (501481, "invalid_grant", "The Code_Verifier does not match the code_challenge."),
}


def refusal(number: int, error: str, description: str, status: int = 400) -> OAuthError:
    """An error in Microsoft's form."""
    more = {
        "error_codes": [number],
        "timestamp": "2026-03-04 09:30:00Z",
        "trace_id": "0000aaaa-11bb-cccc-dd22-eeeeee333333",
        "correlation_id": "aaaa0000-bb11-2222-33cc-444444dddddd",
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return OAuthError(status, error, f"AADSTS{number}: {description} Trace ID: 0000aaaa", **more)


class MicrosoftAccounts(Accounts):
    """Who consented to what, as Microsoft tells it. `allowed_before` is what else apps were granted."""

    def reset(self) -> None:
        super().reset()
        self.allowed_before: tuple[str, ...] = ()
        self.prefix = ""  # before a scope in answers

    def problem_with(self, query: dict[str, str]) -> str:
        """Why the sign-in page refuses the request; "" if it does not."""
        required = {"client_id", "redirect_uri", "response_type", "scope"}
        if missing := sorted(required - query.keys()):
            return f"AADSTS900144: The request must contain the following parameter: '{missing[0]}'."
        if query["client_id"] != self.client_id:
            return f"AADSTS700016: Application '{query['client_id']}' was not found in the directory."
        if query["redirect_uri"] not in self.redirect_uris:
            return "AADSTS50011: The redirect URI does not match the redirect URIs configured."
        if query["response_type"] != "code" or query.get("response_mode", "query") != "query":
            return "AADSTS700054: response_type is not enabled for the application."
        if unknown := sorted(set(query["scope"].split()) - KNOWN_SCOPES):
            return (
                f"AADSTS70011: The provided value for the input parameter 'scope' is not valid: {unknown[0]}"
            )
        if query.get("prompt", "consent") not in {"login", "none", "consent", "select_account"}:
            return "AADSTS90023: Unsupported 'prompt' value."
        if problem := self.challenge_problem(query):
            return f"AADSTS501491: {problem}"
        return ""

    def decide(self, query: dict[str, str], address: str, decision: str) -> dict[str, str]:
        """The parameters of the redirect back, after the user has pressed a button."""
        back = {"state": query["state"]} if "state" in query else {}
        match decision:
            case "deny":
                words = "AADSTS65004: User declined to consent to access the app."
                return {"error": "access_denied", "error_description": words, **back}
            case "admin":
                words = "AADSTS90094: An administrator of Contoso has set a policy that prevents you."
                return {"error": "access_denied", "error_description": words, **back}
        asked = query["scope"].split()
        granted = tuple(each for each in asked if decision == "allow" or each != "Mail.Read")
        consented = Consented(address, query["client_id"], granted, _refresh_token())
        offline = "offline_access" in granted
        return {**back, "code": self.new_code("0.A", query, consented, offline), "session_state": "7b29"}

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. Raises OAuthError."""
        if form.get("client_id") != self.client_id:
            raise refusal(700016, "unauthorized_client", "Application was not found in the directory.")
        if form.get("client_secret") != self.client_secret:
            raise refusal(7000215, "invalid_client", "Invalid client secret provided.", 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form)
        raise refusal(70003, "unsupported_grant_type", "The app requested an unsupported grant type.")

    def _exchange(self, form: dict[str, str]) -> dict[str, Any]:
        if problem := self.code_problem(form):
            raise refusal(*CODE_ERRORS[problem])
        code = self.redeem(form)
        return self._issue(code.consented, code.offline)

    def _refresh(self, form: dict[str, str]) -> dict[str, Any]:
        self.refreshes += 1
        consented = self.consented_by(form.get("refresh_token", ""))
        if consented is None:
            raise refusal(70000, "invalid_grant", "The refresh token is not valid.")
        consented.refresh_token = _refresh_token()  # the one before must not be used again
        return self._issue(consented, offline=True)

    def _issue(self, consented: Consented, offline: bool) -> dict[str, Any]:
        named = [each for each in consented.scopes if each != "offline_access"]
        answer = {
            "token_type": "Bearer",
            "scope": " ".join(self.prefix + each for each in (*named, *self.allowed_before)),
            "expires_in": self.access_seconds,
            "ext_expires_in": self.access_seconds,
            "access_token": self.new_access("EwB", consented),
        }
        return {**answer, "refresh_token": consented.refresh_token} if offline else answer


def _refresh_token() -> str:
    return "M.C5_" + secrets.token_urlsafe(32)
