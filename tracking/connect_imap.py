"""Connecting a mailbox with a password: nothing is stored before the server has accepted it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import grants
from accounts.grants import GrantLostError, Login
from accounts.models import User
from accounts.notifications import mark_read
from tracking.connect import Connected, RefusedError, activate, require_mail_sync
from tracking.models import Mailbox
from tracking.providers import imap

ATTEMPTS = 10  # in ATTEMPT_SECONDS; a password is not to be guessed through us, nor hosts be probed
ATTEMPT_SECONDS = 600

# What a problem is about, as the form and the API call it
FIELDS = {
    "password_refused": "password",
    "password_expired": "password",
    "app_password_needed": "password",
    "server_unknown": "host",
    "server_private": "host",
    "certificate_refused": "host",
    "provider_unreachable": "host",
    "provider_timeout": "host",
    "tls_failed": "security",
    "starttls_missing": "security",
    "port_refused": "port",
}

Server = imap.Server


def server_of(address: str) -> Server | None:
    """The mail provider of an address, where it is a known one."""
    return imap.server_of(address)


def known_login(user: User, mailbox_id: UUID) -> tuple[Mailbox, Login | None]:
    """The IMAP mailbox that is to be reconnected, and how it was read so far. Raises Mailbox.DoesNotExist."""
    mailbox: Mailbox = Mailbox.objects.of(user).connected().get(pk=mailbox_id, provider=Mailbox.Provider.IMAP)
    try:
        return mailbox, grants.login_of(mailbox.grant_id) if mailbox.grant_id else None
    except GrantLostError:
        return mailbox, None


def connect(user: User, address: str, login: Login, at: datetime) -> Connected:
    """Sign in once, then keep the mailbox and let it sync at once. A known one keeps its cursor and mail.

    Raises LimitError, RefusedError after too many attempts, and ProviderError with what the server said.
    """
    require_mail_sync(user)
    _count_attempt(user)
    imap.try_login(login)
    address = address.lower()
    with transaction.atomic():
        # The mailbox before the grant, as everybody locks them.
        list(Mailbox.objects.of(user).filter(address=address).select_for_update(of=("self",)))
        grant = grants.keep_login(user, address, login)
        mailbox, is_new = activate(user, Mailbox.Provider.IMAP, address, at, grant)
    mark_read(user, at, key=f"reconnect:{mailbox.pk}")
    return Connected(mailbox, is_new)


def _count_attempt(user: User) -> None:
    key = f"imap:attempts:{user.pk}"
    cache.add(key, 0, timeout=ATTEMPT_SECONDS)
    if cache.incr(key) > ATTEMPTS:
        raise RefusedError(_("That were many attempts. Wait ten minutes, then try again."))
