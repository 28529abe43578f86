"""Tasks of an application: adding, ticking off, changing, deleting; and what mail offers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from applications import todo
from applications.models import Task
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, TaskFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
TODAY = AT.date()


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user, at=AT - timedelta(days=9))


@pytest.fixture
def client(user, client_of):
    with time_machine.travel(AT, tick=False):
        yield client_of(user)


def text_of(response):
    return " ".join(response.content.decode().split())


def tab(application):
    return f"{application.get_absolute_url()}?tab=tasks"


class TestAdd:
    def test_it_works(self, client, user, application):
        sent = {"text": "Send the references", "due_on": "2026-03-20"}
        response = client.post(reverse("task-add", args=[application.pk]), sent)
        assert response["Location"] == tab(application)
        task = Task.objects.get()
        assert (task.user, task.application, task.due_on) == (user, application, date(2026, 3, 20))
        assert "Send the references" in text_of(client.get(tab(application)))

    @pytest.mark.parametrize(
        "sent", [{}, {"text": " "}, {"text": "x" * 301}, {"text": "x", "due_on": "soon"}]
    )
    def test_it_refuses(self, client, application, sent):
        assert client.post(reverse("task-add", args=[application.pk]), sent).status_code == 422
        assert not Task.objects.exists()

    def test_twice_is_once(self, client, application):
        for _ in range(2):
            client.post(reverse("task-add", args=[application.pk]), {"text": "Call"})
        assert Task.objects.count() == 1


class TestDone:
    def test_it_works_and_back(self, client, application):
        task = TaskFactory(application=application)
        client.post(reverse("task-done", args=[task.pk]))
        task.refresh_from_db()
        assert task.done_at == AT
        client.post(reverse("task-done", args=[task.pk]), {"undone": "1"})
        task.refresh_from_db()
        assert task.done_at is None

    def test_on_another_page_it_offers_to_undo_it(self, client, application):
        task = TaskFactory(application=application, due_on=TODAY)
        client.post(reverse("task-done", args=[task.pk]), {"next": "/reminders/"})
        page, _, toast = client.get("/reminders/").content.decode().partition('id="toasts"')
        assert task.text not in page
        undo = f"{reverse('task-done', args=[task.pk])}?undone=1"
        assert f'action="{undo}"' in toast
        client.post(undo, {"next": "/reminders/"})
        assert task.text in text_of(client.get("/reminders/"))

    def test_twice_keeps_the_first_time(self, application):
        task = TaskFactory(application=application)
        assert todo.finish(task, AT)
        assert not todo.finish(task, AT + timedelta(hours=1))
        task.refresh_from_db()
        assert task.done_at == AT


class TestChange:
    def test_it_works(self, client, application):
        task = TaskFactory(application=application, due_on=TODAY)
        assert 'value="2026-03-17"' in text_of(client.get(reverse("task", args=[task.pk])))
        client.post(reverse("task", args=[task.pk]), {"text": "Call Priya", "due_on": ""})
        task.refresh_from_db()
        assert (task.text, task.due_on) == ("Call Priya", None)

    def test_it_refuses_an_empty_one(self, client, application):
        task = TaskFactory(application=application)
        assert client.post(reverse("task", args=[task.pk]), {"text": ""}).status_code == 422
        task.refresh_from_db()
        assert task.text == "Send the references"


class TestDelete:
    def test_it_works_and_offers_to_undo_it(self, client, application):
        task = TaskFactory(application=application)
        assert client.post(reverse("task-delete", args=[task.pk]))["Location"] == tab(application)
        assert not Task.objects.exists()
        page, _, toast = client.get(tab(application)).content.decode().partition('id="toasts"')
        assert f"done-{task.pk}" not in page
        assert "The task “Send the references” is deleted." in toast
        assert f'action="{reverse("task-restore", args=[task.pk])}"' in toast

    def test_undoing_brings_it_back_as_it_was(self, client, application):
        task = TaskFactory(application=application, due_on=TODAY, done_at=AT - timedelta(hours=1))
        client.post(reverse("task-delete", args=[task.pk]))
        sent = {"next": tab(application)}
        assert client.post(reverse("task-restore", args=[task.pk]), sent)["Location"] == tab(application)
        back = Task.objects.get()
        assert (back.pk, back.text, back.due_on, back.done_at) == (task.pk, task.text, TODAY, task.done_at)

    def test_what_is_deleted_is_nowhere(self, client, user, application):
        task = TaskFactory(application=application, due_on=TODAY)
        todo.delete(task, AT)
        assert not todo.coming(user, TODAY).exists()
        assert task.text not in text_of(client.get("/reminders/"))
        assert task.text not in client.get("/settings/data/export/").content.decode()
        for name in ("task", "task-done", "task-delete"):
            assert client.post(reverse(name, args=[task.pk]), {"text": "x"}).status_code == 404

    def test_it_is_forgotten_after_a_day(self, application):
        old, recent, kept = TaskFactory.create_batch(3, application=application)
        todo.delete(old, AT - todo.RESTORABLE_FOR - timedelta(minutes=1))
        todo.delete(recent, AT)
        assert todo.forget_deleted(AT) == 1
        assert set(Task.with_deleted.all()) == {recent, kept}


class TestTab:
    def test_what_is_overdue_is_marked(self, client, application):
        TaskFactory(application=application, text="Late", due_on=TODAY - timedelta(days=1))
        TaskFactory(application=application, text="Now", due_on=TODAY)
        content = text_of(client.get(tab(application)))
        assert "Overdue: 16 Mar" in content
        assert "Today, 17 Mar" in content

    def test_the_day_is_that_of_the_user(self, user, application, client_of):
        user.timezone = "Pacific/Auckland"  # where it is the 18th
        user.save()
        TaskFactory(application=application, due_on=TODAY)
        with time_machine.travel(AT, tick=False):
            assert "Overdue" in text_of(client_of(user).get(tab(application)))

    def test_the_soonest_comes_first_and_those_without_a_day_last(self, application):
        none = TaskFactory(application=application, text="None")
        late = TaskFactory(application=application, text="Late", due_on=TODAY)
        soon = TaskFactory(application=application, text="Soon", due_on=TODAY - timedelta(days=3))
        assert list(application.tasks.all()) == [soon, late, none]

    def test_an_interview_in_mail_becomes_a_task_by_one_click(self, client, user, application):
        mailbox, when = MailboxFactory(user=user), AT + timedelta(days=3)
        MessageFactory(mailbox=mailbox, linked_to=application, interview_at=when, received_at=AT)
        past = AT - timedelta(days=1)
        MessageFactory(mailbox=mailbox, linked_to=application, deadline_at=past, received_at=past)
        content = text_of(client.get(tab(application)))
        assert content.count("Make it a task") == 1
        sent = {"text": "Prepare for the interview", "due_on": "2026-03-20"}
        client.post(reverse("task-add", args=[application.pk]), sent)
        assert "Make it a task" not in text_of(client.get(tab(application)))

    def test_mail_is_offered_as_far_as_the_plan_shows_it(self, free_user, client_of):
        application = ApplicationFactory(user=free_user, at=AT)
        mailbox = MailboxFactory(user=free_user)
        MessageFactory(mailbox=mailbox, linked_to=application, interview_at=AT + timedelta(days=3))
        with time_machine.travel(AT, tick=False):
            assert "Make it a task" not in text_of(client_of(free_user).get(tab(application)))

    def test_a_part_is_enough_for_htmx(self, client, application):
        headers = {"HX-Request": "true", "HX-Target": "tab"}
        content = client.get(tab(application), headers=headers).content.decode().strip()
        assert content.startswith('<div id="tab"')
        assert "<h1>" not in content


@pytest.mark.parametrize("name", ["task", "task-done", "task-delete"])
def test_a_strangers_task_is_not_there(client, other, name):
    theirs = TaskFactory(application=ApplicationFactory(user=other))
    assert client.post(reverse(name, args=[theirs.pk]), {"text": "Mine"}).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.text, theirs.done_at) == ("Send the references", None)


@pytest.mark.parametrize("name", ["task-done", "task-delete"])
def test_get_is_rejected(client, application, name):
    assert client.get(reverse(name, args=[TaskFactory(application=application).pk])).status_code == 405
