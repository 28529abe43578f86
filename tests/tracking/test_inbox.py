from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from applications.models import Application, Event
from applications.status import Status
from billing.entitlements import LimitError
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tracking import inbox
from tracking.mail import Kind
from tracking.models import Decision, MatchMemory, Message, Ruling

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
MEMORY = [["sender", "a" * 32]]


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


@pytest.fixture
def application(user):
    return ApplicationFactory(
        user=user, company="Lumen Health", title="Data Analyst", at=NOW - timedelta(days=20)
    )


@pytest.fixture
def message(mailbox, application):
    return MessageFactory(mailbox=mailbox, suggestion=application, memory_keys=MEMORY)


def reload(*rows):
    for row in rows:
        row.refresh_from_db()


def test_approve_links_and_moves_the_status(user, message, application):
    before, after = inbox.preview(message, application)
    decision = inbox.approve(user, message.pk, NOW)

    reload(message, application)
    assert (before, after) == (Status.APPLIED, Status.INTERVIEWING)
    assert application.status == Status.INTERVIEWING
    assert application.status_at == message.received_at
    assert (message.state, message.application, message.decided_by_user) == ("linked", application, True)
    assert (decision.action, decision.status_before, decision.status_after) == (
        "approve",
        "applied",
        "interviewing",
    )
    assert message.thread.application == application
    assert MatchMemory.objects.get().alpha == 1


def test_approving_twice_changes_nothing(user, message, application):
    inbox.approve(user, message.pk, NOW)
    with pytest.raises(inbox.DecidedError):
        inbox.approve(user, message.pk, NOW)
    assert application.events.filter(kind=Event.Kind.MAIL, voided_at=None).count() == 1


def test_approving_for_another_application_teaches_that_the_first_was_wrong(user, message, application):
    right = ApplicationFactory(user=user, company="Lumen Labs", at=NOW - timedelta(days=9))
    decision = inbox.approve(user, message.pk, NOW, application_id=right.pk)

    reload(application, right)
    assert (application.status, right.status) == (Status.APPLIED, Status.INTERVIEWING)
    assert decision.action == Decision.Action.LINK
    assert set(Ruling.objects.values_list("application", flat=True)) == {application.pk}
    counts = {memory.application_id: (memory.alpha, memory.beta) for memory in MatchMemory.objects.all()}
    assert counts == {right.pk: (1, 0), application.pk: (0, 1)}


def test_a_persons_status_beats_what_the_mail_would_do(user, message, application):
    inbox.approve(user, message.pk, NOW, status=Status.TECHNICAL_ROUND, note="Panel on Friday")
    reload(application, message)
    assert application.status == Status.TECHNICAL_ROUND
    assert message.effect == ""
    assert application.events.get(kind=Event.Kind.NOTE).text == "Panel on Friday"


def test_approving_late_mail_does_not_move_a_status_back(user, message, application):
    application.record(Event.Kind.STATUS_SET, NOW - timedelta(hours=1), status=Status.REJECTED)
    inbox.approve(user, message.pk, NOW)
    reload(application)
    assert application.status == Status.REJECTED


def test_approve_needs_an_application(user, message):
    Message.objects.update(suggestion=None, state="orphan")
    with pytest.raises(inbox.DecidedError):
        inbox.approve(user, message.pk, NOW)


def test_ignore_takes_it_out_of_the_queue(user, message, application):
    inbox.ignore(user, message.pk, NOW)
    reload(message, application)
    assert (message.state, message.application, application.status) == ("ignored", None, "applied")


def test_declining_only_the_status_of_a_linked_mail_keeps_it_linked(user, mailbox, application):
    message = MessageFactory(
        mailbox=mailbox, application=application, suggestion=application, kind=Kind.REJECTION
    )
    inbox.ignore(user, message.pk, NOW)
    reload(message, application)
    assert (message.state, message.application, application.status) == ("linked", application, "applied")


def test_approving_the_status_of_a_linked_mail_replaces_its_event(user, mailbox, application):
    event = application.record(Event.Kind.MAIL, NOW - timedelta(days=1), text="Rejection", by_person=False)
    message = MessageFactory(
        mailbox=mailbox, application=application, suggestion=application, kind=Kind.REJECTION, event=event
    )
    decision = inbox.approve(user, message.pk, NOW)
    reload(application)
    assert application.status == Status.REJECTED
    assert application.events.filter(kind=Event.Kind.MAIL, voided_at=None).count() == 1
    inbox.undo(user, decision.pk, NOW)
    reload(application, event)
    assert (application.status, event.voided_at) == (Status.APPLIED, None)


def test_create_tracks_a_new_application(user, mailbox):
    message = MessageFactory(mailbox=mailbox, state="orphan", kind=Kind.INTERVIEW_INVITATION)
    decision = inbox.create(user, message.pk, NOW, company="Quillstone", title="Editor")
    application = Application.objects.get(company="Quillstone")
    assert (application.status, application.source) == (Status.INTERVIEWING, "mail")
    assert application.applied_on == message.received_at.date()

    inbox.undo(user, decision.pk, NOW)
    reload(message)
    assert not Application.objects.filter(company="Quillstone").exists()
    assert (message.state, message.application) == ("orphan", None)


def test_undoing_a_creation_keeps_what_else_came_to_it(user, mailbox):
    message = MessageFactory(mailbox=mailbox, state="orphan")
    decision = inbox.create(user, message.pk, NOW, company="Quillstone", title="Editor")
    application = Application.objects.get(company="Quillstone")
    application.record(Event.Kind.NOTE, NOW, text="Met the editor")
    inbox.undo(user, decision.pk, NOW)
    assert Application.objects.filter(pk=application.pk).exists()


def test_create_is_held_to_the_plan(free_user):
    message = MessageFactory(mailbox=MailboxFactory(user=free_user), state="orphan")
    for number in range(5):
        ApplicationFactory(user=free_user, company=f"Company {number}", created_at=NOW)
    with pytest.raises(LimitError):
        inbox.create(free_user, message.pk, NOW, company="Sixth", title="Editor")
    reload(message)
    assert message.state == "orphan"


def test_unmatch_takes_the_mail_off_and_reverts_the_status(user, mailbox, application):
    message = MessageFactory(mailbox=mailbox, linked_to=application, memory_keys=MEMORY)
    reload(application)
    assert application.status == Status.INTERVIEWING

    decision = inbox.unmatch(user, message.pk, NOW)

    reload(message, application, message.thread)
    assert application.status == Status.APPLIED
    assert (message.state, message.application, message.thread.application) == ("orphan", None, None)
    assert Ruling.objects.filter(application=application).count() == 3  # message, thread, Message-ID
    with pytest.raises(inbox.DecidedError):
        inbox.unmatch(user, message.pk, NOW)

    inbox.undo(user, decision.pk, NOW)
    reload(message, application, message.thread)
    assert (message.state, message.application) == ("linked", application)
    assert application.status == Status.INTERVIEWING
    assert message.thread.application == application
    assert not Ruling.objects.exists()


def test_undo_restores_everything(user, message, application):
    decision = inbox.approve(user, message.pk, NOW, note="Call back")
    inbox.undo(user, decision.pk, NOW + timedelta(minutes=1))

    reload(message, application, message.thread)
    assert (message.state, message.application, message.suggestion) == ("review", None, application)
    assert (message.decided_at, message.decided_by_user) == (None, False)
    assert (application.status, message.thread.application) == (Status.APPLIED, None)
    assert not application.events.filter(voided_at=None).exclude(kind=Event.Kind.CREATED).exists()
    assert MatchMemory.objects.get().alpha == 0


def test_an_undone_or_overtaken_decision_cannot_be_undone(user, message):
    first = inbox.approve(user, message.pk, NOW)
    second = inbox.unmatch(user, message.pk, NOW + timedelta(minutes=1))
    with pytest.raises(inbox.DecidedError):
        inbox.undo(user, first.pk, NOW)
    inbox.undo(user, second.pk, NOW)
    with pytest.raises(inbox.DecidedError):
        inbox.undo(user, second.pk, NOW)
    inbox.undo(user, first.pk, NOW)


def test_a_batch_is_undone_as_one(user, mailbox, application):
    batch = uuid.uuid4()
    messages = [MessageFactory(mailbox=mailbox, suggestion=application) for _ in range(3)]
    for each in messages:
        inbox.approve(user, each.pk, NOW, batch=batch)
    assert len(inbox.undo_batch(user, batch, NOW)) == 3
    assert Message.objects.in_review().count() == 3


@pytest.mark.parametrize("act", [inbox.approve, inbox.ignore, inbox.unmatch])
def test_a_stranger_can_do_nothing(other, message, act):
    with pytest.raises(Message.DoesNotExist):
        act(other, message.pk, NOW)


def test_a_strangers_application_is_no_target(user, other, message):
    with pytest.raises(Application.DoesNotExist):
        inbox.approve(user, message.pk, NOW, application_id=ApplicationFactory(user=other).pk)


def test_a_strangers_decision_cannot_be_undone(user, other, message):
    decision = inbox.approve(user, message.pk, NOW)
    with pytest.raises(Decision.DoesNotExist):
        inbox.undo(other, decision.pk, NOW)


def test_previews_of_many_take_two_queries(mailbox, user, django_assert_num_queries):
    for _ in range(5):
        MessageFactory(mailbox=mailbox, suggestion=ApplicationFactory(user=user, at=NOW - timedelta(days=20)))
    messages = list(Message.objects.of(user))
    with django_assert_num_queries(2):
        found = inbox.previews(messages)
    assert set(found.values()) == {(Status.APPLIED, Status.INTERVIEWING)}
