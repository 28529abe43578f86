"""Whom to write to again, and when."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from applications import reminders
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, TaskFactory, UserFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=reminders.FOLLOW_UP_DAYS + 2)
PAGE = "/reminders/"


@pytest.fixture
def client(user, client_of):
    with time_machine.travel(AT, tick=False):
        yield client_of(user)


def text_of(response):
    return " ".join(response.content.decode().split())


def due(user, at=AT):
    return [(each.application.company, each.days) for each in reminders.due(user, at)]


class TestDue:
    def test_the_longest_silent_comes_first(self, user):
        ApplicationFactory(user=user, company="Twelve", at=LONG_AGO)
        ApplicationFactory(user=user, company="Thirty", status="interviewing", at=AT - timedelta(days=30))
        ApplicationFactory(user=user, company="Fresh", at=AT - timedelta(days=3))
        assert due(user) == [("Thirty", 30), ("Twelve", 12)]

    @pytest.mark.parametrize("values", [{"status": s} for s in ("saved", "offer_extended", "rejected")])
    def test_only_where_it_is_their_turn(self, user, values):
        ApplicationFactory(user=user, at=LONG_AGO, **values)
        assert due(user) == []

    def test_archived_ones_and_strangers_are_left_alone(self, user, other):
        ApplicationFactory(user=user, at=LONG_AGO, archived_at=AT)
        ApplicationFactory(user=other, at=LONG_AGO)
        assert due(user) == []

    def test_their_mail_ends_the_silence_and_that_of_the_user_does_not(self, user):
        mailbox = MailboxFactory(user=user)
        answered, written = (ApplicationFactory(user=user, company=c, at=LONG_AGO) for c in ("A", "W"))
        MessageFactory(mailbox=mailbox, linked_to=answered, received_at=AT - timedelta(days=1))
        mine = {"kind": "other_sent", "sent_by_user": True}
        MessageFactory(mailbox=mailbox, linked_to=written, received_at=AT - timedelta(days=1), **mine)
        assert due(user) == [("W", 12)]

    def test_a_follow_up_begins_the_count_anew(self, user):
        application = ApplicationFactory(user=user, company="Twelve", at=LONG_AGO)
        reminders.done(application, AT)
        assert due(user) == []
        assert due(user, AT + timedelta(days=reminders.FOLLOW_UP_DAYS)) == [("Twelve", 22)]

    def test_a_chosen_day_counts_where_the_user_is(self, user):
        user.timezone = "Pacific/Auckland"  # where it is the 18th
        user.save()
        application = ApplicationFactory(user=user, company="Chosen", at=AT - timedelta(days=1))
        reminders.remind_on(application, date(2026, 3, 18))
        assert due(user) == [("Chosen", 1)]
        assert due(user, AT - timedelta(hours=6)) == []
        assert [each.company for each in reminders.later(user, AT - timedelta(hours=6))] == ["Chosen"]

    def test_the_number_of_queries_does_not_grow(self, user, django_assert_num_queries):
        ApplicationFactory.create_batch(12, user=user, at=LONG_AGO)
        with django_assert_num_queries(2):
            assert len(due(user)) == 12


class TestPage:
    def test_it_works(self, client, user):
        application = ApplicationFactory(user=user, company="Lumen Health", at=LONG_AGO)
        TaskFactory(application=application, text="Call Priya", due_on=AT.date())
        content = text_of(client.get(PAGE))
        assert "Nothing heard for 12 days" in content
        assert "Call Priya" in content

    @pytest.mark.parametrize("plan", [None, "premium"])
    def test_other_plans_see_tasks_and_what_there_would_be(self, db, client_of, plan):
        somebody = UserFactory(plan=plan)
        application = ApplicationFactory(user=somebody, company="Lumen Health", at=LONG_AGO)
        TaskFactory(application=application, text="Call Priya", due_on=AT.date())
        with time_machine.travel(AT, tick=False):
            content = text_of(client_of(somebody).get(PAGE))
        assert "Call Priya" in content
        assert "Nothing heard for" not in content
        assert "On <strong>Platinum</strong>" in content

    def test_followed_up(self, client, user):
        application = ApplicationFactory(user=user, at=LONG_AGO)
        assert client.post(reverse("application-followed-up", args=[application.pk]))["Location"] == PAGE
        assert due(user) == []

    def test_a_week_later(self, client, user):
        application = ApplicationFactory(user=user, at=LONG_AGO)
        client.post(reverse("application-remind", args=[application.pk]), {"week": "1", "day": ""})
        application.refresh_from_db()
        assert application.remind_on == date(2026, 3, 24)
        assert "24 Mar" in text_of(client.get(PAGE))

    def test_on_a_day_of_ones_choice(self, client, user):
        application = ApplicationFactory(user=user, at=LONG_AGO)
        client.post(reverse("application-remind", args=[application.pk]), {"day": "2026-04-01"})
        application.refresh_from_db()
        assert application.remind_on == date(2026, 4, 1)

    @pytest.mark.parametrize(
        ("name", "sent"),
        [
            ("application-followed-up", {}),
            ("application-remind", {"week": "1"}),
            ("application-remind", {"day": "2026-04-01"}),
            ("application-remind", {"off": "1"}),
        ],
    )
    def test_the_answer_offers_to_undo_it(self, client, user, name, sent):
        before = (date(2026, 3, 17), AT - timedelta(days=40, seconds=1))
        application = ApplicationFactory(
            user=user, at=LONG_AGO, remind_on=before[0], followed_up_at=before[1]
        )
        client.post(reverse(name, args=[application.pk]), sent)
        application.refresh_from_db()
        assert (application.remind_on, application.followed_up_at) != before
        toast = client.get(PAGE).content.decode().partition('id="toasts"')[2]
        undo = unescape(re.search(r'action="([^"]+/remind/undo/[^"]*)"', toast)[1])
        assert client.post(undo, {"next": PAGE})["Location"] == PAGE
        application.refresh_from_db()
        assert (application.remind_on, application.followed_up_at) == before

    def test_undoing_refuses_what_is_no_day(self, client, user):
        application = ApplicationFactory(user=user, at=LONG_AGO, remind_on=date(2026, 3, 18))
        url = reverse("application-remind-undo", args=[application.pk])
        assert client.post(f"{url}?remind_on=soon").status_code == 400
        application.refresh_from_db()
        assert application.remind_on == date(2026, 3, 18)

    def test_a_reminder_can_be_taken_off(self, client, user):
        application = ApplicationFactory(user=user, at=AT, remind_on=date(2026, 4, 1))
        assert "Take off" in text_of(client.get(PAGE))
        client.post(reverse("application-remind", args=[application.pk]), {"off": "1", "day": ""})
        application.refresh_from_db()
        assert application.remind_on is None

    @pytest.mark.parametrize("name", ["application-followed-up", "application-remind"])
    def test_the_plan_is_asked_on_the_server_too(self, free_user, client_of, name):
        application = ApplicationFactory(user=free_user, at=LONG_AGO)
        client = client_of(free_user)
        client.post(reverse(name, args=[application.pk]), {"week": "1"})
        application.refresh_from_db()
        assert (application.remind_on, application.followed_up_at) == (None, None)
        assert "come with the Platinum plan" in text_of(client.get(PAGE))

    @pytest.mark.parametrize("day", ["", "2026-03-17", "2020-01-01", "soon"])
    def test_a_day_that_is_over_is_refused(self, client, user, day):
        application = ApplicationFactory(user=user, at=LONG_AGO)
        client.post(reverse("application-remind", args=[application.pk]), {"day": day})
        application.refresh_from_db()
        assert application.remind_on is None
        assert "still to come" in text_of(client.get(PAGE))

    @pytest.mark.parametrize(
        "name", ["application-followed-up", "application-remind", "application-remind-undo"]
    )
    def test_ownership_and_method(self, client, other, name):
        theirs = ApplicationFactory(user=other, at=LONG_AGO, status=Status.APPLIED)
        assert client.post(reverse(name, args=[theirs.pk])).status_code == 404
        assert client.get(reverse(name, args=[theirs.pk])).status_code == 405
        theirs.refresh_from_db()
        assert (theirs.remind_on, theirs.followed_up_at) == (None, None)

    def test_a_page_rejects_post(self, client):
        assert client.post(PAGE).status_code == 405
