"""Access that could not be taken back at once, and syncs that are at work while a mailbox goes."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.models import Grant
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tests.standins.fixtures import OWNER
from tracking import connect, disconnect, inbox, tasks
from tracking.models import FailedMessage, Mailbox, Message, SyncRun, Thread
from tracking.sync import sync
from tracking.words import after_disconnecting

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GMAIL = Mailbox.Provider.GMAIL


def connected(gmail, user, at=NOW):
    session: dict[str, object] = {}
    back = gmail.consent(connect.consent_url(user, GMAIL, session, at))
    return connect.connect_account(user, GMAIL, session, back["code"], back["state"], at).mailbox


@pytest.fixture
def mailbox(gmail, user):
    return connected(gmail, user)


@pytest.fixture
def gone(user, django_capture_on_commit_callbacks):
    """Disconnect, with all that follows the transaction."""

    def go(mailbox, keep=True):
        with django_capture_on_commit_callbacks(execute=True):
            proof = connect.disconnect(user, mailbox.pk, keep, NOW)
        proof.refresh_from_db()
        return proof

    return go


@pytest.fixture
def clock_of(gmail, gone):
    """A clock that disconnects the mailbox as soon as the sync has made the call of that name."""

    def make(mailbox, call):
        sync_itself = threading.current_thread()

        def clock():
            is_sync = threading.current_thread() is sync_itself
            if is_sync and Mailbox.objects.connected().exists() and gmail.calls().get(call):
                gone(mailbox)
            return NOW

        return clock

    return make


@pytest.fixture
def pending(gmail, mailbox, gone):
    """A mailbox that went while Google was out of order."""
    gmail.fail("revoke", status=503, body={}, times=1000)
    return gone(mailbox)


def renewed(proof):
    proof.refresh_from_db()
    return proof


class TestProviderDown:
    def test_all_else_is_gone_at_once(self, pending):
        assert not Mailbox.objects.connected().exists()
        assert (pending.completed_at, pending.revoked_at_provider) == (None, None)
        assert (pending.revoke_attempts, pending.revoke_at) == (1, NOW + MINUTE)

    def test_of_the_grant_only_what_revoking_takes_is_kept_and_sealed(self, pending):
        grant = Grant.objects.get()
        assert json.loads(grant.credentials).keys() == {"refresh_token"}
        assert (grant.state, grant.scopes) == ("revoked", "")
        assert OWNER not in grant.address
        with connection.cursor() as cursor:
            cursor.execute("SELECT credentials FROM accounts_grant")
            assert b"1//" not in bytes(cursor.fetchone()[0])

    def test_it_is_tried_again_until_it_is_done(self, gmail, pending):
        disconnect.revoke_unfinished(NOW + 30 * timedelta(seconds=1))
        assert renewed(pending).revoke_attempts == 1  # not yet
        disconnect.revoke_unfinished(NOW + MINUTE)
        assert renewed(pending).revoke_attempts == 2
        assert pending.revoke_at == NOW + 6 * MINUTE
        gmail.order("clear_failures")
        disconnect.revoke_unfinished(NOW + 6 * MINUTE)
        assert renewed(pending).revoked_at_provider is True
        assert pending.completed_at == NOW + 6 * MINUTE
        assert gmail.order("grants")["grants"] == []
        assert not Grant.objects.exists()
        calls = gmail.calls()["revoke"]
        disconnect.revoke_unfinished(NOW + DAY)
        assert gmail.calls()["revoke"] == calls

    def test_the_pauses_grow_and_it_ends_within_a_day(self, gmail, pending):
        at = NOW
        while renewed(pending).completed_at is None:
            assert at < NOW + 2 * DAY
            at = pending.revoke_at
            disconnect.revoke_unfinished(at)
        assert pending.revoked_at_provider is False
        assert NOW + DAY / 2 < pending.completed_at <= NOW + DAY
        assert gmail.calls()["revoke"] < 20
        assert not Grant.objects.exists()  # nothing is kept for longer

    def test_a_worker_that_died_before_the_first_attempt_is_made_up_for(
        self, gmail, user, mailbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=False):
            proof = connect.disconnect(user, mailbox.pk, True, NOW)
        disconnect.revoke_unfinished(NOW + MINUTE)
        assert "revoke" not in gmail.calls()  # it may still be at it
        disconnect.revoke_unfinished(NOW + HOUR)
        assert renewed(proof).revoked_at_provider is True

    def test_of_two_workers_one_tries(self, gmail, pending, monkeypatch):
        def meanwhile(grant_id):
            monkeypatch.undo()
            disconnect.revoke_unfinished(NOW + MINUTE)
            return "1//token"

        monkeypatch.setattr("tracking.disconnect.grants.retired_token", meanwhile)
        disconnect.revoke_unfinished(NOW + MINUTE)
        assert gmail.calls()["revoke"] == 2  # the first one, and one of these

    def test_an_account_connected_again_keeps_its_new_access(self, gmail, user, pending):
        gmail.order("clear_failures")
        again = connected(gmail, user, NOW + MINUTE)
        disconnect.revoke_unfinished(NOW + HOUR)
        assert gmail.calls()["revoke"] == 1
        assert gmail.order("grants")["grants"] != []
        assert renewed(pending).completed_at == NOW + HOUR
        assert pending.revoked_at_provider is None
        assert Grant.objects.get() == again.grant
        assert sync(again.pk, lambda: NOW + HOUR).state == SyncRun.State.COMPLETED

    def test_the_page_says_what_is_left(self, user, pending, client_of):
        page = client_of(user).get("/settings/integrations/").content.decode()
        assert after_disconnecting("gmail", None, is_pending=True) in page

    def test_the_beat_does_it(self, pending):
        with time_machine.travel(NOW + 4 * DAY, tick=False):
            tasks.revoke_unfinished()
        assert renewed(pending).completed_at == NOW + 4 * DAY

    def test_deleting_the_account_still_takes_access_back(
        self, gmail, user, mailbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            connect.disconnect(user, mailbox.pk, False, NOW)
            user.delete()
        assert gmail.order("grants")["grants"] == []


class TestNothingToRevoke:
    def test_a_grant_that_was_lost_is_done_with_at_once(self, gmail, mailbox, gone):
        gmail.order("revoke", address=OWNER)
        gmail.order("expire_access")
        sync(mailbox.pk, lambda: NOW + 2 * HOUR)
        proof = gone(mailbox)
        assert (proof.revoked_at_provider, proof.completed_at) == (None, NOW)
        assert "revoke" not in gmail.calls()
        assert not Grant.objects.exists()


class TestApplications:
    @pytest.mark.parametrize("keep", [True, False])
    @pytest.mark.parametrize("provider", ["gmail", "outlook", "imap", "upload"])
    def test_those_made_from_its_mail_stay_or_go_whatever_the_provider(self, user, gone, provider, keep):
        mailbox = MailboxFactory(user=user, provider=provider)
        message = MessageFactory(mailbox=mailbox, state=Message.State.ORPHAN)
        inbox.create(user, message.pk, NOW, company="Quillstone", title="Editor")
        by_hand = ApplicationFactory(user=user, company="Lumen Health")
        proof = gone(mailbox, keep)
        companies = set(user.applications.values_list("company", flat=True))
        assert companies == ({"Quillstone", "Lumen Health"} if keep else {by_hand.company})
        assert (proof.kept_applications, proof.applications_deleted) == (keep, 0 if keep else 1)


class TestRunningSync:
    """Whatever a sync is doing when its mailbox goes, it writes nothing afterwards."""

    @pytest.mark.parametrize("call", ["profile", "list", "get"])
    def test_disconnecting_during_a_call(self, gmail, user, mailbox, clock_of, call):
        for number in range(30):
            gmail.deliver(NOW - number * MINUTE)
        gmail.order("reset_counts")
        sync(mailbox.pk, clock_of(mailbox, call))
        for model in (Message, Thread, SyncRun, FailedMessage, Grant):
            assert not model.objects.exists(), model
        left = Mailbox.objects.get()
        assert (left.state, left.cursor, left.read_since) == ("disconnected", {}, None)
        assert (left.next_sync_at, left.blocked_until, left.lease_until) == (None, None, None)
        assert not user.notifications.exists()

    def test_disconnecting_while_older_mail_is_read(self, gmail, user, mailbox, clock_of):
        for number in range(30):
            gmail.deliver(NOW - 120 * DAY - number * MINUTE)
        sync(mailbox.pk, lambda: NOW)
        connect.read_back(user, mailbox.pk, 365, NOW)
        gmail.order("reset_counts")
        sync(mailbox.pk, clock_of(mailbox, "get"))
        left = Mailbox.objects.get()
        assert (left.older_cursor, left.older_since) == ({}, None)
        assert not Message.objects.exists()

    def test_losing_access_because_of_it_tells_nobody(self, gmail, user, mailbox, clock_of):
        """Disconnecting takes the access back, so that what follows is refused."""
        gmail.order("reset_counts")
        sync(mailbox.pk, clock_of(mailbox, "profile"))
        assert Mailbox.objects.get().state == "disconnected"
        assert not user.notifications.exists()
