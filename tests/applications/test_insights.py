"""Figures about one application, and who sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from applications import correspondence
from applications.insights import insights
from applications.silence import QUIET_DAYS
from billing.plans import FREE, PLATINUM, PREMIUM
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, UserFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def day(number, hours=0):
    """So many days before AT."""
    return AT - timedelta(days=number, hours=hours)


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user, at=day(30))


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


def figures(application, plan=PLATINUM):
    return insights(application, correspondence.of(application, plan.entitlements), AT)


def sent(mailbox, application, at):
    return MessageFactory(
        mailbox=mailbox, linked_to=application, received_at=at, kind="other_sent", sent_by_user=True
    )


def test_without_mail(application):
    found = figures(application)
    assert (found.days_since_applied, found.days_in_status, found.silent_days) == (30, 30, 30)
    assert (found.first_answer, found.typical_answer, found.received, found.sent) == (None, None, 0, 0)


def test_their_answers(application, mailbox):
    MessageFactory(mailbox=mailbox, linked_to=application, received_at=day(20))
    for mine, theirs in ((18, 17), (12, 8), (6, 4)):
        sent(mailbox, application, day(mine))
        MessageFactory(mailbox=mailbox, linked_to=application, received_at=day(theirs))
    found = figures(application)
    assert found.first_answer == timedelta(days=10)
    assert found.typical_answer == timedelta(days=2)  # of one, two and four days
    assert (found.received, found.sent, found.silent_days) == (4, 3, None)


def test_what_was_not_answered_yet_is_no_answer(application, mailbox):
    sent(mailbox, application, day(3))
    assert figures(application).typical_answer is None


def test_what_is_ahead(application, mailbox):
    MessageFactory(mailbox=mailbox, linked_to=application, received_at=day(2), interview_at=day(-3))
    MessageFactory(
        mailbox=mailbox,
        linked_to=application,
        received_at=day(1),
        deadline_at=day(-1),
        next_steps=["Send it."],
    )
    MessageFactory(mailbox=mailbox, linked_to=application, received_at=day(9), deadline_at=day(5))
    found = figures(application)
    assert [each.what for each in found.ahead] == ["Deadline", "Interview"]
    assert found.next_steps == ["Send it."]


def test_the_plan_decides_what_mail_tells(application, mailbox):
    MessageFactory(
        mailbox=mailbox,
        linked_to=application,
        interview_at=day(-3),
        deadline_at=day(-1),
        next_steps=["Send it."],
    )
    shown = {
        plan.code: correspondence.of(application, plan.entitlements) for plan in (FREE, PREMIUM, PLATINUM)
    }
    assert [len(each.appointments) for each in shown.values()] == [0, 1, 2]
    assert [each.emails[0].kind for each in shown.values()] == [
        "",
        "Interview invitation",
        "Interview invitation",
    ]
    assert [bool(each.next_steps) for each in shown.values()] == [False, False, True]
    assert [each.insights for each in shown.values()] == [False, False, True]


def test_the_sample_shows_everything_on_every_plan(free_user):
    application = ApplicationFactory(user=free_user)
    sample = MailboxFactory(user=free_user, provider="sample")
    MessageFactory(mailbox=sample, linked_to=application, deadline_at=day(-1))
    assert correspondence.of(application, FREE.entitlements).insights


class TestTab:
    def content(self, client_of, user):
        application = ApplicationFactory(user=user, at=day(QUIET_DAYS + 1))
        with time_machine.travel(AT, tick=False):
            return " ".join(
                client_of(user).get(f"{application.get_absolute_url()}?tab=insights").content.decode().split()
            )

    def test_platinum(self, client_of, user):
        assert "Since you applied" in self.content(client_of, user)

    @pytest.mark.parametrize(("plan", "name"), [(None, "Free"), ("premium", "Premium")])
    def test_others_see_what_there_would_be(self, client_of, plan, name):
        content = self.content(client_of, UserFactory(plan=plan))
        assert f"You are on {name}." in content
        assert "Since you applied" not in content


def test_mail_with_a_warning_gives_no_advice(mailbox, application):
    linked = {"mailbox": mailbox, "linked_to": application}
    MessageFactory(**linked, received_at=day(5), next_steps=["Choose a slot"])
    MessageFactory(**linked, received_at=day(1), next_steps=["Upload your passport"], warning="Not theirs.")
    assert figures(application).next_steps == ["Choose a slot"]
