"""A page on its way into the database: few queries whatever it holds, and what may happen meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notification
from applications.models import Application, Event
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, ThreadFactory
from tests.tracking.mails import ListSource, confirmation, everyday, rejection
from tracking import intake, storing
from tracking.models import Decision, FailedMessage, Mailbox, Message, Thread
from tracking.providers import Page
from tracking.sync import sync

pytestmark = pytest.mark.django_db

COMPANIES = ("Lumen Health", "Quillstone", "Fernwick Energy", "Ostrava Games", "Kestrel Freight")


@pytest.fixture
def mailbox(user):
    for company in COMPANIES:
        ApplicationFactory(user=user, company=company, title="Data Analyst", applied_on="2026-10-30")
    return MailboxFactory(
        user=user,
        provider=Mailbox.Provider.GMAIL,
        next_sync_at=timezone.now(),
        read_since=timezone.now() - timedelta(days=90),
        last_success_at=timezone.now(),
    )


def replies(number, company, count):
    """`count` messages of one company, each in a conversation of its own."""
    return [confirmation(number + n, company, "Data Analyst") for n in range(count)]


def queries_of(mailbox, mails, size):
    with CaptureQueriesContext(connection) as captured:
        run = sync(mailbox.pk, source=ListSource(mails, size=size))
    assert run.state == "completed"
    return run, [each["sql"] for each in captured if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]


class TestQueries:
    def test_a_page_takes_as_many_whatever_it_holds(self, mailbox):
        small, few = queries_of(mailbox, replies(100, COMPANIES[0], 2), size=50)
        Mailbox.objects.update(cursor={})
        mails = [mail for n, company in enumerate(COMPANIES) for mail in replies(200 + 20 * n, company, 8)]
        large, many = queries_of(mailbox, mails, size=50)
        assert (small.auto_linked, large.auto_linked) == (2, 40)
        assert len(many) <= len(few) + 2
        assert len(many) <= 40

    def test_what_is_ignored_takes_none(self, mailbox):
        _, one = queries_of(mailbox, [everyday(1)], size=50)
        Mailbox.objects.update(cursor={})
        _, many = queries_of(mailbox, [everyday(number) for number in range(2, 42)], size=50)
        assert len(many) == len(one)

    def test_nothing_new_takes_five(self, mailbox):
        _, queries = queries_of(mailbox, [], size=50)
        assert len(queries) <= 5


class TestTogether:
    def test_what_one_mail_does_counts_for_the_next_of_its_page(self, mailbox, monkeypatch):
        """Where a page ends must not show: the same mail may be read in other pages after a fault."""
        judge, seen = storing.judge, []

        def watched(raw, known, *rest):
            seen.append({each.company: each.last_activity_at for each in known.candidates})
            return judge(raw, known, *rest)

        monkeypatch.setattr(storing, "judge", watched)
        at = timezone.now()  # later than all that has happened to the application
        first, second = (confirmation(number, COMPANIES[0], at=at) for number in (1, 2))
        run = sync(mailbox.pk, source=ListSource([first, second], size=10))
        assert (run.auto_linked, len(seen)) == (2, 2)
        assert seen[0][COMPANIES[0]] < seen[1][COMPANIES[0]] == at

    def test_two_mails_for_one_application_both_count(self, mailbox):
        run = sync(mailbox.pk, source=ListSource([confirmation(1), rejection(2, thread="t1")], size=10))
        application = Application.objects.get(company="Lumen Health")
        assert run.auto_linked == 2
        assert application.status == Status.REJECTED
        mails = application.events.filter(kind=Event.Kind.MAIL).order_by("occurred_at")
        assert [event.effect for event in mails] == ["application_received", "rejection"]
        first, second = Decision.objects.order_by("message__received_at")
        assert (first.status_before, first.status_after) == ("applied", "applied")
        assert (second.status_before, second.status_after) == ("applied", "rejected")
        assert first.events == [str(first.message.event_id)]

    def test_the_later_mail_of_a_page_knows_what_the_earlier_did(self, mailbox):
        """Two are about the same untracked job: one application, not two."""
        mails = [
            confirmation(1, "Harrow Labs", "Network Technician"),
            rejection(2, "Harrow Labs", "Network Technician", thread="t1"),
            confirmation(3),
        ]
        run = sync(mailbox.pk, source=ListSource(mails, size=10))
        application = Application.objects.get(company="Harrow Labs")
        assert (run.created_applications, run.auto_linked) == (1, 2)
        assert application.status == Status.REJECTED
        assert application.messages.count() == 2

    def test_one_conversation_of_several_mails(self, mailbox):
        mails = [confirmation(1, thread="t"), rejection(2, thread="t")]
        sync(mailbox.pk, source=ListSource(mails, size=10))
        thread = Thread.objects.get()
        assert thread.application.company == "Lumen Health"
        assert thread.last_message_at == mails[1].received_at

    def test_a_conversation_that_is_there_moves_on(self, mailbox):
        thread = ThreadFactory(mailbox=mailbox, provider_id="t", last_message_at=confirmation(1).received_at)
        sync(mailbox.pk, source=ListSource([rejection(5, thread="t")], size=10))
        thread.refresh_from_db()
        assert thread.last_message_at == rejection(5).received_at
        assert thread.application.company == "Lumen Health"

    def test_one_notification_however_often_it_moves_in_a_page(self, mailbox):
        mails = [confirmation(1), rejection(2, thread="t1"), rejection(3, thread="t1")]
        sync(mailbox.pk, source=ListSource(mails, size=10))
        notification = Notification.objects.get(kind="status")
        assert "Rejected" in notification.text

    def test_the_same_mail_twice_in_a_page(self, mailbox):
        run = sync(mailbox.pk, source=ListSource([confirmation(1), confirmation(1)], size=10))
        assert (run.kept, run.duplicates, Message.objects.count()) == (1, 1, 1)


class TestMeanwhile:
    def test_a_status_set_by_hand_while_the_page_is_judged(self, mailbox, monkeypatch):
        """The fold is made from the timeline as it is when the page is stored."""
        application = Application.objects.get(company="Lumen Health")
        judge = storing.judge

        def judging(*args):
            verdict = judge(*args)
            application.record(Event.Kind.STATUS_SET, timezone.now() + timedelta(days=1), status="withdrawn")
            return verdict

        monkeypatch.setattr(storing, "judge", judging)
        run = sync(mailbox.pk, source=ListSource([rejection(1)]))
        application.refresh_from_db()
        assert run.auto_linked == 1
        assert application.status == Status.WITHDRAWN
        assert application.events.count() == 3

    @pytest.mark.parametrize("kind", ["linked", "suggested"])
    def test_an_application_deleted_while_the_page_is_judged(self, mailbox, monkeypatch, kind):
        judge = storing.judge

        def judging(*args):
            verdict = judge(*args)
            Application.objects.filter(company="Lumen Health").delete()
            return verdict

        monkeypatch.setattr(storing, "judge", judging)
        mail = confirmation(1, auth="pass" if kind == "linked" else "none")
        run = sync(mailbox.pk, source=ListSource([mail]))
        message = Message.objects.get()
        assert (run.state, run.orphans, run.auto_linked) == ("completed", 1, 0)
        assert (message.state, message.suggestion, message.application, message.event) == (
            Message.State.ORPHAN,
            None,
            None,
            None,
        )
        assert message.thread.application is None
        assert not Decision.objects.exists()

    def test_a_mail_that_the_database_refuses_does_not_hold_up_the_others(self, mailbox, monkeypatch):
        store = intake.store

        def refusing(tray):
            if any(kept.message.provider_id == "id2" for kept in tray.kept):
                raise DataError("secret words of the mail")
            return store(tray)

        monkeypatch.setattr(storing, "store", refusing)
        mails = [confirmation(1), confirmation(2, "Quillstone"), rejection(3, "Fernwick Energy"), everyday(4)]
        run = sync(mailbox.pk, source=ListSource(mails, size=10))
        mailbox.refresh_from_db()
        assert (run.state, run.kept, run.ignored, run.failed, run.looked_at) == ("partial", 2, 1, 1, 4)
        assert FailedMessage.objects.get().provider_id == "id2"
        assert mailbox.cursor == {"read": 4}
        assert Application.objects.get(company="Quillstone").events.count() == 1
        assert Application.objects.get(company="Fernwick Energy").status == Status.REJECTED


class TestQuiet:
    def test_it_is_a_run_like_others(self, mailbox):
        run = sync(mailbox.pk, source=ListSource([]))
        mailbox.refresh_from_db()
        run.refresh_from_db()
        assert (run.state, run.looked_at, run.error) == ("completed", 0, "")
        assert run.finished_at is not None
        assert mailbox.lease_until is None
        assert mailbox.last_success_at == run.finished_at
        assert mailbox.next_sync_at == run.finished_at + timedelta(seconds=15)

    def test_what_was_asked_for_meanwhile_comes_after_it(self, mailbox):
        wanted = timezone.now()

        class Asking(ListSource):
            def pages(self, cursor):
                Mailbox.objects.filter(pk=mailbox.pk).update(next_sync_at=wanted, wanted_by="push")
                yield from super().pages(cursor)

        sync(mailbox.pk, source=Asking([]))
        mailbox.refresh_from_db()
        assert (mailbox.next_sync_at, mailbox.wanted_by) == (wanted, "push")

    @pytest.mark.parametrize("change", [{"state": Mailbox.State.DISCONNECTED}, {"lease_token": 99}])
    def test_a_late_worker_writes_nothing(self, mailbox, change):
        before = mailbox.last_success_at

        class Overtaken(ListSource):
            def pages(self, cursor):
                Mailbox.objects.filter(pk=mailbox.pk).update(**change)
                yield from super().pages(cursor)

        run = sync(mailbox.pk, source=Overtaken([]))
        mailbox.refresh_from_db()
        assert (run.state, run.error) == ("interrupted", "taken_over")
        assert mailbox.last_success_at == before

    def test_a_page_without_mail_is_none(self, mailbox):
        class Moving(ListSource):
            def pages(self, cursor):
                yield Page((), {"read": 7})

        run = sync(mailbox.pk, source=Moving([]))
        mailbox.refresh_from_db()
        assert (run.state, mailbox.cursor, mailbox.lease_until) == ("completed", {"read": 7}, None)
