"""What is due today is said once, in the user's own morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts import letters
from accounts.models import Notification
from applications.telling import tell_of_today
from tests.factories import ApplicationFactory, TaskFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 5)
MORNING = datetime(2026, 3, 5, 7, 10, tzinfo=UTC)


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user)


def told(user):
    return [(news.text, news.kind) for news in Notification.objects.of(user)]


def test_tasks_and_reminders_of_the_day_are_told_once(user, application):
    TaskFactory(application=application, user=user, due_on=TODAY)
    ApplicationFactory(user=user, remind_on=TODAY)
    assert [tell_of_today(MORNING + timedelta(minutes=15 * n)) for n in range(3)] == [1, 0, 0]
    assert told(user) == [("2 tasks or reminders for today.", "task")]
    assert Notification.objects.get().count == 1


def test_nothing_due_nothing_said(user, application):
    TaskFactory(application=application, user=user, due_on=TODAY, done_at=MORNING)
    TaskFactory(application=application, user=user, due_on=TODAY - timedelta(days=1))
    TaskFactory(application=application, user=user, due_on=TODAY + timedelta(days=1))
    archived = ApplicationFactory(user=user, archived_at=MORNING, remind_on=TODAY)
    TaskFactory(application=archived, user=user, due_on=TODAY)
    assert tell_of_today(MORNING) == 0


@pytest.mark.parametrize(
    ("zone", "at", "is_told"),
    [
        ("UTC", "2026-03-05 06:59", False),
        ("Asia/Tokyo", "2026-03-04 22:00", True),
        ("Asia/Tokyo", "2026-03-05 16:00", False),  # there it is tomorrow already
        ("America/Los_Angeles", "2026-03-05 14:59", False),
        ("America/Los_Angeles", "2026-03-05 15:00", True),
    ],
)
def test_the_day_is_the_users(user, application, zone, at, is_told):
    user.timezone = zone
    user.save()
    TaskFactory(application=application, user=user, due_on=TODAY)
    assert tell_of_today(datetime.fromisoformat(f"{at}+00:00")) == is_told


def test_each_user_hears_of_their_own(user, other, application):
    TaskFactory(application=application, user=user, due_on=TODAY)
    tell_of_today(MORNING)
    assert told(other) == []


def test_the_daily_e_mail_of_that_morning_tells_of_it(user, application):
    TaskFactory(application=application, user=user, due_on=TODAY)
    tell_of_today(MORNING)
    assert [letter.user for letter in letters.gather(datetime(2026, 3, 5, 8, tzinfo=UTC))] == [user]
