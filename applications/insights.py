"""Figures about one application, from its timeline and the mail linked to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from applications import silence
from applications.correspondence import Appointment, Correspondence
from applications.models import Application


@dataclass(frozen=True)
class Insights:
    """What is known about one application; None where it cannot be said."""

    days_since_applied: int | None
    days_in_status: int | None
    first_answer: timedelta | None  # from applying to their first mail
    typical_answer: timedelta | None  # median time they take to answer what the user wrote
    silent_days: int | None
    received: int
    sent: int
    ahead: list[Appointment]
    next_steps: list[str]


def insights(application: Application, mail: Correspondence, at: datetime) -> Insights:
    """The figures of `application` as of `at`, the days counted where its user is."""
    zone = application.user.zone
    today, moved = at.astimezone(zone).date(), application.status_at
    received = [email.at for email in mail.emails if not email.sent_by_user]
    sent = [email.at for email in mail.emails if email.sent_by_user]
    heard = silence.heard_at([application.pk]).get(application.pk)
    return Insights(
        days_since_applied=_days(application.applied_on, today),
        days_in_status=_days(moved.astimezone(zone).date() if moved else None, today),
        first_answer=_first_answer(application, received),
        typical_answer=_median(_answers(sent, received)),
        silent_days=silence.silent_days(application, heard, at),
        received=len(received),
        sent=len(sent),
        ahead=[each for each in mail.appointments if each.at >= at],
        next_steps=mail.next_steps,
    )


def _days(since: date | None, today: date) -> int | None:
    return max(0, (today - since).days) if since else None


def _first_answer(application: Application, received: list[datetime]) -> timedelta | None:
    if application.applied_on is None or not received:
        return None
    zone = application.user.zone
    return timedelta(days=max(0, (min(received).astimezone(zone).date() - application.applied_on).days))


def _answers(sent: list[datetime], received: list[datetime]) -> list[timedelta]:
    """From each mail of the user's to the next one that came, where one did before the user wrote again."""
    waits, story = [], sorted([(at, True) for at in sent] + [(at, False) for at in received])
    for (at, mine), (then, theirs_is_mine) in pairwise(story):
        if mine and not theirs_is_mine:
            waits.append(then - at)
    return waits


def _median(waits: list[timedelta]) -> timedelta | None:
    return sorted(waits)[len(waits) // 2] if waits else None
