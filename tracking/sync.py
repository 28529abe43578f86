"""One mailbox: claim it, take it in page by page, save the cursor with its page, release it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.notifications import notify
from billing.entitlements import plan_called
from billing.plans import Entitlements
from tracking import backfill, failures, monitoring, runs
from tracking.access import within
from tracking.backfill import scope_of
from tracking.intake import permissions_of
from tracking.known import Knowledge
from tracking.lease import Claimed, LostLeaseError, claim_loaded, hold, release
from tracking.mail import Thresholds
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import (
    MessageError,
    NeedsReconnectError,
    OverBudgetError,
    Page,
    ProviderError,
    Source,
)
from tracking.providers.budgets import Budget, budget_of
from tracking.providers.registry import Clock, open_source
from tracking.router.read import version
from tracking.router.screen import screen
from tracking.session import Session
from tracking.storing import store_page
from tracking.trouble import lose_access, postpone, rest

TURN_OF_A_FILE = timedelta(minutes=10)  # going on in a file begins with skipping what was read of it


def sync(
    mailbox_id: UUID,
    clock: Clock = timezone.now,
    source: Source | None = None,
    *,
    only_due: bool = False,
    turn: timedelta | None = None,
) -> SyncRun | None:
    """Bring one mailbox up to date; give the run, or None where there was nothing to claim.

    A run that takes longer than its `turn`, or spends its budget, waits to go on with the next sync.
    `source` stands in for the provider's own, to read a file of this machine. Errors of the
    provider end in the run and the mailbox's state; errors of the database are raised.
    """
    claimed = claim_loaded(mailbox_id, clock(), only_due=only_due)
    if claimed is None:
        return None
    mailbox, lease = claimed.mailbox, claimed.lease
    try:
        if _pause_without_plan(claimed):
            return None
        run = runs.begin(mailbox, lease, clock(), has_open=claimed.has_open_run)
        return _read(claimed, run, source, clock, turn)
    finally:
        if mailbox.lease_until is not None:
            release(lease)


def _pause_without_plan(claimed: Claimed) -> bool:
    mailbox, allowed = claimed.mailbox, _may(claimed).mail_sync
    paused = {"state": Mailbox.State.PAUSED, "state_reason": "plan"}
    if not allowed and Mailbox.objects.filter(pk=mailbox.pk, state=Mailbox.State.ACTIVE).update(**paused):
        text = _("Your plan does not include mail sync, so it is paused. Nothing was deleted.")
        notify(mailbox.user, "plan", f"plan:{mailbox.pk}", text, "/settings/plan/")
    return not allowed


def _may(claimed: Claimed) -> Entitlements:
    return within(claimed.mailbox, plan_called(claimed.plan_code).entitlements)


def _read(
    claimed: Claimed, run: SyncRun, source: Source | None, clock: Clock, turn: timedelta | None
) -> SyncRun:
    mailbox, lease = claimed.mailbox, claimed.lease
    budget = budget_of(mailbox.provider, mailbox.pk)
    budget.calls, budget.units = run.api_calls, run.quota_units
    try:
        session = _open(claimed, run, source, clock, budget)
        session.until = _end_of_turn(mailbox, clock(), turn)
        if claimed.has_failures:
            _retry_failures(session)
        _take_pages(session)
        if source is None:
            _read_older(session)
    except LostLeaseError:
        runs.close(run, SyncRun.State.INTERRUPTED, "taken_over", clock(), budget)
    except NeedsReconnectError as error:
        lose_access(mailbox, lease, error.code, clock())
        runs.close(run, SyncRun.State.FAILED, error.code, clock(), budget)
    except OverBudgetError as error:
        rest(mailbox, lease, error.until or clock())
        runs.let_wait(run, budget)
    except ProviderError as error:
        postpone(mailbox, lease, error, clock())
        runs.close(run, SyncRun.State.FAILED, error.code, clock(), budget)
    except BaseException:
        runs.close(run, SyncRun.State.FAILED, "internal", clock(), budget)
        postpone(mailbox, lease, ProviderError("internal"), clock())
        raise
    else:
        if session.is_quiet and not claimed.has_new_plan and not mailbox.older_since and not run.looked_at:
            return _finish_quietly(session)
        _finish(session)
    # A disconnect in the middle takes the run with it: then it is given as it was.
    return SyncRun.objects.filter(pk=run.pk).select_related("mailbox").first() or run


def _open(claimed: Claimed, run: SyncRun, source: Source | None, clock: Clock, budget: Budget) -> Session:
    mailbox, lease, may = claimed.mailbox, claimed.lease, _may(claimed)

    @cache
    def learn() -> Knowledge:
        return Knowledge(mailbox, clock())

    scope = replace(scope_of(mailbox, clock()), keeps=lambda mail: screen(mail, learn().known).keep)
    backfill.note_beginning(mailbox, lease, scope)
    opened = source or open_source(mailbox, scope, clock, budget)
    return Session(
        mailbox=mailbox,
        lease=lease,
        run=run,
        source=opened,
        scope=scope,
        learn=learn,
        may=may,
        permissions=permissions_of(may),
        thresholds=Thresholds(settings.AUTO_LINK_THRESHOLD, settings.REVIEW_THRESHOLD),
        clock=clock,
        budget=budget,
        is_careful=claimed.is_suspect,
    )


def _end_of_turn(mailbox: Mailbox, at: datetime, turn: timedelta | None) -> datetime | None:
    if turn is None:
        return None
    return at + (TURN_OF_A_FILE if mailbox.provider == Mailbox.Provider.UPLOAD else turn)


def _take_pages(session: Session) -> None:
    """Everything from the cursor on. Raises OverBudgetError when the turn is over."""
    with closing(session.source.pages(getattr(session.mailbox, session.part))) as pages:
        for page in pages:
            store_page(session, page)
            if session.until is not None and session.clock() > session.until:
                raise OverBudgetError("paced", session.clock())


def _read_older(session: Session) -> None:
    """The older mail that the user added, after what is new."""
    mailbox = session.mailbox
    scope = backfill.older_scope(mailbox, session.scope)
    if scope is not None:
        source = open_source(mailbox, scope, session.clock, session.budget)
        _take_pages(replace(session, source=source, part="older_cursor"))
        backfill.finish_older(mailbox, session.lease)


def _retry_failures(session: Session) -> None:
    """Try once more what earlier runs could not take in, and what an older router could not read."""
    for failure in list(session.mailbox.failures.to_retry(version(), session.clock())[:50]):
        failures.begin_retry(failure, session.clock())
        page = _again(session, failure)
        if page is not None:
            store_page(session, page)
        FailedMessage.objects.filter(pk=failure.pk, attempts=failure.attempts).delete()


def _again(session: Session, failure: FailedMessage) -> Page | None:
    """What failed, as a page of its own; None where it is gone."""
    try:
        return Page((session.source.get(failure.provider_id),), session.mailbox.cursor)
    except MessageError as error:
        if error.code == "message_gone":
            return None
        return Page((), session.mailbox.cursor, failed=((failure.provider_id, error.code),))


def _finish(session: Session) -> None:
    at, mailbox, run = session.clock(), session.mailbox, session.run
    with transaction.atomic():
        try:
            held = hold(session.lease, at)
        except LostLeaseError:
            runs.close(run, SyncRun.State.INTERRUPTED, "taken_over", at, session.budget)
            return
        asked_meanwhile = held.next_sync_at if held.next_sync_at != mailbox.next_sync_at else None
        held.next_sync_at = asked_meanwhile or _next_sync(session, at)
        held.wanted_by = held.wanted_by if asked_meanwhile else ""
        run.refresh_from_db()
        state, error = runs.verdict(run)
        held.last_success_at = at if state != SyncRun.State.FAILED else held.last_success_at
        held.blocked_until, held.failures_in_a_row = None, 0
        held.save(
            update_fields=[
                "next_sync_at",
                "wanted_by",
                "last_success_at",
                "blocked_until",
                "failures_in_a_row",
            ]
        )
        runs.close(run, state, error, at, session.budget)
        monitoring.limit(mailbox.user, at)
        _notify_pending(run)


def _finish_quietly(session: Session) -> SyncRun:
    """`_finish` where nothing has come: two statements, which also give the lease back.

    A kill between them leaves the run open, for the next to close.
    """
    at, mailbox, run = session.clock(), session.mailbox, session.run
    held = Mailbox.objects.filter(pk=mailbox.pk, lease_token=session.lease.token, state=Mailbox.State.ACTIVE)
    seen = Q(next_sync_at=mailbox.next_sync_at) if mailbox.next_sync_at else Q(next_sync_at=None)
    done = held.update(
        next_sync_at=Case(When(seen, then=Value(_next_sync(session, at))), default=F("next_sync_at")),
        wanted_by=Case(When(seen, then=Value("")), default=F("wanted_by")),
        last_success_at=at,
        blocked_until=None,
        failures_in_a_row=0,
        lease_until=None,
    )
    if done:
        run.state, mailbox.lease_until = SyncRun.State.COMPLETED, None
    else:
        run.state, run.error = SyncRun.State.INTERRUPTED, "taken_over"
    run.finished_at = at
    runs.close(run, run.state, run.error, at, session.budget)
    return run


def _next_sync(session: Session, at: datetime) -> datetime | None:
    mailbox, seconds = session.mailbox, session.may.sync_seconds
    return at + timedelta(seconds=seconds) if mailbox.is_pulled and seconds else None


def _notify_pending(run: SyncRun) -> None:
    if not run.review + run.orphans:
        return
    waiting = Message.objects.of(run.user).pending().count()
    text = ngettext(
        "%(count)s e-mail waits for your decision.", "%(count)s e-mails wait for your decision.", waiting
    )
    notify(run.user, "review", "review", text % {"count": waiting}, "/inbox/")
