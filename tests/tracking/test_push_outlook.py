"""What Microsoft Graph tells: with the secret of a subscription it wakes a mailbox, else it has no effect."""

from __future__ import annotations

import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from tests.factories import MailboxFactory
from tests.standins.fixtures import OUTLOOK_OWNER
from tests.tracking.mails import ListSource
from tests.tracking.pushes import connected, tended
from tracking.models import Mailbox, Message, PushSubscription, SyncRun
from tracking.sync import sync

pytestmark = pytest.mark.django_db

URL = "/push/outlook"
SECRET, NAME = "the-secret-of-this-one", "7f105c7d-2dc5-4530-97cd-4e7ae6534c03"


@pytest.fixture(autouse=True)
def queued(monkeypatch, settings):
    """The mailboxes for which a sync was sent to the workers."""
    settings.GRAPH_PUSH_BASE_URL = "https://heardback.example"
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
    return sent


@pytest.fixture
def mailbox(user):
    return subscribed(user)


def subscribed(user, name=NAME, secret=SECRET):
    at = timezone.now()
    times = {"last_success_at": at - timedelta(minutes=1), "next_sync_at": at + timedelta(minutes=5)}
    made = MailboxFactory(user=user, provider="outlook", address=f"{name}@outlook.com", **times)
    days = {"due_at": at + timedelta(days=1), "expires_at": at + timedelta(days=2), "started_at": at}
    PushSubscription.objects.create(
        mailbox=made, state="live", external_id=name, client_state=secret, account_hash="-", **days
    )
    return made


def notice(**values):
    return {"subscriptionId": NAME, "clientState": SECRET, "changeType": "created", **values}


def tell(*notices):
    return post(json.dumps({"value": notices}))


def post(body, query=""):
    client = Client(raise_request_exception=False)
    return client.post(URL + query, body, content_type="application/json").status_code


def untouched(mailbox):
    before = mailbox.next_sync_at
    mailbox.refresh_from_db()
    row = mailbox.push
    assert (mailbox.next_sync_at, mailbox.wanted_by) == (before, "")
    assert (row.state, row.version, row.external_id, row.notified_at) == ("live", 0, NAME, None)


def test_it_wakes_the_mailbox(mailbox, queued):
    assert tell(notice()) == 202
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at <= timezone.now(), mailbox.wanted_by) == (True, "push")
    assert queued == [mailbox]
    assert PushSubscription.objects.get().notified_at is not None


@pytest.mark.parametrize(
    "forged",
    [
        {"clientState": "another"},
        {"clientState": ""},
        {"clientState": None},
        {"clientState": [SECRET]},
        {"clientState": SECRET + "x"},
        {"clientState": "\ud800 \u00e9"},
        {"subscriptionId": "7f105c7d-0000-4530-97cd-4e7ae6534c03"},
        {"subscriptionId": ""},
        {"subscriptionId": None},
        {"subscriptionId": "\x00"},
        {"subscriptionId": "x" * 5000},
        {"subscriptionId": {"a": 1}},
    ],
)
@pytest.mark.parametrize("event", [None, "subscriptionRemoved", "reauthorizationRequired", "missed"])
def test_forged_notices_have_no_effect(mailbox, queued, forged, event):
    assert tell({**notice(), **({"lifecycleEvent": event} if event else {}), **forged}) == 202
    untouched(mailbox)
    assert not queued


def test_a_subscription_without_a_secret_is_told_nothing(mailbox, queued):
    row = mailbox.push
    row.client_state = ""
    row.save()
    assert tell(notice(clientState="")) == 202
    untouched(mailbox)


def test_the_secret_of_one_does_not_open_another(mailbox, other, queued):
    subscribed(other, "another-one", "its-own-secret")
    assert tell(notice(clientState="its-own-secret")) == 202
    untouched(mailbox)


def test_genuine_ones_among_forged_ones_count(mailbox, other, queued):
    second = subscribed(other, "another-one", "its-own-secret")
    told = [notice(clientState="no"), notice(subscriptionId="another-one", clientState="its-own-secret")]
    assert tell(*told) == 202
    untouched(mailbox)
    assert queued == [second]


def test_the_same_notice_five_times_is_one_sync(mailbox):
    assert tell(*[notice()] * 5) == 202
    assert [tell(notice()) for _ in range(4)] == [202] * 4
    assert sync(mailbox.pk, source=ListSource([]), only_due=True).trigger == SyncRun.Trigger.PUSH
    assert sync(mailbox.pk, source=ListSource([]), only_due=True) is None


@pytest.mark.parametrize("state", ["paused", "needs_reconnect", "disconnected"])
def test_a_mailbox_that_rests_sleeps_on(mailbox, queued, state):
    Mailbox.objects.update(state=state)
    assert tell(notice()) == 202
    assert not queued


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"value": 7}', '{"value": ["x"]}', "[" * 50_000])
def test_what_cannot_be_read_is_refused(mailbox, body):
    assert post(body) == 400
    untouched(mailbox)


def test_a_huge_body_is_refused(mailbox):
    assert post("x" * 1_100_000) == 413


def test_only_post(db, client):
    for method in ("get", "put", "patch", "delete", "head"):
        assert getattr(client, method)(URL).status_code == 405


def test_without_its_setting_it_is_off(mailbox, settings):
    settings.GRAPH_PUSH_BASE_URL = ""
    assert tell(notice()) == 404
    untouched(mailbox)


def test_what_could_not_be_stored_is_asked_for_again(mailbox):
    with patch("tracking.push.graph.wake", side_effect=DatabaseError):
        assert tell(notice()) == 500


class TestTryingOut:
    def test_the_token_comes_back_as_plain_text(self, client):
        token = "Validation: Testing client application reachability for Request-Id: 2ab4+/="
        answer = client.post(URL, query_params={"validationToken": token})
        assert (answer.status_code, answer.content.decode()) == (200, token)
        assert answer["Content-Type"].startswith("text/plain")
        assert answer["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("token", ["", "<script>alert(1)</script>", 'a"b', "a\nb", "x" * 2000, "a\x00"])
    def test_what_may_be_markup_does_not(self, client, token):
        answer = client.post(URL, query_params={"validationToken": token})
        assert (answer.status_code, answer.content) == (400, b"")


class TestLifecycle:
    def test_missed_notices_are_caught_up_with(self, mailbox, queued):
        assert tell(notice(lifecycleEvent="missed")) == 202
        assert queued == [mailbox]

    def test_it_is_renewed_when_asked_to(self, mailbox, queued):
        assert tell(notice(lifecycleEvent="reauthorizationRequired")) == 202
        row = PushSubscription.objects.get()
        assert (row.state, row.external_id, row.due_at <= timezone.now()) == ("live", NAME, True)
        assert not queued

    def test_what_was_removed_is_set_up_again_and_caught_up_with(self, mailbox, queued):
        assert tell(notice(lifecycleEvent="subscriptionRemoved")) == 202
        row = PushSubscription.objects.get()
        assert (row.state, row.external_id, row.due_at <= timezone.now()) == ("pending", "", True)
        assert queued == [mailbox]
        assert tell(notice(lifecycleEvent="missed")) == 202  # no longer of any subscription


@pytest.mark.django_db(transaction=True)
class TestWholeWay:
    """Microsoft tries our very address out, and tells of mail there."""

    @pytest.fixture
    def telling(self, outlook, live_server, settings):
        settings.GRAPH_PUSH_BASE_URL = live_server.url
        return outlook

    @pytest.fixture
    def mailbox(self, telling, user):
        made = connected(telling, user)
        sync(made.pk)
        assert tended(made).state == "live"
        sync(made.pk, only_due=True)  # what came meanwhile
        return made

    def test_from_delivery_to_the_inbox(self, telling, mailbox):
        sent = telling.deliver(
            timezone.now(), subject="Interview invitation for Data Analyst at Lumen Health"
        )
        assert sent["pushed"] == [202]
        run = sync(mailbox.pk, only_due=True)
        assert (run.trigger, run.looked_at, run.kept) == ("push", 1, 1)
        assert Message.objects.get().provider_id == sent["id"]

    def test_forged_notices_to_the_real_address(self, telling, mailbox):
        for forged in ({"clientState": "no"}, {"subscriptionId": "no"}):
            assert telling.order("notify", address=OUTLOOK_OWNER, **forged)["pushed"] == [202]
        assert sync(mailbox.pk, only_due=True) is None

    def test_removed_and_set_up_again(self, telling, mailbox):
        before = PushSubscription.objects.get().external_id
        answer = telling.order("lifecycle", address=OUTLOOK_OWNER, event="subscriptionRemoved")
        assert answer["pushed"] == [202]
        row = tended(mailbox)
        assert (row.state, row.external_id != before) == ("live", True)
        assert telling.deliver(timezone.now(), subject="Interview on Monday")["pushed"] == [202]

    def test_renewed_when_asked_to(self, telling, mailbox):
        before = PushSubscription.objects.get()
        answer = telling.order("lifecycle", address=OUTLOOK_OWNER, event="reauthorizationRequired")
        assert answer["pushed"] == [202]
        row = tended(mailbox)
        assert (row.external_id, row.renewed_at > before.renewed_at) == (before.external_id, True)
        assert telling.calls()["renew"] == 1

    def test_with_every_push_lost_the_schedule_finds_the_same(self, telling, mailbox):
        telling.order("mute", address=OUTLOOK_OWNER)
        assert "pushed" not in telling.deliver(timezone.now(), subject="Interview on Monday")
        Mailbox.objects.update(next_sync_at=timezone.now())
        run = sync(mailbox.pk, only_due=True)
        assert (run.trigger, run.kept) == ("schedule", 1)
