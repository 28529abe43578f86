"""What operators see of pushes: how fast mail shows, and which subscriptions stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import MailboxFactory, MessageFactory, SyncRunFactory, UserFactory
from tracking.latency import latencies
from tracking.models import PushSubscription

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAGE = "/admin/tracking/pushsubscription/"


@pytest.fixture
def operator(db, client_of):
    return client_of(UserFactory(email="operator@example.org", is_staff=True, is_superuser=True))


def took(mailbox, trigger, seconds, visible_at):
    run = SyncRunFactory(mailbox=mailbox, trigger=trigger)
    received_at = visible_at - timedelta(seconds=seconds)
    MessageFactory(mailbox=mailbox, run=run, received_at=received_at, visible_at=visible_at)


def test_percentiles_by_provider_and_trigger():
    at = timezone.now()
    gmail, outlook = MailboxFactory(provider="gmail"), MailboxFactory(provider="outlook")
    for seconds in range(101):
        took(gmail, "push", seconds, at)
    took(gmail, "schedule", 20, at)
    took(outlook, "schedule", 30, at)
    took(outlook, "schedule", 7000, at - 2 * DAY)
    took(gmail, "first", 90_000, at)
    shown = [
        (each.provider, each.trigger, each.messages, each.median, each.p95) for each in latencies(at - DAY)
    ]
    assert shown == [
        ("Gmail", "Push", 101, 50.0, 95.0),
        ("Gmail", "Schedule", 1, 20.0, 20.0),
        ("Outlook", "Schedule", 1, 30.0, 30.0),
    ]


def test_the_page_shows_them_and_nothing_private(operator, settings):
    at = timezone.now()
    mailbox = MailboxFactory(provider="outlook", address="sam.secret@outlook.com")
    took(mailbox, "push", 2.4, at)
    took(mailbox, "schedule", 12, at - 3 * DAY)
    row = PushSubscription.objects.create(
        mailbox=mailbox,
        external_id="secret-id",
        client_state="secret-state",
        account_hash="secret-hash",
        expires_at=at,
    )
    settings.GRAPH_PUSH_BASE_URL = "https://heardback.example"
    page = operator.get(PAGE).content.decode()
    assert "told of by: Outlook" in page
    assert "2.4 s" in page
    assert page.count("12.0 s") == 2
    one = operator.get(f"{PAGE}{row.pk}/change/").content.decode()
    assert not [
        word for word in ("sam.secret", "secret-id", "secret-state", "secret-hash") if word in page + one
    ]


def test_without_pushes_the_page_says_so(operator):
    page = operator.get(PAGE).content.decode()
    assert "No provider tells of mail by itself" in page
    assert page.count("No mail came in this time.") == 2


def test_operators_look_and_change_nothing(operator):
    row = PushSubscription.objects.create(mailbox=MailboxFactory(), account_hash="-")
    assert operator.get(f"{PAGE}add/").status_code == 403
    assert operator.post(f"{PAGE}{row.pk}/delete/", {"post": "yes"}).status_code == 403
