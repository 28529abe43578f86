from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.notifications import live_tag
from applications import editing
from applications.models import Event
from applications.status import Status
from tests.factories import ApplicationFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


@pytest.fixture
def application(user):
    return ApplicationFactory(
        user=user, at=AT - timedelta(days=10), company="Lumen Health", title="Data Analyst"
    )


def last_event(application):
    return application.events.latest("recorded_at")


def test_set_status_adds_an_event_and_moves(application):
    event = editing.set_status(application, "interviewing", AT)
    application.refresh_from_db()
    assert (application.status, application.status_at) == (Status.INTERVIEWING, AT)
    assert (event.kind, event.status, event.by_person) == (Event.Kind.STATUS_SET, Status.INTERVIEWING, True)


def test_set_status_may_go_backwards(application):
    editing.set_status(application, "offer_extended", AT)
    editing.set_status(application, "applied", AT + timedelta(hours=1))
    application.refresh_from_db()
    assert application.status == Status.APPLIED


def test_setting_the_status_it_has_is_no_news(application):
    assert editing.set_status(application, "applied", AT) is None
    assert application.events.count() == 1


def test_a_status_set_by_hand_stands_against_older_mail(application):
    editing.set_status(application, "withdrawn", AT)
    application.refresh_from_db()
    application.record(
        Event.Kind.MAIL, AT - timedelta(days=1), effect="interview_invitation", by_person=False
    )
    application.refresh_from_db()
    assert application.status == Status.WITHDRAWN


def test_undoing_a_status_gives_back_the_one_before(application):
    event = editing.set_status(application, "rejected", AT)
    assert editing.undo(event, AT)
    application.refresh_from_db()
    event.refresh_from_db()
    assert (application.status, event.voided_at) == (Status.APPLIED, AT)
    assert not editing.undo(event, AT + timedelta(hours=1))
    event.refresh_from_db()
    assert event.voided_at == AT


def test_undoing_leaves_what_is_not_a_persons_to_undo(application):
    mail = application.record(Event.Kind.MAIL, AT, effect="offer", by_person=False)
    for event in (application.events.get(kind=Event.Kind.CREATED), mail):
        assert not editing.undo(event, AT)
        event.refresh_from_db()
        assert event.voided_at is None
    application.refresh_from_db()
    assert application.status == Status.OFFER_EXTENDED


def test_edit_says_what_changed(application):
    event = editing.edit(application, AT, company="Lumen", location="Oslo", title="Data Analyst")
    application.refresh_from_db()
    assert (application.company, application.location) == ("Lumen", "Oslo")
    assert (event.kind, event.text) == (Event.Kind.EDITED, "Company: Lumen Health → Lumen; Location added")
    assert application.status == Status.APPLIED


def test_edit_keeps_long_texts_off_the_timeline(application):
    editing.edit(application, AT, notes="Kim knows the team")
    event = editing.edit(application, AT, notes="Kim left")
    assert event.text == "Notes changed"
    assert editing.edit(application, AT, notes="").text == "Notes removed"


def test_edit_without_a_change_leaves_no_trace(application):
    assert editing.edit(application, AT, company="Lumen Health") is None
    assert application.events.count() == 1


def test_edit_leaves_alone_what_is_not_for_editing(application):
    assert editing.edit(application, AT, status="accepted") is None
    application.refresh_from_db()
    assert application.status == Status.APPLIED


def test_another_day_of_applying_moves_the_beginning(application):
    editing.edit(application, AT, applied_on=date(2026, 3, 2))
    application.refresh_from_db()
    assert application.status_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert application.status == Status.APPLIED


def test_a_note_is_on_the_timeline_and_can_be_undone(application):
    event = editing.note(application, "Called Priya", AT)
    assert (event.kind, event.text, event.occurred_at) == (Event.Kind.NOTE, "Called Priya", AT)
    assert editing.undo(event, AT)
    assert application.events.filter(voided_at=None).count() == 1


@pytest.mark.parametrize("act", ["status", "note", "archive"])
def test_what_was_taken_back_can_stand_again(application, act):
    doings = {
        "status": lambda: editing.set_status(application, "rejected", AT),
        "note": lambda: editing.note(application, "Called Priya", AT),
        "archive": lambda: editing.archive(application, AT),
    }
    event = doings[act]()
    application.refresh_from_db()
    before = (application.status, application.status_at, application.archived_at)
    assert not editing.redo(event)  # it does stand
    assert editing.undo(event, AT + timedelta(hours=1))
    assert editing.redo(event)
    application.refresh_from_db()
    event.refresh_from_db()
    assert event.voided_at is None
    assert (application.status, application.status_at, application.archived_at) == before


def test_an_archiving_does_not_stand_again_beside_another(application):
    first = editing.archive(application, AT)
    editing.undo(first, AT)
    editing.archive(application, AT + timedelta(hours=1))
    assert not editing.redo(first)


def test_mail_that_was_taken_off_does_not_stand_again_so(application):
    mail = application.record(Event.Kind.MAIL, AT, effect="offer", by_person=False)
    application.void(mail, at=AT)
    assert not editing.redo(mail)
    application.refresh_from_db()
    assert application.status == Status.APPLIED


def test_archive_and_restore_keep_the_status(application):
    assert editing.archive(application, AT)
    application.refresh_from_db()
    assert (application.archived_at, application.status) == (AT, Status.APPLIED)
    assert editing.archive(application, AT + timedelta(hours=1)) is None
    assert editing.restore(application, AT + timedelta(hours=2))
    application.refresh_from_db()
    assert (application.archived_at, application.status) == (None, Status.APPLIED)
    assert editing.restore(application, AT) is None
    kinds = application.events.order_by("recorded_at").values_list("kind", flat=True)
    assert list(kinds) == [Event.Kind.CREATED, Event.Kind.ARCHIVED, Event.Kind.RESTORED]


def test_open_pages_hear_of_it(application, user, django_capture_on_commit_callbacks):
    before = live_tag(user.pk)
    with django_capture_on_commit_callbacks(execute=True):
        editing.set_status(application, "interviewing", AT)
    assert live_tag(user.pk) != before
