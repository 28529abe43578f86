"""What applications and mail say about answers: pure computation over plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from statistics import median

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from applications.labels import LABELS
from applications.status import OPEN, Status, Step, course

STAGES = (Status.APPLIED, Status.INTERVIEWING, Status.TECHNICAL_ROUND, Status.OFFER_EXTENDED)
HEARD = frozenset({*STAGES[1:], Status.ACCEPTED, Status.REJECTED})
NO_ANSWER, ONGOING = "no_answer", "ongoing"
NAMES: dict[str, StrOrPromise] = {
    **{status.value: LABELS[status] for status in Status},
    NO_ANSWER: _("No answer yet"),
    ONGOING: _("Ongoing"),
}
# (days up to which, words); the last one has no end
SPANS = (
    (3, _("Within 3 days")),
    (7, _("4 to 7 days")),
    (14, _("1 to 2 weeks")),
    (30, _("2 to 4 weeks")),
    (None, _("Later")),
)


@dataclass(frozen=True)
class Journey:
    """One application that was sent: the statuses it has been in, the one it is in, when it was answered."""

    visited: frozenset[Status]
    now: Status
    applied_at: datetime
    answered_at: datetime | None = None

    @property
    def heard_back(self) -> bool:
        return bool(self.visited & HEARD)

    @property
    def took(self) -> timedelta | None:
        """From applying to the first answer by mail; None where there is none, or the dates do not fit."""
        if self.answered_at is None or self.answered_at < self.applied_at:
            return None
        return self.answered_at - self.applied_at

    @property
    def path(self) -> list[str]:
        """The stages it went through and how it stands, as codes of NAMES. Never goes back."""
        passed = [stage.value for stage in STAGES if stage in self.visited or stage is Status.APPLIED]
        if self.now not in OPEN:
            return [*passed, self.now.value]
        return [*passed, ONGOING if self.heard_back else NO_ANSWER]


@dataclass(frozen=True)
class Span:
    """So many answers came within a span of time; `share` in percent of the fullest one."""

    label: str
    count: int
    share: int


@dataclass(frozen=True)
class Bar:
    """The mail of one week or month; heights in percent of the fullest."""

    day: date
    received: int
    sent: int
    received_share: float
    sent_share: float

    @property
    def received_y(self) -> float:
        return round(100 - self.received_share, 2)

    @property
    def sent_y(self) -> float:
        """The mail that was sent stands on that which was received."""
        return round(100 - self.received_share - self.sent_share, 2)


def journey(
    steps: Iterable[Step], first: Status, applied_at: datetime, answered_at: datetime | None
) -> Journey:
    """The journey of an application that began as `first` and went through `steps`."""
    visited, now = {first}, first
    for _step, _before, now in course(first, steps):
        visited.add(now)
    return Journey(frozenset(visited), now, applied_at, answered_at)


def flows(journeys: Iterable[Journey]) -> dict[tuple[str, str], int]:
    """(from, to) -> how many applications went that way, codes of NAMES."""
    return dict(Counter(step for each in journeys for step in pairwise(each.path)))


def response_rate(journeys: Sequence[Journey]) -> int | None:
    """Percent of `journeys` that were answered; None where there are none."""
    return round(100 * sum(each.heard_back for each in journeys) / len(journeys)) if journeys else None


def typical(spans: Iterable[timedelta]) -> timedelta | None:
    """The median; None of nothing."""
    found = [span.total_seconds() for span in spans]
    return timedelta(seconds=median(found)) if found else None


def by_span(spans: Iterable[timedelta]) -> list[Span]:
    """How many of `spans` fall into each of SPANS."""
    counts = Counter(_span_of(span) for span in spans)
    most = max(counts.values(), default=0)
    return [
        Span(str(label), counts[days], 100 * counts[days] // most if most else 0) for days, label in SPANS
    ]


def reply_times(letters: Iterable[tuple[object, datetime, bool]]) -> list[timedelta]:
    """How long the user took to answer.

    `letters` are (thread, at, whether the user wrote it), in order of thread and time. Each run of
    received mail counts once, from its last; mail that was not answered does not count.
    """
    found = []
    for _thread, thread in groupby(letters, key=lambda letter: letter[0]):
        for (_id, asked, before), (_same, answered, sent) in pairwise(thread):
            if sent and not before:
                found.append(answered - asked)
    return found


def bars(counts: Mapping[date, tuple[int, int]], days: Sequence[date]) -> list[Bar]:
    """One bar for each of `days`, from {day: (received, sent)}; days without mail are empty."""
    most = max((received + sent for received, sent in counts.values()), default=0) or 1
    return [
        Bar(day, received, sent, round(100 * received / most, 2), round(100 * sent / most, 2))
        for day in days
        for received, sent in [counts.get(day, (0, 0))]
    ]


def in_words(span: timedelta | None) -> str:
    """ "3 days", "5 hours", "20 minutes"; "" for None."""
    if span is None:
        return ""
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes >= 1440:
        count = round(minutes / 1440)
        return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}
    if minutes >= 60:
        count = round(minutes / 60)
        return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def _span_of(span: timedelta) -> int | None:
    return next(most for most, _label in SPANS if most is None or span <= timedelta(days=most))
