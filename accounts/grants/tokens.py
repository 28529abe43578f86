"""Tokens as values, and the one way of asking a token endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from accounts.grants.providers import Provider

TIMEOUT = (5, 15)  # seconds to connect, and for each answer
LEEWAY = timedelta(seconds=60)


class EndpointError(Exception):
    """The token endpoint gave no tokens. `errors` name why, the most telling first: Microsoft's numbers,
    then the OAuth code. Empty where it did not answer in kind.
    """

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = errors


@dataclass(frozen=True)
class Tokens:
    """What a provider gave. `scopes` is what the user really granted."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    consented_at: datetime
    scopes: tuple[str, ...] = ()

    def is_fresh(self, at: datetime) -> bool:
        """Whether the access token still holds for a minute."""
        return bool(self.access_token) and at + LEEWAY < self.expires_at

    def dump(self) -> str:
        """JSON for the encrypted field; times in seconds since the epoch."""
        values = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.timestamp(),
            "consented_at": self.consented_at.timestamp(),
        }
        return json.dumps(values)

    @classmethod
    def load(cls, credentials: str) -> Tokens:
        """What `dump` wrote; tokens are empty where credentials were wiped."""
        values = json.loads(credentials or "{}")
        return cls(
            access_token=values.get("access_token", ""),
            refresh_token=values.get("refresh_token", ""),
            expires_at=datetime.fromtimestamp(values.get("expires_at", 0), UTC),
            consented_at=datetime.fromtimestamp(values.get("consented_at", 0), UTC),
        )


def ask(provider: Provider, fields: Mapping[str, str]) -> dict[str, Any]:
    """POST `fields` with the client's credentials to the token endpoint. Raises EndpointError."""
    client = {"client_id": provider.client_id, "client_secret": provider.client_secret}
    try:
        response = requests.post(
            provider.token_url, data={**client, **fields}, timeout=TIMEOUT, allow_redirects=False
        )
        answer = response.json()
    except (requests.RequestException, ValueError):
        raise EndpointError from None  # the exception may quote what was sent
    if not isinstance(answer, dict):
        raise EndpointError
    if response.status_code != 200:
        # 429 and 5xx are no verdict on the grant, whatever their body says.
        raise EndpointError(*(_errors(answer) if response.status_code in {400, 401, 403} else ()))
    if not isinstance(answer.get("access_token"), str):
        raise EndpointError
    return answer


def _errors(answer: Mapping[str, Any]) -> list[str]:
    numbers, code = answer.get("error_codes"), answer.get("error")
    listed = [f"AADSTS{number}" for number in numbers] if isinstance(numbers, list) else []
    return [*listed, str(code)] if code else listed


def expiry(answer: Mapping[str, Any], at: datetime) -> datetime:
    """When the access token of `answer` ends; `expires_in` is in seconds (RFC 6749, 5.1)."""
    try:
        seconds = float(answer.get("expires_in", 0))
    except (TypeError, ValueError):
        seconds = 0
    return at + timedelta(seconds=min(max(seconds, 0), 86_400))
