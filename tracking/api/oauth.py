"""Connecting a mailbox: where to send the user, and what they come back with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from tracking.models import Mailbox

router = Router(tags=["Connect"])


@router.get(
    "/providers/gmail/oauth/start", response=answers(schemas.Authorization, 403, 503), summary="Start Gmail"
)
def start_gmail(request: Request) -> schemas.Authorization:
    """Where to send the user to allow reading their Gmail. The state is good once, for ten minutes."""
    return _start(request, Mailbox.Provider.GMAIL)


@router.post(
    "/providers/gmail/oauth/exchange",
    response=answers(schemas.ConnectedMailbox, 400, 403, 422, 502, 503),
    summary="Finish Gmail",
)
def exchange_gmail(request: Request, data: schemas.Exchange) -> schemas.ConnectedMailbox:
    """Connect the mailbox with what Google sent the user back with; its first sync begins."""
    return _exchange(request, Mailbox.Provider.GMAIL, data)


@router.get(
    "/providers/outlook/oauth/start",
    response=answers(schemas.Authorization, 403, 501),
    summary="Start Outlook",
)
def start_outlook(request: Request) -> schemas.Authorization:
    """Where to send the user to allow reading their Outlook. The state is good once, for ten minutes."""
    _require_outlook()
    return _start(request, Mailbox.Provider.OUTLOOK)


@router.post(
    "/providers/outlook/oauth/exchange",
    response=answers(schemas.ConnectedMailbox, 400, 403, 422, 501, 502, 503),
    summary="Finish Outlook",
)
def exchange_outlook(request: Request, data: schemas.Exchange) -> schemas.ConnectedMailbox:
    """Connect the mailbox with what Microsoft sent the user back with; its first sync begins."""
    _require_outlook()
    return _exchange(request, Mailbox.Provider.OUTLOOK, data)


def _start(request: Request, provider: Mailbox.Provider) -> schemas.Authorization:
    with _consents(request) as consents:
        url = connect.consent_url(request.auth, provider, consents, timezone.now())
    [state] = parse_qs(urlsplit(url).query)["state"]
    return schemas.Authorization(authorization_url=url, state=state)


def _exchange(
    request: Request, provider: Mailbox.Provider, data: schemas.Exchange
) -> schemas.ConnectedMailbox:
    with _consents(request) as consents:
        connected = connect.connect_account(
            request.auth, provider, consents, data.code, data.state, timezone.now()
        )
    mailbox = connected.mailbox
    queue(mailbox)
    return schemas.ConnectedMailbox(
        id=mailbox.pk, provider=mailbox.provider, address=mailbox.address, state=mailbox.state
    )


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


def _require_outlook() -> None:
    if not connect.can_connect(Mailbox.Provider.OUTLOOK):
        raise ApiError(501, "not_available", sentence("not_available"))
