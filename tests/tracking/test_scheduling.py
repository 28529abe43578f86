"""What the tick queues, and for how long a run keeps a worker."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from tests.factories import MailboxFactory, SyncRunFactory, UserFactory
from tests.tracking.mails import ListSource, confirmation, everyday
from tracking import connect, retention, scheduling, tasks
from tracking.lease import LEASE
from tracking.lease import claim as claim_lease
from tracking.models import Mailbox, Message, SyncRun
from tracking.providers import OverBudgetError
from tracking.sync import sync

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user, next_sync_at=NOW, last_success_at=NOW - MINUTE)


@pytest.fixture
def sent(monkeypatch):
    """What went to the broker: (mailbox, queue, seconds until it expires)."""
    found: list[tuple[str, str, int]] = []

    def apply_async(args, queue, expires):
        found.append((args[0], queue, expires))

    monkeypatch.setattr(tasks.sync_mailbox, "apply_async", apply_async)
    return found


def tick(at):
    with time_machine.travel(at, tick=False):
        tasks.queue_due_mailboxes()


class TestTick:
    def test_what_is_due_is_queued_once(self, mailbox, sent):
        for seconds in range(0, 57, 3):
            tick(NOW + timedelta(seconds=seconds))
        assert [key for key, _, _ in sent] == [str(mailbox.pk)]

    def test_its_task_has_expired_before_it_is_queued_again(self, mailbox, sent):
        tick(NOW)
        tick(NOW + scheduling.QUEUED)
        assert len(sent) == 2
        assert timedelta(seconds=sent[0][2]) < scheduling.QUEUED

    def test_a_slow_queue_does_not_fill_up(self, mailbox, sent):
        for minute in range(10):
            for second in (0, 20, 40):
                tick(NOW + timedelta(minutes=minute, seconds=second))
        assert len(sent) == 10  # each of which the one before has made room for

    def test_after_its_sync_it_is_due_again_in_time(self, mailbox, sent):
        tick(NOW)
        sync(mailbox.pk, lambda: NOW + SECOND, ListSource([]), only_due=True)
        tick(NOW + 10 * SECOND)
        assert len(sent) == 1
        tick(NOW + 16 * SECOND)
        assert len(sent) == 2

    def test_the_longest_waiting_come_first(self, user, sent, monkeypatch):
        monkeypatch.setattr(tasks, "TICK_LIMIT", 2)
        waiting = [MailboxFactory(user=user, next_sync_at=NOW - n * SECOND) for n in range(5)]
        tick(NOW)
        assert {key for key, _, _ in sent} == {str(waiting[4].pk), str(waiting[3].pk)}
        tick(NOW)
        assert {key for key, _, _ in sent[2:]} == {str(waiting[2].pk), str(waiting[1].pk)}

    @pytest.mark.parametrize(
        "values",
        [
            {"next_sync_at": NOW + SECOND},
            {"next_sync_at": None},
            {"blocked_until": NOW + SECOND},
            {"lease_until": NOW + SECOND},
            {"state": "paused"},
            {"state": "needs_reconnect"},
            {"state": "disconnected"},
        ],
    )
    def test_what_is_not_due_is_left_alone(self, mailbox, sent, values):
        Mailbox.objects.update(**values)
        tick(NOW)
        assert not sent

    def test_queries_do_not_grow_with_the_mailboxes(self, sent, django_assert_max_num_queries):
        for _ in range(20):
            MailboxFactory(user=UserFactory(plan="premium"), next_sync_at=NOW)
        with django_assert_max_num_queries(11):
            tick(NOW)
        assert len(sent) == 20

    def test_with_the_broker_away_the_next_tick_tries_again(self, mailbox, sent, monkeypatch):
        def away(args, queue, expires):
            raise OperationalError

        with monkeypatch.context() as patch:
            patch.setattr(tasks.sync_mailbox, "apply_async", away)
            with pytest.raises(OperationalError):
                tick(NOW)
        tick(NOW + 3 * SECOND)
        assert len(sent) == 1

    def test_sync_now_does_not_queue_what_is_on_its_way(self, mailbox, sent):
        tick(NOW)
        with time_machine.travel(NOW, tick=False):
            tasks.queue_sync(mailbox)
        assert len(sent) == 1

    def test_a_beat_that_ticks_often_enough_for_platinum(self):
        entry = settings.CELERY_BEAT_SCHEDULE["queue-due-mailboxes"]
        assert entry["schedule"] + scheduling.PRIORITY_SECONDS <= 20
        assert entry["options"]["expires"] <= entry["schedule"]


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_get_different_mailboxes(user):
    for _ in range(6):
        MailboxFactory(user=user, next_sync_at=NOW)
    ready, claimed = threading.Barrier(2), []

    def beat():
        try:
            ready.wait()
            claimed.append({mailbox.pk for mailbox in scheduling.claim_due(NOW, 500)})
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(2)]
    for each in beats:
        each.start()
    for each in beats:
        each.join()
    assert not claimed[0] & claimed[1]
    assert len(claimed[0] | claimed[1]) <= 6
    assert {mailbox.pk for mailbox in scheduling.claim_due(NOW, 500)} == set(
        Mailbox.objects.values_list("pk", flat=True)
    ) - (claimed[0] | claimed[1])


class TestQueues:
    def queue(self, **values):
        mailbox = MailboxFactory(**{"last_success_at": NOW, "user": UserFactory(plan="platinum"), **values})
        return scheduling.queues_of([mailbox])[mailbox.pk]

    def test_who_is_promised_seconds_goes_first(self, db):
        assert self.queue() == "priority"
        assert self.queue(provider="outlook") == "priority"

    def test_others_do_not(self, db):
        assert self.queue(user=UserFactory(plan="premium")) == "default"
        assert self.queue(user=UserFactory()) == "default"

    @pytest.mark.parametrize(
        "values", [{"last_success_at": None}, {"provider": "upload"}, {"older_since": NOW}]
    )
    def test_what_takes_long_never_holds_up_the_quick(self, db, values):
        assert self.queue(**values) == "default"

    def test_nor_does_the_rest_of_a_long_run(self, mailbox):
        SyncRunFactory(mailbox=mailbox, state=SyncRun.State.WAITING, finished_at=None)
        assert scheduling.queues_of([mailbox])[mailbox.pk] == "default"


class TestTask:
    def deliver(self, mailbox, at, monkeypatch, mails=()):
        """The task as a worker gets it, reading `mails`."""
        seen = []

        def reading(mailbox_id, **options):
            seen.append(sync(mailbox_id, source=ListSource(list(mails)), **options))
            return seen[-1]

        monkeypatch.setattr(tasks, "sync", reading)
        with time_machine.travel(at, tick=False):
            tasks.sync_mailbox(str(mailbox.pk))
        return seen[0]

    def test_delivered_twice_it_syncs_once(self, mailbox, monkeypatch):
        assert self.deliver(mailbox, NOW, monkeypatch).state == SyncRun.State.COMPLETED
        assert self.deliver(mailbox, NOW + SECOND, monkeypatch) is None
        assert SyncRun.objects.count() == 1

    def test_one_that_finds_another_at_work_does_not_hold_up_what_follows(self, mailbox, monkeypatch, sent):
        claim_lease(mailbox.pk, NOW)
        Mailbox.objects.update(queued_until=NOW + MINUTE)  # a push queued it meanwhile
        assert self.deliver(mailbox, NOW + SECOND, monkeypatch) is None
        Mailbox.objects.update(lease_until=None)
        tick(NOW + 2 * SECOND)
        assert len(sent) == 1

    def test_a_pause_after_queueing_is_respected(self, user, mailbox, monkeypatch):
        connect.pause(user, mailbox.pk, NOW)
        assert self.deliver(mailbox, NOW, monkeypatch) is None


class TestTurns:
    """One run must not keep a worker for ever."""

    def mails(self):
        return [confirmation(1), *(everyday(number) for number in range(2, 13))]

    def clock(self, step):
        now = [NOW]

        def tell():
            now[0] += step
            return now[0]

        return tell

    def test_it_yields_and_the_same_run_goes_on(self, mailbox):
        clock = self.clock(SECOND)
        first = sync(mailbox.pk, clock, ListSource(self.mails()), turn=6 * SECOND)
        assert (first.state, first.finished_at) == ("waiting", None)
        assert 0 < first.looked_at < 12
        mailbox.refresh_from_db()
        assert mailbox.lease_until is None
        assert mailbox.failures_in_a_row == 0
        assert mailbox in Mailbox.objects.due(clock())

        runs = [first]
        while runs[-1].state == "waiting":
            assert len(runs) < 12
            runs.append(sync(mailbox.pk, clock, ListSource(self.mails()), turn=6 * SECOND))
        assert {run.pk for run in runs} == {first.pk}
        assert (runs[-1].state, runs[-1].looked_at, runs[-1].duplicates) == ("completed", 12, 0)
        assert runs[-1].trigger == first.trigger
        assert Message.objects.count() == 1

    def test_each_turn_reads_at_least_a_page(self, mailbox):
        clock, seen = self.clock(timedelta(hours=1)), []
        for _ in range(4):
            seen.append(sync(mailbox.pk, clock, ListSource(self.mails()), turn=SECOND).looked_at)
        assert seen == [3, 6, 9, 12]

    def test_others_come_before_it(self, user, mailbox, sent):
        other = MailboxFactory(user=user, next_sync_at=NOW)
        sync(mailbox.pk, self.clock(SECOND), ListSource(self.mails()), turn=6 * SECOND)
        tick(NOW + MINUTE)
        assert [key for key, _, _ in sent] == [str(other.pk), str(mailbox.pk)]

    def test_the_task_queues_what_is_left_itself(self, mailbox, monkeypatch, sent):
        clock = self.clock(SECOND)
        monkeypatch.setattr(
            tasks, "sync", lambda key, **options: sync(key, clock, ListSource(self.mails()), turn=6 * SECOND)
        )
        with time_machine.travel(NOW + MINUTE, tick=False):
            tasks.sync_mailbox(str(mailbox.pk))
        assert [(key, queue) for key, queue, _ in sent] == [(str(mailbox.pk), "default")]

    def test_but_not_before_its_budget_allows(self, mailbox, monkeypatch, sent):
        source = ListSource(self.mails(), fail_at=1, error=OverBudgetError("paced", NOW + 2 * MINUTE))
        monkeypatch.setattr(tasks, "sync", lambda key, **options: sync(key, lambda: NOW, source))
        with time_machine.travel(NOW, tick=False):
            tasks.sync_mailbox(str(mailbox.pk))
        assert not sent
        tick(NOW + 2 * MINUTE)
        assert len(sent) == 1

    def test_a_file_has_a_longer_turn(self, user):
        mailbox = MailboxFactory(user=user, provider="upload", next_sync_at=NOW)
        run = sync(mailbox.pk, self.clock(SECOND), ListSource(self.mails()), turn=6 * SECOND)
        assert run.state == "completed"

    def test_what_was_asked_for_meanwhile_still_comes(self, mailbox):
        clock = self.clock(SECOND)
        run = sync(mailbox.pk, clock, ListSource(self.mails()), turn=6 * SECOND)
        Mailbox.objects.update(next_sync_at=NOW + MINUTE, wanted_by="push")
        while run.state == "waiting":
            run = sync(mailbox.pk, clock, ListSource(self.mails()), turn=6 * SECOND)
        assert run.state == "completed"  # it was begun before the push, and read to the end after it

    def test_it_shows_as_syncing(self, user, mailbox, client_of):
        SyncRunFactory(mailbox=mailbox, state=SyncRun.State.WAITING, finished_at=None, estimated_total=1900)
        client = client_of(user)
        page = client.get("/settings/integrations/").content.decode()
        assert "Syncing now" in page
        assert "120 of about 1,900, 9 about your applications" in page
        assert "goes on by itself" in page
        assert "goes on by itself" in client.get("/inbox/runs/").content.decode()
        assert client.get("/live/").context["header"].pill.state == "syncing"


class TestLostRuns:
    def run(self, mailbox, **values):
        return SyncRunFactory(mailbox=mailbox, state=SyncRun.State.RUNNING, finished_at=None, **values)

    def closed(self, run, at=NOW):
        tick(at)
        run.refresh_from_db()
        return run.state, run.error

    def test_a_killed_run_is_closed(self, mailbox, sent):
        lease = claim_lease(mailbox.pk, NOW)
        run = self.run(mailbox, lease_token=lease.token)
        assert self.closed(run, NOW + LEASE + SECOND)[0] == "running"  # it may yet be at its page
        assert self.closed(run, NOW + 2 * LEASE + SECOND) == ("interrupted", "worker_lost")
        assert run.finished_at == NOW + 2 * LEASE + SECOND

    def test_also_of_a_mailbox_that_is_paused(self, user, mailbox, sent):
        lease = claim_lease(mailbox.pk, NOW)
        run = self.run(mailbox, lease_token=lease.token)
        connect.pause(user, mailbox.pk, NOW)
        assert self.closed(run) == ("interrupted", "taken_over")

    def test_one_that_is_worked_at_is_not(self, mailbox, sent):
        lease = claim_lease(mailbox.pk, NOW)
        run = self.run(mailbox, lease_token=lease.token)
        assert self.closed(run, NOW + 30 * SECOND) == ("running", "")

    def test_nor_one_that_waits_to_go_on(self, mailbox, sent):
        run = SyncRunFactory(mailbox=mailbox, state=SyncRun.State.WAITING, finished_at=None)
        assert self.closed(run) == ("waiting", "")

    @pytest.mark.parametrize("state", ["paused", "needs_reconnect"])
    def test_but_where_the_mailbox_rests(self, mailbox, sent, state):
        run = SyncRunFactory(mailbox=mailbox, state=SyncRun.State.WAITING, finished_at=None)
        Mailbox.objects.update(state=state)
        assert self.closed(run) == ("interrupted", "taken_over")


class TestEmptyRuns:
    """A mailbox looked into four times a minute would fill the history with nothing."""

    def kept(self):
        retention.purge_empty_runs(NOW)
        return SyncRun.objects.count()

    def test_old_ones_go_but_for_the_last(self, mailbox):
        for minutes in (61, 62, 63):
            at = NOW - timedelta(minutes=minutes)
            SyncRunFactory(mailbox=mailbox, looked_at=0, trigger="schedule", started_at=at)
        assert self.kept() == 1

    @pytest.mark.parametrize(
        "values",
        [{"looked_at": 1}, {"state": "failed"}, {"trigger": "by_hand"}, {"started_at": NOW - MINUTE}],
    )
    def test_what_says_something_stays(self, mailbox, values):
        old = {"looked_at": 0, "trigger": "schedule", "started_at": NOW - timedelta(hours=2)}
        SyncRunFactory(mailbox=mailbox, **{**old, **values})
        SyncRunFactory(mailbox=mailbox, started_at=NOW)
        assert self.kept() == 2
