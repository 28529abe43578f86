"""Connecting a mailbox, pausing and waking it, and taking it away with all that came from it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts import grants
from accounts.grants.consent import Session
from accounts.models import Grant, User
from accounts.notifications import mark_read, touch
from applications import adding
from applications.models import Application
from applications.status import Status
from billing.entitlements import LimitError, entitlements, plan_of
from tracking import backfill
from tracking.disconnect import disconnect as disconnect
from tracking.failures import retry
from tracking.fence import fence, locked
from tracking.models import Mailbox, SyncRun
from tracking.providers import gmail, outlook, sample
from tracking.providers.mbox import pieces
from tracking.providers.upload import store
from tracking.words import in_words

SAMPLE_ADDRESS, UPLOAD_ADDRESS = gettext_noop("Sample mailbox"), gettext_noop("Uploaded files")
REST = timedelta(seconds=10)  # between syncs by hand

log = logging.getLogger("heardback.connect")


class RefusedError(Exception):
    """It cannot be done now. Its text is a sentence for the user."""


@dataclass(frozen=True)
class Way:
    """How mailboxes of a provider are connected: who is asked for the grant, and whose account it then is."""

    grantor: str
    address_of: Callable[[str], str]


WAYS = {
    Mailbox.Provider.GMAIL: Way(grants.GOOGLE, gmail.address_of),
    Mailbox.Provider.OUTLOOK: Way(grants.MICROSOFT, outlook.address_of),
}


@dataclass(frozen=True)
class Connected:
    """What came of a consent. `instead_of` is the address that was to be reconnected, if it was another."""

    mailbox: Mailbox
    is_new: bool
    instead_of: str = ""


def can_connect(provider: Mailbox.Provider) -> bool:
    """Whether mailboxes of `provider` can be connected on this installation."""
    return provider in WAYS and grants.is_configured(WAYS[provider].grantor)


def consent_url(
    user: User, provider: Mailbox.Provider, session: Session, at: datetime, mailbox_id: UUID | None = None
) -> str:
    """Where to send `user` to let us read a mailbox; with `mailbox_id`, to reconnect that one.

    Raises LimitError, NotConfiguredError, Mailbox.DoesNotExist.
    """
    require_mail_sync(user)
    known = Mailbox.objects.of(user).connected().filter(provider=provider)
    mailbox = known.get(pk=mailbox_id) if mailbox_id else None
    return grants.authorization_url(
        session,
        WAYS[provider].grantor,
        at,
        login_hint=mailbox.address if mailbox else "",
        about=str(mailbox.pk) if mailbox else "",
    )


def connect_account(
    user: User, provider: Mailbox.Provider, session: Session, code: str, state: str, at: datetime
) -> Connected:
    """Finish the consent that `state` belongs to, and let the mailbox sync at once.

    A known address keeps its mailbox, cursor and mail. Raises LimitError, GrantError (also of
    state and scope), and ProviderError where the provider would not say whose account it is.
    """
    require_mail_sync(user)
    way = WAYS[provider]
    consent = take_consent(provider, session, state, at)
    tokens = grants.exchange(consent, code, at)
    address = way.address_of(tokens.access_token)
    with transaction.atomic():
        # The mailbox before the grant, as everybody locks them.
        list(Mailbox.objects.of(user).filter(address=address).select_for_update(of=("self",)))
        grant = grants.keep(user, way.grantor, address, tokens)
        mailbox, is_new = activate(user, provider, address, at, grant)
    mark_read(user, at, key=f"reconnect:{mailbox.pk}")
    wanted = Mailbox.objects.of(user).filter(pk=consent.about).first() if consent.about else None
    instead_of = wanted.address if wanted and wanted.pk != mailbox.pk else ""
    return Connected(mailbox, is_new, instead_of)


def take_consent(provider: Mailbox.Provider, session: Session, state: str, at: datetime) -> grants.Consent:
    """The consent that `state` belongs to, if it was asked of this provider. Raises StateError."""
    consent = grants.take_consent(session, state, at)
    if consent.provider != WAYS[provider].grantor:
        raise grants.StateError("state_unknown")  # the answer of one provider brought to the other's address
    return consent


def refusal_of(
    provider: Mailbox.Provider, session: Session, state: str, error: str, description: str, at: datetime
) -> str:
    """The code for the error that the provider sent the user back with. Raises GrantError."""
    consent = take_consent(provider, session, state, at)
    return grants.refusal_of(consent.provider, error, description)


def use_sample(user: User, at: datetime) -> Mailbox:
    """Give `user`, on any plan, the sample mailbox and the applications its mail is about."""
    with transaction.atomic():
        mailbox, is_new = activate(user, Mailbox.Provider.SAMPLE, SAMPLE_ADDRESS, at)
        if is_new:
            owner = sample.Owner(user.name or user.get_short_name(), user.email, user.zone, at)
            for described in sample.contents()["applications"]:
                _add_sample(user, owner, described)
    return mailbox


def receive_file(user: User, name: str, file: IO[bytes], limit: int, at: datetime) -> Mailbox:
    """Keep a file of mail of at most `limit` bytes, sealed, and have it read next.

    Raises LimitError, and UnreadableFileError for what is no mail at all.
    """
    require_mail_sync(user)
    next(pieces(name, file), None)  # a look at its beginning
    file.seek(0)
    mailbox, _ = Mailbox.objects.get_or_create(
        user=user, provider=Mailbox.Provider.UPLOAD, address=UPLOAD_ADDRESS
    )
    store(mailbox, name, file, limit)
    # If an earlier file is being read now, another sync follows.
    waking = {"next_sync_at": at, "wanted_by": SyncRun.Trigger.UPLOAD, "blocked_until": None}
    active = {"state": Mailbox.State.ACTIVE, "state_reason": "", "failures_in_a_row": 0}
    Mailbox.objects.connected().filter(pk=mailbox.pk).update(**waking, **active)
    mailbox.refresh_from_db()
    return mailbox


def require_mail_sync(user: User) -> None:
    """Raises LimitError where the plan of `user` has no mail sync."""
    if not entitlements(user).mail_sync:
        words = _(
            "The %(plan)s plan does not include mail sync. "
            "Try the sample mailbox, or look at the other plans."
        )
        raise LimitError(words % {"plan": plan_of(user).name})


def pause(user: User, mailbox_id: UUID, at: datetime) -> None:
    """Stop looking for mail; a sync that runs writes nothing more. Raises RefusedError."""
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        if mailbox.state != Mailbox.State.ACTIVE:
            raise RefusedError(_("It is not active, so there is nothing to pause."))
        fence(mailbox, Mailbox.State.PAUSED, "by_user")
    log.info("mailbox %s paused at %s", mailbox_id, at.isoformat())


def resume(user: User, mailbox_id: UUID, at: datetime) -> Mailbox:
    """Go on looking for mail, beginning now. Raises RefusedError, LimitError."""
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        if mailbox.state != Mailbox.State.PAUSED:
            raise RefusedError(_("It is not paused, so there is nothing to resume."))
        if mailbox.provider != Mailbox.Provider.SAMPLE:
            require_mail_sync(user)
        fence(mailbox, Mailbox.State.ACTIVE, "", next_sync_at=at)
    return mailbox


def sync_now(user: User, mailbox_id: UUID, at: datetime) -> Mailbox:
    """Have the mailbox synced next; the caller may queue it, else the schedule does in seconds.

    Raises RefusedError with what to do instead, LimitError.
    """
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        if mailbox.provider != Mailbox.Provider.SAMPLE:
            require_mail_sync(user)
        if refusal := _why_not_now(mailbox, at):
            raise RefusedError(refusal)
        mailbox.next_sync_at, mailbox.wanted_by = at, SyncRun.Trigger.BY_HAND
        mailbox.save(update_fields=["next_sync_at", "wanted_by"])
        touch(user.pk)
    return mailbox


def read_back(user: User, mailbox_id: UUID, days: int, at: datetime) -> Mailbox:
    """Have the mailbox read that many days back. What is older and not read yet comes with the next sync,
    and a sync that runs ends; of what was read, nothing is deleted. Raises LimitError.
    """
    require_mail_sync(user)
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        changes = backfill.chosen(mailbox, days, at)
        if changes["older_since"] is not None:
            changes |= {"next_sync_at": at, "wanted_by": SyncRun.Trigger.BACKFILL}
        fence(mailbox, mailbox.state, mailbox.state_reason, **changes)
    return mailbox


def retry_failures(user: User, mailbox_id: UUID, at: datetime) -> tuple[Mailbox, int]:
    """Have what could not be read tried again with the next sync, now; give how many messages.

    Raises LimitError.
    """
    require_mail_sync(user)
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        count = retry(mailbox)
        if count:
            mailbox.next_sync_at, mailbox.wanted_by = at, SyncRun.Trigger.BY_HAND
            mailbox.save(update_fields=["next_sync_at", "wanted_by"])
            touch(user.pk)
    return mailbox, count


def activate(
    user: User, provider: str, address: str, at: datetime, grant: Grant | None = None
) -> tuple[Mailbox, bool]:
    """The mailbox of this address, made if it is new, to be synced at once with `grant`; whether it is new.

    A sync that runs writes nothing more. Called within a transaction.
    """
    locked = Mailbox.objects.select_for_update(of=("self",))
    mailbox, is_new = locked.get_or_create(
        user=user, provider=provider, address=address, defaults={"grant": grant}
    )
    fresh = {"grant": grant, "failures_in_a_row": 0, "blocked_until": None, "next_sync_at": at}
    fence(mailbox, Mailbox.State.ACTIVE, "", **fresh, lost_at=None, lost_mailed_at=None, queued_until=None)
    return mailbox, is_new


def _add_sample(user: User, owner: sample.Owner, described: dict[str, Any]) -> None:
    began_at = sample.moment(described.get("applied_days_ago") or 0, "09:00", owner)
    status = Status(described["status"])
    adding.add(
        user,
        began_at,  # also of a later status: mail that came after it still counts
        company=described["company"],
        title=described["title"],
        status=status,
        applied_on=None if status == Status.SAVED else began_at.astimezone(user.zone).date(),
        source=Application.Source.SAMPLE,
        url=described["url"],
        location=described["location"],
        notes=described["notes"],
    )


def _why_not_now(mailbox: Mailbox, at: datetime) -> str:
    if mailbox.state != Mailbox.State.ACTIVE:
        return " ".join(part for part in in_words(mailbox.state_reason or "grant_revoked") if part)
    if mailbox.blocked_until and mailbox.blocked_until > at:
        minutes = max(1, round((mailbox.blocked_until - at).total_seconds() / 60))
        words = ngettext(
            "The mail provider asked us to wait. It is tried again by itself in %(count)s minute.",
            "The mail provider asked us to wait. It is tried again by itself in %(count)s minutes.",
            minutes,
        )
        return words % {"count": minutes}
    if mailbox.lease_until and mailbox.lease_until > at:
        return _("It is being synced right now.")
    if mailbox.runs.filter(started_at__gt=at - REST).exists():
        return _("It was synced a moment ago.")
    return ""
