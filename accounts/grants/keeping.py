"""Grants that are kept: a valid access token when one is needed, and the end of a grant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import requests
from django.db import transaction
from django.utils import timezone

from accounts.grants import tokens
from accounts.grants.errors import GrantError, GrantLostError, GrantUnavailableError, NotConfiguredError
from accounts.grants.providers import Provider, can_revoke, provider
from accounts.grants.tokens import EndpointError, Tokens
from accounts.models import Grant, User

log = logging.getLogger("heardback.grants")

# Google ends grants to apps in testing after seven days; a grant lost at that age was not withdrawn.
ONE_WEEK = (timedelta(days=7) - timedelta(hours=2), timedelta(days=8))


def keep(user: User, key: str, address: str, given: Tokens) -> Grant:
    """Store what was granted for the account `address`; a new consent replaces the old one."""
    return put(user, key, address, scopes=" ".join(given.scopes), credentials=given.dump())


def put(user: User, key: str, address: str, *, scopes: str, credentials: str) -> Grant:
    """Store the credentials for the account `address` in place of what was kept for it.

    The generation goes up, so that work begun with the old grant cannot speak for the new one.
    """
    with transaction.atomic():
        grant: Grant
        locked = Grant.objects.select_for_update()
        grant, _ = locked.get_or_create(user=user, provider=key, address=address, defaults={"generation": 0})
        grant.generation += 1
        grant.scopes, grant.credentials = scopes, credentials
        grant.state, grant.reason = Grant.State.ACTIVE, ""
        grant.save()
    return grant


class TokenSource:
    """Gives access tokens of one grant: `source()` a valid one, `source(True)` where the last was refused.

    A refused token is refreshed once: a worker that finds a newer one stored uses that. `loaded` is the
    grant where it has just been loaded, so that the first token need not be asked of the database.
    """

    def __init__(
        self, grant_id: UUID, clock: Callable[[], datetime] = timezone.now, loaded: Grant | None = None
    ) -> None:
        self._grant_id, self._clock, self._given = grant_id, clock, ""
        self._loaded = loaded

    def __call__(self, refused: bool = False) -> str:
        """Raises GrantLostError, GrantUnavailableError, NotConfiguredError."""
        loaded, self._loaded = self._loaded, None
        held = "" if refused else _usable(loaded, self._clock())
        refused_one = self._given if refused else ""
        self._given = held or access_token(self._grant_id, self._clock(), refused=refused_one)
        return self._given


def access_token(grant_id: UUID, at: datetime, *, refused: str = "") -> str:
    """A valid access token, refreshed if it ends within a minute or is the `refused` one.

    One worker refreshes while the others wait for the row. Raises GrantLostError (the user must
    consent again), GrantUnavailableError (later), NotConfiguredError.
    """
    held_token = _usable(Grant.objects.filter(pk=grant_id).first(), at)
    if held_token and held_token != refused:
        return held_token
    failure: GrantError
    with transaction.atomic():
        grant = Grant.objects.select_for_update().filter(pk=grant_id).first()
        if grant is None or grant.state != Grant.State.ACTIVE:
            raise GrantLostError((grant and grant.reason) or "grant_revoked")
        held = Tokens.load(grant.credentials)
        if held.is_fresh(at) and held.access_token != refused:
            return held.access_token
        try:
            return _refresh(grant, held, at)
        except GrantLostError as error:
            failure = error
            lose(grant.pk, grant.generation, error.code)
    raise failure  # outside, so that the loss is not rolled back


def _usable(grant: Grant | None, at: datetime) -> str:
    """The access token of a grant, if it can be used as it is."""
    if grant is None or grant.state != Grant.State.ACTIVE:
        return ""
    held = Tokens.load(grant.credentials)
    return held.access_token if held.is_fresh(at) else ""


def lose(grant_id: UUID, generation: int, code: str) -> bool:
    """Mark the grant of this `generation` as lost and wipe its credentials.

    True for the one caller who did it: not where it was known already or a newer consent came.
    """
    active = Grant.objects.filter(pk=grant_id, generation=generation, state=Grant.State.ACTIVE)
    return bool(active.update(state=Grant.State.NEEDS_RECONNECT, reason=code, credentials=""))


def forget(grant: Grant) -> str:
    """Delete the grant and its credentials at once; give the refresh token, for `revoke` ("" if none)."""
    with transaction.atomic():
        held = Grant.objects.select_for_update().filter(pk=grant.pk).first()
        refresh_token = Tokens.load(held.credentials).refresh_token if held else ""
        Grant.objects.filter(pk=grant.pk).delete()
    return refresh_token


def revoke(key: str, refresh_token: str) -> bool | None:
    """Take the access back at the provider; whether it is gone there. Best effort: never raises.

    None where the provider has no way for it.
    """
    if not can_revoke(key):
        return None
    token = {"token": refresh_token}
    try:
        url = provider(key).revoke_url
        response = requests.post(url, data=token, timeout=tokens.TIMEOUT, allow_redirects=False)
        error = response.json().get("error") if response.status_code == 400 else ""
    except (requests.RequestException, ValueError, AttributeError, NotConfiguredError) as problem:
        log.warning("revoking failed: %s", type(problem).__name__)
        return False
    return response.status_code == 200 or error == "invalid_token"  # revoked before: there is no access


def _refresh(grant: Grant, held: Tokens, at: datetime) -> str:
    if not held.refresh_token:
        raise GrantLostError("grant_revoked")
    chosen = provider(grant.provider)
    fields = {"grant_type": "refresh_token", "refresh_token": held.refresh_token}
    try:
        answer = tokens.ask(chosen, fields)
    except EndpointError as problem:
        raise _verdict(chosen, problem.errors, held, at) from None
    renewed = replace(
        held,
        access_token=answer["access_token"],
        refresh_token=str(answer.get("refresh_token") or held.refresh_token),
        expires_at=tokens.expiry(answer, at),
    )
    grant.credentials = renewed.dump()
    grant.save(update_fields=["credentials", "updated_at"])
    return renewed.access_token


def _verdict(chosen: Provider, errors: Sequence[str], held: Tokens, at: datetime) -> GrantError:
    """What a refused refresh means: what the provider's table does not call lost, is no verdict."""
    code = next((chosen.lost[error] for error in errors if error in chosen.lost), "")
    if not code:
        trouble = "client_refused" if errors else "provider_unreachable"
        return GrantUnavailableError(chosen.refusal(errors) or trouble)
    ended_by_age = ONE_WEEK[0] <= at - held.consented_at <= ONE_WEEK[1]
    if chosen.testing_ends_after_a_week and ended_by_age:
        code = "grant_ended_after_a_week"
    return GrantLostError(code)
