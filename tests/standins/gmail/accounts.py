"""Google accounts: consent, authorization codes and tokens (OAuth 2.0 with PKCE)."""

from __future__ import annotations

from typing import Any

from tests.standins.oauth import Accounts, Consented, OAuthError

CODE_ERRORS = {
    "unknown": ("invalid_grant", "Malformed auth code."),
    "used": ("invalid_grant", "Malformed auth code."),
    "late": ("invalid_grant", "Malformed auth code."),
    "redirect_uri": ("redirect_uri_mismatch", "Bad Request"),
    "verifier": ("invalid_grant", "Invalid code verifier."),
}


class GoogleAccounts(Accounts):
    """Who consented to what, as Google tells it."""

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
        if problem := self.challenge_problem(query):
            return f"Error 400: invalid_request. {problem}"
        return ""

    def decide(self, query: dict[str, str], address: str, decision: str) -> dict[str, str]:
        """The parameters of the redirect back, after the user has pressed a button."""
        back = {"state": query["state"]} if "state" in query else {}
        if decision == "deny":
            return {"error": "access_denied", **back}
        granted = tuple(query["scope"].split()) if decision == "allow" else ()
        consented = Consented(address, query["client_id"], granted)
        offline = query.get("access_type") == "offline" and query.get("prompt") == "consent"
        return {**back, "code": self.new_code("4/", query, consented, offline), "scope": " ".join(granted)}

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
        if problem := self.code_problem(form):
            raise OAuthError(400, *CODE_ERRORS[problem])
        code = self.redeem(form)
        answer = self._issue(code.consented)
        return {**answer, "refresh_token": code.consented.refresh_token} if code.offline else answer

    def _refresh(self, form: dict[str, str]) -> dict[str, Any]:
        self.refreshes += 1
        consented = self.consented_by(form.get("refresh_token", ""))
        if consented is None:
            raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
        return self._issue(consented)

    def _issue(self, consented: Consented) -> dict[str, Any]:
        return {
            "access_token": self.new_access("ya29.", consented),
            "expires_in": self.access_seconds,
            "scope": " ".join(consented.scopes),
            "token_type": "Bearer",
        }

    def revoke_token(self, token: str) -> None:
        """Revoke all that the user granted, by either token. Raises OAuthError."""
        held = self.access.get(token)
        consented = held.consented if held else self.consented_by(token)
        if consented is None:
            raise OAuthError(400, "invalid_token", "Token expired or revoked")
        self.revoke(consented.address)
