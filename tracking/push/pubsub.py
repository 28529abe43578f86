"""What Gmail tells by way of Google's Pub/Sub: that something changed in the mailbox of an address."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from datetime import datetime
from uuid import UUID

from accounts.encryption import keyed_hash
from tracking.models import Mailbox, PushSubscription
from tracking.waking import wake

log = logging.getLogger("heardback.push")


def account_hash(address: str) -> str:
    """By what the mailboxes of an address are found."""
    return keyed_hash("push", address.strip().lower())


def receive(body: bytes, at: datetime) -> list[UUID]:
    """Wake the mailboxes that a push is about; give those to be queued.

    The history id it brings is not used: it may be older or newer than what was read, and where reading
    goes on is in the mailbox's own cursor. What cannot be read is dropped: it does not get better.
    """
    address = _address_in(body)
    if not address:
        log.warning("a push of Gmail could not be read")
        return []
    told = PushSubscription.objects.filter(
        account_hash=account_hash(address), mailbox__provider=Mailbox.Provider.GMAIL
    )
    mailboxes = list(told.values_list("mailbox_id", flat=True))
    told.update(notified_at=at)
    return [mailbox_id for mailbox_id in mailboxes if wake(mailbox_id, at)]


def _address_in(body: bytes) -> str:
    try:
        data = json.loads(body)["message"]["data"]
        # Both alphabets of base64 are in use.
        decoded = base64.b64decode(data.replace("-", "+").replace("_", "/") + "==")
        address = json.loads(decoded)["emailAddress"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, binascii.Error):
        return ""
    return address if isinstance(address, str) else ""
