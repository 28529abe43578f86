"""The board with mouse and keys, tasks and notes without leaving the page; and the same without scripts."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from applications import editing
from applications.models import Application, Task
from applications.status import Status
from tests.browser.scenes import application, look_again, reload, settle, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def job(user):
    application(user, "Quillstone", "Editor", status="interviewing")
    return application(user, "Lumen Health")


def column(page: Page, status: str):
    return page.locator(f'.board-column[data-status="{status}"]')


def card(page: Page, job: Application):
    return page.locator(f"#card-{job.pk}")


def ready(page: Page, job: Application):
    """The card, once the pointer over it has brought what it takes to drag it."""
    card(page, job).hover()
    expect(page.locator("body")).to_have_attribute("data-cards-js", "")
    return card(page, job)


def is_in(page: Page, job: Application, status: str):
    expect(column(page, status).locator(f"#card-{job.pk}")).to_be_visible()


def has_focus(page: Page, job: Application):
    expect(card(page, job).locator("h3 a")).to_be_focused()


class TestBoard:
    def test_a_card_is_dragged_and_the_move_undone(self, user, job, open_browser, picture):
        page = open_browser(user)
        page.goto("/applications/")
        ready(page, job).drag_to(column(page, "technical_round"))
        is_in(page, job, "technical_round")
        expect(page.locator(".toast")).to_contain_text("Lumen Health: moved to Technical Round.")
        expect(column(page, "technical_round").locator("[data-total]")).to_have_text("1")
        expect(column(page, "applied").locator("[data-total]")).to_have_text("0")
        has_focus(page, job)
        picture(page, "board-dragged")
        reload(job)
        assert job.status == Status.TECHNICAL_ROUND

        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(page.locator(".toast").last).to_contain_text("Taken back.")
        is_in(page, job, "applied")
        reload(job)
        assert job.status == Status.APPLIED

    def test_dropped_where_it_was_it_stays(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        ready(page, job).drag_to(column(page, "applied").locator("h2"))
        is_in(page, job, "applied")
        assert job.events.count() == 1

    def test_by_keys_alone(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        card(page, job).locator("h3 a").focus()
        page.keyboard.press("ArrowRight")
        expect(column(page, "interviewing").locator("h3 a")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        has_focus(page, job)
        for status in ("interviewing", "technical_round"):
            page.keyboard.press("Shift+ArrowRight")
            is_in(page, job, status)
            expect(page.locator(".toast").last).to_contain_text(f"moved to {Status(status).label}.")
            settle(page)
            has_focus(page, job)
        page.keyboard.press("Shift+ArrowLeft")
        is_in(page, job, "interviewing")
        settle(page)
        has_focus(page, job)
        reload(job)
        assert job.status == Status.INTERVIEWING
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/applications/{job.pk}/$"))

    def test_a_second_move_waits_for_the_first(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        card(page, job).locator("h3 a").focus()
        held = []
        page.route("**/status/", lambda route: route.continue_() if held else held.append(route))
        page.keyboard.press("Shift+ArrowRight")
        until(page, lambda: held)
        page.keyboard.press("Shift+ArrowRight")
        held[0].continue_()
        is_in(page, job, "technical_round")
        expect(page.locator(".toast").last).to_contain_text("moved to Technical Round.")
        expect(column(page, "technical_round").locator("[data-total]")).to_have_text("1")
        settle(page)
        has_focus(page, job)
        reload(job)
        assert job.status == Status.TECHNICAL_ROUND

    def test_by_the_menu(self, user, job, open_browser, picture):
        page = open_browser(user)
        page.goto("/applications/")
        card(page, job).locator("summary").click()
        picture(page, "board-card-menu")
        expect(card(page, job).get_by_role("button", name="Applied")).to_have_count(0)
        card(page, job).get_by_role("button", name="Rejected").click()
        is_in(page, job, "rejected")
        expect(page.locator(".toast")).to_contain_text("moved to Rejected.")
        settle(page)
        has_focus(page, job)

    def test_archive_by_the_menu_and_undo(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        card(page, job).locator("summary").click()
        card(page, job).get_by_role("button", name="Archive").click()
        expect(page.locator(".toast")).to_contain_text("Lumen Health is archived.")
        expect(card(page, job)).to_have_count(0)
        page.locator(".toast").get_by_role("button", name="Undo").click()
        is_in(page, job, "applied")

    def test_a_move_that_fails_is_put_back_and_can_be_tried_again(self, user, job, open_browser, faults):
        faults.expect("ERR_FAILED|ERR_INTERNET_DISCONNECTED|htmx:sendError|htmx:afterRequest|failed: ")
        page = open_browser(user)
        page.goto("/applications/")
        page.route("**/status/", lambda route: route.abort())
        ready(page, job).drag_to(column(page, "offer_extended"))
        expect(page.locator(".toast")).to_contain_text("Nothing changed.")
        is_in(page, job, "applied")
        expect(column(page, "applied").locator("[data-total]")).to_have_text("1")
        has_focus(page, job)
        assert job.events.count() == 1
        page.unroute("**/status/")
        page.locator(".toast").get_by_role("button", name="Retry").click()
        is_in(page, job, "offer_extended")
        expect(page.locator(".toast").last).to_contain_text("moved to Offer Extended.")

    def test_a_search_narrows_it_in_place(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        page.locator("#filter-q").fill("lumen")
        page.keyboard.press("Enter")
        expect(page.locator(".board-card")).to_have_count(1)
        expect(page).to_have_url(re.compile("q=lumen"))
        expect(page.locator("#filter-q")).to_be_focused()
        page.locator("#filter-q").fill("lumen h")  # typed, not asked for yet: news leave it alone
        page.locator("#filter-q").blur()
        look_again(page)
        expect(page.locator("#filter-q")).to_have_value("lumen h")
        page.locator("#filter-q").fill("lumen")
        card(page, job).locator("summary").click()
        card(page, job).get_by_role("button", name="Withdrawn").click()
        is_in(page, job, "withdrawn")
        expect(page).to_have_url(re.compile("q=lumen"))

    def test_a_change_elsewhere_shows_by_itself(self, user, job, open_browser):
        page = open_browser(user)
        page.goto("/applications/")
        card(page, job).locator("h3 a").focus()
        editing.set_status(job, "accepted", timezone.now())
        look_again(page)
        is_in(page, job, "accepted")
        has_focus(page, job)


class TestDetail:
    def test_tabs_and_tasks_without_leaving_the_page(self, user, job, open_browser, picture):
        page = open_browser(user)
        page.goto(job.get_absolute_url())
        page.get_by_role("link", name="Tasks").click()
        expect(page).to_have_url(re.compile("tab=tasks"))
        expect(page.locator("#tab-tasks")).to_be_focused()
        page.get_by_label("Task", exact=True).fill("Send the references")
        page.get_by_role("button", name="Add task").click()
        item = page.locator(".tasks li")
        expect(item).to_contain_text("Send the references")
        task = Task.objects.get()
        item.get_by_role("link", name="Change: Send the references").click()
        expect(item.get_by_label("Task", exact=True)).to_have_value("Send the references")
        item.get_by_label("Task", exact=True).fill("Send two references")
        item.get_by_role("button", name="Save").click()
        expect(item).to_contain_text("Send two references")
        item.get_by_role("button", name="Done: Send two references").click()
        expect(page.locator(f"#done-{task.pk}.done")).to_be_focused()
        picture(page, "task-done")
        page.get_by_role("button", name="Not done after all: Send two references").click()
        expect(page.locator(f"#done-{task.pk}:not(.done)")).to_be_focused()
        reload(task)
        assert task.done_at is None

    def test_notes_save_themselves(self, user, job, open_browser):
        page = open_browser(user)
        page.goto(f"{job.get_absolute_url()}?tab=notes")
        page.locator("#notes-text").fill("Ask about on-call.")
        page.keyboard.press("Tab")
        expect(page.locator("#notes-state")).to_contain_text("Saved at")
        reload(job)
        assert job.notes == "Ask about on-call."
        page.locator("#notes-text").fill("Ask about on-call and pay.")
        page.keyboard.press("Tab")
        expect(page.locator("#notes-text")).to_have_value("Ask about on-call and pay.")
        expect(page.locator(".htmx-request")).to_have_count(0)
        reload(job)
        assert job.notes == "Ask about on-call and pay."

    def test_notes_are_saved_while_still_being_written(self, user, job, open_browser):
        page = open_browser(user)
        page.goto(f"{job.get_absolute_url()}?tab=notes")
        page.locator("#notes-text").fill("Half a thought")
        expect(page.locator("#notes-state")).to_contain_text("Saved at")
        expect(page.locator("#notes-text")).to_be_focused()
        page.reload()
        expect(page.locator("#notes-text")).to_have_value("Half a thought")

    def test_what_is_typed_while_notes_are_on_their_way_is_kept(self, user, job, open_browser):
        page, held = open_browser(user), []
        page.goto(f"{job.get_absolute_url()}?tab=notes")
        page.route("**/notes/", lambda route: held.append(route) if not held else route.continue_())
        text = page.locator("#notes-text")
        text.fill("Ask about on-call.")
        text.blur()
        until(page, lambda: held)
        text.fill("Ask about on-call and pay.")
        text.blur()
        with page.expect_response(lambda answer: "pay" in (answer.request.post_data or "")):
            held[0].continue_()
        expect(page.locator("#notes-state")).to_contain_text("Saved at")
        expect(text).to_have_value("Ask about on-call and pay.")
        reload(job)
        assert job.notes == "Ask about on-call and pay."

    def test_printed_it_is_a_page_of_its_own(self, user, job, open_browser, picture):
        page = open_browser(user)
        page.goto(job.get_absolute_url())
        page.emulate_media(media="print")
        for left_out in (".site-header", ".tabs", "#actions", ".timeline form"):
            expect(page.locator(left_out).first).to_be_hidden()
        expect(page.locator("h1")).to_be_visible()
        picture(page, "timeline-printed")


class TestWithoutScripts:
    def test_move_note_and_tick_off(self, user, job, open_browser, picture):
        page = open_browser(user, java_script_enabled=False)
        page.goto("/applications/")
        expect(page.locator("[data-needs-js]:visible")).to_have_count(0)
        card(page, job).get_by_role("link", name="Data Analyst").click()
        page.locator("#status").select_option("offer_extended")
        page.get_by_role("button", name="Set status").click()
        expect(page.locator(".toast")).to_contain_text("moved to Offer Extended.")
        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(page.locator(".toast")).to_contain_text("Taken back.")
        page.get_by_role("link", name="Notes").click()
        page.locator("#notes-text").fill("Ask about on-call.")
        page.get_by_role("button", name="Save notes").click()
        expect(page.locator("#notes-state")).to_contain_text("Saved")
        page.get_by_role("link", name="Tasks").click()
        page.get_by_label("Task", exact=True).fill("Send the references")
        page.get_by_role("button", name="Add task").click()
        page.get_by_role("button", name="Done: Send the references").click()
        expect(page.locator(".task-box.done")).to_be_visible()
        picture(page, "plain-tasks")
        reload(job)
        assert (job.status, job.notes) == (Status.APPLIED, "Ask about on-call.")
        assert Task.objects.get().done_at

    def test_the_table_sorts_and_shows_the_columns_chosen(self, user, job, open_browser):
        page = open_browser(user, java_script_enabled=False)
        page.goto("/applications/?view=list")
        page.get_by_role("link", name="Company").click()
        expect(page.locator("tbody th a").first).to_have_text("Lumen Health")
        page.get_by_text("Choose columns").click()
        page.get_by_label("E-mails").uncheck()
        page.get_by_label("Location").check()
        page.get_by_role("button", name="Show these").click()
        expect(page.get_by_role("columnheader", name="Location")).to_be_visible()
        expect(page.get_by_role("columnheader", name="E-mails")).to_have_count(0)
