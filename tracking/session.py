"""One run of a sync in progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.plans import Entitlements
from tracking.known import Knowledge
from tracking.lease import Lease
from tracking.mail import Permissions, Thresholds
from tracking.models import Mailbox, SyncRun
from tracking.providers import Scope, Source
from tracking.providers.budgets import Budget
from tracking.providers.registry import Clock


@dataclass
class Session:
    """One run in progress: what every step of it needs. `part` is the mailbox's field of the cursor."""

    mailbox: Mailbox
    lease: Lease
    run: SyncRun
    source: Source
    scope: Scope
    learn: Callable[[], Knowledge]
    may: Entitlements
    permissions: Permissions
    thresholds: Thresholds
    clock: Clock
    budget: Budget
    until: datetime | None = None
    part: str = "cursor"
    is_quiet: bool = True  # nothing has come yet
    is_careful: bool = False  # a worker died over this mailbox

    @property
    def knowledge(self) -> Knowledge:
        """What is known of the user; loaded only if there is mail."""
        return self.learn()
