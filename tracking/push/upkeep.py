"""Keeping up what providers promised to tell us: asking for it, renewing it in time, ending it.

Each subscription is claimed before it is worked on, and its version goes up with each claim and change, so
that of two workers one wins: what the other had the provider promise, it takes back.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import grants
from accounts.models import Grant
from tracking.models import Mailbox, PushSubscription, SyncRun
from tracking.providers import ProviderError, TemporaryError
from tracking.providers.pushing import Channel, Promise, PushError
from tracking.push.channels import is_shared, open_channel, providers_on
from tracking.push.pubsub import account_hash
from tracking.waking import wake

CLAIM = timedelta(minutes=30)  # to wait for a worker, and for the provider
DAY = timedelta(days=1)
LATEST = timedelta(minutes=10)  # for word of a mail to come, and between renewals
RETRY = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
LIVE, FAILED = PushSubscription.State.LIVE, PushSubscription.State.FAILED

Clock = Callable[[], datetime]

log = logging.getLogger("heardback.push")


def claim_due(at: datetime, limit: int) -> list[UUID]:
    """Up to `limit` subscriptions that need work, now claimed by the caller for half an hour.

    That is: of mailboxes that have none yet, to be renewed, to be ended, or silent for a day while the
    schedule found mail.
    """
    _add_missing(at, limit)
    with transaction.atomic():
        free = PushSubscription.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=at))
        due = free.filter(_needs_work(at)).order_by("due_at")
        held = due.select_for_update(skip_locked=True, of=("self",))
        claimed = list(held.values_list("pk", flat=True)[:limit])
        rows = PushSubscription.objects.filter(pk__in=claimed)
        rows.update(claimed_until=at + CLAIM, version=F("version") + 1)
    return claimed


def tend(subscription_id: UUID, clock: Clock = timezone.now) -> UUID | None:
    """Do what one subscription needs; give its mailbox where that is to be queued.

    What the provider refuses is noted and tried again later. No mailbox is lost by it: whether there is
    access is for its sync to find out.
    """
    rows = PushSubscription.objects.select_related("mailbox__grant")
    row = rows.filter(pk=subscription_id).first()
    if row is None:
        return None
    try:
        if _is_wanted(row.mailbox):
            return _keep(row, clock)
        _end(row, clock)
    except (PushError, ProviderError) as error:
        _postpone(row, error, clock())
    return None


def _add_missing(at: datetime, limit: int) -> None:
    """Give each mailbox that can have one a subscription, to be set up now."""
    lacking = _wanted(Mailbox.objects.filter(push=None)).order_by("created_at")[:limit]
    PushSubscription.objects.bulk_create(
        [
            PushSubscription(mailbox=each, account_hash=account_hash(each.address), due_at=at)
            for each in lacking
        ],
        ignore_conflicts=True,
    )


def _wanted(mailboxes: QuerySet[Mailbox]) -> QuerySet[Mailbox]:
    return mailboxes.filter(
        state=Mailbox.State.ACTIVE, provider__in=providers_on(), grant__state=Grant.State.ACTIVE
    )


def _is_wanted(mailbox: Mailbox) -> bool:
    return _wanted(Mailbox.objects.filter(pk=mailbox.pk)).exists()


def _needs_work(at: datetime) -> Q:
    """After a failure only its time counts."""
    unwanted = ~Exists(_wanted(Mailbox.objects.filter(pk=OuterRef("mailbox"))))
    return Q(due_at__lte=at) | Q(unwanted | _regranted() | _silent(at), failures_in_a_row=0)


def _regranted() -> Q:
    """Set up with a consent that another has replaced."""
    return Q(~Q(grant_generation=F("mailbox__grant__generation")), state=LIVE)


def _silent(at: datetime) -> Q:
    """It told nothing for a day in which the schedule found mail: it has died without a word."""
    found = SyncRun.objects.filter(
        mailbox=OuterRef("mailbox"),
        trigger=SyncRun.Trigger.SCHEDULE,
        looked_at__gt=F("duplicates"),
        newest_mail_at__gt=at - DAY,
        started_at__lte=at - LATEST,
    )
    quiet = Q(notified_at=None) | Q(notified_at__lte=at - DAY)
    return Q(quiet, Q(Exists(found)), state=LIVE, started_at__lte=at - DAY)


def _keep(row: PushSubscription, clock: Clock) -> UUID | None:
    """Renew the subscription, or set it up where there is none that stands."""
    tokens = _Tokens(row, clock)
    channel, at, secret = open_channel(row.mailbox, tokens, clock), clock(), ""
    promise = channel.extend(row.external_id) if _stands(row, at) else None
    if promise is None:
        secret = secrets.token_urlsafe(32)
        promise = channel.begin(secret, partial(_is_known, row))
    if not _store(row, channel, promise, at, secret):
        _take_back(row, promise, open_channel(row.mailbox, tokens.again, clock))
    elif secret and wake(row.mailbox_id, at):  # what came while nobody told us is there to be read
        return row.mailbox_id
    return None


def _stands(row: PushSubscription, at: datetime) -> bool:
    """Whether all that it needs is more time."""
    same = PushSubscription.objects.filter(pk=row.pk, state=LIVE, expires_at__gt=at)
    if same.filter(_silent(at)).exists():
        log.warning("push subscription %s told nothing for a day: it is set up again", row.pk)
        return False
    return same.exclude(_regranted()).exists()


def _store(row: PushSubscription, channel: Channel, promise: Promise, at: datetime, secret: str) -> bool:
    """Note what was promised, if nobody changed the row meanwhile and its mailbox still wants it."""
    with transaction.atomic():
        rows = PushSubscription.objects.select_for_update(of=("self",))
        held = rows.filter(pk=row.pk, version=row.version, mailbox__state=Mailbox.State.ACTIVE).first()
        if held is None:
            return False
        held.version += 1
        held.state, held.error, held.failures_in_a_row, held.claimed_until = LIVE, "", 0, None
        held.resource, held.external_id = channel.resource, promise.external_id
        held.expires_at, held.renewed_at = promise.expires_at, at
        held.due_at = _renewal(promise, channel, at)
        if secret:
            held.client_state, held.started_at = secret, at
            held.grant_generation = row.mailbox.grant.generation if row.mailbox.grant else 0
        held.save()
    return True


def _renewal(promise: Promise, channel: Channel, at: datetime) -> datetime:
    """A day before its end, or half-way through where it is short."""
    halfway = at + (promise.expires_at - at) / 2
    return min(max(promise.expires_at - DAY, halfway, at + LATEST), at + channel.renew_after)


def _take_back(row: PushSubscription, promise: Promise, channel: Channel) -> None:
    """End what was promised to a worker that came too late, unless it is what the row stands for."""
    current = PushSubscription.objects.filter(pk=row.pk, external_id=promise.external_id)
    if current.exists() and _is_wanted(row.mailbox):
        return
    if not is_shared(row.mailbox):
        channel.end(promise.external_id)


def _end(row: PushSubscription, clock: Clock) -> None:
    """Have the provider tell us no more about a mailbox that is paused or the like, and forget about it."""
    try:
        if row.state == LIVE and row.mailbox.grant and not is_shared(row.mailbox):
            open_channel(row.mailbox, _Tokens(row, clock), clock).end(row.external_id)
    except TemporaryError:
        if row.expires_at and row.expires_at > clock():
            raise
    except (PushError, ProviderError) as error:
        log.info("push subscription %s was left to run out: %s", row.pk, error.code)
    PushSubscription.objects.filter(pk=row.pk, version=row.version).delete()


def _postpone(row: PushSubscription, error: PushError | ProviderError, at: datetime) -> None:
    failures = row.failures_in_a_row + 1
    due_at = at + RETRY[min(failures, len(RETRY)) - 1]
    if isinstance(error, TemporaryError) and error.until:
        due_at = max(due_at, error.until)
    stands = row.state == LIVE and row.expires_at and row.expires_at > at
    PushSubscription.objects.filter(pk=row.pk, version=row.version).update(
        state=LIVE if stands else FAILED,
        error=error.code,
        failures_in_a_row=failures,
        due_at=due_at,
        claimed_until=None,
        version=F("version") + 1,
    )
    log.warning("push subscription %s: %s", row.pk, error.code)


class _Tokens:
    """Access tokens for the mailbox of a row; `again` gives the last one, when the grant may be gone."""

    def __init__(self, row: PushSubscription, clock: Clock) -> None:
        assert row.mailbox.grant is not None
        self._source, self._last = grants.TokenSource(row.mailbox.grant.pk, clock), ""

    def __call__(self, refused: bool) -> str:
        self._last = self._source(refused)
        return self._last

    def again(self, refused: bool) -> str:
        return self._last


def _is_known(row: PushSubscription, external_id: str) -> bool:
    """Whether it is what another mailbox was promised; the same account may be connected twice."""
    return PushSubscription.objects.filter(external_id=external_id).exclude(pk=row.pk).exists()
