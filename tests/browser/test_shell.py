"""What is on every page: Quick Commands, colors, notifications, first steps, a session that ends."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts import preferences
from accounts.models import ByMail
from tests.browser.conftest import NARROW
from tests.browser.scenes import application, queue, reload
from tests.factories import MailboxFactory, NotificationFactory, SyncRunFactory, UserFactory
from tracking.models import Decision, Mailbox, Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def options(page):
    return page.locator("#command-results [role=option]")


def chosen(page):
    return page.locator("#command-results [aria-selected=true]")


def open_commands(page):
    page.wait_for_load_state()  # a key pressed before the scripts have run is nobody's
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Quick Commands")).to_be_visible()
    expect(chosen(page)).to_have_count(1)


class TestQuickCommands:
    def test_by_keyboard_to_a_page(self, user, open_browser, picture):
        page = open_browser(user)
        page.goto("/dashboard/")
        page.locator(".bell summary").focus()
        open_commands(page)
        picture(page, "commands")
        expect(page.locator("#command")).to_be_focused()
        first = chosen(page).get_attribute("id")
        expect(page.locator("#command")).to_have_attribute("aria-activedescendant", first)
        page.keyboard.press("ArrowDown")
        expect(chosen(page)).not_to_have_id(first)
        page.keyboard.press("ArrowUp")
        expect(chosen(page)).to_have_id(first)
        page.keyboard.press("ArrowUp")
        expect(chosen(page)).to_contain_text("Sign out")
        page.keyboard.press("Escape")
        expect(page.locator("#commands")).to_be_hidden()
        expect(page.locator(".bell summary")).to_be_focused()

        open_commands(page)
        page.keyboard.type("sync hist")
        expect(options(page)).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/inbox/runs/$"))

        open_commands(page)
        expect(page.locator(".command-title").first).to_have_text("Recent")
        expect(chosen(page)).to_contain_text("Sync history")

    def test_an_application_by_its_name(self, user, open_browser):
        wanted = application(user, "Quillstone", "Editor")
        application(user, "Lumen Health")
        page = open_browser(user)
        page.goto("/inbox/")
        open_commands(page)
        page.keyboard.type("quill")
        page.keyboard.press("Enter")  # before the answer, perhaps
        expect(page).to_have_url(re.compile(f"/applications/{wanted.pk}/"))

    def test_what_is_not_there_runs_nothing(self, user, open_browser):
        page = open_browser(user)
        page.goto("/dashboard/")
        open_commands(page)
        page.keyboard.type("zzzz")
        expect(page.locator("#command-results")).to_contain_text("Nothing is called “zzzz”")
        page.keyboard.press("Enter")
        expect(page.locator("#commands")).to_be_visible()
        expect(page).to_have_url(re.compile("/dashboard/$"))

    def test_mail_is_synced_and_the_page_stays(self, user, open_browser):
        mailbox = MailboxFactory(user=user)
        page = open_browser(user)
        page.goto("/applications/?view=list")
        open_commands(page)
        page.keyboard.type("sync mail")
        expect(options(page).filter(has_text="Sync Mail")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("Looking for new mail.")
        expect(page).to_have_url(re.compile(r"/applications/\?view=list$"))
        reload(mailbox)
        assert mailbox.wanted_by == "by_hand"

    def test_the_next_mail_is_approved_after_saying_what_that_does(self, user, open_browser):
        (first, _) = queue(user, 2)
        page = open_browser(user)
        page.goto("/dashboard/")
        page.locator("[data-commands]").click()
        approve = options(page).filter(has_text="Approve next")
        expect(approve).to_contain_text("Interviewing")
        approve.click()
        expect(page.locator(".toast")).to_contain_text("Applied → Interviewing")
        reload(first)
        assert first.state == Message.State.LINKED

    def test_help_opens_and_gives_the_focus_back(self, user, open_browser):
        page = open_browser(user)
        page.goto("/dashboard/")
        page.locator(".bell summary").focus()
        open_commands(page)
        page.keyboard.type("keyboard")
        expect(options(page)).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#shortcuts")).to_be_hidden()
        expect(page.locator(".bell summary")).to_be_focused()

    def test_it_works_with_single_keys_switched_off(self, user, open_browser):
        user.shortcuts_enabled = False
        user.save()
        page = open_browser(user)
        page.goto("/dashboard/")
        page.keyboard.press("?")
        open_commands(page)
        expect(page.locator("#shortcuts")).to_have_count(0)

    def test_on_a_narrow_screen(self, user, open_browser):
        page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
        page.goto("/dashboard/")
        page.get_by_role("link", name="Quick Commands").tap()
        expect(page.get_by_role("dialog", name="Quick Commands")).to_be_visible()
        options(page).filter(has_text="Notification settings").tap()
        expect(page).to_have_url(re.compile("/settings/notifications/$"))

    def test_without_a_script_it_is_a_page(self, user, open_browser):
        wanted = application(user, "Quillstone", "Editor")
        page = open_browser(user, java_script_enabled=False)
        page.goto("/dashboard/")
        page.get_by_role("link", name="Quick Commands").click()
        page.get_by_role("searchbox").fill("quill")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="Editor").click()
        expect(page).to_have_url(re.compile(f"/applications/{wanted.pk}/"))
        page.goto("/commands/?q=dark")
        page.get_by_role("button", name="Colors: dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


class TestColors:
    def ground(self, page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    def test_the_choice_holds_after_signing_out_and_in(self, user, open_browser):
        page = open_browser(user, color_scheme="light")
        page.goto("/dashboard/")
        light = self.ground(page)
        page.locator(".account summary").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page).to_have_url(re.compile("/dashboard/$"))
        expect(page.locator("body")).not_to_have_css("background-color", light)
        page.locator(".account summary").click()
        expect(page.get_by_role("button", name="Dark", exact=True)).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    def test_a_visitor_can_choose_too(self, db, open_browser):
        page = open_browser(color_scheme="dark", viewport=NARROW)
        page.goto("/privacy/")
        dark = self.ground(page)
        page.get_by_role("button", name="Light", exact=True).click()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        expect(page).to_have_url(re.compile("/privacy/$"))
        expect(page.locator("body")).not_to_have_css("background-color", dark)


class TestNotifications:
    @pytest.mark.parametrize("script", [True, False])
    def test_preferences_are_kept(self, user, open_browser, script):
        page = open_browser(user, java_script_enabled=script)
        page.goto("/notifications/")
        page.get_by_role("link", name="Preferences").click()
        row = page.get_by_role("group", name="Status changed")
        row.get_by_label("In the bell").uncheck()
        row.get_by_label("E-mail").select_option("At once")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".toast")).to_contain_text("Saved.")
        expect(row.get_by_label("E-mail")).to_have_value("now")
        expect(row.get_by_label("In the bell")).not_to_be_checked()
        assert preferences.preference(user, "status") == preferences.Preference(False, ByMail.NOW)

    def test_narrowed_and_read(self, user, open_browser):
        NotificationFactory(user=user, text="A status", kind="status")
        NotificationFactory(user=user, text="A limit", kind="plan")
        page = open_browser(user)
        page.goto("/notifications/")
        page.get_by_label("Kind").select_option("Plan")
        expect(page.locator(".news-item")).to_have_count(1)
        page.get_by_role("link", name="Unread").click()
        page.get_by_role("button", name="Mark all read").click()
        expect(page.get_by_role("heading", name="You have read everything")).to_be_visible()
        expect(page.locator(".bell .badge")).to_have_count(0)


class TestFirstSteps:
    def test_left_and_resumed(self, db, open_browser):
        newcomer = UserFactory(email="new@example.org")
        page = open_browser(newcomer)  # in Berlin
        page.goto("/onboarding/")
        expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator("#timezone")).to_contain_text("Europe/Berlin, where it is")
        page.get_by_role("button", name="Try the sample mailbox").click()
        expect(page.locator(".toast")).to_contain_text("The sample mailbox is being read.")
        expect(page.locator("#mailbox")).to_contain_text("Connected.")
        assert Mailbox.objects.get().provider == Mailbox.Provider.SAMPLE

        page.goto("/dashboard/")
        steps = page.get_by_role("region", name="First steps")
        expect(steps.locator(".is-done")).to_have_count(3)  # the sample brings applications
        steps.get_by_role("button", name="Put away").click()
        expect(page.locator(".toast")).to_contain_text("Put away.")
        expect(steps).to_have_count(0)
        page.locator(".account summary").click()
        page.get_by_role("link", name="First steps").click()
        page.get_by_role("button", name="Show on the dashboard again").click()
        expect(steps).to_be_visible()


class TestSession:
    def test_a_page_left_open_says_that_one_is_signed_out(self, user, open_browser, settings, faults):
        faults.expect("status of 401")
        page = open_browser(user)
        page.goto("/applications/add/")
        page.get_by_label("Company").fill("Quillstone")
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".toast")).to_contain_text("Copy what you have typed")
        expect(page.get_by_label("Company")).to_have_value("Quillstone")
        page.locator(".toast").get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/applications/add/"))

    def test_a_form_sent_too_late_says_that_nothing_was_kept(self, user, open_browser, settings, faults):
        faults.expect("status of 401")
        page = open_browser(user)
        page.goto("/settings/profile/")
        page.get_by_label("Full name").fill("Somebody Else")
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.locator(".toast")).to_contain_text("was not saved")
        reload(user)
        assert user.name == "Sam Taylor"

    def test_a_part_that_meets_the_sign_in_page_takes_the_whole_page_there(
        self, user, open_browser, settings, faults
    ):
        faults.expect("status of 401")
        page = open_browser(user)
        page.goto("/inbox/")
        open_commands(page)
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.keyboard.type("dash")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/inbox/"))
        assert not Decision.objects.exists()


def test_the_header_fits_at_every_width(user, open_browser):
    SyncRunFactory(mailbox=MailboxFactory(user=user), state="running", finished_at=None)
    NotificationFactory.create_batch(3, user=user)
    page = open_browser(user)
    page.goto("/settings/profile/")
    for width in (360, 480, 767, 768, 820, 959, 960, 1024, 1151, 1152, 1360):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_function(f"innerWidth === {width}")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, width
        for name in ("Quick Commands", "Syncing"):
            expect(page.locator(".site-tools").get_by_role("link", name=re.compile(name))).to_be_visible()


def test_one_click_from_the_mail_stops_the_mails(user, open_browser):
    from accounts.letters import token_for

    page = open_browser(java_script_enabled=False)
    page.goto(f"/unsubscribe/?token={token_for(user)}")
    page.get_by_role("button", name="Stop these e-mails").click()
    expect(page.get_by_role("heading", name="No more e-mails with news")).to_be_visible()
    assert preferences.preference(user, "status").email == ByMail.NEVER


def test_every_part_of_the_design_page_is_there(user, open_browser, picture):
    user.is_staff = True
    user.save()
    page = open_browser(user)
    page.goto("/design/")
    expect(page.get_by_role("region", name="Components, dark")).to_be_visible()
    picture(page, "design")
    assert Client().get("/design/").status_code == 302
