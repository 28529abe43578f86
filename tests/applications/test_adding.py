from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.notifications import live_tag
from applications import adding
from applications.models import Application, Event
from applications.status import Status
from billing.entitlements import LimitError
from tests.factories import ApplicationFactory, UserFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
JOB = {"company": "Lumen Health", "title": "Data Analyst"}


def events(application):
    return list(application.events.order_by("recorded_at").values_list("kind", "status", "occurred_at"))


def test_it_begins_as_applied_on_the_day_in_the_users_zone(db):
    user = UserFactory(timezone="America/New_York")
    application = adding.add(user, AT, **JOB, applied_on=date(2026, 3, 12))
    midnight = datetime(2026, 3, 12, tzinfo=ZoneInfo("America/New_York"))
    application.refresh_from_db()
    assert events(application) == [(Event.Kind.CREATED, Status.APPLIED, midnight)]
    assert (application.status, application.status_at) == (Status.APPLIED, midnight)
    assert (application.source, application.created_at) == (Application.Source.MANUAL, AT)


def test_without_a_day_it_begins_at_once(user):
    application = adding.add(user, AT, **JOB)
    assert events(application) == [(Event.Kind.CREATED, Status.APPLIED, AT)]


def test_a_saved_one_begins_as_saved(user):
    application = adding.add(user, AT, **JOB, status=Status.SAVED)
    assert events(application) == [(Event.Kind.CREATED, Status.SAVED, AT)]
    assert application.status == Status.SAVED


@pytest.mark.parametrize("status", [s for s in Status if s not in {Status.SAVED, Status.APPLIED}])
def test_a_further_status_is_a_second_event(user, status):
    application = adding.add(user, AT, **JOB, status=status, applied_on=date(2026, 3, 1))
    assert [kind for kind, _, _ in events(application)] == [Event.Kind.CREATED, Event.Kind.STATUS_SET]
    assert (application.status, application.status_at) == (status, AT)


def test_details_are_kept(user):
    details = {"url": "https://jobs.example/1", "location": "Oslo", "requisition": "R-7", "notes": "By Kim"}
    application = adding.add(user, AT, **JOB, **details)
    application.refresh_from_db()
    assert {name: getattr(application, name) for name in details} == details


def test_what_mail_made_is_not_the_users_doing(user):
    application = adding.add(user, AT, **JOB, source=Application.Source.MAIL)
    assert not application.events.get().by_person


def test_open_pages_hear_of_it(user, django_capture_on_commit_callbacks):
    before = live_tag(user.pk)
    with django_capture_on_commit_callbacks(execute=True):
        adding.add(user, AT, **JOB)
    assert live_tag(user.pk) != before


class TestLimit:
    def test_free_holds_five_a_month(self, free_user):
        for _ in range(5):
            adding.add(free_user, AT, **JOB)
        with pytest.raises(LimitError, match=r"The Free plan holds 5 .* on 1 April"):
            adding.add(free_user, AT, **JOB)
        assert Application.objects.of(free_user).count() == 5

    def test_the_month_is_the_users(self, db):
        user = UserFactory(timezone="Pacific/Auckland")
        last = datetime(2026, 3, 31, 10, 59, 59, tzinfo=UTC)  # 23:59:59 on 31 March in Auckland
        for _ in range(5):
            adding.add(user, last, **JOB)
        with pytest.raises(LimitError):
            adding.add(user, last, **JOB)
        adding.add(user, last + timedelta(seconds=1), **JOB)
        assert adding.used_this_month(user, last) == 5
        assert adding.used_this_month(user, last + timedelta(seconds=1)) == 1

    def test_december_is_followed_by_january(self, free_user):
        start, end = adding.month_of(free_user, datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
        assert (start, end) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    def test_archived_ones_count_and_samples_do_not(self, free_user, other):
        for _ in range(4):
            ApplicationFactory(user=free_user, at=AT, archived_at=AT)
        for _ in range(3):
            adding.add(free_user, AT, **JOB, source=Application.Source.SAMPLE)
        ApplicationFactory(user=other, at=AT)
        assert adding.used_this_month(free_user, AT) == 4
        adding.add(free_user, AT, **JOB)
        with pytest.raises(LimitError):
            adding.add(free_user, AT, **JOB)

    def test_samples_come_even_when_all_is_used(self, free_user):
        for _ in range(5):
            adding.add(free_user, AT, **JOB)
        assert adding.add(free_user, AT, **JOB, source=Application.Source.SAMPLE)

    @pytest.mark.parametrize("plan", ["premium", "platinum"])
    def test_the_paid_plans_have_none(self, db, plan):
        user = UserFactory(plan=plan)
        for _ in range(7):
            adding.add(user, AT, **JOB)
        assert adding.usage(user, AT).left is None

    def test_usage_says_what_is_left(self, free_user):
        adding.add(free_user, AT, **JOB)
        usage = adding.usage(free_user, AT)
        assert (usage.used, usage.limit, usage.left) == (1, 5, 4)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_slip_past_the_limit():
    user = UserFactory()
    for _ in range(4):
        adding.add(user, AT, **JOB)

    def try_to_add(_):
        try:
            return bool(adding.add(user, AT, **JOB))
        except LimitError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(try_to_add, range(4)))
    assert sorted(added) == [False, False, False, True]
    assert Application.objects.of(user).count() == 5


class TestDuplicates:
    @pytest.mark.parametrize(
        ("company", "title"),
        [
            ("Lumen Health", "Data Analyst"),
            ("lumen health, Inc.", "data analyst"),
            ("LUMEN  HEALTH", "Analyst, Data"),
        ],
    )
    def test_the_same_job_is_found(self, user, company, title):
        application = ApplicationFactory(user=user, **JOB)
        assert adding.find_duplicates(user, company, title) == [application]

    @pytest.mark.parametrize(
        ("company", "title"),
        [("Lumen Health", "Nurse"), ("Lumen Energy", "Data Analyst"), ("", "Data Analyst")],
    )
    def test_another_job_is_not(self, user, company, title):
        ApplicationFactory(user=user, **JOB)
        assert adding.find_duplicates(user, company, title) == []

    def test_a_strangers_is_not(self, user, other):
        ApplicationFactory(user=other, **JOB)
        assert adding.find_duplicates(user, **JOB) == []

    def test_an_archived_one_is(self, user):
        application = ApplicationFactory(user=user, archived_at=AT, **JOB)
        assert adding.find_duplicates(user, **JOB) == [application]

    def test_a_company_that_is_only_a_legal_form_keeps_its_name(self):
        assert adding.company_key("Company Inc.") == "company inc"
