"""Opens a mailbox with the provider it is of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from accounts.grants import TokenSource
from tracking.models import Mailbox
from tracking.providers import NeedsReconnectError, Scope, Source
from tracking.providers.gmail import GmailSource
from tracking.providers.outlook import OutlookSource
from tracking.providers.sample import Owner, SampleSource
from tracking.providers.upload import UploadSource

Clock = Callable[[], datetime]


def open_source(mailbox: Mailbox, scope: Scope, clock: Clock) -> Source:
    """The mailbox, ready to be read. Raises NeedsReconnectError where there is no access to it."""
    provider = Mailbox.Provider(mailbox.provider)
    match provider:
        case Mailbox.Provider.SAMPLE:
            user = mailbox.user
            return SampleSource(Owner(user.name or user.get_short_name(), user.email, user.zone, clock()))
        case Mailbox.Provider.UPLOAD:
            return UploadSource(mailbox)
        case Mailbox.Provider.GMAIL:
            return GmailSource(mailbox, scope, _tokens(mailbox, clock), clock)
        case Mailbox.Provider.OUTLOOK:
            return OutlookSource(mailbox, scope, _tokens(mailbox, clock), clock)
        case Mailbox.Provider.IMAP:
            raise NeedsReconnectError("not_available")
        case _:
            assert_never(provider)


def _tokens(mailbox: Mailbox, clock: Clock) -> TokenSource:
    if mailbox.grant is None:
        raise NeedsReconnectError("grant_revoked")
    return TokenSource(mailbox.grant.pk, clock)
