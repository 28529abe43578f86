"""What Gmail pushes: forged ones are refused, genuine ones wake the mailbox, and no other."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from tests.factories import MailboxFactory
from tests.standins.fixtures import OWNER, PUSH_ACCOUNT, PUSH_AUDIENCE
from tests.standins.gmail.pubsub import CLAIMS, SHIFTS
from tests.tracking.mails import ListSource
from tests.tracking.pushes import connected, tended
from tracking.models import Mailbox, Message, PushSubscription, SyncRun
from tracking.push.pubsub import account_hash
from tracking.sync import sync

pytestmark = pytest.mark.django_db

URL = "/push/gmail"
FORGED = ["no token", "alg none", "alg hmac", "other key", "unknown key", "changed", *CLAIMS, *SHIFTS]


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """The mailboxes for which a sync was sent to the workers."""
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
    return sent


@pytest.fixture
def mailbox(user):
    at = timezone.now()
    made = MailboxFactory(
        user=user,
        address=OWNER,
        last_success_at=at - timedelta(minutes=1),
        next_sync_at=at + timedelta(minutes=5),
    )
    PushSubscription.objects.create(mailbox=made, state="live", account_hash=account_hash(OWNER))
    return made


@pytest.fixture
def pushing(gmail_push):
    """Google, with a topic whose pushes tests bring to the view."""
    cache.clear()
    gmail_push.order("subscribe", endpoint="", audience=PUSH_AUDIENCE, service_account=PUSH_ACCOUNT)
    return gmail_push


def push(pushing, address=OWNER, times=1, **values):
    """Bring one push so many times; the statuses of the answers."""
    made = pushing.order("make_push", address=address, **values)
    return [post(made["body"], made["headers"]) for _ in range(times)]


def post(body, headers):
    client = Client(raise_request_exception=False)
    return client.post(URL, body, content_type="application/json", headers=headers).status_code


def token(pushing):
    """The header of a genuine push."""
    return pushing.order("make_push", address=OWNER)["headers"]


def untouched(mailbox):
    before = mailbox.next_sync_at
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at, mailbox.wanted_by) == (before, "")
    assert PushSubscription.objects.get().notified_at is None


def test_it_wakes_the_mailbox(pushing, mailbox, queued):
    assert push(pushing) == [204]
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at <= timezone.now(), mailbox.wanted_by) == (True, "push")
    assert queued == [mailbox]
    assert PushSubscription.objects.get().notified_at is not None


@pytest.mark.parametrize("forged", FORGED)
def test_forged_pushes_have_no_effect(pushing, mailbox, queued, forged):
    assert push(pushing, forged=forged) == [
        403 if forged in {"account", "unverified", "verified in words"} else 401
    ]
    untouched(mailbox)
    assert not queued


def test_the_same_push_five_times_is_one_sync(pushing, mailbox):
    assert push(pushing, times=5) == [204] * 5
    assert sync(mailbox.pk, source=ListSource([]), only_due=True).trigger == SyncRun.Trigger.PUSH
    assert sync(mailbox.pk, source=ListSource([]), only_due=True) is None


def test_an_address_that_nobody_has_is_no_error(pushing, mailbox, queued):
    assert push(pushing, address="nobody@gmail.com") == [204]
    untouched(mailbox)
    assert not queued


def test_every_mailbox_of_the_address_is_woken_however_it_is_spelled(pushing, mailbox, other, queued):
    second = MailboxFactory(user=other, address=OWNER, next_sync_at=mailbox.next_sync_at)
    PushSubscription.objects.create(mailbox=second, state="live", account_hash=account_hash(OWNER))
    assert push(pushing, address=OWNER.title()) == [204]
    assert {woken.pk for woken in queued} == {mailbox.pk, second.pk}


@pytest.mark.parametrize("state", ["paused", "needs_reconnect", "disconnected"])
def test_a_mailbox_that_rests_sleeps_on(pushing, mailbox, queued, state):
    Mailbox.objects.update(state=state)
    assert push(pushing) == [204]
    assert not queued


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"message": 7}',
        b'{"message": {"data": 7}}',
        b'{"message": {"data": "****"}}',
        b'{"message": {"data": "W10="}}',  # []
        b'{"message": {"data": "eyJlbWFpbEFkZHJlc3MiOiA3fQ=="}}',  # an address that is a number
        b"[" * 50_000,
        b"\xff\x00",
    ],
)
def test_what_cannot_be_read_is_dropped(pushing, mailbox, body):
    """An error would bring it back again and again."""
    assert post(body, token(pushing)) == 204
    untouched(mailbox)


def test_a_body_may_use_either_alphabet_of_base64(pushing, mailbox, queued):
    told = json.dumps({"emailAddress": OWNER, "more": "\u00ff\u00fe?>"}, ensure_ascii=False)
    data = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
    assert {"-", "_"} & set(data)
    assert post(json.dumps({"message": {"data": data}}), token(pushing)) == 204
    assert queued == [mailbox]


def test_a_huge_body_is_refused(pushing, mailbox):
    assert post("x" * 70_000, token(pushing)) == 413


def test_only_post(gmail_push, db, client):
    for method in ("get", "put", "patch", "delete", "head"):
        assert getattr(client, method)(URL).status_code == 405


@pytest.mark.parametrize(
    "missing", ["GMAIL_PUBSUB_TOPIC", "GMAIL_PUBSUB_AUDIENCE", "GMAIL_PUBSUB_SERVICE_ACCOUNT"]
)
def test_without_its_settings_it_is_off(pushing, mailbox, settings, missing):
    setattr(settings, missing, "")
    assert push(pushing) == [404]
    untouched(mailbox)


def test_what_could_not_be_stored_is_asked_for_again(pushing, mailbox):
    with patch("tracking.push.pubsub.wake", side_effect=DatabaseError):
        assert push(pushing) == [500]


def test_with_the_queue_out_of_order_it_waits_for_the_schedule(pushing, mailbox, monkeypatch):
    def broken(mailbox):
        raise OperationalError

    monkeypatch.setattr("tracking.tasks.queue_sync", broken)
    assert push(pushing) == [204]
    assert list(Mailbox.objects.due(timezone.now())) == [mailbox]


class TestKeys:
    def test_they_are_asked_for_once(self, pushing, mailbox):
        pushing.order("reset_counts")
        assert push(pushing, times=3) == [204] * 3
        assert pushing.calls()["certs"] == 1

    def test_a_new_key_is_found(self, pushing, mailbox):
        assert push(pushing) == [204]
        pushing.order("rotate_keys")
        cache.delete(f"google-keys:{pushing.url}/oauth2/v3/certs:asked")  # a minute later
        assert push(pushing) == [204]

    def test_tokens_with_unknown_keys_do_not_make_us_ask_again_and_again(self, pushing, mailbox):
        push(pushing)
        pushing.order("reset_counts")
        assert push(pushing, forged="unknown key", times=5) == [401] * 5
        assert pushing.calls().get("certs", 0) <= 1

    def test_without_them_nothing_is_believed_and_nothing_lost(self, pushing, mailbox):
        pushing.fail("certs", status=503)
        assert push(pushing) == [503]
        untouched(mailbox)
        cache.clear()
        assert push(pushing) == [204]

    @pytest.mark.parametrize("answer", [[], {"keys": 7}, {"keys": [{"kty": "RSA"}]}, {"keys": ["x"]}])
    def test_senseless_ones_are_none(self, pushing, mailbox, answer):
        pushing.fail("certs", status=200, body=answer)
        assert push(pushing) == [503]

    def test_those_of_the_last_day_serve_while_they_cannot_be_had(self, pushing, mailbox):
        assert push(pushing) == [204]
        cache.delete(f"google-keys:{pushing.url}/oauth2/v3/certs:fresh")
        pushing.fail("certs", status=503)
        assert push(pushing) == [204]


@pytest.mark.django_db(transaction=True)
class TestWholeWay:
    @pytest.fixture
    def pushing(self, pushing, live_server):
        """Google, pushing to this very server."""
        address = {"audience": PUSH_AUDIENCE, "service_account": PUSH_ACCOUNT}
        pushing.order("subscribe", endpoint=live_server.url + URL, **address)
        return pushing

    def test_from_delivery_to_the_inbox(self, pushing, user):
        mailbox = connected(pushing, user)
        sync(mailbox.pk)
        assert tended(mailbox).state == "live"
        sync(mailbox.pk, only_due=True)  # what came meanwhile

        sent = pushing.deliver(
            timezone.now(), subject="Interview invitation for Data Analyst at Lumen Health"
        )
        assert sent["pushed"] == [204]
        run = sync(mailbox.pk, only_due=True)
        assert (run.trigger, run.looked_at, run.kept) == ("push", 1, 1)
        assert Message.objects.get().provider_id == sent["id"]

    def test_the_pushed_history_id_is_not_where_reading_begins(self, pushing, user):
        mailbox = connected(pushing, user)
        sync(mailbox.pk)
        tended(mailbox)
        sync(mailbox.pk, only_due=True)
        pushing.order("end_watch", address=OWNER)
        missed = pushing.deliver(timezone.now(), subject="Interview on Monday")  # without a push
        assert pushing.order("push", address=OWNER, history_id=10**21)["pushed"] == [204]
        assert sync(mailbox.pk, only_due=True).looked_at == 1
        assert Message.objects.get().provider_id == missed["id"]

    def test_with_every_push_lost_the_schedule_finds_the_same(self, pushing, user):
        mailbox = connected(pushing, user)
        sync(mailbox.pk)
        tended(mailbox)
        sync(mailbox.pk, only_due=True)
        pushing.order("end_watch", address=OWNER)
        sent = pushing.deliver(timezone.now(), subject="Interview on Monday")
        assert "pushed" not in sent
        Mailbox.objects.update(next_sync_at=timezone.now())
        run = sync(mailbox.pk, only_due=True)
        assert (run.trigger, run.kept) == ("schedule", 1)
        assert not Mailbox.objects.due(timezone.now())
