"""A sync run from its beginning to its end: its state and its counters."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from accounts.notifications import touch
from tracking.lease import Lease
from tracking.models import Mailbox, SyncRun
from tracking.providers import Page
from tracking.providers.budgets import Budget


def begin(mailbox: Mailbox, lease: Lease, at: datetime, *, has_open: bool = True) -> SyncRun:
    """Go on with the run that waits, or open one; close those a killed worker left open.

    `has_open` says whether there may be any of these.
    """
    waiting: SyncRun | None = None
    for run in mailbox.runs.open().order_by("started_at") if has_open else ():
        if run.state == SyncRun.State.WAITING:
            waiting = run
        else:
            was_killed = run.lease_token == lease.token - 1  # else it was fenced off meanwhile
            close(run, SyncRun.State.INTERRUPTED, "worker_lost" if was_killed else "taken_over", at)
    touch(mailbox.user_id)
    if waiting is None:
        return _open(mailbox, lease, at)
    waiting.state, waiting.lease_token = SyncRun.State.RUNNING, lease.token
    waiting.save(update_fields=["state", "lease_token"])
    return waiting


def count(run: SyncRun, counts: Counter[str], page: Page, budget: Budget) -> None:
    """Add what became of `page`, in the transaction that stores it."""
    counts["kept"] = sum(
        counts[name] for name in ("auto_linked", "review", "orphans", "created_applications")
    )
    read = [raw.received_at for raw in page.mails]
    if read:
        run.newest_mail_at = max([*read, *([run.newest_mail_at] if run.newest_mail_at else [])])
        run.reading_mail_of = read[-1]
    if page.estimated_total is not None:
        run.estimated_total = page.estimated_total
    run.api_calls, run.quota_units = budget.calls, budget.units
    noted = ("newest_mail_at", "reading_mail_of", "estimated_total", "api_calls", "quota_units")
    run.add(counts, **{name: getattr(run, name) for name in noted})


def verdict(run: SyncRun) -> tuple[str, str]:
    """State and code of a run that came to its end."""
    if run.failed and not run.kept + run.ignored + run.duplicates:
        return SyncRun.State.FAILED, "nothing_read"
    return (SyncRun.State.PARTIAL if run.failed else SyncRun.State.COMPLETED), ""


def close(run: SyncRun, state: str, error: str, at: datetime, budget: Budget | None = None) -> None:
    """End a run that nobody has ended meanwhile; what it cost is noted in any case."""
    cost = _spent(budget) if budget is not None else {}
    this = SyncRun.objects.filter(pk=run.pk)
    if not this.open().update(state=state, error=error, finished_at=at, **cost) and cost:
        this.update(**cost)
    touch(run.user_id)


def let_wait(run: SyncRun, budget: Budget) -> None:
    """Leave the run open, for the next sync to go on with."""
    running = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING)
    running.update(state=SyncRun.State.WAITING, **_spent(budget))


def _open(mailbox: Mailbox, lease: Lease, at: datetime) -> SyncRun:
    trigger = mailbox.wanted_by or _usual_trigger(mailbox)
    return SyncRun.objects.create(
        user=mailbox.user, mailbox=mailbox, trigger=trigger, lease_token=lease.token, started_at=at
    )


def _usual_trigger(mailbox: Mailbox) -> SyncRun.Trigger:
    """What starts a run that nobody asked for; uploaded files are read for no other reason than that."""
    if mailbox.provider == Mailbox.Provider.UPLOAD:
        return SyncRun.Trigger.UPLOAD
    return SyncRun.Trigger.SCHEDULE if mailbox.last_success_at else SyncRun.Trigger.FIRST


def _spent(budget: Budget) -> dict[str, int]:
    return {"api_calls": budget.calls, "quota_units": budget.units}
