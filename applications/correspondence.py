"""What mail tells of an application. The floor above knows mail and fills this in its AppConfig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext as _

from applications.models import Application
from billing.plans import Entitlements


@dataclass(frozen=True)
class Email:
    """One linked e-mail in brief. `kind` is "" where the plan does not show it."""

    id: UUID
    thread_id: UUID
    event_id: UUID | None
    subject: str
    sender: str
    sent_by_user: bool
    at: datetime
    kind: str
    attachments: int


@dataclass(frozen=True)
class Conversation:
    """The linked e-mails of one thread, newest first."""

    id: UUID
    emails: list[Email]

    @property
    def subject(self) -> str:
        return self.emails[0].subject

    @property
    def at(self) -> datetime:
        return self.emails[0].at


@dataclass(frozen=True)
class Appointment:
    """An interview or a deadline that an e-mail names; `has_time` is whether it names the hour."""

    kind: Literal["interview", "deadline"]
    at: datetime
    has_time: bool
    thread_id: UUID

    @property
    def what(self) -> str:
        """What it is, in a word."""
        return _("Deadline") if self.kind == "deadline" else _("Interview")


@dataclass(frozen=True)
class Correspondence:
    """All that is linked to one application, as far as the plan shows it, newest first."""

    emails: list[Email] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)  # soonest first
    next_steps: list[str] = field(default_factory=list)
    insights: bool = False  # whether the plan, or the sample, shows insights

    @property
    def conversations(self) -> list[Conversation]:
        """The e-mails by thread, the thread with the newest one first."""
        by_thread: dict[UUID, list[Email]] = {}
        for email in self.emails:
            by_thread.setdefault(email.thread_id, []).append(email)
        return [Conversation(thread, emails) for thread, emails in by_thread.items()]


Teller = Callable[[Application, Entitlements], Correspondence]

_tellers: list[Teller] = []


def tell_with(teller: Teller) -> None:
    """Have `teller` asked for the mail of an application."""
    _tellers.append(teller)


def of(application: Application, may: Entitlements) -> Correspondence:
    """What mail tells of `application` to somebody whose plan allows `may`."""
    return _tellers[0](application, may) if _tellers else Correspondence(insights=may.insights)
