"""Setting up, renewing and ending what providers promised to tell, and all that comes in between."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import registry
from accounts.grants import MICROSOFT, lose
from tests.factories import SyncRunFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER
from tests.tracking.pushes import beat, connected, consented, tended
from tracking import connect, tasks
from tracking.models import Mailbox, PushSubscription
from tracking.providers import calling
from tracking.providers.budgets import budget_of
from tracking.providers.gmail.watch import STOP_UNITS, WATCH_UNITS, GmailWatch
from tracking.providers.outlook.subscriptions import GraphSubscriptions
from tracking.push import upkeep
from tracking.sync import sync

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waiting between retries, noted instead of done."""
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def gmail_box(gmail_push, user):
    return connected(gmail_push, user)


@pytest.fixture
def outlook_box(outlook_push, user):
    return connected(outlook_push, user)


def later(stand_in, at, step):
    """That much later, here and at the provider."""
    stand_in.order("advance", seconds=step.total_seconds())
    return at + step


def watch(gmail, address=OWNER):
    return gmail.order("watch", address=address)


def subscriptions(outlook):
    return outlook.order("subscriptions", address=OUTLOOK_OWNER)["subscriptions"]


class TestGmail:
    def test_the_inbox_is_watched_for_seven_days(self, gmail_push, gmail_box, at):
        row = tended(gmail_box, at)
        assert watch(gmail_push) == {"topic": "projects/heardback/topics/gmail", "labels": ["INBOX"]}
        assert (row.state, row.resource, row.error) == ("live", "INBOX", "")
        assert timedelta(days=6, hours=23) < row.expires_at - at < timedelta(days=7, hours=1)  # milliseconds
        assert row.due_at == at + DAY
        assert gmail_push.calls()["stop"] == 1

    def test_then_the_mailbox_is_woken(self, gmail_box, at):
        tended(gmail_box, at)
        gmail_box.refresh_from_db()
        assert (gmail_box.next_sync_at, gmail_box.wanted_by) == (at, "push")

    def test_the_watch_is_renewed_every_day(self, gmail_push, gmail_box, at):
        tended(gmail_box, at)
        assert not beat(at + DAY - MINUTE)
        next_day = later(gmail_push, at, DAY)
        row = tended(gmail_box, next_day)
        assert (row.renewed_at, row.due_at, row.started_at) == (next_day, next_day + DAY, at)
        assert row.expires_at > next_day + timedelta(days=6, hours=23)
        assert gmail_push.calls()["watch"] == 2

    def test_a_watch_with_another_topic_is_in_nobodys_way(self, gmail_push, gmail_box, settings):
        tended(gmail_box)
        settings.GMAIL_PUBSUB_TOPIC = "projects/heardback/topics/another"
        PushSubscription.objects.update(due_at=timezone.now())
        assert tended(gmail_box).state == "live"
        assert watch(gmail_push)["topic"] == "projects/heardback/topics/another"

    @pytest.mark.parametrize("expiration", ["soon", None, "9" * 40, ""])
    def test_a_senseless_expiry_is_no_promise(self, gmail_push, gmail_box, expiration):
        gmail_push.fail("watch", status=200, body={"historyId": "7", "expiration": expiration}, times=9)
        assert tended(gmail_box).state == "failed"

    def test_an_expiry_far_off_is_not_believed(self, gmail_push, gmail_box, at):
        far = {"historyId": "7", "expiration": str(int(at.timestamp() * 10_000))}
        gmail_push.fail("watch", status=200, body=far)
        assert tended(gmail_box, at).expires_at <= at + timedelta(days=8)


class TestOutlook:
    def test_the_inbox_is_subscribed_to(self, outlook_push, outlook_box, at):
        row = tended(outlook_box, at)
        (made,) = subscriptions(outlook_push)
        asked = outlook_push.order("last")["subscribe"]
        assert row.external_id == made["id"]
        assert asked["clientState"] == row.client_state
        assert len(row.client_state) >= 32
        assert made["notificationUrl"] == f"{outlook_push.url}/_webhook/push/outlook"
        assert made["lifecycleNotificationUrl"] == made["notificationUrl"]
        assert (made["changeType"], made["resource"]) == ("created", "me/mailFolders('inbox')/messages")
        assert row.expires_at == datetime.fromisoformat(made["expirationDateTime"])
        assert row.due_at == row.expires_at - DAY

    def test_the_secret_is_sealed_and_of_one_subscription(self, outlook_push, outlook_box, at):
        first = tended(outlook_box, at).client_state
        with connection.cursor() as cursor:
            cursor.execute("SELECT client_state FROM tracking_pushsubscription")
            assert first.encode() not in bytes(cursor.fetchone()[0])
        outlook_push.order("lose_subscriptions", address=OUTLOOK_OWNER)
        PushSubscription.objects.update(due_at=at)
        assert tended(outlook_box, at).client_state != first

    def test_it_is_renewed_a_day_before_its_end(self, outlook_push, outlook_box, at):
        row = tended(outlook_box, at)
        name, soon = row.external_id, later(outlook_push, at, row.due_at - at)
        assert not beat(soon - MINUTE)
        row = tended(outlook_box, soon)
        assert (row.external_id, row.started_at, row.renewed_at) == (name, at, soon)
        assert row.expires_at > soon + timedelta(days=2)
        assert outlook_push.calls()["subscribe"] == 1

    def test_a_renewal_wakes_nobody(self, outlook_push, outlook_box, at):
        row = tended(outlook_box, at)
        Mailbox.objects.update(next_sync_at=None)
        tended(outlook_box, later(outlook_push, at, row.due_at - at))
        outlook_box.refresh_from_db()
        assert outlook_box.next_sync_at is None

    def test_what_is_granted_counts_not_what_was_asked(self, outlook_push, outlook_box, at):
        outlook_push.order("grant_minutes", minutes=60)
        row = tended(outlook_box, at)
        assert timedelta(minutes=59) < row.expires_at - at < timedelta(minutes=61)
        assert timedelta(minutes=29) < row.due_at - at < timedelta(minutes=31)

    def test_one_that_is_gone_is_set_up_again(self, outlook_push, outlook_box, at):
        name = tended(outlook_box, at).external_id
        outlook_push.order("lose_subscriptions", address=OUTLOOK_OWNER)
        PushSubscription.objects.update(due_at=at)
        row = tended(outlook_box, at)
        assert row.external_id != name
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]

    def test_one_that_ran_out_while_nobody_looked_is_set_up_again(self, outlook_push, outlook_box, at):
        name = tended(outlook_box, at).external_id
        row = tended(outlook_box, later(outlook_push, at, timedelta(days=5)))
        assert (row.state, row.external_id != name) == ("live", True)

    def test_an_address_that_does_not_echo_is_refused(self, outlook_push, outlook_box, settings):
        settings.GRAPH_PUSH_BASE_URL = outlook_push.url  # nothing is at its /push/outlook
        row = tended(outlook_box)
        assert (row.state, row.error) == ("failed", "push_refused")
        assert not subscriptions(outlook_push)

    @pytest.mark.parametrize(
        "answer", [{}, {"id": "x"}, {"id": "", "expirationDateTime": "2026-01-01T00:00:00Z"}]
    )
    def test_a_senseless_answer_is_no_promise(self, outlook_push, outlook_box, answer):
        outlook_push.fail("subscribe", status=201, body=answer)
        assert tended(outlook_box).state == "failed"

    def test_one_that_nobody_wrote_down_is_deleted(self, outlook_push, outlook_box):
        """As a kill between its creation and its row leaves behind."""
        url = f"{outlook_push.url}/_webhook/push/outlook"
        outlook_push.order("subscribe", address=OUTLOOK_OWNER, url=url)
        row = tended(outlook_box)
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]

    def test_of_more_than_one_page_too(self, outlook_push, outlook_box):
        url = f"{outlook_push.url}/_webhook/push/outlook"
        for _ in range(5):
            outlook_push.order("subscribe", address=OUTLOOK_OWNER, url=url)
        outlook_push.order("page_subscriptions", size=2)
        row = tended(outlook_box)
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]
        assert outlook_push.calls()["subscribed"] == 3

    def test_the_next_page_is_not_looked_for_elsewhere_with_our_token(self, outlook_push, outlook_box):
        elsewhere = {"value": [], "@odata.nextLink": "http://127.0.0.1:9/v1.0/subscriptions"}
        outlook_push.fail("subscribed", status=200, body=elsewhere)
        assert tended(outlook_box).state == "live"

    def test_those_of_another_address_or_mailbox_stay(self, outlook_push, outlook_box, other, at):
        tended(outlook_box, at)
        outlook_push.order("subscribe", address=OUTLOOK_OWNER, url="https://elsewhere.example/hook")
        second = connected(outlook_push, other)  # the same account, connected by another user
        tended(second, at)
        assert len(subscriptions(outlook_push)) == 3


class TestCost:
    """What is asked about pushes counts as what is read does."""

    def test_a_watch_costs_of_the_units_of_its_mailbox(self, gmail_push, gmail_box, at):
        tended(gmail_box, at)
        budget = budget_of(Mailbox.Provider.GMAIL, gmail_box.pk)
        left = settings.GMAIL_UNITS_PER_USER_MINUTE - WATCH_UNITS - STOP_UNITS
        assert (budget.reserve(left, at), budget.reserve(1, at) > 0) == (0, True)

    def test_a_subscription_costs_requests(self, outlook_push, outlook_box, at):
        tended(outlook_box, at)
        budget = budget_of(Mailbox.Provider.OUTLOOK, outlook_box.pk)
        left = settings.GRAPH_CALLS_PER_TEN_MINUTES - 2
        assert (budget.reserve(left, at), budget.reserve(1, at) > 0) == (0, True)

    def test_without_units_it_waits_for_them(self, gmail_push, gmail_box, at):
        budget = budget_of(Mailbox.Provider.GMAIL, gmail_box.pk)
        assert budget.reserve(settings.GMAIL_UNITS_PER_USER_MINUTE, at) == 0
        row = tended(gmail_box, at)
        assert (row.state, row.error, watch(gmail_push)) == ("failed", "paced", {})
        assert row.due_at >= at + MINUTE
        assert tended(gmail_box, row.due_at + MINUTE).state == "live"


class TestWho:
    def test_without_settings_nobody(self, gmail, outlook, user):
        connected(gmail, user)
        connected(outlook, user)
        assert not beat()
        assert not PushSubscription.objects.exists()

    @pytest.mark.parametrize("state", ["paused", "needs_reconnect", "disconnected"])
    def test_not_a_mailbox_that_rests(self, gmail_box, state):
        Mailbox.objects.update(state=state)
        assert not beat()

    def test_not_one_whose_access_is_lost(self, gmail_box):
        lose(gmail_box.grant.pk, gmail_box.grant.generation, "grant_revoked")
        assert not beat()

    def test_once_however_many_beats_there_are(self, gmail_push, gmail_box, at):
        first = upkeep.claim_due(at, 10)
        assert len(first) == 1
        assert not upkeep.claim_due(at, 10)
        assert upkeep.claim_due(at + 31 * MINUTE, 10) == first  # whoever claimed it is lost
        assert PushSubscription.objects.count() == 1

    def test_a_subscription_that_is_gone_is_no_error(self, gmail_box, at):
        (claimed,) = upkeep.claim_due(at, 10)
        PushSubscription.objects.all().delete()
        assert upkeep.tend(claimed, lambda: at) is None


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_claim_different_ones(gmail_box, at):
    held, done, second = threading.Event(), threading.Event(), []
    (claimed,) = upkeep.claim_due(at, 10)
    PushSubscription.objects.update(claimed_until=None)

    def another():
        held.wait(60)
        second.extend(upkeep.claim_due(at, 10))
        connection.close()
        done.set()

    thread = threading.Thread(target=another)
    thread.start()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM tracking_pushsubscription WHERE id = %s FOR UPDATE", [claimed])
        held.set()
        assert done.wait(60)
        cursor.execute("COMMIT")
    thread.join()
    assert second == []


class TestTrouble:
    def test_what_is_refused_is_tried_again_later_each_time(self, gmail_push, gmail_box, at):
        gmail_push.refuse("watch", 403, "forbidden", "User not authorized to perform this action.", times=9)
        waited = []
        for _ in range(6):
            row = tended(gmail_box, at)
            waited.append(row.due_at - at)
            assert not beat(row.due_at - MINUTE / 2)
            at = row.due_at
        assert waited == [*upkeep.RETRY, upkeep.RETRY[-1]]
        assert (row.state, row.error, row.failures_in_a_row) == ("failed", "access_refused", 6)

    def test_no_mailbox_is_lost_by_it(self, gmail_push, gmail_box):
        gmail_push.refuse("watch", 403, "forbidden", "User not authorized to perform this action.")
        tended(gmail_box)
        gmail_box.refresh_from_db()
        assert gmail_box.state == Mailbox.State.ACTIVE

    def test_a_promise_stands_while_its_renewal_fails(self, outlook_push, outlook_box, at):
        row = tended(outlook_box, at)
        soon = later(outlook_push, at, row.due_at - at)
        outlook_push.refuse("renew", 503, "serviceUnavailable", times=99)
        row = tended(outlook_box, soon)
        assert (row.state, row.error, row.due_at) == ("live", "provider_down", soon + MINUTE)

    def test_a_wait_that_the_provider_asked_for_is_kept(self, outlook_push, outlook_box, at):
        outlook_push.refuse("subscribed", 429, "TooManyRequests", headers={"Retry-After": "7200"})
        assert tended(outlook_box, at).due_at == at + 2 * HOUR

    def test_access_that_is_lost_is_left_to_the_sync(self, gmail_push, gmail_box):
        gmail_push.order("revoke", address=OWNER)
        assert tended(gmail_box).error == "grant_revoked"
        gmail_box.refresh_from_db()
        assert gmail_box.state == Mailbox.State.ACTIVE
        sync(gmail_box.pk)
        gmail_box.refresh_from_db()
        assert gmail_box.state == Mailbox.State.NEEDS_RECONNECT

    def test_nothing_private_is_logged(self, gmail_push, gmail_box, caplog):
        gmail_push.refuse("watch", 403, "forbidden", f"No rights for {OWNER}", times=9)
        tended(gmail_box)
        assert OWNER not in caplog.text
        assert "access_refused" in caplog.text


class TestSilence:
    """It died without a word: nothing is told, while the schedule finds mail."""

    @pytest.fixture
    def quiet(self, outlook_push, outlook_box, at):
        tended(outlook_box, at)
        outlook_push.order("mute", address=OUTLOOK_OWNER)
        return later(outlook_push, at, DAY + HOUR)

    def found(self, mailbox, at, **values):
        values = {"trigger": "schedule", "newest_mail_at": at, "looked_at": 3, "duplicates": 0, **values}
        SyncRunFactory(mailbox=mailbox, started_at=at, **values)

    def test_it_is_set_up_again(self, outlook_push, outlook_box, quiet):
        self.found(outlook_box, quiet - HOUR)
        name = PushSubscription.objects.get().external_id
        row = tended(outlook_box, quiet)
        assert (row.external_id != name, row.started_at) == (True, quiet)
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]
        assert not beat(quiet + HOUR)

    def test_gmail_too(self, gmail_push, gmail_box, at):
        tended(gmail_box, at)
        gmail_push.order("end_watch", address=OWNER)
        quiet = later(gmail_push, at, DAY + HOUR)
        PushSubscription.objects.update(due_at=quiet + DAY)
        self.found(gmail_box, quiet - HOUR)
        assert tended(gmail_box, quiet).started_at == quiet
        assert watch(gmail_push)

    @pytest.mark.parametrize(
        "values",
        [{"looked_at": 0}, {"looked_at": 3, "duplicates": 3}, {"trigger": "push"}, {"trigger": "first"}],
    )
    def test_without_news_silence_is_right(self, outlook_box, quiet, values):
        self.found(outlook_box, quiet - HOUR, **values)
        assert not beat(quiet)

    def test_mail_of_this_moment_may_still_be_told(self, outlook_box, quiet):
        self.found(outlook_box, quiet - MINUTE)
        assert not beat(quiet)

    def test_what_told_something_today_is_alive(self, outlook_box, quiet):
        self.found(outlook_box, quiet - HOUR)
        PushSubscription.objects.update(notified_at=quiet - 2 * HOUR)
        assert not beat(quiet)


class TestEnd:
    def test_pausing_ends_it_and_resuming_begins_anew(self, outlook_push, outlook_box, user, at):
        tended(outlook_box, at)
        connect.pause(user, outlook_box.pk, at)
        beat(at)
        assert not subscriptions(outlook_push)
        assert not PushSubscription.objects.exists()
        connect.resume(user, outlook_box.pk, at)
        assert tended(outlook_box, at).state == "live"

    def test_pausing_stops_a_watch(self, gmail_push, gmail_box, user, at):
        tended(gmail_box, at)
        connect.pause(user, gmail_box.pk, at)
        beat(at)
        assert not watch(gmail_push)

    def test_a_watch_that_two_users_share_stays_for_the_other(self, gmail_push, gmail_box, user, other, at):
        connected(gmail_push, other)
        beat(at)
        connect.pause(user, gmail_box.pk, at)
        beat(at)
        assert watch(gmail_push)
        assert PushSubscription.objects.get().mailbox.user == other

    def test_switched_off_by_the_operator(self, outlook_push, outlook_box, settings):
        tended(outlook_box)
        settings.GRAPH_PUSH_BASE_URL = ""
        beat()
        assert not subscriptions(outlook_push)
        assert not PushSubscription.objects.exists()

    def test_it_is_tried_again_while_the_provider_is_down(self, outlook_push, outlook_box, user, at):
        tended(outlook_box, at)
        connect.pause(user, outlook_box.pk, at)
        outlook_push.refuse("unsubscribe", 503, "serviceUnavailable", times=99)
        assert tended(outlook_box, at).error == "provider_down"
        outlook_push.order("clear_failures")
        beat(at + 2 * MINUTE)
        assert not subscriptions(outlook_push)
        assert not PushSubscription.objects.exists()

    def test_with_access_lost_it_runs_out(self, outlook_push, outlook_box, at):
        tended(outlook_box, at)
        outlook_push.order("revoke", address=OUTLOOK_OWNER)
        Mailbox.objects.update(state=Mailbox.State.NEEDS_RECONNECT)
        outlook_push.order("expire_access")
        beat(at)
        assert not PushSubscription.objects.exists()

    def test_a_new_consent_sets_it_up_anew(self, outlook_push, outlook_box, user, at):
        name = tended(outlook_box, at).external_id
        consented(outlook_push, user, MICROSOFT)
        row = tended(outlook_box, at)
        assert (row.external_id != name, row.grant_generation) == (True, 2)
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]
        assert not beat(at)


@pytest.mark.django_db(transaction=True)
class TestDisconnecting:
    def test_gmail_is_stopped_before_access_is_given_back(self, gmail_push, gmail_box, user, at):
        tended(gmail_box, at)
        stops = gmail_push.calls()["stop"]
        connect.disconnect(user, gmail_box.pk, True, at)
        assert not watch(gmail_push)
        assert (gmail_push.calls()["stop"], gmail_push.order("grants")["grants"]) == (stops + 1, [])
        assert not PushSubscription.objects.exists()

    @pytest.mark.parametrize("expired", [False, True])
    def test_outlooks_subscription_is_deleted(self, outlook_push, outlook_box, user, at, expired):
        tended(outlook_box, at)
        if expired:
            outlook_push.order("expire_access")
        connect.disconnect(user, outlook_box.pk, True, at)
        assert not subscriptions(outlook_push)

    def test_with_access_lost_before_it_runs_out(self, outlook_push, outlook_box, user, at, caplog):
        tended(outlook_box, at)
        outlook_push.order("revoke", address=OUTLOOK_OWNER)
        connect.disconnect(user, outlook_box.pk, True, at)
        assert "left to run out: grant_revoked" in caplog.text
        assert not PushSubscription.objects.exists()

    def test_deleting_the_account_does_it_too(self, outlook_push, outlook_box, user, at):
        tended(outlook_box, at)
        registry.delete(user)
        assert not subscriptions(outlook_push)

    @pytest.mark.parametrize("status", [403, 503])
    def test_it_goes_on_where_the_provider_refuses(self, outlook_push, outlook_box, user, at, status):
        tended(outlook_box, at)
        outlook_push.refuse("unsubscribe", status, "nope", times=99)
        connect.disconnect(user, outlook_box.pk, True, at)
        outlook_box.refresh_from_db()
        assert (outlook_box.state, outlook_box.grant) == ("disconnected", None)
        assert not PushSubscription.objects.exists()

    def test_a_watch_that_two_users_share_stays_for_the_other(self, gmail_push, gmail_box, user, other, at):
        connected(gmail_push, other)
        beat(at)
        stops = gmail_push.calls()["stop"]
        connect.disconnect(user, gmail_box.pk, True, at)
        assert gmail_push.calls()["stop"] == stops


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def during(self, monkeypatch, channel, name, happens):
        """Have something happen right after the provider has agreed."""
        agree = getattr(channel, name)

        def agreed(self, *arguments):
            promise = agree(self, *arguments)
            monkeypatch.setattr(channel, name, agree)
            happens()
            return promise

        monkeypatch.setattr(channel, name, agreed)

    def test_disconnected_while_it_is_set_up(self, monkeypatch, outlook_push, outlook_box, user, at):
        def disconnect():
            connect.disconnect(user, outlook_box.pk, True, at)

        self.during(monkeypatch, GraphSubscriptions, "begin", disconnect)
        beat(at)
        assert not subscriptions(outlook_push)
        assert not PushSubscription.objects.exists()
        assert not beat(at + HOUR)

    def test_disconnected_while_a_watch_is_renewed(self, monkeypatch, gmail_push, gmail_box, user, at):
        tended(gmail_box, at)

        def disconnect():
            connect.disconnect(user, gmail_box.pk, True, at + DAY)

        self.during(monkeypatch, GmailWatch, "extend", disconnect)
        beat(later(gmail_push, at, DAY))
        assert not PushSubscription.objects.exists()
        assert gmail_push.order("grants")["grants"] == []

    def test_paused_while_it_is_set_up(self, monkeypatch, gmail_push, gmail_box, user, at):
        self.during(monkeypatch, GmailWatch, "begin", lambda: connect.pause(user, gmail_box.pk, at))
        beat(at)
        assert not watch(gmail_push)

    def test_of_two_that_set_it_up_one_stays(self, monkeypatch, outlook_push, outlook_box, at):
        (claimed,) = upkeep.claim_due(at, 10)

        def another():
            upkeep.tend(claimed, lambda: at)  # the task came twice

        self.during(monkeypatch, GraphSubscriptions, "begin", another)
        upkeep.tend(claimed, lambda: at)
        row = PushSubscription.objects.get()
        assert row.state == "live"
        assert [each["id"] for each in subscriptions(outlook_push)] == [row.external_id]

    def test_of_two_that_watch_the_loser_leaves_it_alone(self, monkeypatch, gmail_push, gmail_box, at):
        (claimed,) = upkeep.claim_due(at, 10)
        self.during(monkeypatch, GmailWatch, "begin", lambda: upkeep.tend(claimed, lambda: at))
        upkeep.tend(claimed, lambda: at)
        assert PushSubscription.objects.get().state == "live"
        assert watch(gmail_push)

    def test_a_notice_during_a_renewal_is_not_lost(self, monkeypatch, outlook_push, outlook_box, at):
        row = tended(outlook_box, at)
        soon = later(outlook_push, at, row.due_at - at)

        def removed():
            PushSubscription.objects.update(
                state="pending", external_id="", due_at=soon, claimed_until=None, version=99
            )
            outlook_push.order("lose_subscriptions", address=OUTLOOK_OWNER)

        self.during(monkeypatch, GraphSubscriptions, "extend", removed)
        beat(soon)
        row = tended(outlook_box, soon)
        assert (row.state, len(subscriptions(outlook_push))) == ("live", 1)


def test_the_tasks_do_all_that(monkeypatch, gmail_push, gmail_box):
    sent: list[Mailbox] = []
    monkeypatch.setattr(tasks, "queue_sync", sent.append)
    monkeypatch.setattr(
        tasks.tend_push_subscription,
        "apply_async",
        lambda args, expires: tasks.tend_push_subscription(*args),
    )
    tasks.tend_push_subscriptions()
    assert watch(gmail_push)
    assert sent == [gmail_box]
    tasks.tend_push_subscriptions()
    assert gmail_push.calls()["watch"] == 1


def test_an_export_says_what_we_are_told_of(gmail_box, other, at):
    tended(gmail_box, at)
    (told,) = registry.export(gmail_box.user)["mail"]["push_subscriptions"]
    assert (told["mailbox_id"], told["resource"], told["renewed_at"]) == (gmail_box.pk, "INBOX", at)
    assert registry.export(other)["mail"]["push_subscriptions"] == []
