"""Access tokens of a grant that is about to be forgotten, for a last call at its provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from accounts.grants import tokens
from accounts.grants.errors import GrantLostError
from accounts.grants.providers import provider
from accounts.grants.tokens import EndpointError, Tokens
from accounts.models import Grant


class PartingTokens:
    """Gives access tokens as a `TokenSource` does, from what the grant held when this was made.

    Nothing of it is stored; it is for the moment after the grant is gone.
    """

    def __init__(self, grant_id: UUID, clock: Callable[[], datetime]) -> None:
        grant = Grant.objects.get(pk=grant_id)
        self._provider, self._clock = grant.provider, clock
        self._held = Tokens.load(grant.credentials)

    def __call__(self, refused: bool = False) -> str:
        """Raises GrantLostError, NotConfiguredError."""
        if refused or not self._held.is_fresh(self._clock()):
            self._refresh()
        return self._held.access_token

    def _refresh(self) -> None:
        if not self._held.refresh_token:
            raise GrantLostError("grant_revoked")
        fields = {"grant_type": "refresh_token", "refresh_token": self._held.refresh_token}
        try:
            answer = tokens.ask(provider(self._provider), fields)
        except EndpointError:
            raise GrantLostError("grant_revoked") from None
        expires_at = tokens.expiry(answer, self._clock())
        self._held = replace(self._held, access_token=answer["access_token"], expires_at=expires_at)
