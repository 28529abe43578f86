"""The Tracking Inbox by keyboard alone: every key, the next mail at once, the focus never lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from applications.models import Application
from applications.status import Status
from tests.browser.scenes import (
    application,
    current,
    has_focus_in_inbox,
    noon_zone,
    orphan,
    queue,
    reload,
    settle,
)
from tests.factories import UserFactory
from tracking.models import Decision, Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def inbox(user, open_browser):
    """The user's inbox with five mails in review, opened, the keyboard in it."""
    messages = queue(user)
    page = open_browser(user)
    page.goto("/inbox/")
    return page, messages


def shows(page, message):
    """The message is the current one, in the list as in the pane beside it."""
    expect(current(page)).to_have_id(f"row-{message.pk}")
    expect(page.locator("#detail h2")).to_have_text(message.subject)


def opens(page, message):
    """It is shown, and the inbox takes the next key: some milliseconds after a decision it does not yet."""
    shows(page, message)
    settle(page)


def test_through_the_queue_without_a_mouse(user, inbox, picture):
    page, (first, second, third, fourth, _) = inbox
    quill = application(user, "Quill and Co", "Editor")
    opens(page, first)

    page.keyboard.press("j")
    opens(page, second)
    expect(page.locator(f"#row-{second.pk}")).to_be_focused()
    page.keyboard.press("k")
    opens(page, first)
    expect(page.locator(f"#row-{first.pk}")).to_be_focused()
    page.keyboard.press("o")
    opens(page, first)

    page.keyboard.press("a")
    opens(page, second)
    expect(page.locator(f"#row-{second.pk}")).to_be_focused()
    expect(page.locator(".toast")).to_contain_text("Applied → Interviewing")
    expect(page.locator("#tab-review .badge")).to_have_text("4")
    expect(page.locator("#live-inbox")).to_have_text("4 waiting")
    reload(first, first.suggestion)
    assert (first.state, first.application.status) == (Message.State.LINKED, Status.INTERVIEWING)
    picture(page, "inbox-approved")

    page.keyboard.press("z")
    opens(page, first)
    has_focus_in_inbox(page)
    expect(page.locator("#tab-review .badge")).to_have_text("5")
    reload(first, first.suggestion)
    assert (first.state, first.suggestion.status) == (Message.State.REVIEW, Status.APPLIED)

    page.keyboard.press("e")
    opens(page, second)
    expect(page.locator(f"#row-{second.pk}")).to_be_focused()
    reload(first)
    assert first.state == Message.State.IGNORED

    page.keyboard.press("r")
    expect(page.locator("#picker-find")).to_be_focused()
    with page.expect_response(re.compile(r"find=quill(\+|%20)co(&|$)")):
        page.keyboard.type("quill co")
    choice = page.locator("#found button.choice")
    expect(choice).to_have_count(1)
    settle(page)
    picture(page, "inbox-picker")
    for _ in range(20):
        if choice.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(choice).to_be_focused()
    page.keyboard.press("Enter")
    opens(page, third)
    has_focus_in_inbox(page)
    reload(second, quill)
    assert (second.state, second.application, quill.status) == ("linked", quill, Status.INTERVIEWING)

    page.keyboard.press("c")
    company = page.locator(f"#create-{str(third.pk)[:8]}-company")
    expect(company).to_be_focused()
    expect(company).to_have_value("Harbor & Pine")
    company.press("ControlOrMeta+a")
    page.keyboard.type("Harbour Holdings")
    page.keyboard.press("Enter")
    opens(page, fourth)
    has_focus_in_inbox(page)
    made = Application.objects.of(user).get(company="Harbour Holdings")
    reload(third)
    assert (third.application, made.status, made.source) == (made, Status.INTERVIEWING, "mail")


def test_what_was_decided_is_found_again_and_taken_back(user, inbox, picture):
    page, (first, second, *_) = inbox
    page.keyboard.press("a")
    opens(page, second)
    page.get_by_role("link", name=re.compile("^Decided")).click()
    opens(page, first)
    expect(page).to_have_url(re.compile("tab=decided"))
    expect(page.locator("#detail")).to_contain_text("By you, just now")
    picture(page, "inbox-decided")
    page.get_by_role("button", name="Undo").first.click()
    opens(page, first)
    expect(page.locator("#tab-review")).to_have_attribute("aria-current", "page")
    reload(first)
    assert first.state == Message.State.REVIEW
    assert Decision.objects.get(message=first).undone_at


def test_down_to_nothing(open_browser, picture):
    user = UserFactory(plan="platinum", timezone=noon_zone())
    (first, last) = queue(user, 2)
    page = open_browser(user)
    page.goto("/inbox/")
    page.keyboard.press("j")
    opens(page, last)
    page.keyboard.press("a")
    opens(page, first)
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()
    expect(page.locator("#inbox")).to_contain_text("2 e-mails dealt with today")
    expect(page.locator("#live-inbox")).to_be_hidden()
    expect(page.locator(":focus")).to_have_count(1)
    picture(page, "inbox-zero")
    page.keyboard.press("z")
    opens(page, first)
    expect(page.locator(":focus")).to_have_count(1)


def test_a_decision_is_of_the_mail_that_is_shown(inbox):
    """However soon after it is shown: the elements that were kept have led to the mail before."""
    page, (first, second, third, *_) = inbox
    page.evaluate("htmx.config.defaultSettleDelay = 3000")
    page.keyboard.press("j")
    shows(page, second)
    with page.expect_response(re.compile(f"/inbox/{second.pk}/approve/$")):
        page.keyboard.press("a")
    shows(page, third)
    reload(first, second)
    assert (first.state, second.state) == (Message.State.REVIEW, Message.State.LINKED)


def test_keys_leave_alone_what_is_typed(user, inbox):
    page, _ = inbox
    page.keyboard.press("/")
    expect(page.locator("#inbox-search")).to_be_focused()
    page.keyboard.type("aeez quillstone")
    expect(page.locator("#inbox")).to_contain_text("Nothing matches")
    page.locator("#inbox-search").fill("quillstone")
    expect(page.locator(".row[href]")).to_have_count(1)
    expect(page.locator("#inbox-search")).to_be_focused()
    expect(page.locator("#inbox-search")).to_have_value("quillstone")
    assert not Decision.objects.exists()


def test_help_and_going_places(user, inbox):
    page, _ = inbox
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Decision.objects.exists()
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page).to_have_url(re.compile(r"/applications/\?view=board$"))
    settle(page)
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile(r"/inbox/$"))


def test_keys_can_be_switched_off(user, inbox):
    page, (first, *_) = inbox
    page.goto("/settings/profile/")
    page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    page.goto("/inbox/")
    page.keyboard.press("a")
    page.keyboard.press("j")
    opens(page, first)
    assert page.locator("#detail kbd").count() == 0
    assert not Decision.objects.exists()


def test_the_status_can_be_corrected_before_approving(user, inbox):
    page, (first, second, *_) = inbox
    page.locator(f"#status-{first.pk}").select_option("technical_round")
    page.get_by_role("button", name="Approve", exact=False).first.click()
    opens(page, second)
    expect(page.locator(".toast")).to_contain_text("Applied → Technical Round")
    reload(first)
    assert first.application.status == Status.TECHNICAL_ROUND


def test_an_orphan_begins_with_nothing_chosen(user, inbox, picture):
    page, messages = inbox
    lost = orphan(messages[0].mailbox, "Bluefin Analytics")
    page.goto("/inbox/?tab=orphans")
    opens(page, lost)
    expect(page.get_by_role("heading", name="Which application is it about?")).to_be_visible()
    assert page.locator("#approve").count() == 0
    picture(page, "inbox-orphan")
    page.keyboard.press("a")
    assert not Decision.objects.exists()
    page.get_by_role("button", name="Create and link").click()
    expect(page.locator(".toast")).to_contain_text("Added Data Analyst at Bluefin Analytics")
    assert Application.objects.of(user).filter(company="Bluefin Analytics").exists()


def test_a_double_click_decides_one_mail_and_not_the_next(user, inbox):
    page, (first, second, *_) = inbox
    box = page.locator("#approve").bounding_box()
    place = box["x"] + 20, box["y"] + 10
    page.mouse.click(*place)
    opens(page, second)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.locator("#tab-decided").click()
    opens(page, first)
    assert Decision.objects.count() == 1


def test_a_decision_that_does_not_arrive_is_told_and_tried_again(user, inbox, faults, picture):
    faults.expect("htmx:|ERR_CONNECTION_REFUSED|status of 500|/ignore/")
    page, (first, second, third, *_) = inbox
    broken = {"approve", "ignore"}

    def fail(route):
        action = route.request.url.rstrip("/").rpartition("/")[2]
        if action not in broken:
            route.continue_()
        elif action == "approve":
            route.abort("connectionrefused")
        else:
            route.fulfill(status=500, body="broken")

    page.route("**/approve/", fail)
    page.route("**/ignore/", fail)
    page.reload()  # from here on every request passes the routes
    page.keyboard.press("a")
    expect(page.locator(".toast.error")).to_contain_text("Nothing changed")
    opens(page, first)
    picture(page, "no-network")
    broken.discard("approve")
    page.locator(".toast.error").get_by_role("button", name="Retry").click()
    opens(page, second)

    page.keyboard.press("e")
    expect(page.locator(".toast.error")).to_contain_text("Nothing changed")
    broken.discard("ignore")
    page.locator(".toast.error").get_by_role("button", name="Retry").click()
    opens(page, third)
    reload(first, second)
    assert (first.state, second.state) == (Message.State.LINKED, Message.State.IGNORED)
