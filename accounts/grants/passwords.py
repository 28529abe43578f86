"""Accounts that are read with a user name and a password instead of consent: kept as grants, too."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal
from uuid import UUID

from accounts.grants.errors import GrantLostError
from accounts.grants.keeping import put
from accounts.models import Grant, User

IMAP = Grant.Provider.IMAP.value

Security = Literal["tls", "starttls"]


@dataclass(frozen=True)
class Login:
    """How to get into a mailbox: TLS from the start, or begun with STARTTLS before the password is sent."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Security = "tls"


def keep_login(user: User, address: str, login: Login) -> Grant:
    """Store what lets the mailbox `address` be read; a later one replaces it."""
    return put(user, IMAP, address, scopes="", credentials=json.dumps(asdict(login)))


def login_of(grant_id: UUID) -> Login:
    """The login that is kept. Raises GrantLostError where there is none any more."""
    grant = Grant.objects.filter(pk=grant_id, provider=IMAP, state=Grant.State.ACTIVE).first()
    if grant is None or not grant.credentials:
        raise GrantLostError("grant_revoked")
    return Login(**json.loads(grant.credentials))
