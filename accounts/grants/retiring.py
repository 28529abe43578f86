"""Grants that nobody uses any more and that are still to be taken back at their provider."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction

from accounts.grants.providers import can_revoke
from accounts.grants.tokens import Tokens
from accounts.models import Grant


def retire(grant: Grant) -> str:
    """Use the grant no more: give its refresh token if it can be revoked at the provider, else "".

    Until then the sealed token alone stays, without scopes or address; where there is nothing to revoke,
    the grant is deleted.
    """
    with transaction.atomic():
        held = Grant.objects.select_for_update().filter(pk=grant.pk).first()
        token = Tokens.load(held.credentials).refresh_token if held else ""
        if held is None or not token or not can_revoke(held.provider):
            Grant.objects.filter(pk=grant.pk).delete()
            return ""
        held.state, held.reason, held.scopes = Grant.State.REVOKED, "", ""
        held.address = f"{held.pk}@retired.invalid"  # the same account may be connected again
        held.credentials = json.dumps({"refresh_token": token})
        held.generation += 1
        held.save()
    return token


def retired_token(grant_id: UUID) -> str:
    """What is still to be revoked; "" where there is nothing."""
    held = Grant.objects.filter(pk=grant_id, state=Grant.State.REVOKED).first()
    return Tokens.load(held.credentials).refresh_token if held else ""


def drop(grant_id: UUID) -> None:
    """Delete a retired grant with its token."""
    Grant.objects.filter(pk=grant_id, state=Grant.State.REVOKED).delete()
