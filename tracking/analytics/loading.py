"""The user's rows for the figures, in a number of queries that does not depend on theirs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncMonth, TruncWeek
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import User
from applications.models import Application, Event
from applications.status import TRANSITIONS, Status, Step
from tracking.analytics.figures import Journey, journey
from tracking.mail import Kind
from tracking.models import Message, Thread

# Mail that answers an application. That it was received is no answer.
ANSWERS = (
    Kind.INTERVIEW_INVITATION,
    Kind.INTERVIEW_UPDATE,
    Kind.ASSESSMENT,
    Kind.NEXT_ROUND,
    Kind.OFFER,
    Kind.REJECTION,
)
MONTHS_AT_LEAST, MONTHS_AT_MOST = 6, 36


@dataclass(frozen=True)
class Period:
    """A stretch of time that ends today; `days` None reaches back to the beginning."""

    code: str
    label: StrOrPromise
    days: int | None

    def begins_on(self, today: date) -> date | None:
        return today - timedelta(days=self.days - 1) if self.days else None


PERIODS = {
    period.code: period
    for period in (
        Period("30", _("30 days"), 30),
        Period("90", _("90 days"), 90),
        Period("365", _("12 months"), 365),
        Period("all", _("All time"), None),
    )
}


def journeys(user: User, since: date | None) -> list[Journey]:
    """The applications of `user` sent on `since` or later (all for None), with what became of each."""
    rows = Application.objects.of(user).exclude(status=Status.SAVED)
    if since is not None:
        begin = datetime.combine(since, time.min, user.zone)
        rows = rows.filter(Q(applied_on__gte=since) | Q(applied_on=None, created_at__gte=begin))
    sent = {pk: (on, at) for pk, on, at in rows.values_list("pk", "applied_on", "created_at")}
    stories, answers = _stories(rows), _first_answers(user, rows)
    found = []
    for pk, (applied_on, created_at) in sent.items():
        first, steps = stories.get(pk, (Status.APPLIED, []))
        applied_at = datetime.combine(applied_on, time.min, user.zone) if applied_on else created_at
        found.append(journey(steps, first, applied_at, answers.get(pk)))
    return found


def _stories(rows: Any) -> dict[UUID, tuple[Status, list[Step]]]:
    """Application id -> its first status, and the steps that can move it, in order."""
    moving = Q(kind__in=[Event.Kind.CREATED, Event.Kind.STATUS_SET]) | Q(effect__in=list(TRANSITIONS))
    events = Event.objects.filter(moving, application__in=rows.values("pk"), voided_at=None)
    first: dict[UUID, Status] = {}
    steps: dict[UUID, list[Step]] = defaultdict(list)
    fields = ("application_id", "kind", "effect", "status", "occurred_at")
    for pk, kind, effect, status, at in events.order_by("occurred_at", "recorded_at").values_list(*fields):
        if kind == Event.Kind.CREATED and pk not in first:
            first[pk] = Status(status) if status else Status.SAVED
        else:
            steps[pk].append(Step(at, effect, Status(status) if status else None))
    return {pk: (first.get(pk, Status.SAVED), steps[pk]) for pk in {*first, *steps}}


def _first_answers(user: User, rows: Any) -> dict[UUID, datetime]:
    answering = Message.objects.of(user).filter(
        application__in=rows.values("pk"), kind__in=ANSWERS, sent_by_user=False, state=Message.State.LINKED
    )
    return dict(answering.order_by().values_list("application_id").annotate(Min("received_at")))


def letters(user: User, since: date | None) -> Any:
    """(thread, at, whether the user wrote it) of linked conversations in which the user wrote."""
    written = Thread.objects.of(user).filter(messages__sent_by_user=True)
    rows = _linked(user, since).filter(thread__in=written.values("pk")).order_by("thread_id", "received_at")
    return rows.values_list("thread_id", "received_at", "sent_by_user")


def mail_counts(
    user: User, since: date | None, today: date
) -> tuple[dict[date, tuple[int, int]], list[date]]:
    """{first day of a week or month: (received, sent)} of linked mail, and all such days, oldest first.

    By weeks for up to half a year, by months for more: at most MONTHS_AT_MOST of them, and some where there
    is mail of only a few.
    """
    weekly = since is not None and (today - since).days < 183
    trunc = (TruncWeek if weekly else TruncMonth)("received_at", tzinfo=user.zone)
    counted = _linked(user, since).order_by().annotate(day=trunc).values_list("day")
    found = counted.annotate(
        received=Count("pk", filter=Q(sent_by_user=False)), sent=Count("pk", filter=Q(sent_by_user=True))
    )
    counts = {at.date(): (received, sent) for at, received, sent in found}
    begin = since or min(counts, default=today)
    some_months = min(begin, today - timedelta(days=30 * (MONTHS_AT_LEAST - 1)))
    days = weeks(begin, today) if weekly else months(some_months, today)[-MONTHS_AT_MOST:]
    return counts, days


def weeks(begin: date, end: date) -> list[date]:
    """The Mondays of the weeks from `begin` to `end`."""
    monday = begin - timedelta(days=begin.weekday())
    return [monday + timedelta(weeks=n) for n in range((end - monday).days // 7 + 1)]


def months(begin: date, end: date) -> list[date]:
    """The first days of the months from `begin` to `end`."""
    numbers = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _linked(user: User, since: date | None) -> Any:
    rows = Message.objects.of(user).filter(state=Message.State.LINKED).exclude(application=None)
    if since is not None:
        rows = rows.filter(received_at__gte=datetime.combine(since, time.min, user.zone))
    return rows
