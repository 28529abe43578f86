"""Messages that cannot be read: tried again, parked, shown with a way to try again, and never hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from billing.entitlements import LimitError
from tests.factories import MailboxFactory, SyncRunFactory, UserFactory
from tests.tracking.mails import ListSource, confirmation, everyday, rejection
from tracking import connect, failures, storing
from tracking import sync as engine
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.sync import sync

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
    return sent


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user, last_success_at=NOW - HOUR)


class Poisoned(ListSource):
    """A mailbox in which one message makes the router fail."""

    def __init__(self, monkeypatch, *, healthy=2):
        super().__init__([confirmation(1), *(everyday(number) for number in range(2, 2 + healthy))])
        self.asked = 0
        judge = storing.judge

        def breaking(raw, *rest):
            if raw.provider_id == "id1":
                self.asked += 1
                raise ValueError("secret words of the mail")
            return judge(raw, *rest)

        self.heal = lambda: monkeypatch.setattr(storing, "judge", judge)
        monkeypatch.setattr(storing, "judge", breaking)


@pytest.fixture
def poisoned(monkeypatch):
    return Poisoned(monkeypatch)


def at(hours):
    return lambda: NOW + hours * HOUR


def parked(mailbox, source):
    """Sync until it is parked; give at which hour that was."""
    for hour in range(20):
        sync(mailbox.pk, at(hour), source)
        if FailedMessage.objects.exclude(parked_at=None).exists():
            return hour
    raise AssertionError("never parked")


class TestVerdict:
    def test_a_run_that_failed_on_every_message_is_not_completed(self, mailbox, monkeypatch):
        run = sync(mailbox.pk, at(0), Poisoned(monkeypatch, healthy=0))
        assert (run.state, run.error, run.looked_at, run.failed) == ("failed", "nothing_read", 1, 1)
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.ACTIVE
        assert mailbox.last_success_at == NOW - HOUR  # "Synced 2 min ago" would be a lie
        assert mailbox.cursor == {"read": 1}
        assert mailbox.next_sync_at > NOW

    def test_one_that_failed_on_some_says_so(self, mailbox, poisoned):
        assert sync(mailbox.pk, at(0), poisoned).state == SyncRun.State.PARTIAL

    def test_nothing_to_read_is_no_failure(self, mailbox):
        assert sync(mailbox.pk, at(0), ListSource([])).state == SyncRun.State.COMPLETED


class TestRetries:
    def test_the_next_sync_tries_once_more(self, mailbox, poisoned):
        sync(mailbox.pk, at(0), poisoned)
        poisoned.heal()
        run = sync(mailbox.pk, at(0), poisoned)
        assert (run.state, run.kept) == ("completed", 1)
        assert not FailedMessage.objects.exists()

    def test_then_with_growing_pauses(self, mailbox, poisoned):
        """A mailbox looked into every few seconds must not use up the attempts within a minute."""
        for second in range(0, 120, 15):
            sync(mailbox.pk, lambda s=second: NOW + timedelta(seconds=s), poisoned)
        assert poisoned.asked < 5
        assert not FailedMessage.objects.exclude(parked_at=None).exists()

    def test_in_the_end_it_is_parked_and_costs_nothing_more(self, mailbox, poisoned):
        hour = parked(mailbox, poisoned)
        asked = poisoned.asked
        assert asked == failures.ATTEMPTS
        assert sync(mailbox.pk, at(hour + 1), poisoned).state == SyncRun.State.COMPLETED
        assert poisoned.asked == asked

    def test_a_new_version_of_the_router_tries_what_the_old_one_parked(self, mailbox, poisoned, monkeypatch):
        hour = parked(mailbox, poisoned)
        poisoned.heal()
        monkeypatch.setattr(engine, "version", lambda: "local-2-new")
        assert sync(mailbox.pk, at(hour + 1), poisoned).kept == 1
        assert not FailedMessage.objects.exists()

    def test_which_is_once_if_that_one_fails_too(self, mailbox, poisoned, monkeypatch):
        hour = parked(mailbox, poisoned)
        for module in (engine, failures):
            monkeypatch.setattr(module, "version", lambda: "local-2-new")
        asked = poisoned.asked
        for more in range(1, 4):
            sync(mailbox.pk, at(hour + more), poisoned)
        assert poisoned.asked == asked + 1
        assert FailedMessage.objects.get().router_version == "local-2-new"

    def test_what_is_gone_meanwhile_is_forgotten(self, mailbox, poisoned):
        sync(mailbox.pk, at(0), poisoned)
        run = sync(mailbox.pk, at(1), ListSource([]))  # "message_gone"
        assert (run.state, run.failed) == ("completed", 0)
        assert not FailedMessage.objects.exists()


CAREFULLY = (0.1, 0.2, 0.3)  # hours of the deaths after the first, which tells only of the mailbox


class TestCrash:
    """A message over which the worker itself dies, as by kill -9, time limit or a fault in a library."""

    @pytest.fixture
    def deadly(self, monkeypatch):
        """Reads as a worker does that does not survive id3: it ends without a word."""
        source = ListSource([confirmation(1), everyday(2), everyday(3), rejection(4), everyday(5)])
        judge = storing.judge

        def dying(raw, *rest):
            if raw.provider_id == "id3":
                raise SystemExit
            return judge(raw, *rest)

        def read(mailbox, hour):
            with monkeypatch.context() as patch:
                patch.setattr(storing, "judge", dying)
                for name in ("runs.close", "postpone", "release"):
                    patch.setattr(f"tracking.sync.{name}", lambda *arguments: None)
                with pytest.raises(SystemExit):
                    sync(mailbox.pk, at(hour), source)

        read.source = source
        return read

    def test_it_is_found_out_and_the_others_get_through(self, mailbox, deadly, monkeypatch):
        deadly(mailbox, 0)
        assert not FailedMessage.objects.exists()
        for hour in CAREFULLY:
            deadly(mailbox, hour)
            assert FailedMessage.objects.get().provider_id == "id3"
        run = sync(mailbox.pk, at(0.4), deadly.source)
        assert (run.state, run.failed, Message.objects.count()) == ("partial", 1, 2)
        failure = FailedMessage.objects.get()
        assert (failure.error, failure.parked_at is not None) == ("message_crashes", True)
        mailbox.refresh_from_db()
        assert mailbox.cursor == {"read": 5}
        assert SyncRun.objects.filter(state="interrupted").count() == 4

    def test_it_is_left_alone_from_then_on(self, mailbox, deadly):
        for hour in (0, *CAREFULLY):
            deadly(mailbox, hour)
        for hour in (0.4, 1, 5, 50):
            run = sync(mailbox.pk, at(hour), deadly.source)
        assert (run.state, run.looked_at) == ("completed", 0)

    def test_a_worker_that_was_killed_for_no_fault_of_the_mail_leaves_no_trace(self, mailbox, deadly):
        for hour in (0, *CAREFULLY[:2]):
            deadly(mailbox, hour)
        run = sync(mailbox.pk, at(0.4), deadly.source)
        assert (run.state, run.failed, Message.objects.count()) == ("completed", 0, 2)
        assert not FailedMessage.objects.exists()

    def test_trying_it_again_by_hand_does_not_begin_anew_at_once(self, user, mailbox, deadly):
        for hour in (0, *CAREFULLY):
            deadly(mailbox, hour)
        sync(mailbox.pk, at(0.4), deadly.source)
        connect.retry_failures(user, mailbox.pk, NOW)
        deadly(mailbox, 3)
        assert sync(mailbox.pk, at(3.2), deadly.source).state == SyncRun.State.COMPLETED
        assert FailedMessage.objects.get().retry_at == NOW + 4 * HOUR


class TestByHand:
    def test_what_is_parked_is_tried_at_once(self, user, mailbox, poisoned):
        hour = parked(mailbox, poisoned)
        Mailbox.objects.update(next_sync_at=NOW + 100 * HOUR)
        _, count = connect.retry_failures(user, mailbox.pk, NOW)
        mailbox.refresh_from_db()
        assert (count, mailbox.next_sync_at, mailbox.wanted_by) == (1, NOW, "by_hand")
        poisoned.heal()
        assert sync(mailbox.pk, at(hour), poisoned).kept == 1
        assert Message.objects.count() == 1

    def test_nothing_to_try_wakes_nobody(self, user, mailbox):
        assert connect.retry_failures(user, mailbox.pk, NOW)[1] == 0
        mailbox.refresh_from_db()
        assert (mailbox.next_sync_at, mailbox.wanted_by) == (None, "")

    def test_the_plan_is_asked(self, mailbox, free_user):
        theirs = MailboxFactory(user=free_user)
        with pytest.raises(LimitError):
            connect.retry_failures(free_user, theirs.pk, NOW)


class TestPages:
    @pytest.fixture
    def failed(self, mailbox):
        for number in range(2):
            FailedMessage.objects.create(mailbox=mailbox, provider_id=f"id{number}", error="unreadable")
        return SyncRunFactory(mailbox=mailbox, state=SyncRun.State.PARTIAL, failed=2)

    @pytest.mark.parametrize("path", ["/settings/integrations/", "/inbox/runs/"])
    def test_they_are_shown_with_a_way_to_try_again(self, user, mailbox, failed, client_of, path):
        page = client_of(user).get(path).content.decode()
        assert "2 messages could not be read." in page
        assert f'action="/settings/integrations/{mailbox.pk}/retry/"' in page

    def test_said_once_and_with_the_last_run_they_failed_in(self, user, mailbox, failed, client_of):
        SyncRunFactory(mailbox=mailbox, failed=2, started_at=NOW - 9 * HOUR)
        page = client_of(user).get("/inbox/runs/").content.decode()
        assert page.count("could not be read.") == 1

    def test_trying_again(self, user, mailbox, failed, client_of, queued):
        response = client_of(user).post(
            f"/settings/integrations/{mailbox.pk}/retry/", {"next": "/inbox/runs/"}
        )
        assert response["Location"] == "/inbox/runs/"
        assert queued == [mailbox]

    def test_once_all_is_read_nothing_is_said(self, user, mailbox, failed, client_of):
        FailedMessage.objects.all().delete()
        page = client_of(user).get("/inbox/runs/").content.decode()
        assert "could not be read." not in page

    def test_a_strangers_is_not_found(self, other, mailbox, failed, client_of):
        assert client_of(other).post(f"/settings/integrations/{mailbox.pk}/retry/").status_code == 404

    def test_wrong_method(self, user, mailbox, client_of):
        assert client_of(user).get(f"/settings/integrations/{mailbox.pk}/retry/").status_code == 405

    def test_operators_see_what_is_parked(self, mailbox, failed, client_of):
        boss = UserFactory(is_staff=True, is_superuser=True)
        page = client_of(boss).get("/admin/tracking/failedmessage/?parked_at__isempty=1").content.decode()
        assert "unreadable" in page
        assert "id0" not in page
