from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from applications import editing
from applications.models import Application
from applications.status import Status
from applications.timeline import timeline
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


def test_newest_first_with_what_happened_and_who_did_it(user):
    application = ApplicationFactory(user=user, at=AT - timedelta(days=9))
    mail = MessageFactory(mailbox=MailboxFactory(user=user), linked_to=application, received_at=AT)
    editing.set_status(application, "technical_round", AT + timedelta(hours=1))
    editing.note(application, "They use dbt", AT + timedelta(hours=2))
    entries = timeline(application, [mail])
    assert [(entry.what, entry.text, entry.by, entry.moved_to) for entry in entries] == [
        ("Note", "They use dbt", "You", None),
        ("Moved to Technical Round", "", "You", Status.TECHNICAL_ROUND),
        ("Interview invitation", "", "Heardback", Status.INTERVIEWING),
        ("Applied", "", "You", None),
    ]
    assert [entry.emails for entry in entries] == [[], [], [mail], []]
    assert [entry.undoable for entry in entries] == [True, True, False, False]


def test_mail_that_moves_nothing_says_so(user):
    application = ApplicationFactory(user=user, at=AT, status=Status.OFFER_EXTENDED)
    MessageFactory(
        mailbox=MailboxFactory(user=user), linked_to=application, received_at=AT + timedelta(days=1)
    )
    assert timeline(application)[0].moved_to is None


def test_what_was_taken_back_is_not_told(user):
    application = ApplicationFactory(user=user, at=AT)
    editing.undo(editing.note(application, "Mistake", AT), AT)
    assert [entry.what for entry in timeline(application)] == ["Applied"]


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        (Application.Source.MANUAL, Status.SAVED, "Saved"),
        (Application.Source.MAIL, Status.APPLIED, "Applied (created from an e-mail)"),
    ],
)
def test_the_beginning_says_how_it_began(user, source, status, words):
    application = ApplicationFactory(user=user, at=AT, source=source, status=status)
    assert [entry.what for entry in timeline(application)] == [words]
