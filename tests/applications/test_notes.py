"""Notes that save themselves and lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from applications import editing
from applications.models import Application, Event
from tests.factories import ApplicationFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user, at=AT - timedelta(days=9), notes="Five people.")


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def text_of(response):
    return " ".join(response.content.decode().split())


def send(client, application, notes, seen="Five people.", **headers):
    sent = {"notes": notes, "seen": editing.notes_digest(seen)}
    return client.post(reverse("application-notes", args=[application.pk]), sent, **headers)


def test_it_works(client, application):
    response = send(client, application, "Five people,\r\nmostly remote.")
    assert response["Location"] == f"{application.get_absolute_url()}?tab=notes&saved=1"
    application.refresh_from_db()
    assert application.notes == "Five people,\nmostly remote."
    assert "Saved at" in text_of(client.get(response["Location"]))


def test_by_htmx_the_answer_is_the_part_with_its_new_state(client, application):
    part = {"headers": {"HX-Request": "true", "HX-Target": "tab"}}
    content = text_of(send(client, application, "Six people.", **part))
    assert "Saved at" in content
    assert editing.notes_digest("Six people.") in content


def test_what_was_written_elsewhere_is_not_overwritten(client, application):
    Application.objects.update(notes="Seven people.")
    response = send(client, application, "Six people.")
    assert response.status_code == 422
    content = text_of(response)
    assert "changed elsewhere" in content
    assert "Seven people." in content
    assert "Six people." in content
    application.refresh_from_db()
    assert application.notes == "Seven people."
    send(client, application, "Six or seven people.", seen="Seven people.")
    application.refresh_from_db()
    assert application.notes == "Six or seven people."


def test_too_long_a_note_is_refused_and_kept_in_the_form(client, application):
    response = send(client, application, "x" * 20_001)
    assert response.status_code == 422
    assert "x" * 20_001 in response.content.decode()
    application.refresh_from_db()
    assert application.notes == "Five people."


def test_saving_again_and_again_is_one_line_of_the_timeline(application):
    text = "Five people."
    for minute in range(3):
        new = f"{text} {minute}"
        editing.write_notes(application, new, AT + timedelta(minutes=minute), seen=editing.notes_digest(text))
        text = new
    assert application.events.filter(kind=Event.Kind.EDITED).count() == 1
    later = AT + timedelta(hours=2)
    editing.write_notes(application, "", later, seen=editing.notes_digest(text))
    assert application.events.filter(kind=Event.Kind.EDITED).latest("occurred_at").text == "Notes removed"


def test_the_same_text_again_is_no_news(application):
    assert editing.write_notes(application, "Five people.", AT, seen="whatever")
    assert not application.events.filter(kind=Event.Kind.EDITED).exists()


def test_it_checks_ownership(client, other):
    theirs = ApplicationFactory(user=other, notes="Five people.")
    assert send(client, theirs, "Mine").status_code == 404
    theirs.refresh_from_db()
    assert theirs.notes == "Five people."
