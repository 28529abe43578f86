from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


@pytest.mark.parametrize(("name", "greeting"), [("Sam Taylor", "Hello, Sam"), ("", "Hello")])
def test_it_calls_only_those_by_name_who_gave_one(client, user, name, greeting):
    user.name = name
    user.save()
    assert f"<h1>{greeting}</h1>" in client.get("/dashboard/").content.decode()


class TestHome:
    def test_a_visitor_learns_what_it_is_and_what_it_costs(self, client):
        client.logout()
        page = client.get("/").content.decode()
        for words in ("Read-only.", "is never stored", "$9/month", "$19/month", "/accounts/signup/"):
            assert words in page

    def test_a_user_is_led_to_the_dashboard(self, client):
        assert client.get("/").url == "/dashboard/"

    def test_it_rejects_post(self, client):
        assert client.post("/").status_code == 405


class TestDashboard:
    def test_a_newcomer_is_shown_three_ways_to_begin(self, client):
        page = client.get("/dashboard/").content.decode()
        for words in ("Try the sample mailbox", "Connect your mailbox", "Upload a file of mail"):
            assert words in page

    def test_it_shows_what_waits_first_ones_first(self, client, mailbox, user):
        application = ApplicationFactory(user=user)
        messages = [
            MessageFactory(mailbox=mailbox, suggestion=application, received_at=NOW - timedelta(hours=n))
            for n in range(6)
        ]
        context = client.get("/dashboard/").context
        assert [row.message for row in context["waiting"]] == messages[:4]
        assert context["header"].counts["review"] == 6

    def test_it_counts(self, client, user, other):
        for status in ("saved", "applied", "interviewing", "technical_round", "offer_extended", "rejected"):
            ApplicationFactory(user=user, status=status)
        ApplicationFactory(user=user, archived_at=timezone.now())
        ApplicationFactory(user=other)
        numbers = client.get("/dashboard/").context["numbers"]
        assert numbers == {"open": 5, "in_talks": 2, "offers": 1, "answered": 4, "sent": 5, "all": 6}

    @time_machine.travel(NOW, tick=False)
    def test_next_steps_are_in_the_future_and_soonest_first(self, client, user, mailbox):
        application = ApplicationFactory(user=user, at=NOW - timedelta(days=9))

        def linked(**fields):
            MessageFactory(mailbox=mailbox, linked_to=application, **fields)

        linked(interview_at=NOW + timedelta(days=3))
        linked(deadline_at=NOW + timedelta(days=1), deadline_has_time=True)
        linked(interview_at=NOW - timedelta(days=1))
        linked(interview_at=NOW + timedelta(days=3))  # the same interview again
        closed = ApplicationFactory(user=user, status="rejected", at=NOW - timedelta(days=9))
        MessageFactory(
            mailbox=mailbox, linked_to=closed, kind="rejection", deadline_at=NOW + timedelta(days=2)
        )
        MessageFactory(mailbox=mailbox, suggestion=application, interview_at=NOW + timedelta(days=1))
        steps = client.get("/dashboard/").context["steps"]
        assert [(step.what, step.at - NOW) for step in steps] == [
            ("Deadline", timedelta(days=1)),
            ("Interview", timedelta(days=3)),
        ]

    @time_machine.travel(NOW, tick=False)
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Honolulu"])
    def test_a_deadline_by_day_is_that_day_in_every_zone(self, client, user, mailbox, zone):
        user.timezone = zone
        user.save()
        day = (NOW + timedelta(days=3)).date()
        application = ApplicationFactory(user=user, at=NOW - timedelta(days=9))
        noon = datetime.combine(day, time(12), UTC)
        MessageFactory(mailbox=mailbox, linked_to=application, deadline_at=noon, deadline_on=day)
        (step,) = client.get("/dashboard/").context["steps"]
        assert step.at == datetime.combine(day, time(23, 59), ZoneInfo(zone))

    @time_machine.travel(NOW, tick=False)
    @pytest.mark.parametrize(("plan", "shown"), [("free", []), ("premium", ["Interview"])])
    def test_next_steps_follow_the_plan(self, client_of, plan, shown):
        user = UserFactory(plan=plan)
        application = ApplicationFactory(user=user, at=NOW - timedelta(days=9))
        later = NOW + timedelta(days=3)
        MessageFactory(
            mailbox=MailboxFactory(user=user), linked_to=application, interview_at=later, deadline_at=later
        )
        steps = client_of(user).get("/dashboard/").context["steps"]
        assert [step.what for step in steps] == shown

    def test_recent_activity_links_to_the_mail(self, client, user, mailbox, other):
        application = ApplicationFactory(user=user, company="Lumen Health")
        message = MessageFactory(mailbox=mailbox, linked_to=application)
        ApplicationFactory(user=other, company="Not mine")
        page = client.get("/dashboard/").content.decode()
        assert f"/threads/{message.thread_id}/" in page
        assert "Interview invitation" in page
        assert "Not mine" not in page

    def test_what_was_taken_back_is_no_activity(self, client, user):
        application = ApplicationFactory(user=user)
        event = application.record("note", NOW, text="Wrong")
        application.void(event, at=NOW)
        assert event not in client.get("/dashboard/").context["events"]

    @pytest.mark.parametrize("count", [3, 30])
    def test_it_takes_at_most_twelve_queries(
        self, client, user, mailbox, count, django_assert_max_num_queries
    ):
        for _ in range(count):
            application = ApplicationFactory(user=user, at=NOW - timedelta(days=9))
            MessageFactory(mailbox=mailbox, suggestion=application)
            later = timezone.now() + timedelta(days=1)
            MessageFactory(mailbox=mailbox, linked_to=application, interview_at=later)
        client.get("/dashboard/")
        with django_assert_max_num_queries(12):
            client.get("/dashboard/")

    def test_it_asks_to_sign_in(self, client):
        client.logout()
        assert client.get("/dashboard/").url.startswith("/accounts/login/")

    def test_it_rejects_post(self, client):
        assert client.post("/dashboard/").status_code == 405
