"""Mailboxes whose provider may tell of new mail, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts import grants
from accounts.grants import GOOGLE, MICROSOFT
from tests.factories import MailboxFactory
from tests.standins.fixtures import Gmail, Outlook
from tracking.models import Mailbox, PushSubscription
from tracking.push import upkeep

GRANTORS = {Mailbox.Provider.GMAIL: GOOGLE, Mailbox.Provider.OUTLOOK: MICROSOFT}


def connected(stand_in: Gmail | Outlook, user) -> Mailbox:
    """A mailbox with real access at the stand-in, synced before and due again in five minutes."""
    provider = Mailbox.Provider.GMAIL if isinstance(stand_in, Gmail) else Mailbox.Provider.OUTLOOK
    at = timezone.now()
    given = {
        "next_sync_at": at + timedelta(minutes=5),
        "last_success_at": at - timedelta(minutes=1),
        "grant": consented(stand_in, user, GRANTORS[provider]),
    }
    return MailboxFactory(user=user, provider=provider, address=stand_in.owner, **given)


def consented(stand_in: Gmail | Outlook, user, grantor: str):
    at, session = timezone.now(), {}
    back = stand_in.consent(grants.authorization_url(session, grantor, at))
    tokens = grants.exchange(grants.take_consent(session, back["state"], at), back["code"], at)
    return grants.keep(user, grantor, stand_in.owner, tokens)


def beat(at: datetime | None = None) -> list[UUID]:
    """What the scheduler has done once: the subscriptions that were worked on."""
    at = at or timezone.now()
    claimed = upkeep.claim_due(at, 10)
    for subscription_id in claimed:
        upkeep.tend(subscription_id, lambda: at)
    return claimed


def tended(mailbox: Mailbox, at: datetime | None = None) -> PushSubscription:
    """What one beat makes of a mailbox's subscription."""
    beat(at)
    return PushSubscription.objects.get(mailbox=mailbox)
