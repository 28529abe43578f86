"""Which providers tell us of new mail on this installation, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from tracking.models import Mailbox
from tracking.providers.budgets import budget_of
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


def open_channel(mailbox: Mailbox, token: Token, clock: Callable[[], datetime]) -> Channel:
    """How the provider of a mailbox, Gmail or Outlook, is asked with access tokens of `token`.

    Its calls cost of the same budget as those that read the mailbox.
    """
    made = GmailWatch if mailbox.provider == GMAIL else GraphSubscriptions
    return made(token, clock, budget_of(mailbox.provider, mailbox.pk))


def is_shared(mailbox: Mailbox) -> bool:
    """Whether an end would be one for another user, too: a Gmail account has one watch for all."""
    if mailbox.provider != GMAIL:
        return False
    others = Mailbox.objects.filter(provider=GMAIL, address=mailbox.address, state=Mailbox.State.ACTIVE)
    return others.exclude(pk=mailbox.pk).exists()
