"""What of a plan is used up. The floors above know what to count; each adds its counter in its AppConfig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User


@dataclass(frozen=True)
class Usage:
    """How much of one thing is used; `limit` is None where the plan sets none.

    `renews_on` is the day from which it counts anew, None where it does not.
    """

    label: str
    used: int
    limit: int | None
    renews_on: date | None = None

    @property
    def left(self) -> int | None:
        """How much remains, never below zero; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


Counter = Callable[[User, datetime], Usage]

_counters: list[Counter] = []


def count_with(counter: Counter) -> None:
    """Have `counter` asked whenever a user looks at what their plan holds."""
    _counters.append(counter)


def usages(user: User, at: datetime) -> list[Usage]:
    """Everything counted for `user`, as of `at`."""
    return [counter(user, at) for counter in _counters]
