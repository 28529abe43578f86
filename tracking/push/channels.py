"""Which providers tell us of new mail on this installation, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from tracking.models import Mailbox
from tracking.providers.calling import Token
from tracking.providers.gmail.watch import GmailWatch
from tracking.providers.outlook.subscriptions import GraphSubscriptions
from tracking.providers.pushing import Channel

GMAIL, OUTLOOK = Mailbox.Provider.GMAIL, Mailbox.Provider.OUTLOOK


def is_on(provider: str) -> bool:
    """Whether the operator has set up pushes of `provider`."""
    if provider == GMAIL:
        needed = (settings.GMAIL_PUBSUB_TOPIC, settings.GMAIL_PUBSUB_AUDIENCE)
        return all((*needed, settings.GMAIL_PUBSUB_SERVICE_ACCOUNT))
    return provider == OUTLOOK and bool(settings.GRAPH_PUSH_BASE_URL)


def providers_on() -> list[str]:
    return [provider for provider in (GMAIL, OUTLOOK) if is_on(provider)]


def open_channel(provider: str, token: Token, clock: Callable[[], datetime]) -> Channel:
    """How `provider`, Gmail or Outlook, is asked with access tokens of `token`."""
    return GmailWatch(token, clock) if provider == GMAIL else GraphSubscriptions(token, clock)


def is_shared(mailbox: Mailbox) -> bool:
    """Whether an end would be one for another user, too: a Gmail account has one watch for all."""
    if mailbox.provider != GMAIL:
        return False
    others = Mailbox.objects.filter(provider=GMAIL, address=mailbox.address, state=Mailbox.State.ACTIVE)
    return others.exclude(pk=mailbox.pk).exists()
