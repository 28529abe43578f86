"""What a plan lets be done and shown with the mail of one mailbox."""

from __future__ import annotations

from billing.plans import PLATINUM, Entitlements
from tracking.models import Mailbox


def within(mailbox: Mailbox, may: Entitlements) -> Entitlements:
    """What `may` allows in `mailbox`; the sample mailbox has everything on every plan."""
    return PLATINUM.entitlements if mailbox.provider == Mailbox.Provider.SAMPLE else may
