"""Adding an application: the plan's limit, the first events, the warning before a duplicate."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from accounts.models import User
from accounts.notifications import touch
from applications.models import Application, Event
from applications.status import Status
from billing.entitlements import LimitError, plan_of
from billing.usage import Usage

SAME_TITLE = 85  # similarity of titles, 0..100, from which they are taken for the same job
BY_PERSON = frozenset({Application.Source.MANUAL, Application.Source.IMPORT})
LEGAL_FORMS = frozenset(
    {"ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "limited"}
    | {"llc", "llp", "ltd", "nv", "oy", "plc", "sa", "se"}
)


def add(
    user: User,
    at: datetime,
    *,
    company: str,
    title: str,
    status: str = Status.APPLIED,
    applied_on: date | None = None,
    source: str = Application.Source.MANUAL,
    url: str = "",
    location: str = "",
    requisition: str = "",
    notes: str = "",
) -> Application:
    """Make an application of `user`, with the events that lead to `status`.

    It begins as saved or applied at the start of the day `applied_on` in the user's zone, or at `at`;
    any further status is a second event at `at`. Raises LimitError where the plan holds no more this month.
    """
    details = {"url": url, "location": location, "requisition": requisition, "notes": notes}
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests count one after the other
        if source != Application.Source.SAMPLE:
            _check_limit(user, at)
        application = Application(
            user=user, company=company, title=title, source=source, created_at=at, **details
        )
        application.applied_on = applied_on
        add_many([(application, beginning(application, Status(status), at))])
        touch(user.pk)
    return application


def beginning(application: Application, status: Status, at: datetime) -> list[Event]:
    """The events, not saved yet, that lead a new application to `status`."""
    by_person = application.source in BY_PERSON
    first = Status.SAVED if status == Status.SAVED else Status.APPLIED
    began_at = start_of(application.user, application.applied_on) if application.applied_on else at
    begun = {"application": application, "by_person": by_person, "recorded_at": at}
    events = [Event(kind=Event.Kind.CREATED, occurred_at=began_at, status=first, **begun)]
    if status != first:
        later = {**begun, "recorded_at": at + timedelta(microseconds=1)}
        events.append(Event(kind=Event.Kind.STATUS_SET, occurred_at=at, status=status, **later))
    return events


def add_many(begun: list[tuple[Application, list[Event]]]) -> None:
    """Save new applications with the events they begin with, in a few queries whatever their number."""
    for application, events in begun:
        application.follow(events)
    with transaction.atomic():
        Application.objects.bulk_create([application for application, _ in begun], batch_size=500)
        Event.objects.bulk_create([event for _, events in begun for event in events], batch_size=500)


def used_this_month(user: User, at: datetime) -> int:
    """How many applications `user` has added in the calendar month of `at` in their zone.

    Sample ones do not count, archived ones do.
    """
    start, end = month_of(user, at)
    counted = Application.objects.of(user).exclude(source=Application.Source.SAMPLE)
    return int(counted.filter(created_at__gte=start, created_at__lt=end).count())


def usage(user: User, at: datetime) -> Usage:
    """New applications this month beside what the plan holds."""
    limit = plan_of(user).entitlements.new_applications_a_month
    renews_on = _next_month(at.astimezone(user.zone).date())
    return Usage(_("New applications this month"), used_this_month(user, at), limit, renews_on)


def month_of(user: User, at: datetime) -> tuple[datetime, datetime]:
    """The first instants of the calendar month of `at` in the user's zone and of the next one."""
    first = at.astimezone(user.zone).date().replace(day=1)
    return start_of(user, first), start_of(user, _next_month(first))


def start_of(user: User, day: date) -> datetime:
    """The instant at which `day` begins where the user is."""
    return datetime.combine(day, time.min, user.zone)


def find_duplicates(user: User, company: str, title: str) -> list[Application]:
    """The user's applications to the same company with much the same title, newest activity first."""
    found = Known(user).like(company, title)
    return list(Application.objects.of(user).filter(pk__in=found)) if found else []


class Known:
    """The user's applications by company and title, loaded once, to compare many others with."""

    def __init__(self, user: User) -> None:
        self._titles: dict[str, list[tuple[UUID | None, str]]] = defaultdict(list)
        for pk, company, title in Application.objects.of(user).values_list("pk", "company", "title"):
            self._titles[company_key(company)].append((pk, title.casefold()))

    def like(self, company: str, title: str) -> list[UUID | None]:
        """Ids of those at the same company with much the same title; None stands for an added one."""
        job, others = title.casefold(), self._titles.get(company_key(company), [])
        return [pk for pk, other in others if fuzz.token_sort_ratio(other, job) >= SAME_TITLE]

    def holds(self, company: str, title: str) -> bool:
        return bool(self.like(company, title))

    def add(self, company: str, title: str) -> None:
        """Let the next ones be compared with this one as well."""
        self._titles[company_key(company)].append((None, title.casefold()))


def company_key(name: str) -> str:
    """`name` without case, punctuation and legal form: "Lumen Health, Inc." and "lumen health" are one."""
    words = re.findall(r"\w+", name.casefold())
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def _check_limit(user: User, at: datetime) -> None:
    plan, used = plan_of(user), used_this_month(user, at)
    if plan.entitlements.may_add(used):
        return
    next_month = _next_month(at.astimezone(user.zone).date())
    words = _(
        "The %(plan)s plan holds %(limit)s new applications a month, and you have added %(used)s. "
        "You can add the next one on %(day)s, or now with another plan."
    )
    limit, day = plan.entitlements.new_applications_a_month, date_format(next_month, "j F")
    raise LimitError(words % {"plan": plan.name, "limit": limit, "used": used, "day": day})


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
