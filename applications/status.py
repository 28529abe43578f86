"""The statuses of an application and the one table of how they follow from events. No Django here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    SAVED = "saved"
    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    TECHNICAL_ROUND = "technical_round"
    OFFER_EXTENDED = "offer_extended"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").title()


OPEN = frozenset(
    {Status.SAVED, Status.APPLIED, Status.INTERVIEWING, Status.TECHNICAL_ROUND, Status.OFFER_EXTENDED}
)
CLOSED = frozenset({Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN})
CHOICES = [(status.value, status.label) for status in Status]

_EARLY = frozenset({Status.SAVED, Status.APPLIED})
_TO_INTERVIEWING = dict.fromkeys(_EARLY, Status.INTERVIEWING)
_TO_TECHNICAL = dict.fromkeys(_EARLY | {Status.INTERVIEWING}, Status.TECHNICAL_ROUND)
_REOPENED = {Status.REJECTED: Status.INTERVIEWING}

# Effect of one event -> {status before: status after}; what is not named stays as it is.
TRANSITIONS: dict[str, dict[Status, Status]] = {
    "application_received": {Status.SAVED: Status.APPLIED},
    "interview_invitation": _TO_INTERVIEWING | _REOPENED,
    "interview_update": _TO_INTERVIEWING,
    "assessment": _TO_TECHNICAL,
    "next_round": _TO_TECHNICAL,
    "offer": dict.fromkeys(OPEN | {Status.REJECTED}, Status.OFFER_EXTENDED),
    "rejection": dict.fromkeys(OPEN, Status.REJECTED),
    "withdrawal": dict.fromkeys(OPEN, Status.WITHDRAWN),
}


def after(status: Status, effect: str) -> Status:
    """The status that follows `status` when mail of kind `effect` arrives.

    An effect without a row ("" or "status_update", say) changes nothing.
    """
    return TRANSITIONS.get(effect, {}).get(status, status)


@dataclass(frozen=True)
class Step:
    """One event as the fold sees it.

    A person's `status` is taken as it stands, an `effect` goes through the table.
    """

    at: datetime
    effect: str = ""
    status: Status | None = None


def course(first: Status, steps: Iterable[Step]) -> Iterator[tuple[Step, Status, Status]]:
    """Replay `steps` by time of occurrence, starting from `first`: each with the status before and after it.

    Steps at one instant keep the order in which they are given.
    """
    status = first
    for step in sorted(steps, key=lambda step: step.at):
        following = step.status if step.status is not None else after(status, step.effect)
        yield step, status, following
        status = following


def fold(first: Status, steps: Iterable[Step]) -> tuple[Status, datetime | None]:
    """The status that the course of `steps` leads to and when it was last moved (None if never)."""
    status, moved_at = first, None
    for step, before, status in course(first, steps):
        if status != before:
            moved_at = step.at
    return status, moved_at
