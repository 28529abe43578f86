from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Notification
from applications.models import Application, Event
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, SyncRunFactory, UserFactory
from tests.tracking.mails import ListSource, confirmation, everyday, rejection
from tracking import storing
from tracking.lease import claim
from tracking.models import Decision, FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import NeedsReconnectError, TemporaryError
from tracking.sync import sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(user):
    ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst", applied_on="2026-10-30")
    return MailboxFactory(user=user, provider=Mailbox.Provider.GMAIL, next_sync_at=timezone.now())


def test_it_reads_every_page_and_moves_the_cursor(mailbox):
    mails = [confirmation(1), *(everyday(number) for number in range(2, 8))]
    run = sync(mailbox.pk, source=ListSource(mails))

    assert (run.state, run.looked_at, run.kept, run.ignored) == ("completed", 7, 1, 6)
    assert run.newest_mail_at == mails[-1].received_at
    mailbox.refresh_from_db()
    assert mailbox.cursor == {"read": 7}
    assert mailbox.lease_until is None
    assert mailbox.last_success_at is not None
    assert mailbox.next_sync_at > timezone.now()


def test_what_is_not_about_a_job_leaves_no_trace(mailbox):
    sync(mailbox.pk, source=ListSource([everyday(1), everyday(2)]))

    assert not Message.objects.exists()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text ~* %s', ["parcel|garden chairs"]
            )
            assert cursor.fetchone()[0] == 0, table


def test_sure_mail_is_linked_and_moves_the_status(mailbox):
    run = sync(mailbox.pk, source=ListSource([confirmation(1), rejection(2, thread="t1")]))

    application = Application.objects.get()
    assert run.auto_linked == 2
    assert application.status == Status.REJECTED
    assert application.events.filter(kind=Event.Kind.MAIL).count() == 2
    assert Decision.objects.filter(action=Decision.Action.AUTO_LINK, by_user=False).count() == 2
    assert Notification.objects.filter(key=f"status:{application.pk}").count() == 1


def test_bodies_and_snippets_are_sealed_in_the_database(mailbox):
    sync(mailbox.pk, source=ListSource([confirmation(1)]))

    assert "hiring team will review" in Message.objects.get().body
    with connection.cursor() as cursor:
        cursor.execute("SELECT body, snippet FROM tracking_message")
        body, snippet = (bytes(value) for value in cursor.fetchone())
    assert body
    assert snippet
    assert b"hiring" not in body
    assert b"applying" not in snippet


def test_reading_the_same_mail_again_changes_nothing(mailbox):
    mails = [confirmation(1), rejection(2), everyday(3)]
    sync(mailbox.pk, source=ListSource(mails))
    before = list(Event.objects.values_list("pk", flat=True))
    Mailbox.objects.update(cursor={})

    run = sync(mailbox.pk, source=ListSource(mails))

    assert (run.kept, run.duplicates, run.ignored) == (0, 2, 1)
    assert list(Event.objects.values_list("pk", flat=True)) == before


def test_the_order_of_reading_does_not_matter(mailbox):
    mails = [rejection(9, thread="t1"), confirmation(1)]
    sync(mailbox.pk, source=ListSource(mails))
    assert Application.objects.get().status == Status.REJECTED


def test_a_failing_page_keeps_what_was_read_and_goes_on_from_there(mailbox):
    mails = [confirmation(1), everyday(2), everyday(3), rejection(4), everyday(5)]
    broken = ListSource(mails, fail_at=1, error=TemporaryError("provider_unavailable"))

    run = sync(mailbox.pk, source=broken)

    mailbox.refresh_from_db()
    assert (run.state, run.error, run.looked_at) == ("failed", "provider_unavailable", 3)
    assert mailbox.state == Mailbox.State.ACTIVE
    assert mailbox.cursor == {"read": 3}
    assert mailbox.blocked_until > timezone.now()
    again = sync(mailbox.pk, source=ListSource(mails))
    assert (again.looked_at, again.duplicates) == (2, 0)
    assert Message.objects.count() == 2


def test_a_kill_in_the_middle_of_a_page_loses_and_repeats_nothing(mailbox, monkeypatch):
    mails = [confirmation(1), rejection(2), everyday(3)]
    take_in, taken = storing.take_in, []

    def killed(*args):
        taken.append(args)
        if len(taken) == 2:
            raise SystemExit  # as a worker ends
        return take_in(*args)

    monkeypatch.setattr(storing, "take_in", killed)
    with pytest.raises(SystemExit):
        sync(mailbox.pk, source=ListSource(mails))
    mailbox.refresh_from_db()
    assert mailbox.cursor == {}
    assert not Message.objects.exists()

    monkeypatch.setattr(storing, "take_in", take_in)
    run = sync(mailbox.pk, source=ListSource(mails))
    assert (run.looked_at, run.kept, run.duplicates) == (3, 2, 0)


def test_a_run_of_a_killed_worker_is_closed_by_the_next(mailbox):
    stale = SyncRunFactory(mailbox=mailbox, state=SyncRun.State.RUNNING, finished_at=None)
    sync(mailbox.pk, source=ListSource([]))
    stale.refresh_from_db()
    assert (stale.state, stale.error) == ("interrupted", "worker_lost")


def test_one_sync_at_a_time(mailbox):
    at = timezone.now()
    assert claim(mailbox.pk, at) is not None
    assert claim(mailbox.pk, at) is None
    assert sync(mailbox.pk, source=ListSource([])) is None
    assert claim(mailbox.pk, at + timedelta(minutes=2)) is not None


@pytest.mark.parametrize("change", [{"state": Mailbox.State.DISCONNECTED}, {"lease_token": 99}])
def test_a_late_worker_writes_nothing(mailbox, change):
    class Overtaken(ListSource):
        def pages(self, cursor):
            for number, page in enumerate(super().pages(cursor)):
                if number == 1:
                    Mailbox.objects.filter(pk=mailbox.pk).update(**change)
                yield page

    run = sync(mailbox.pk, source=Overtaken([confirmation(1), confirmation(2, title="Data Lead")], size=1))

    mailbox.refresh_from_db()
    assert run.state == "interrupted"
    assert mailbox.cursor == {"read": 1}
    assert Message.objects.count() == 1


def test_a_message_that_breaks_does_not_stop_the_others(mailbox, monkeypatch):
    judge = storing.judge

    def breaking(raw, *rest):
        if raw.provider_id == "id2":
            raise ValueError("secret words of the mail")
        return judge(raw, *rest)

    monkeypatch.setattr(storing, "judge", breaking)
    source = ListSource([confirmation(1), confirmation(2), rejection(3)])
    run = sync(mailbox.pk, source=source)
    assert (run.state, run.kept, run.failed) == ("partial", 2, 1)

    monkeypatch.setattr(storing, "judge", judge)
    again = sync(mailbox.pk, source=source)
    assert (again.kept, again.failed) == (1, 0)
    assert not FailedMessage.objects.exists()


def test_a_message_that_keeps_breaking_is_parked(mailbox, monkeypatch, caplog):
    def breaking(raw, *rest):
        raise ValueError("secret words of the mail")

    monkeypatch.setattr(storing, "judge", breaking)
    begun = timezone.now()
    for hour in range(6):
        sync(mailbox.pk, lambda at=begun + timedelta(hours=hour): at, ListSource([confirmation(1)]))
    failure = FailedMessage.objects.get()
    assert failure.attempts == 5
    assert failure.parked_at is not None
    assert "secret words" not in caplog.text


def test_lost_access_is_told_once(mailbox):
    error = NeedsReconnectError("grant_revoked")
    for _ in range(2):
        Mailbox.objects.update(state=Mailbox.State.ACTIVE)
        sync(mailbox.pk, source=ListSource([everyday(1)], fail_at=0, error=error))
    assert Notification.objects.filter(kind="mailbox").count() == 1
    assert Mailbox.objects.get().state == Mailbox.State.NEEDS_RECONNECT


def test_a_mailbox_outside_the_plan_is_paused_and_kept(db):
    mailbox = MailboxFactory(user=UserFactory(), provider=Mailbox.Provider.GMAIL, next_sync_at=timezone.now())
    assert sync(mailbox.pk, source=ListSource([confirmation(1)])) is None
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.state_reason) == ("paused", "plan")


def test_it_asks_for_no_more_than_is_due(mailbox):
    assert list(Mailbox.objects.due(timezone.now())) == [mailbox]
    Mailbox.objects.update(blocked_until=timezone.now() + timedelta(minutes=1))
    assert not Mailbox.objects.due(timezone.now())


def test_what_was_asked_for_during_a_sync_comes_after_it(mailbox):
    wanted = timezone.now()

    class Asking(ListSource):
        def pages(self, cursor):
            Mailbox.objects.filter(pk=mailbox.pk).update(next_sync_at=wanted, wanted_by="by_hand")
            yield from super().pages(cursor)

    sync(mailbox.pk, source=Asking([everyday(1)]))
    mailbox.refresh_from_db()
    assert (mailbox.next_sync_at, mailbox.wanted_by) == (wanted, "by_hand")
