"""What is deleted or put off comes back by the toast that says so, with scripts and without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application, Event, Task
from tests.browser.scenes import application
from tests.factories import TaskFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])


def undo(page, words):
    toast = page.locator(".toast", has_text=words)
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Undo").click()


@with_and_without_scripts
def test_a_deleted_task(user, open_browser, picture, scripts):
    job = application(user, "Lumen Health")
    task = TaskFactory(application=job, text="Send the references")
    page = open_browser(user, java_script_enabled=scripts)
    page.goto(f"/applications/{job.pk}/?tab=tasks")
    page.get_by_role("link", name="Change: Send the references").click()
    page.get_by_role("button", name="Delete this task").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.get_by_role("button", name="Done: Send the references")).to_have_count(0)
    picture(page, f"task-deleted-{'scripts' if scripts else 'plain'}")
    undo(page, "The task “Send the references” is deleted.")
    expect(page.get_by_role("button", name="Done: Send the references")).to_be_visible()
    assert Task.objects.get() == task


@with_and_without_scripts
def test_a_deleted_note(user, open_browser, scripts):
    job = application(user, "Lumen Health")
    job.record(Event.Kind.NOTE, timezone.now(), text="Called Priya")
    page = open_browser(user, java_script_enabled=scripts)
    page.goto(f"/applications/{job.pk}/?tab=notes")
    page.locator(".dated-notes").get_by_role("button", name="Undo").click()
    expect(page.locator(".dated-notes")).to_have_count(0)
    undo(page, "Taken back.")
    expect(page.locator(".dated-notes")).to_contain_text("Called Priya")


@with_and_without_scripts
def test_a_reminder_put_off(user, open_browser, scripts):
    job = application(user, "Lumen Health", at=timezone.now() - timedelta(days=30))
    page = open_browser(user, java_script_enabled=scripts)
    page.goto("/reminders/")
    page.get_by_role("button", name="Snooze a week").click()
    expect(page.get_by_role("heading", name="Later")).to_be_visible()
    undo(page, "you are reminded on")
    expect(page.locator(f"#follow-{job.pk}")).to_contain_text("Nothing heard for 30 days")
    assert Application.objects.get().remind_on is None
