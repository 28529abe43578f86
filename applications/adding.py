"""Adding an application: the plan's limit, the first events, the warning before a duplicate."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from django.db import transaction
from rapidfuzz import fuzz

from accounts.models import User
from accounts.notifications import touch
from applications.models import Application, Event
from applications.status import Status
from billing.entitlements import LimitError, plan_of
from billing.usage import Usage

SAME_TITLE = 85  # similarity of titles, 0..100, from which they are taken for the same job
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
        application.save(force_insert=True)
        _begin(application, Status(status), at)
        touch(user.pk)
    return application


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
    return Usage("New applications this month", used_this_month(user, at), limit)


def month_of(user: User, at: datetime) -> tuple[datetime, datetime]:
    """The first instants of the calendar month of `at` in the user's zone and of the next one."""
    first = at.astimezone(user.zone).date().replace(day=1)
    return start_of(user, first), start_of(user, _next_month(first))


def start_of(user: User, day: date) -> datetime:
    """The instant at which `day` begins where the user is."""
    return datetime.combine(day, time.min, user.zone)


def find_duplicates(user: User, company: str, title: str) -> list[Application]:
    """The user's applications to the same company with much the same title, newest activity first."""
    wanted, job = company_key(company), title.casefold()
    rows = Application.objects.of(user).values_list("pk", "company", "title")
    found = [
        pk
        for pk, other, other_title in rows
        if company_key(other) == wanted and fuzz.token_sort_ratio(other_title.casefold(), job) >= SAME_TITLE
    ]
    return list(Application.objects.of(user).filter(pk__in=found)) if found else []


def company_key(name: str) -> str:
    """`name` without case, punctuation and legal form: "Lumen Health, Inc." and "lumen health" are one."""
    words = re.findall(r"\w+", name.casefold())
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def _check_limit(user: User, at: datetime) -> None:
    plan, used = plan_of(user), used_this_month(user, at)
    if plan.entitlements.may_add(used):
        return
    next_month = _next_month(at.astimezone(user.zone).date())
    raise LimitError(
        f"The {plan.name} plan holds {plan.entitlements.new_applications_a_month} new applications a month, "
        f"and you have added {used}. You can add the next one on {next_month.day} {next_month:%B}, "
        "or now with another plan."
    )


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _begin(application: Application, status: Status, at: datetime) -> None:
    by_person = application.source == Application.Source.MANUAL
    first = Status.SAVED if status == Status.SAVED else Status.APPLIED
    began_at = start_of(application.user, application.applied_on) if application.applied_on else at
    application.record(Event.Kind.CREATED, began_at, status=first, by_person=by_person)
    if status != first:
        application.record(Event.Kind.STATUS_SET, at, status=status, by_person=by_person)
