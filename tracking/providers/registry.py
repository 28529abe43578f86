"""Opens a mailbox with the provider it is of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from accounts.grants import GrantLostError, Login, TokenSource, login_of
from tracking.mail import RawMail
from tracking.models import Mailbox
from tracking.providers import NeedsReconnectError, Scope, Source
from tracking.providers.budgets import Budget, budget_of, connections_to
from tracking.providers.gmail import GmailSource
from tracking.providers.gmail.heads import GmailLister
from tracking.providers.heads import Lister
from tracking.providers.imap import ImapSource
from tracking.providers.imap.heads import ImapLister
from tracking.providers.outlook import OutlookSource
from tracking.providers.outlook.heads import FOLDERS, OutlookLister
from tracking.providers.sample import Owner, SampleLister, SampleSource
from tracking.providers.upload import UploadSource

Clock = Callable[[], datetime]


def open_source(mailbox: Mailbox, scope: Scope, clock: Clock, budget: Budget | None = None) -> Source:
    """The mailbox, ready to be read within its budget, where what it costs is counted.

    Raises NeedsReconnectError where there is no access to it.
    """
    budget = budget or budget_of(mailbox.provider, mailbox.pk)
    provider = Mailbox.Provider(mailbox.provider)
    match provider:
        case Mailbox.Provider.SAMPLE:
            return SampleSource(_owner(mailbox, clock))
        case Mailbox.Provider.UPLOAD:
            return UploadSource(mailbox)
        case Mailbox.Provider.GMAIL:
            return GmailSource(mailbox, scope, _tokens(mailbox, clock), clock, budget)
        case Mailbox.Provider.OUTLOOK:
            return OutlookSource(mailbox, scope, _tokens(mailbox, clock), clock, budget)
        case Mailbox.Provider.IMAP:
            login = _login(mailbox)
            budget.at_once += connections_to(login.host)
            return ImapSource(mailbox, scope, login, budget)
        case _:
            assert_never(provider)


def open_lister(mailbox: Mailbox, clock: Clock, budget: Budget) -> Lister | None:
    """The mailbox, ready to list what it received; None where nobody can ask for that.

    Raises NeedsReconnectError where there is no access to it.
    """
    match Mailbox.Provider(mailbox.provider):
        case Mailbox.Provider.SAMPLE:
            return SampleLister(_owner(mailbox, clock))
        case Mailbox.Provider.GMAIL:
            return GmailLister(_tokens(mailbox, clock), clock, budget)
        case Mailbox.Provider.OUTLOOK:
            known = mailbox.cursor.get("folders", FOLDERS)
            return OutlookLister(_tokens(mailbox, clock), clock, budget, known)
        case Mailbox.Provider.IMAP:
            login = _login(mailbox)
            budget.at_once += connections_to(login.host)
            return ImapLister(login, budget)
    return None


def fetch_one(mailbox: Mailbox, scope: Scope, provider_id: str, clock: Clock, budget: Budget) -> RawMail:
    """One message of the mailbox, whole. Raises MessageError and other ProviderErrors."""
    source = open_source(mailbox, scope, clock, budget)
    try:
        return source.get(provider_id)
    finally:
        if isinstance(source, ImapSource):
            source.close()


def _owner(mailbox: Mailbox, clock: Clock) -> Owner:
    user = mailbox.user
    return Owner(user.name or user.get_short_name(), user.email, user.zone, clock())


def _tokens(mailbox: Mailbox, clock: Clock) -> TokenSource:
    if mailbox.grant is None:
        raise NeedsReconnectError("grant_revoked")
    return TokenSource(mailbox.grant.pk, clock, mailbox.grant)


def _login(mailbox: Mailbox) -> Login:
    if mailbox.grant is None:
        raise NeedsReconnectError("grant_revoked")
    try:
        return login_of(mailbox.grant.pk)
    except GrantLostError as error:
        raise NeedsReconnectError(error.code) from None
