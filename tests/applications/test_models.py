from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.models import Application, Event
from applications.status import OPEN, Status
from tests.factories import ApplicationFactory
from tracking.mail import Kind

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def mail(application, effect, day):
    return application.record(Event.Kind.MAIL, START + timedelta(days=day), effect=effect, by_person=False)


def test_the_status_follows_the_events(user):
    application = ApplicationFactory(user=user, at=START)
    mail(application, "interview_invitation", 3)
    application.refresh_from_db()
    assert (application.status, application.status_at) == (Status.INTERVIEWING, START + timedelta(days=3))
    assert application.last_activity_at == START + timedelta(days=3)


def test_what_is_recorded_last_need_not_have_happened_last(user):
    application = ApplicationFactory(user=user, at=START)
    mail(application, "offer", 8)
    mail(application, "interview_invitation", 3)
    application.refresh_from_db()
    assert (application.status, application.status_at) == (Status.OFFER_EXTENDED, START + timedelta(days=8))


def test_mail_from_before_the_user_began_to_track_it_counts(user):
    application = ApplicationFactory(user=user, at=START)
    mail(application, "rejection", -2)
    assert application.status == Status.REJECTED


def test_an_application_without_events_is_saved(user):
    application = Application.objects.create(user=user, company="Lumen Health", title="Data Analyst")
    application.refold()
    assert (application.status, application.status_at) == (Status.SAVED, None)
    assert application.last_activity_at == application.created_at


def test_the_status_with_a_mail_is_foretold_without_changing_anything(user):
    application = ApplicationFactory(user=user, at=START)
    assert application.status_with("offer", START + timedelta(days=1)) == Status.OFFER_EXTENDED
    application.refresh_from_db()
    assert application.status == Status.APPLIED
    assert application.events.count() == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    story=st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(0, 60)), min_size=1, max_size=6),
    data=st.data(),
)
def test_voiding_is_as_if_it_had_never_happened(user, story, data):
    voided = data.draw(st.sets(st.sampled_from(range(len(story)))))
    application, twin = ApplicationFactory(user=user, at=START), ApplicationFactory(user=user, at=START)
    events = [mail(application, effect, day) for effect, day in story]
    application.void(*(events[place] for place in voided), at=START)
    for place, (effect, day) in enumerate(story):
        if place not in voided:
            mail(twin, effect, day)
    for each in (application, twin):
        each.refresh_from_db()
    assert (application.status, application.status_at) == (twin.status, twin.status_at)
    assert application.last_activity_at == twin.last_activity_at
    assert application.events.count() == 1 + len(story)  # the rows are kept


def test_querysets_say_what_they_mean(user, other):
    by_status = {status: ApplicationFactory(user=user, status=status) for status in Status}
    away = ApplicationFactory(user=user, archived_at=START)
    ApplicationFactory(user=other)
    mine = Application.objects.of(user)
    assert set(mine.open()) == {by_status[status] for status in OPEN} | {away}
    assert set(mine.active()) == set(by_status.values())
    assert by_status[Status.SAVED].is_open
    assert not by_status[Status.REJECTED].is_open
