"""Being woken: one sync for a burst, one more behind a running one, none for a mailbox that rests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import MailboxFactory, UserFactory
from tests.tracking.mails import ListSource, everyday
from tracking import tasks
from tracking.lease import claim
from tracking.models import Mailbox, SyncRun
from tracking.providers import TemporaryError
from tracking.scheduling import DEFAULT, PRIORITY, claim_due, queues_of
from tracking.sync import sync
from tracking.waking import wake

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def mailbox(user, at):
    """Synced a minute ago, and due again in four."""
    return MailboxFactory(user=user, last_success_at=at - MINUTE, next_sync_at=at + 4 * MINUTE)


def test_it_brings_the_next_sync_forward(mailbox, at):
    assert wake(mailbox.pk, at)
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at, mailbox.wanted_by) == (at, SyncRun.Trigger.PUSH)
    assert [due.pk for due in claim_due(at, 10)] == [mailbox.pk]


def test_a_burst_is_one_sync(mailbox, at):
    for second in range(20):
        wake(mailbox.pk, at + timedelta(seconds=second / 10))
    run = sync(mailbox.pk, source=ListSource([everyday(1)]), only_due=True)
    assert run.trigger == SyncRun.Trigger.PUSH
    assert sync(mailbox.pk, source=ListSource([]), only_due=True) is None
    mailbox.refresh_from_db()
    assert (mailbox.wanted_by, mailbox.next_sync_at > timezone.now()) == ("", True)


def test_what_is_on_its_way_to_a_worker_is_not_queued_again(mailbox, at):
    assert wake(mailbox.pk, at)
    claim_due(at, 10)
    assert not wake(mailbox.pk, at)


def test_during_a_sync_it_leads_to_one_more(mailbox):
    def woken_while_reading(times):
        class Pushed(ListSource):
            def pages(self, cursor):
                for _ in range(times):
                    assert not wake(mailbox.pk, timezone.now())  # nobody else can sync it now
                yield from super().pages(cursor)

        return sync(mailbox.pk, source=Pushed([everyday(1)]), only_due=True)

    wake(mailbox.pk, timezone.now())
    assert woken_while_reading(times=5) is not None
    again = woken_while_reading(times=0)
    assert again.trigger == SyncRun.Trigger.PUSH
    assert woken_while_reading(times=0) is None
    assert SyncRun.objects.filter(mailbox=mailbox).count() == 2


@pytest.mark.parametrize("woken", [True, False])
def test_the_one_more_is_queued_at_once(mailbox, at, monkeypatch, woken):
    class Pushed(ListSource):
        def pages(self, cursor):
            if woken:
                wake(mailbox.pk, timezone.now())
            yield from super().pages(cursor)

    def sync_it(mailbox_id, **how):
        return sync(mailbox_id, source=Pushed([everyday(1)]), **how)

    queued: list[Mailbox] = []
    monkeypatch.setattr(tasks, "sync", sync_it)
    monkeypatch.setattr(tasks, "queue_sync", queued.append)
    wake(mailbox.pk, at)
    tasks.sync_mailbox(str(mailbox.pk))
    assert queued == ([mailbox] if woken else [])


def test_it_goes_by_the_quick_queue_on_every_plan(at):
    mailbox = MailboxFactory(
        user=UserFactory(plan="premium"), last_success_at=at, next_sync_at=at + 4 * MINUTE
    )
    assert queues_of([mailbox]) == {mailbox.pk: DEFAULT}
    wake(mailbox.pk, at)
    mailbox.refresh_from_db()
    assert queues_of([mailbox]) == {mailbox.pk: PRIORITY}


def test_it_is_kept_while_the_mailbox_has_to_wait(mailbox, at):
    Mailbox.objects.update(blocked_until=at + 10 * MINUTE)
    assert not wake(mailbox.pk, at)
    assert not claim_due(at + 9 * MINUTE, 10)
    assert claim_due(at + 11 * MINUTE, 10) == [mailbox]
    mailbox.refresh_from_db()
    assert mailbox.wanted_by == SyncRun.Trigger.PUSH


def test_a_sync_that_fails_keeps_it(mailbox, at):
    wake(mailbox.pk, at)
    broken = ListSource([everyday(1)], fail_at=0, error=TemporaryError("provider_down"))
    assert sync(mailbox.pk, source=broken, only_due=True).state == SyncRun.State.FAILED
    mailbox.refresh_from_db()
    assert mailbox.wanted_by == SyncRun.Trigger.PUSH
    assert claim_due(at + 60 * MINUTE, 10) == [mailbox]


@pytest.mark.parametrize("state", ["paused", "needs_reconnect", "disconnected"])
def test_a_mailbox_that_rests_sleeps_on(mailbox, at, state):
    Mailbox.objects.update(state=state)
    assert not wake(mailbox.pk, at)
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at, mailbox.wanted_by) == (at + 4 * MINUTE, "")


def test_a_first_sync_stays_one(mailbox, at):
    Mailbox.objects.update(last_success_at=None)
    wake(mailbox.pk, at)
    assert sync(mailbox.pk, source=ListSource([]), only_due=True).trigger == SyncRun.Trigger.FIRST


def test_what_a_person_asked_for_stays_theirs(mailbox, at):
    Mailbox.objects.update(wanted_by="by_hand")
    assert wake(mailbox.pk, at)
    mailbox.refresh_from_db()
    assert mailbox.wanted_by == "by_hand"


def test_the_lease_of_a_dead_worker_holds_it_up_no_longer_than_it_lasts(mailbox, at):
    claim(mailbox.pk, at)
    wake(mailbox.pk, at)
    assert not claim_due(at, 10)
    assert claim_due(at + 2 * MINUTE, 10) == [mailbox]
