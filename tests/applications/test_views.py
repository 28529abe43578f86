"""Adding, correcting, moving, archiving: what a person does on the pages of their applications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from applications.models import Application, Event
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
JOB = {"company": "Lumen Health", "title": "Data Analyst", "status": "applied"}


@pytest.fixture
def application(user):
    return ApplicationFactory(
        user=user, at=AT - timedelta(days=9), company="Lumen Health", title="Data Analyst"
    )


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def text_of(response):
    return " ".join(response.content.decode().split())


class TestAdd:
    url = "/applications/add/"

    def test_it_works(self, client, user):
        response = client.post(self.url, {**JOB, "applied_on": "2026-03-12", "location": "Oslo"})
        application = Application.objects.get()
        assert response.status_code == 302
        assert response["Location"] == application.get_absolute_url()
        assert (application.user, application.status, application.location) == (user, Status.APPLIED, "Oslo")
        assert application.source == Application.Source.MANUAL
        assert "is on your list" in text_of(client.get(response["Location"]))

    def test_the_form_starts_with_today_where_the_user_is(self, client, user):
        user.timezone = "Pacific/Auckland"
        user.save()
        with time_machine.travel(datetime(2026, 3, 17, 20, 0, tzinfo=UTC), tick=False):
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            assert 'value="2026-03-18"' in text_of(client.get(self.url))

    def test_a_saved_one_has_no_day_of_applying(self, client):
        client.post(self.url, {**JOB, "status": "saved", "applied_on": "2026-03-12"})
        application = Application.objects.get()
        assert (application.status, application.applied_on) == (Status.SAVED, None)

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("company", "", "This field is required."),
            ("title", "x" * 201, "at most 200 characters"),
            ("status", "hired", "Select a valid choice"),
            ("applied_on", "2126-01-01", "This day has not come yet."),
            ("url", "javascript:alert(1)", "Enter a valid URL."),
        ],
    )
    def test_it_refuses(self, client, field, value, words):
        response = client.post(self.url, {**JOB, field: value})
        assert response.status_code == 422
        assert words in text_of(response)
        assert not Application.objects.exists()

    def test_it_warns_of_a_duplicate_and_can_be_told_to_go_on(self, client, application):
        response = client.post(self.url, {**JOB, "company": "lumen health inc"})
        assert response.status_code == 422
        assert application.get_absolute_url() in text_of(response)
        assert Application.objects.count() == 1
        assert client.post(self.url, {**JOB, "confirmed": "1"}).status_code == 302
        assert Application.objects.count() == 2

    def test_a_strangers_application_is_no_duplicate(self, client, other):
        ApplicationFactory(user=other, company="Lumen Health", title="Data Analyst")
        assert client.post(self.url, JOB).status_code == 302

    def test_the_limit_of_the_plan_is_told_kindly(self, free_user, client_of):
        client = client_of(free_user)
        for number in range(5):
            assert client.post(self.url, {**JOB, "company": f"Company {number}"}).status_code == 302
        response = client.post(self.url, JOB)
        assert response.status_code == 422
        assert "The Free plan holds 5 new applications a month" in text_of(response)
        assert 'value="Lumen Health"' in text_of(response)  # nothing typed is lost
        assert Application.objects.count() == 5

    @pytest.mark.parametrize(
        ("at", "day"),
        [
            (datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "1 May"),
            (datetime(2026, 12, 9, tzinfo=UTC), "1 January"),
        ],
    )
    def test_at_the_limit_it_is_told_before_anything_is_typed(self, free_user, client_of, at, day):
        free_user.timezone = "Europe/Berlin"  # where it is April by then
        free_user.save()
        with time_machine.travel(at, tick=False):
            client = client_of(free_user)
            ApplicationFactory.create_batch(5, user=free_user, at=at)
            content = text_of(client.get(self.url))
            board = text_of(client.get("/applications/"))
        assert f"{day}</strong>, or now with another plan" in content
        assert 'name="company"' not in content
        assert 'href="/settings/plan/"' in content
        assert f"The next can be added on {day}." in board

    def test_the_limit_met_meanwhile_keeps_what_was_typed(self, free_user, client_of):
        client = client_of(free_user)
        assert 'name="company"' in text_of(client.get(self.url))
        ApplicationFactory.create_batch(5, user=free_user, at=timezone.now())
        content = text_of(client.post(self.url, {**JOB, "notes": "Ask Priya"}))
        assert "What you typed is kept below. Nothing was added." in content
        assert 'value="Lumen Health"' in content
        assert "Ask Priya" in content

    def test_what_is_left_is_shown(self, free_user, client_of):
        ApplicationFactory(user=free_user, at=timezone.now())
        assert "4 of 5 new applications left this month." in text_of(client_of(free_user).get(self.url))

    def test_without_a_limit_none_is_shown(self, client):
        assert "left this month" not in text_of(client.get(self.url))


class TestDetail:
    def test_it_works(self, client, user, application):
        mailbox = MailboxFactory(user=user)
        mail = MessageFactory(
            mailbox=mailbox, linked_to=application, received_at=AT, sender_name="Priya Raman"
        )
        content = text_of(client.get(application.get_absolute_url()))
        assert "<h1>Data Analyst</h1>" in content
        assert "Interviewing" in content
        assert reverse("thread", args=[mail.thread_id]) in content
        assert reverse("message-unmatch", args=[mail.pk]) in content
        assert "Interview invitation" in content

    def test_mail_of_another_application_is_not_on_it(self, client, user, application):
        mailbox = MailboxFactory(user=user)
        MessageFactory(mailbox=mailbox, linked_to=ApplicationFactory(user=user), subject="For the other one")
        assert "For the other one" not in text_of(client.get(application.get_absolute_url()))

    def test_what_a_sender_or_user_wrote_is_escaped(self, client, user, application):
        MessageFactory(
            mailbox=MailboxFactory(user=user), linked_to=application, subject="<script>alert(1)</script>"
        )
        client.post(reverse("application-note", args=[application.pk]), {"text": "<img src=x onerror=y>"})
        Application.objects.update(notes="<b>bold</b>")
        content = text_of(client.get(application.get_absolute_url()))
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert "<b>bold" not in content

    def test_it_says_where_it_came_from(self, client, user):
        made = ApplicationFactory(user=user, source=Application.Source.MAIL)
        assert "Created from e-mail" in text_of(client.get(made.get_absolute_url()))

    def test_it_checks_ownership(self, client, other):
        assert client.get(ApplicationFactory(user=other).get_absolute_url()).status_code == 404

    def test_the_number_of_queries_does_not_grow(
        self, client, user, application, django_assert_max_num_queries
    ):
        mailbox = MailboxFactory(user=user)
        with django_assert_max_num_queries(12) as few:
            client.get(application.get_absolute_url())
        MessageFactory.create_batch(30, mailbox=mailbox, linked_to=application)
        with django_assert_max_num_queries(12) as many:
            client.get(application.get_absolute_url())
        assert len(many) <= len(few) + 1  # the header's count of threads, now that there is a mailbox


class TestEdit:
    def url(self, application):
        return reverse("application-edit", args=[application.pk])

    def test_it_works(self, client, application):
        assert 'value="Lumen Health"' in text_of(client.get(self.url(application)))
        response = client.post(self.url(application), {"company": "Lumen", "title": "Data Analyst"})
        assert response["Location"] == application.get_absolute_url()
        application.refresh_from_db()
        assert (application.company, application.applied_on) == ("Lumen", None)
        assert "Company: Lumen Health → Lumen" in text_of(client.get(application.get_absolute_url()))

    def test_it_refuses_what_is_not_valid(self, client, application):
        response = client.post(self.url(application), {"company": "", "title": "Data Analyst"})
        assert response.status_code == 422
        application.refresh_from_db()
        assert application.company == "Lumen Health"

    def test_it_does_not_touch_status_owner_or_source(self, client, application, other):
        sent = {"company": "Lumen", "title": "X", "status": "accepted", "user": other.pk, "source": "sample"}
        client.post(self.url(application), sent)
        application.refresh_from_db()
        assert (application.status, application.source) == (Status.APPLIED, Application.Source.MANUAL)
        assert application.user != other

    def test_it_checks_ownership(self, client, other):
        theirs = ApplicationFactory(user=other, company="Theirs")
        assert client.get(self.url(theirs)).status_code == 404
        assert client.post(self.url(theirs), {"company": "Mine", "title": "X"}).status_code == 404
        theirs.refresh_from_db()
        assert theirs.company == "Theirs"


class TestStatus:
    def url(self, application):
        return reverse("application-status", args=[application.pk])

    def test_it_works(self, client, application):
        response = client.post(self.url(application), {"status": "interviewing"})
        assert response["Location"] == application.get_absolute_url()
        application.refresh_from_db()
        assert application.status == Status.INTERVIEWING
        assert application.events.filter(kind=Event.Kind.STATUS_SET).count() == 1

    def test_the_answer_offers_to_undo_it(self, client, application):
        client.post(self.url(application), {"status": "interviewing"})
        undo = reverse("application-undo", args=[application.events.get(kind=Event.Kind.STATUS_SET).pk])
        content = text_of(client.get(application.get_absolute_url()))
        assert content.count(undo) == 2  # in the toast and on the timeline

    def test_undoing_in_the_toast_leads_back_to_the_same_page(self, client, application):
        client.post(self.url(application), {"status": "interviewing", "next": "/applications/?view=list"})
        toast = client.get("/applications/?view=list").content.decode().partition('id="toasts"')[2]
        assert reverse("application-undo", args=[application.events.latest("recorded_at").pk]) in toast
        assert 'name="next" value="/applications/?view=list"' in toast

    def test_it_goes_back_to_the_page_it_came_from(self, client, application):
        sent = {"status": "interviewing", "next": "/applications/?view=list"}
        assert client.post(self.url(application), sent)["Location"] == "/applications/?view=list"

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_it_goes_nowhere_else(self, client, application, elsewhere):
        response = client.post(self.url(application), {"status": "interviewing", "next": elsewhere})
        assert response["Location"] == application.get_absolute_url()

    def test_twice_is_once(self, client, application):
        for _ in range(2):
            assert client.post(self.url(application), {"status": "rejected"}).status_code == 302
        assert application.events.filter(kind=Event.Kind.STATUS_SET).count() == 1

    def test_it_refuses_what_is_no_status(self, client, application):
        client.post(self.url(application), {"status": "hired"})
        application.refresh_from_db()
        assert application.status == Status.APPLIED
        assert "Choose one of the statuses." in text_of(client.get(application.get_absolute_url()))


class TestUndo:
    def test_it_works(self, client, application):
        client.post(reverse("application-status", args=[application.pk]), {"status": "rejected"})
        event = application.events.get(kind=Event.Kind.STATUS_SET)
        for _ in range(2):
            response = client.post(reverse("application-undo", args=[event.pk]))
            assert response["Location"] == application.get_absolute_url()
        application.refresh_from_db()
        assert application.status == Status.APPLIED

    def test_it_checks_ownership(self, client, other):
        theirs = ApplicationFactory(user=other, status=Status.REJECTED)
        event = theirs.events.get(kind=Event.Kind.STATUS_SET)
        assert client.post(reverse("application-undo", args=[event.pk])).status_code == 404
        event.refresh_from_db()
        assert event.voided_at is None

    def test_it_can_be_taken_back_itself(self, client, application):
        """A note's "Undo" deletes it: one click away from the text nobody has elsewhere."""
        client.post(reverse("application-note", args=[application.pk]), {"text": "Called Priya"})
        note = application.events.get(kind=Event.Kind.NOTE)
        notes = f"{application.get_absolute_url()}?tab=notes"
        client.post(reverse("application-undo", args=[note.pk]), {"next": notes})
        page, _, toast = client.get(notes).content.decode().partition('id="toasts"')
        assert "Called Priya" not in page
        redo = reverse("application-redo", args=[note.pk])
        assert f'action="{redo}"' in toast
        assert client.post(redo, {"next": notes})["Location"] == notes
        assert "Called Priya" in text_of(client.get(notes))


class TestArchive:
    def test_it_works_and_back(self, client, application):
        client.post(reverse("application-archive", args=[application.pk]))
        application.refresh_from_db()
        assert application.archived_at
        assert "Archived" in text_of(client.get(application.get_absolute_url()))
        client.post(reverse("application-restore", args=[application.pk]))
        application.refresh_from_db()
        assert application.archived_at is None


class TestNote:
    def test_it_works(self, client, application):
        client.post(reverse("application-note", args=[application.pk]), {"text": "Called Priya"})
        assert "Called Priya" in text_of(client.get(application.get_absolute_url()))

    def test_an_empty_one_is_refused(self, client, application):
        response = client.post(reverse("application-note", args=[application.pk]), {"text": " "})
        assert response.status_code == 422
        assert application.events.count() == 1


POST_ONLY = ["application-status", "application-archive", "application-restore", "application-note"]


@pytest.mark.parametrize("name", POST_ONLY)
class TestEveryAction:
    def test_it_checks_ownership(self, client, other, name):
        theirs = ApplicationFactory(user=other)
        before = theirs.events.count()
        sent = {"status": "rejected", "text": "Note"}
        assert client.post(reverse(name, args=[theirs.pk]), sent).status_code == 404
        assert theirs.events.count() == before

    def test_it_rejects_get(self, client, application, name):
        assert client.get(reverse(name, args=[application.pk])).status_code == 405

    def test_it_asks_strangers_to_sign_in(self, application, name):
        from django.test import Client

        response = Client().post(reverse(name, args=[application.pk]), {"status": "rejected"})
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_undo_rejects_get(client, application):
    event = application.events.get()
    assert client.get(reverse("application-undo", args=[event.pk])).status_code == 405


def test_pages_reject_post(client, application):
    assert client.post(application.get_absolute_url()).status_code == 405
    assert client.post("/applications/").status_code == 405
    assert client.put("/applications/add/").status_code == 405
