"""One mailbox: claim it, take it in page by page, save the cursor with its page, release it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.notifications import notify, touch
from applications.models import Application
from billing.entitlements import entitlements
from tracking import monitoring
from tracking.access import within
from tracking.intake import judge, permissions_of, take_in
from tracking.known import Knowledge
from tracking.lease import Lease, LostLeaseError, claim, hold, release
from tracking.mail import Permissions, RawMail, Thresholds
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import (
    MessageError,
    NeedsReconnectError,
    Page,
    ProviderError,
    Scope,
    Source,
    TemporaryError,
    UnreadableFileError,
)
from tracking.providers.registry import Clock, open_source
from tracking.router.screen import screen

BACKFILL = timedelta(days=90)
ATTEMPTS = 5  # before a message that cannot be read is parked
RETRY_SECONDS = (30, 60, 120, 300, 900, 1800, 3600)
MISSING_PIECE = "piece-"

log = logging.getLogger("heardback.sync")


@dataclass
class Session:
    """One run in progress: what every step of it needs."""

    mailbox: Mailbox
    lease: Lease
    run: SyncRun
    source: Source
    knowledge: Knowledge
    permissions: Permissions
    thresholds: Thresholds
    clock: Clock


def sync(mailbox_id: UUID, clock: Clock = timezone.now, source: Source | None = None) -> SyncRun | None:
    """Bring one mailbox up to date; give the finished run, or None where there was nothing to claim.

    `source` stands in for the provider's own, to read a file of this machine. Errors of the
    provider end in the run and the mailbox's state; errors of the database are raised.
    """
    lease = claim(mailbox_id, clock())
    if lease is None:
        return None
    try:
        mailbox = Mailbox.objects.select_related("user", "grant").get(pk=mailbox_id)
        if _pause_without_plan(mailbox):
            return None
        run = _start(mailbox, lease, clock())
        return _read(mailbox, lease, run, source, clock)
    finally:
        release(lease)


def _pause_without_plan(mailbox: Mailbox) -> bool:
    allowed = within(mailbox, entitlements(mailbox.user)).mail_sync
    paused = {"state": Mailbox.State.PAUSED, "state_reason": "plan"}
    if not allowed and Mailbox.objects.filter(pk=mailbox.pk, state=Mailbox.State.ACTIVE).update(**paused):
        text = "Your plan does not include mail sync, so it is paused. Nothing was deleted."
        notify(mailbox.user, "plan", f"plan:{mailbox.pk}", text, "/settings/plan/")
    return not allowed


def _start(mailbox: Mailbox, lease: Lease, at: datetime) -> SyncRun:
    """Open a run, and close those a killed worker left open."""
    mailbox.runs.filter(state=SyncRun.State.RUNNING).update(
        state=SyncRun.State.INTERRUPTED, error="worker_lost", finished_at=at
    )
    first = SyncRun.Trigger.SCHEDULE if mailbox.last_success_at else SyncRun.Trigger.FIRST
    trigger = mailbox.wanted_by or first
    touch(mailbox.user_id)
    return SyncRun.objects.create(
        user=mailbox.user, mailbox=mailbox, trigger=trigger, lease_token=lease.token, started_at=at
    )


def _read(mailbox: Mailbox, lease: Lease, run: SyncRun, source: Source | None, clock: Clock) -> SyncRun:
    try:
        session = _open(mailbox, lease, run, source, clock)
        _retry_failures(session)
        for page in session.source.pages(mailbox.cursor):
            _store(session, page)
    except LostLeaseError:
        _close(run, SyncRun.State.INTERRUPTED, "taken_over", clock())
    except NeedsReconnectError as error:
        _lose_access(mailbox, lease, error.code)
        _close(run, SyncRun.State.FAILED, error.code, clock())
    except ProviderError as error:
        _postpone(mailbox, lease, error, clock())
        _close(run, SyncRun.State.FAILED, error.code, clock())
    except BaseException:
        _close(run, SyncRun.State.FAILED, "internal", clock())
        _postpone(mailbox, lease, ProviderError("internal"), clock())
        raise
    else:
        _finish(session)
    # A disconnect in the middle takes the run with it: then it is given as it was.
    return SyncRun.objects.filter(pk=run.pk).first() or run


def _open(mailbox: Mailbox, lease: Lease, run: SyncRun, source: Source | None, clock: Clock) -> Session:
    knowledge = Knowledge(mailbox, clock())
    scope = replace(scope_of(mailbox, clock()), keeps=lambda mail: screen(mail, knowledge.known).keep)
    opened = source or open_source(mailbox, scope, clock)
    return Session(
        mailbox=mailbox,
        lease=lease,
        run=run,
        source=opened,
        knowledge=knowledge,
        permissions=permissions_of(within(mailbox, entitlements(mailbox.user))),
        thresholds=Thresholds(settings.AUTO_LINK_THRESHOLD, settings.REVIEW_THRESHOLD),
        clock=clock,
    )


def scope_of(mailbox: Mailbox, at: datetime) -> Scope:
    """What to ask the provider for: 90 days back, and the user's own companies and people."""
    linked = Message.objects.filter(mailbox=mailbox, sent_by_user=False).exclude(application=None)
    people = linked.values_list("sender_address", flat=True).distinct()
    companies = Application.objects.of(mailbox.user).values_list("company", flat=True).distinct()
    return Scope(since=at - BACKFILL, companies=tuple(companies), people=tuple(people))


def _store(session: Session, page: Page) -> None:
    """One page in one transaction: its mail, its counters and the cursor behind it."""
    with transaction.atomic():
        mailbox = hold(session.lease, session.clock())
        counts = Counter({"looked_at": len(page.mails) + len(page.failed)})
        stored = _already_stored(mailbox, page.mails)
        for raw in page.mails:
            counts[_take(session, raw, stored)] += 1
        for provider_id, error in page.failed:
            _note_failure(mailbox, provider_id, error, session.clock())
            counts["failed"] += 1
        mailbox.cursor = page.cursor
        mailbox.save(update_fields=["cursor"])
        _count(session.run, counts, page)
        touch(mailbox.user_id)


def _already_stored(mailbox: Mailbox, mails: tuple[RawMail, ...]) -> set[str]:
    ids = [raw.provider_id for raw in mails]
    return set(
        Message.objects.filter(mailbox=mailbox, provider_id__in=ids).values_list("provider_id", flat=True)
    )


def _take(session: Session, raw: RawMail, stored: set[str]) -> str:
    """Take one message in; give the counter it adds to. No message stops the others."""
    if raw.provider_id in stored:
        return "duplicates"
    stored.add(raw.provider_id)
    try:
        verdict = judge(raw, session.knowledge.known, session.permissions, session.thresholds)
        if verdict is None:
            return "ignored"
        return take_in(verdict, session.mailbox, session.run, session.knowledge)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one mail does, the rest must get through
        # Only where and what kind: the message of an exception may quote the mail.
        log.error("message not taken in: %s in mailbox %s", type(error).__name__, session.mailbox.pk)
        _note_failure(session.mailbox, raw.provider_id, "unreadable", session.clock())
        return "failed"


def _note_failure(mailbox: Mailbox, provider_id: str, error: str, at: datetime) -> None:
    if provider_id.startswith(MISSING_PIECE):
        return  # of an uploaded file: it cannot be had again from here
    failure, created = FailedMessage.objects.get_or_create(
        mailbox=mailbox, provider_id=provider_id, defaults={"error": error, "first_failed_at": at}
    )
    if not created:
        failure.attempts, failure.error = failure.attempts + 1, error
        failure.parked_at = at if failure.attempts >= ATTEMPTS else None
        failure.save(update_fields=["attempts", "error", "parked_at"])


def _retry_failures(session: Session) -> None:
    """Try once more what earlier runs could not take in."""
    for failure in session.mailbox.failures.filter(parked_at=None)[:50]:
        try:
            page = Page((session.source.get(failure.provider_id),), session.mailbox.cursor)
        except MessageError as error:
            page = Page((), session.mailbox.cursor, failed=((failure.provider_id, error.code),))
        _store(session, page)
        FailedMessage.objects.filter(pk=failure.pk, attempts=failure.attempts).delete()


def _count(run: SyncRun, counts: Counter[str], page: Page) -> None:
    counts["kept"] = sum(
        counts[name] for name in ("auto_linked", "review", "orphans", "created_applications")
    )
    run.add(**counts)
    read = [raw.received_at for raw in page.mails]
    if read:
        run.newest_mail_at = max([*read, *([run.newest_mail_at] if run.newest_mail_at else [])])
        run.reading_mail_of = read[-1]
    if page.estimated_total is not None:
        run.estimated_total = page.estimated_total
    run.save(update_fields=["newest_mail_at", "reading_mail_of", "estimated_total"])


def _finish(session: Session) -> None:
    at, mailbox, run = session.clock(), session.mailbox, session.run
    with transaction.atomic():
        try:
            held = hold(session.lease, at)
        except LostLeaseError:
            _close(run, SyncRun.State.INTERRUPTED, "taken_over", at)
            return
        asked_meanwhile = held.next_sync_at if held.next_sync_at != mailbox.next_sync_at else None
        held.next_sync_at = asked_meanwhile or _next_sync(held, at)
        held.wanted_by = held.wanted_by if asked_meanwhile else ""
        held.last_success_at, held.blocked_until, held.failures_in_a_row = at, None, 0
        held.save(
            update_fields=[
                "next_sync_at",
                "wanted_by",
                "last_success_at",
                "blocked_until",
                "failures_in_a_row",
            ]
        )
        run.refresh_from_db()
        _close(run, SyncRun.State.PARTIAL if run.failed else SyncRun.State.COMPLETED, "", at)
        monitoring.limit(mailbox.user, at)
        _notify_pending(run)


def _next_sync(mailbox: Mailbox, at: datetime) -> datetime | None:
    seconds = entitlements(mailbox.user).sync_seconds
    return at + timedelta(seconds=seconds) if mailbox.is_pulled and seconds else None


def _close(run: SyncRun, state: str, error: str, at: datetime) -> None:
    open_runs = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING)
    open_runs.update(state=state, error=error, finished_at=at)
    touch(run.user_id)


def _lose_access(mailbox: Mailbox, lease: Lease, code: str) -> None:
    """Ask the user to reconnect, once however many workers find out."""
    changed = Mailbox.objects.filter(
        pk=mailbox.pk, state=Mailbox.State.ACTIVE, lease_token=lease.token
    ).update(state=Mailbox.State.NEEDS_RECONNECT, state_reason=code)
    if changed:
        name = mailbox.get_provider_display()
        text = f"{name} needs to be reconnected. What was read so far stays."
        notify(mailbox.user, "mailbox", f"reconnect:{mailbox.pk}", text, "/settings/integrations/")


def _postpone(mailbox: Mailbox, lease: Lease, error: ProviderError, at: datetime) -> None:
    """Wait longer with each failure in a row; a file that cannot be read is not tried again."""
    final = isinstance(error, UnreadableFileError)
    failures = mailbox.failures_in_a_row + 1
    pause = timedelta(seconds=RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
    until = (error.until if isinstance(error, TemporaryError) else None) or at + pause
    held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=lease.token)
    if final:
        mailbox.uploads.filter(complete=True, done_at=None).update(done_at=at, error=error.code)
        held.update(next_sync_at=None, wanted_by="")
    else:
        held.update(blocked_until=until, failures_in_a_row=failures)


def _notify_pending(run: SyncRun) -> None:
    if not run.review + run.orphans:
        return
    waiting = Message.objects.of(run.user).pending().count()
    text = f"{waiting} e-mail{' waits' if waiting == 1 else 's wait'} for your decision."
    notify(run.user, "review", "review", text, "/inbox/")
