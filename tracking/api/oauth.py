"""Connecting a mailbox: where to send the user, and what they come back with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from django.core.cache import cache
from django.utils import timezone
from ninja import Router

from accounts.grants.consent import VALID_FOR, Session
from tracking import connect
from tracking.api import schemas
from tracking.api.auth import Request
from tracking.api.errors import ApiError, sentence
from tracking.api.runs import queue
from tracking.api.schemas import answers

router = Router(tags=["Connect"])


@router.get(
    "/providers/gmail/oauth/start", response=answers(schemas.Authorization, 403, 503), summary="Start Gmail"
)
def start_gmail(request: Request) -> schemas.Authorization:
    """Where to send the user to allow reading their Gmail. The state is good once, for ten minutes."""
    with _consents(request) as consents:
        url = connect.gmail_consent_url(request.auth, consents, timezone.now())
    [state] = parse_qs(urlsplit(url).query)["state"]
    return schemas.Authorization(authorization_url=url, state=state)


@router.post(
    "/providers/gmail/oauth/exchange",
    response=answers(schemas.ConnectedMailbox, 400, 403, 422, 502, 503),
    summary="Finish Gmail",
)
def exchange_gmail(request: Request, data: schemas.Exchange) -> schemas.ConnectedMailbox:
    """Connect the mailbox with what Google sent the user back with; its first sync begins."""
    with _consents(request) as consents:
        connected = connect.connect_gmail(request.auth, consents, data.code, data.state, timezone.now())
    mailbox = connected.mailbox
    queue(mailbox)
    return schemas.ConnectedMailbox(
        id=mailbox.pk, provider=mailbox.provider, address=mailbox.address, state=mailbox.state
    )


@router.get(
    "/providers/outlook/oauth/start", response=answers(schemas.Authorization, 501), summary="Start Outlook"
)
def start_outlook(request: Request) -> schemas.Authorization:
    """Not available yet."""
    _not_yet()


@router.post(
    "/providers/outlook/oauth/exchange",
    response=answers(schemas.ConnectedMailbox, 403, 501),
    summary="Finish Outlook",
)
def exchange_outlook(request: Request) -> schemas.ConnectedMailbox:
    """Not available yet."""
    _not_yet()


@contextmanager
def _consents(request: Request) -> Iterator[Session]:
    """What the consents begun are bound to: the browser's session, or with a token the user."""
    if "Authorization" not in request.headers:
        yield request.session
        return
    key = f"api:consents:{request.auth.pk}"
    held = cache.get(key, {})
    try:
        yield held
    finally:
        cache.set(key, held, VALID_FOR.total_seconds())


def _not_yet() -> NoReturn:
    raise ApiError(501, "not_available", sentence("not_available"))
