"""Connecting, pausing, waking and taking away mailboxes, with a stand-in of Google where one is asked."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from accounts import grants
from accounts.encryption import keyed_hash
from accounts.models import Grant
from accounts.notifications import notify
from applications.adding import used_this_month
from applications.models import Application
from billing.entitlements import LimitError
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER, source
from tests.tracking.mails import confirmation
from tracking import connect, inbox
from tracking.connect import RefusedError
from tracking.lease import LostLeaseError, claim, hold
from tracking.models import Decision, Disconnection, Mailbox, Message, SyncRun, Thread, Upload
from tracking.providers import NeedsReconnectError, TemporaryError, UnreadableFileError
from tracking.providers.sample import contents
from tracking.sync import sync

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
OTHER = "other.account@gmail.com"
GMAIL, OUTLOOK = Mailbox.Provider.GMAIL, Mailbox.Provider.OUTLOOK


def connected(gmail, user, at=NOW, account=OWNER, mailbox_id=None):
    session: dict[str, object] = {}
    back = gmail.consent(connect.consent_url(user, GMAIL, session, at, mailbox_id), account=account)
    return connect.connect_account(user, GMAIL, session, back["code"], back["state"], at)


@pytest.fixture
def mailbox(gmail, user):
    return connected(gmail, user).mailbox


class TestGmail:
    def test_a_new_mailbox_syncs_at_once(self, gmail, user):
        result = connected(gmail, user)
        mailbox = result.mailbox
        assert (result.is_new, result.instead_of) == (True, "")
        assert (mailbox.provider, mailbox.address, mailbox.state) == ("gmail", OWNER, "active")
        assert mailbox in Mailbox.objects.due(NOW)
        assert mailbox.grant.address == OWNER

    def test_the_plan_is_asked(self, gmail, free_user):
        with pytest.raises(LimitError):
            connect.consent_url(free_user, GMAIL, {}, NOW)
        with pytest.raises(LimitError):
            connect.connect_account(free_user, GMAIL, {}, "code", "state", NOW)
        assert not Mailbox.objects.exists()

    def test_reconnecting_keeps_the_mailbox_and_its_cursor(self, gmail, user, mailbox):
        gmail.deliver(NOW)
        sync(mailbox.pk, lambda: NOW)
        gmail.order("revoke", address=OWNER)
        sync(mailbox.pk, lambda: NOW + timedelta(minutes=5))
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        cursor, later = mailbox.cursor, NOW + timedelta(minutes=10)
        result = connected(gmail, user, later, mailbox_id=mailbox.pk)
        assert (result.mailbox.pk, result.is_new, result.instead_of) == (mailbox.pk, False, "")
        mailbox.refresh_from_db()
        assert (mailbox.state, mailbox.state_reason, mailbox.cursor) == ("active", "", cursor)
        assert not user.notifications.unread().filter(kind="mailbox").exists()
        assert sync(mailbox.pk, lambda: later).state == SyncRun.State.COMPLETED

    def test_reconnecting_suggests_the_account(self, gmail, user, mailbox):
        url = connect.consent_url(user, GMAIL, {}, NOW, mailbox.pk)
        assert f"login_hint={OWNER.replace('@', '%40')}" in url

    def test_reconnecting_with_another_account_says_so(self, gmail, user, mailbox):
        gmail.order("add_user", address=OTHER)
        result = connected(gmail, user, account=OTHER, mailbox_id=mailbox.pk)
        assert (result.is_new, result.instead_of) == (True, OWNER)
        assert Mailbox.objects.of(user).count() == 2

    def test_a_strangers_mailbox_cannot_be_reconnected(self, gmail, other, mailbox):
        with pytest.raises(Mailbox.DoesNotExist):
            connect.consent_url(other, GMAIL, {}, NOW, mailbox.pk)

    def test_a_sync_with_the_old_grant_does_not_speak_for_the_new_one(self, gmail, user, mailbox):
        lease = claim(mailbox.pk, NOW)
        connected(gmail, user)
        with pytest.raises(LostLeaseError):
            hold(lease, NOW)

    def test_no_mailbox_without_an_address(self, gmail, user, monkeypatch):
        monkeypatch.setattr("tracking.providers.calling.wait", lambda seconds: None)
        gmail.refuse("profile", 503, "backendError", times=20)
        with pytest.raises(TemporaryError):
            connected(gmail, user)
        assert not Mailbox.objects.exists()
        assert not Grant.objects.exists()

    def test_unticked_scope_connects_nothing(self, gmail, user):
        session: dict[str, object] = {}
        back = gmail.consent(connect.consent_url(user, GMAIL, session, NOW), "without")
        with pytest.raises(grants.MissingScopeError):
            connect.connect_account(user, GMAIL, session, back["code"], back["state"], NOW)
        assert not Mailbox.objects.exists()


class TestOutlook:
    def connected(self, outlook, user, at=NOW, mailbox_id=None):
        session: dict[str, object] = {}
        back = outlook.consent(connect.consent_url(user, OUTLOOK, session, at, mailbox_id))
        return connect.connect_account(user, OUTLOOK, session, back["code"], back["state"], at)

    def test_a_new_mailbox_syncs_at_once(self, outlook, user):
        made = outlook.deliver(NOW)
        mailbox = self.connected(outlook, user).mailbox
        assert (mailbox.provider, mailbox.address, mailbox.state) == ("outlook", OUTLOOK_OWNER, "active")
        assert mailbox.grant.provider == Grant.Provider.MICROSOFT
        assert sync(mailbox.pk, lambda: NOW).looked_at == 1
        mailbox.refresh_from_db()
        assert made["id"] not in str(mailbox.cursor)

    def test_reconnecting_keeps_the_mailbox_and_its_cursor(self, outlook, user):
        outlook.deliver(NOW)
        mailbox = self.connected(outlook, user).mailbox
        sync(mailbox.pk, lambda: NOW)
        outlook.order("revoke", address=OUTLOOK_OWNER)
        sync(mailbox.pk, lambda: NOW + timedelta(minutes=5))
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        later = NOW + timedelta(minutes=10)
        result = self.connected(outlook, user, later, mailbox.pk)
        assert (result.mailbox.pk, result.is_new, result.instead_of) == (mailbox.pk, False, "")
        assert result.mailbox.cursor == mailbox.cursor
        assert not user.notifications.unread().filter(kind="mailbox").exists()
        assert sync(mailbox.pk, lambda: later).looked_at == 0

    def test_an_answer_of_google_is_not_taken(self, gmail, outlook, user):
        session: dict[str, object] = {}
        back = gmail.consent(connect.consent_url(user, GMAIL, session, NOW))
        with pytest.raises(grants.StateError, match="state_unknown"):
            connect.connect_account(user, OUTLOOK, session, back["code"], back["state"], NOW)
        assert "token" not in {**gmail.calls(), **outlook.calls()}

    def test_a_gmail_mailbox_cannot_be_reconnected_here(self, outlook, user, mailbox):
        with pytest.raises(Mailbox.DoesNotExist):
            connect.consent_url(user, OUTLOOK, {}, NOW, mailbox.pk)

    def test_an_empty_mailbox_has_no_address(self, outlook, user):
        with pytest.raises(NeedsReconnectError, match="address_unknown"):
            self.connected(outlook, user)
        assert not Mailbox.objects.exists()
        assert not Grant.objects.exists()

    def test_disconnecting_deletes_the_keys_and_claims_no_more(
        self, outlook, user, django_capture_on_commit_callbacks
    ):
        outlook.deliver(NOW, raw=confirmation(1).content)
        mailbox = self.connected(outlook, user).mailbox
        sync(mailbox.pk, lambda: NOW)
        calls = outlook.calls()
        with django_capture_on_commit_callbacks(execute=True):
            proof = connect.disconnect(user, mailbox.pk, True, NOW)
        for model in (Message, Thread, SyncRun, Decision, Grant):
            assert not model.objects.exists(), model
        proof.refresh_from_db()
        assert (proof.messages_deleted, proof.revoked_at_provider, proof.completed_at) == (1, None, NOW)
        assert outlook.calls() == calls


class TestSample:
    def test_it_works_on_the_free_plan_and_counts_against_nothing(self, free_user):
        mailbox = connect.use_sample(free_user, NOW)
        made = Application.objects.of(free_user)
        assert made.count() == len(contents()["applications"])
        assert set(made.values_list("source", flat=True)) == {"sample"}
        assert used_this_month(free_user, NOW) == 0
        assert mailbox in Mailbox.objects.due(NOW)

    def test_applications_stand_as_described(self, free_user):
        connect.use_sample(free_user, NOW)
        described = {(each["company"], each["title"]): each["status"] for each in contents()["applications"]}
        stored = Application.objects.of(free_user).values_list("company", "title", "status")
        assert {(company, title): status for company, title, status in stored} == described

    def test_its_mail_moves_them(self, free_user):
        mailbox = connect.use_sample(free_user, NOW)
        before = dict(Application.objects.of(free_user).values_list("pk", "status"))
        run = sync(mailbox.pk, lambda: NOW)
        assert run.state in {SyncRun.State.COMPLETED, SyncRun.State.PARTIAL}
        assert run.kept > 0
        assert before != dict(Application.objects.of(free_user).values_list("pk", "status"))

    def test_twice_is_once(self, free_user):
        first = connect.use_sample(free_user, NOW)
        assert connect.use_sample(free_user, NOW).pk == first.pk
        assert Application.objects.of(free_user).count() == len(contents()["applications"])


class TestUpload:
    def receive(self, user, content=None, limit=10_000_000, name="mail.eml"):
        return connect.receive_file(user, name, io.BytesIO(content or source(NOW)), limit, NOW)

    def test_a_file_waits_sealed_and_is_read_next(self, user):
        mailbox = self.receive(user)
        assert (mailbox.provider, mailbox.wanted_by) == ("upload", SyncRun.Trigger.UPLOAD)
        assert mailbox in Mailbox.objects.due(NOW)
        assert sync(mailbox.pk, lambda: NOW).looked_at == 1
        assert Upload.objects.get().done_at

    def test_what_is_no_mail_is_told_at_once(self, user):
        with pytest.raises(UnreadableFileError, match="file_not_mail"):
            self.receive(user, b"\x89PNG\r\n" * 100)
        assert not Upload.objects.exists()

    def test_too_large(self, user):
        with pytest.raises(UnreadableFileError, match="file_too_large"):
            self.receive(user, limit=100)
        assert not Upload.objects.exists()

    def test_the_plan_is_asked(self, free_user):
        with pytest.raises(LimitError):
            self.receive(free_user)

    def test_a_second_file_goes_to_the_same_mailbox(self, user):
        assert self.receive(user).pk == self.receive(user).pk


class TestPauseAndResume:
    def test_a_paused_mailbox_is_left_alone(self, user, mailbox):
        lease = claim(mailbox.pk, NOW)
        connect.pause(user, mailbox.pk, NOW)
        assert not Mailbox.objects.due(NOW).exists()
        assert claim(mailbox.pk, NOW) is None
        with pytest.raises(LostLeaseError):
            hold(lease, NOW)

    def test_resuming_syncs_at_once(self, user, mailbox):
        connect.pause(user, mailbox.pk, NOW)
        later = NOW + timedelta(hours=1)
        resumed = connect.resume(user, mailbox.pk, later)
        assert (resumed.state, resumed.state_reason) == ("active", "")
        assert mailbox in Mailbox.objects.due(later)

    def test_only_what_is_active_is_paused_and_only_what_is_paused_resumed(self, user, mailbox):
        with pytest.raises(RefusedError):
            connect.resume(user, mailbox.pk, NOW)
        connect.pause(user, mailbox.pk, NOW)
        with pytest.raises(RefusedError):
            connect.pause(user, mailbox.pk, NOW)

    def test_resuming_asks_the_plan(self, user, mailbox):
        connect.pause(user, mailbox.pk, NOW)
        user.subscription.plan_code = "free"
        user.subscription.save()
        with pytest.raises(LimitError):
            connect.resume(user, mailbox.pk, NOW)

    @pytest.mark.parametrize("action", [connect.pause, connect.resume, connect.sync_now])
    def test_a_strangers_is_not_found(self, other, mailbox, action):
        with pytest.raises(Mailbox.DoesNotExist):
            action(other, mailbox.pk, NOW)


class TestSyncNow:
    def test_it_is_next(self, user, mailbox):
        Mailbox.objects.update(next_sync_at=NOW + timedelta(hours=1))
        connect.sync_now(user, mailbox.pk, NOW)
        mailbox.refresh_from_db()
        assert (mailbox.next_sync_at, mailbox.wanted_by) == (NOW, SyncRun.Trigger.BY_HAND)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"state": "paused", "state_reason": "by_user"}, "You paused it"),
            ({"state": "needs_reconnect", "state_reason": "grant_revoked"}, "Reconnect it"),
            ({"blocked_until": NOW + timedelta(minutes=9)}, "in 9 minutes"),
            ({"lease_until": NOW + timedelta(seconds=30)}, "right now"),
        ],
    )
    def test_refused_with_words(self, user, mailbox, values, words):
        Mailbox.objects.filter(pk=mailbox.pk).update(**values)
        with pytest.raises(RefusedError, match=words):
            connect.sync_now(user, mailbox.pk, NOW)

    def test_not_again_in_the_same_moment(self, gmail, user, mailbox):
        sync(mailbox.pk, lambda: NOW)
        with pytest.raises(RefusedError, match="a moment ago"):
            connect.sync_now(user, mailbox.pk, NOW + timedelta(seconds=9))
        connect.sync_now(user, mailbox.pk, NOW + timedelta(seconds=11))


class TestDisconnect:
    def gone(self, user, mailbox, capture, keep=True):
        with capture(execute=True):
            proof = connect.disconnect(user, mailbox.pk, keep, NOW)
        proof.refresh_from_db()
        return proof

    def test_everything_of_it_is_deleted_and_access_taken_back(
        self, gmail, user, mailbox, django_capture_on_commit_callbacks
    ):
        gmail.deliver(NOW)
        sync(mailbox.pk, lambda: NOW)
        MessageFactory.create_batch(3, mailbox=mailbox)
        notify(user, "mailbox", f"reconnect:{mailbox.pk}", "Gmail needs to be reconnected.")
        counts = (mailbox.messages.count(), mailbox.threads.count())
        proof = self.gone(user, mailbox, django_capture_on_commit_callbacks)
        for model in (Message, Thread, SyncRun, Decision, Grant):
            assert not model.objects.exists(), model
        assert not user.notifications.filter(key__contains=str(mailbox.pk)).exists()
        assert gmail.order("grants")["grants"] == []
        assert (proof.messages_deleted, proof.threads_deleted) == counts
        assert proof.revoked_at_provider is True
        assert proof.completed_at
        assert proof.address_hash == keyed_hash("disconnection", OWNER)

    def test_no_address_is_left(self, user, mailbox, django_capture_on_commit_callbacks):
        self.gone(user, mailbox, django_capture_on_commit_callbacks)
        assert not Mailbox.objects.filter(address=OWNER).exists()
        assert not Grant.objects.filter(address=OWNER).exists()

    def test_a_sync_that_runs_writes_nothing_afterwards(
        self, gmail, user, mailbox, django_capture_on_commit_callbacks
    ):
        gmail.deliver(NOW)
        lease = claim(mailbox.pk, NOW)
        self.gone(user, mailbox, django_capture_on_commit_callbacks)
        with pytest.raises(LostLeaseError):
            hold(lease, NOW)
        assert claim(mailbox.pk, NOW) is None

    def test_the_same_address_again_begins_anew(
        self, gmail, user, mailbox, django_capture_on_commit_callbacks
    ):
        gmail.deliver(NOW - timedelta(days=1))
        sync(mailbox.pk, lambda: NOW)
        self.gone(user, mailbox, django_capture_on_commit_callbacks)
        again = connected(gmail, user)
        assert again.is_new
        assert again.mailbox.cursor == {}
        assert sync(again.mailbox.pk, lambda: NOW).looked_at == 1

    def made_from(self, user, mailbox):
        """An application created from one of its mails."""
        message = MessageFactory(mailbox=mailbox, state=Message.State.ORPHAN)
        decision = inbox.create(user, message.pk, NOW, company="Quillstone", title="Editor")
        return decision.application

    @pytest.mark.parametrize("keep", [True, False])
    def test_applications_made_from_it_stay_or_go(
        self, user, mailbox, django_capture_on_commit_callbacks, keep
    ):
        made = self.made_from(user, mailbox)
        by_hand = ApplicationFactory(user=user)
        MessageFactory(mailbox=mailbox, linked_to=by_hand)
        status, events = by_hand.status, by_hand.events.count()
        proof = self.gone(user, mailbox, django_capture_on_commit_callbacks, keep)
        assert Application.objects.filter(pk=made.pk).exists() is keep
        assert (proof.kept_applications, proof.applications_deleted) == (keep, 0 if keep else 1)
        by_hand.refresh_from_db()
        assert (by_hand.status, by_hand.events.count()) == (status, events)

    def test_what_other_mail_belongs_to_stays(self, user, mailbox, django_capture_on_commit_callbacks):
        made = self.made_from(user, mailbox)
        elsewhere = MessageFactory(mailbox=MailboxFactory(user=user), linked_to=made)
        self.gone(user, mailbox, django_capture_on_commit_callbacks, keep=False)
        elsewhere.refresh_from_db()
        assert elsewhere.application == made

    def test_suggestions_elsewhere_wait_as_orphans(self, user, mailbox, django_capture_on_commit_callbacks):
        made = self.made_from(user, mailbox)
        waiting = MessageFactory(mailbox=MailboxFactory(user=user), suggestion=made)
        self.gone(user, mailbox, django_capture_on_commit_callbacks, keep=False)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.suggestion) == (Message.State.ORPHAN, None)

    @pytest.mark.parametrize("keep", [True, False])
    def test_the_sample_goes_whole(self, free_user, django_capture_on_commit_callbacks, keep):
        mine = ApplicationFactory(user=free_user)
        mailbox = connect.use_sample(free_user, NOW)
        sync(mailbox.pk, lambda: NOW)
        proof = self.gone(free_user, mailbox, django_capture_on_commit_callbacks, keep)
        assert list(Application.objects.of(free_user)) == [mine]
        assert proof.revoked_at_provider is None
        assert not Message.objects.exists()
        connect.use_sample(free_user, NOW)
        assert Application.objects.of(free_user).count() == 1 + len(contents()["applications"])

    def test_files_that_wait_are_deleted(self, user, django_capture_on_commit_callbacks):
        mailbox = connect.receive_file(user, "mail.eml", io.BytesIO(source(NOW)), 10_000, NOW)
        self.gone(user, mailbox, django_capture_on_commit_callbacks)
        assert not Upload.objects.exists()

    def test_twice_and_a_strangers_are_not_found(
        self, user, other, mailbox, django_capture_on_commit_callbacks
    ):
        with pytest.raises(Mailbox.DoesNotExist):
            connect.disconnect(other, mailbox.pk, True, NOW)
        self.gone(user, mailbox, django_capture_on_commit_callbacks)
        with pytest.raises(Mailbox.DoesNotExist):
            connect.disconnect(user, mailbox.pk, True, NOW)
        assert Disconnection.objects.count() == 1
