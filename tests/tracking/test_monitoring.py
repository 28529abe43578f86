from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Notification
from tests.factories import ApplicationFactory, MailboxFactory, ThreadFactory, UserFactory
from tests.tracking.mails import ListSource, confirmation
from tracking import monitoring
from tracking.models import Mailbox, Message, Thread
from tracking.sync import sync

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def premium(db):
    return UserFactory(plan="premium", email="sam@example.org")


@pytest.fixture
def threads(premium):
    """53 conversations, the first one quiet the longest."""
    mailbox = MailboxFactory(user=premium, provider=Mailbox.Provider.GMAIL)
    application = ApplicationFactory(user=premium)
    ages = (timedelta(hours=53 - number) for number in range(53))
    return [
        ThreadFactory(mailbox=mailbox, application=application, last_message_at=NOW - age) for age in ages
    ]


def resting() -> set:
    return set(Thread.objects.filter(monitored=False).values_list("pk", flat=True))


def test_the_longest_quiet_rest(premium, threads):
    assert monitoring.limit(premium, NOW) == 3
    assert resting() == {thread.pk for thread in threads[:3]}
    assert Notification.objects.get(key="threads").user == premium
    assert monitoring.usage(premium, NOW).used == 50


def test_the_user_can_choose_others(premium, threads):
    Thread.objects.filter(pk=threads[0].pk).update(pinned=True)
    monitoring.limit(premium, NOW)
    assert resting() == {thread.pk for thread in threads[1:4]}


def test_a_thread_that_ends_makes_room(premium, threads):
    monitoring.limit(premium, NOW)
    Thread.objects.filter(pk__in=[thread.pk for thread in threads[10:20]]).update(application=None)
    assert monitoring.limit(premium, NOW) == 0
    assert not resting()


def test_platinum_watches_all(user):
    mailbox = MailboxFactory(user=user)
    application = ApplicationFactory(user=user)
    for _ in range(52):
        ThreadFactory(mailbox=mailbox, application=application)
    assert monitoring.limit(user, NOW) == 0


def test_mail_in_a_resting_thread_waits_for_review(premium):
    application = ApplicationFactory(user=premium, company="Lumen Health", title="Data Analyst")
    mailbox = MailboxFactory(user=premium, provider=Mailbox.Provider.GMAIL)
    ThreadFactory(mailbox=mailbox, provider_id="t1", application=application, monitored=False)
    run = sync(mailbox.pk, source=ListSource([confirmation(1)]))
    message = Message.objects.get()
    assert run.review == 1
    assert (message.state, message.suggestion, message.application) == ("review", application, None)
