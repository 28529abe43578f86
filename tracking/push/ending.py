"""The end of what a provider promised, when a mailbox is taken away and its credentials with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from django.utils import timezone

from accounts.grants import PartingTokens
from tracking.models import Mailbox, PushSubscription
from tracking.providers import ProviderError
from tracking.providers.pushing import Channel, PushError
from tracking.push.channels import is_shared, open_channel

log = logging.getLogger("heardback.push")


def take_away(mailbox: Mailbox) -> Callable[[], None] | None:
    """Forget the subscription of a mailbox in the caller's transaction, before its grant is forgotten.

    Gives what is to be called when that stands, to have the provider tell nothing more. That tries for some
    seconds and never raises: what is not ended runs out by itself, and has no effect here.
    """
    row = PushSubscription.objects.select_for_update().filter(mailbox=mailbox).first()
    if row is None:
        return None
    row.delete()
    if row.state != PushSubscription.State.LIVE or mailbox.grant is None or is_shared(mailbox):
        return None
    tokens = PartingTokens(mailbox.grant.pk, timezone.now)
    return partial(_end, open_channel(mailbox, tokens, timezone.now), row.external_id)


def _end(channel: Channel, external_id: str) -> None:
    try:
        channel.end(external_id)
    except (PushError, ProviderError) as error:
        log.info("a push subscription was left to run out: %s", error.code)
