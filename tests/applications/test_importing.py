"""What becomes of the rows of a file, and taking the whole of it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from applications import csvfile, editing, importing, todo
from applications.importing import DUPLICATE, INVALID, OVER, READY
from applications.models import Application, Event, Import
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
HEADER = "Company,Job title,Status,Applied on,Location,Link,Req ID,Comments,Archived\n"


def receive(user, *lines, header=HEADER):
    return importing.receive(user, "jobs.csv", (header + "\n".join(lines)).encode(), AT)


def outcomes(batch):
    return [row.outcome for row in importing.preview(batch, AT)]


def test_a_row_becomes_an_application_with_its_timeline(user):
    line = "Lumen Health,Data Analyst,Phone screen,03/12/2026,Oslo,jobs.example/1,R-7,Nice people,"
    importing.run(receive(user, line), AT)
    made = Application.objects.get()
    assert (made.user, made.company, made.title) == (user, "Lumen Health", "Data Analyst")
    assert (made.status, made.applied_on) == (Status.INTERVIEWING, date(2026, 3, 12))
    assert (made.location, made.url, made.requisition) == ("Oslo", "https://jobs.example/1", "R-7")
    assert (made.notes, made.source, made.archived_at) == ("Nice people", "import", None)
    assert list(made.events.order_by("occurred_at").values_list("kind", "status")) == [
        (Event.Kind.CREATED, Status.APPLIED),
        (Event.Kind.STATUS_SET, Status.INTERVIEWING),
    ]


def test_the_status_is_what_its_events_say(user):
    importing.run(receive(user, *(f"C{n},Editor,{s.label}" for n, s in enumerate(Status))), AT)
    for made in Application.objects.all():
        before = (made.status, made.status_at, made.last_activity_at)
        made.refold()
        assert (made.status, made.status_at, made.last_activity_at) == before


def test_an_archived_one_stays_archived(user):
    importing.run(receive(user, "Lumen,Analyst,Rejected,,,,,,yes"), AT)
    made = Application.objects.get()
    assert made.archived_at == AT
    assert made.events.filter(kind=Event.Kind.ARCHIVED).exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",Editor", "Company is missing."),
        ("Quillstone,", "Job title is missing."),
        (f"{'x' * 201},Editor", "longer than 200 characters"),
        ("Quillstone,Editor,On the moon", "stands for none of ours yet"),
        ("Quillstone,Editor,Applied,soon", "no date we can read"),
        ("Quillstone,Editor,Applied,2026-05-01", "has not come yet"),
        ("Quillstone,Editor,Applied,0026-05-01", "no date we can read"),
    ],
)
def test_what_cannot_be_read_is_said_and_left_out(user, line, words):
    batch = receive(user, line, "Lumen,Analyst")
    (bad, good) = importing.preview(batch, AT)
    assert (bad.outcome, good.outcome, bad.number) == (INVALID, READY, 2)
    assert any(words in str(error) for error in bad.errors)
    importing.run(batch, AT)
    assert Application.objects.get().company == "Lumen"
    assert Import.objects.get().skipped == {INVALID: 1}


def test_a_link_that_is_none_goes_into_the_notes(user):
    batch = receive(user, "Lumen,Analyst,,,,on LinkedIn,,Nice")
    (row,) = importing.preview(batch, AT)
    assert (row.outcome, row.values["url"], row.values["notes"]) == (READY, "", "Nice\nLink: on LinkedIn")
    assert row.warnings


def test_scripts_are_no_links(user):
    (row,) = importing.preview(receive(user, "Lumen,Analyst,,,,javascript:alert(1)"), AT)
    assert row.values["url"] == ""


def test_duplicates_are_left_out_unless_wanted(user, other):
    ApplicationFactory(user=user, company="Lumen Health, Inc.", title="Data Analyst")
    ApplicationFactory(user=other, company="Quillstone", title="Editor")
    batch = receive(user, "lumen health,Data analyst", "Quillstone,Editor", "Quillstone,Editor")
    assert outcomes(batch) == [DUPLICATE, READY, DUPLICATE]
    importing.remap(batch, batch.mapping["columns"], {}, day_first=False, duplicates=True)
    assert outcomes(batch) == [READY, READY, READY]


def test_the_plan_holds_no_more(free_user):
    ApplicationFactory(user=free_user, at=AT)
    batch = receive(free_user, *(f"Company {n},Editor" for n in range(6)))
    assert outcomes(batch) == [READY] * 4 + [OVER] * 2
    importing.run(batch, AT)
    assert Application.objects.of(free_user).count() == 5
    batch.refresh_from_db()
    assert (batch.added, batch.skipped) == (4, {OVER: 2})


def test_columns_and_statuses_go_by_what_the_owner_says(user):
    batch = receive(user, "Editor,Quillstone,Lost", header="A,B,C\n")
    assert outcomes(batch) == [INVALID]
    importing.remap(batch, ["title", "company", "status"], {}, day_first=False, duplicates=False)
    assert batch.mapping["statuses"] == {"Lost": ""}
    importing.remap(
        batch, ["title", "company", "status"], {"Lost": "rejected"}, day_first=False, duplicates=False
    )
    importing.run(batch, AT)
    made = Application.objects.get()
    assert (made.company, made.title, made.status) == ("Quillstone", "Editor", Status.REJECTED)


def test_equal_problems_are_told_once(user):
    lost, soon = ["Lumen,Analyst,Lost"] * 3 + ["Lumen,Analyst,  lost "], "Lumen,Analyst,Applied,soon"
    batch = receive(user, *lost, soon, soon, ",Editor")
    found = [(group.what, len(group.rows)) for group in importing.grouped(importing.preview(batch, AT))]
    assert found == [
        ("The status “Lost” stands for none of ours yet.", 4),
        ("The day of applying is no date we can read:", 2),
        ("Company is missing.", 1),
    ]
    assert importing.unknown_statuses(batch) == 1


def test_a_status_is_chosen_once_for_every_spelling(user):
    batch = receive(user, "Lumen,Analyst,Lost", "Quillstone,Editor,LOST", "Harbor,Cook, lost")
    assert importing.values_of(batch.rows, batch.mapping["columns"], "status") == {"Lost": 3}
    columns = batch.mapping["columns"]
    importing.remap(batch, columns, {"Lost": "rejected"}, day_first=False, duplicates=False)
    importing.run(batch, AT)
    assert set(Application.objects.values_list("status", flat=True)) == {Status.REJECTED}
    assert Application.objects.count() == 3


def test_unknown_statuses_come_first_and_none_of_them_is_cut_off(user):
    known = ["Lumen,Analyst,Applied"] * 50
    batch = receive(user, *known, *(f"Quillstone,Editor {n},Stage {n}" for n in range(39)))
    assert list(batch.mapping["statuses"])[-1] == "Applied"
    assert importing.unknown_statuses(batch) == 39


def test_a_file_is_taken_in_once(user):
    batch = receive(user, "Quillstone,Editor")
    importing.run(batch, AT)
    with pytest.raises(importing.GoneError):
        importing.run(batch, AT)
    assert Application.objects.count() == 1


def test_what_was_uploaded_is_kept_no_longer_than_needed(user, other):
    theirs = receive(other, "Quillstone,Editor")
    first = receive(user, "Quillstone,Editor")
    second = receive(user, "Lumen,Analyst")
    assert not Import.objects.filter(pk=first.pk).exists()
    assert Import.objects.filter(pk=theirs.pk).exists()
    importing.run(second, AT)
    second.refresh_from_db()
    assert second.rows == []


def test_undoing_removes_what_nobody_has_used(user):
    batch = receive(user, *(f"Company {n},Editor" for n in range(6)))
    batch = importing.run(batch, AT)
    later = AT + timedelta(hours=1)
    rows = list(Application.objects.order_by("company"))
    editing.note(rows[0], "Called", later)
    MessageFactory(mailbox=MailboxFactory(user=user), linked_to=rows[1])
    MessageFactory(mailbox=MailboxFactory(user=user), suggestion=rows[2])
    todo.add(rows[3], "Call", None, later)
    assert importing.undo(batch, later) == 2
    assert list(Application.objects.order_by("company")) == rows[:4]
    assert importing.undo(batch, later) == 0


def test_undoing_touches_nothing_else(user, other):
    before = ApplicationFactory(user=user, company="Before")
    theirs = importing.run(receive(other, "Quillstone,Editor"), AT)
    importing.undo(importing.run(receive(user, "Quillstone,Editor"), AT), AT)
    assert set(Application.objects.all()) == {before, theirs.applications.get()}


def test_what_is_exported_comes_back_the_same(user):
    for number, status in enumerate(Status):
        ApplicationFactory(
            user=user,
            company=f"=Company {number}",
            title="Editor",
            status=status,
            notes="a\nb, 'c'",
            location="Oslo",
        )
    ApplicationFactory(user=user, company="Away", title="Editor", archived_at=AT)
    content = csvfile.written(Application.objects.order_by("company"))
    Application.objects.all().delete()
    importing.run(importing.receive(user, "applications.csv", content, datetime.now(UTC)), datetime.now(UTC))
    assert csvfile.written(Application.objects.order_by("company")) == content


def test_many_rows_take_few_queries(user, django_assert_max_num_queries):
    batch = receive(user, *(f"Company {n},Editor" for n in range(1200)))
    with django_assert_max_num_queries(25):
        importing.run(batch, AT)
    assert Application.objects.count() == 1200


def test_what_was_never_taken_in_is_forgotten_after_a_day(user, other):
    waiting, taken = receive(user, "Quillstone,Editor"), importing.run(receive(other, "Lumen,Analyst"), AT)
    assert importing.forget_unfinished(AT + timedelta(hours=23)) == 0
    assert importing.forget_unfinished(AT + timedelta(hours=25)) == 1
    assert list(Import.objects.all()) == [taken]
    assert waiting.pk != taken.pk


def test_days_are_asked_about_only_where_they_tell_nothing(user):
    assert importing.has_ambiguous_days(receive(user, "Quillstone,Editor,Applied,03/04/2026"))
    assert not importing.has_ambiguous_days(receive(user, "Quillstone,Editor,Applied,2026-03-04"))
