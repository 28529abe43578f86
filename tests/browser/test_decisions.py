"""Taking back and choosing again, many at once, and two tabs that decide the same mail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from applications.status import Status
from tests.browser.scenes import application, current, message, queue, reload, settle
from tests.factories import MailboxFactory
from tracking.mail import Kind
from tracking.models import Decision, Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mistaken(user):
    """A mail on the wrong application, and the right one."""
    mailbox = MailboxFactory(user=user)
    wrong, right = application(user, "Lumen Health"), application(user, "Lumen Labs", "Lab Analyst")
    mail = message(mailbox, "Lumen Labs", 2, linked_to=wrong, ranked=[[str(right.pk), 48]])
    reload(wrong)
    assert wrong.status == Status.INTERVIEWING
    return mail, wrong, right


class TestUnmatch:
    def test_from_the_menu_of_the_application_to_the_right_one(self, user, mistaken, open_browser, picture):
        mail, wrong, right = mistaken
        page = open_browser(user)
        page.goto(wrong.get_absolute_url())
        expect(page.locator(".page-header .chip").first).to_have_text("Interviewing")
        page.locator(".page-header .menu summary").click()
        picture(page, "application-menu")
        page.locator(".page-header").get_by_role("button", name="Unmatch email").click()

        expect(page.locator(".toast")).to_contain_text("Choose where it belongs")
        expect(page.locator("#detail h2")).to_have_text(mail.subject)
        reload(mail, wrong)
        assert (mail.state, mail.application, wrong.status) == (Message.State.ORPHAN, None, Status.APPLIED)
        expect(page.get_by_role("heading", name="Which application is it about?")).to_be_visible()
        expect(page.locator(".choices .choice")).to_have_count(1)
        picture(page, "unmatched")
        page.get_by_role("button", name=re.compile("Lab Analyst")).click()

        expect(page.locator(".toast").last).to_contain_text("Linked to Lab Analyst at Lumen Labs")
        reload(mail, wrong, right)
        assert (mail.application, right.status, wrong.status) == (right, "interviewing", "applied")
        page.goto(f"{wrong.get_absolute_url()}?tab=emails")
        expect(page.get_by_role("main")).to_contain_text("No e-mail is linked")

    def test_from_the_menu_of_a_card(self, user, mistaken, open_browser, picture):
        mail, _, _ = mistaken
        page = open_browser(user)
        page.goto("/applications/?view=board")
        card = page.locator(".board-card", has_text="Lumen Health")
        card.locator("summary").click()
        expect(card.get_by_role("link", name="View email thread")).to_be_visible()
        picture(page, "board-menu")
        card.get_by_role("link", name="View email thread").click()
        expect(page.locator("h1")).to_have_text(mail.subject)
        page.go_back()
        card.locator("summary").click()
        card.get_by_role("link", name="Unmatch email").click()
        row = page.locator(".mail-row")
        row.locator("summary").click()
        row.get_by_role("button", name="Unmatch email").click()
        expect(page.locator("#detail h2")).to_have_text(mail.subject)
        reload(mail)
        assert mail.state == Message.State.ORPHAN

    def test_it_can_be_undone(self, user, mistaken, open_browser):
        mail, wrong, _ = mistaken
        page = open_browser(user)
        page.goto(f"/inbox/?tab=decided&m={mail.pk}")
        page.get_by_role("button", name="Wrong match: choose another").click()
        expect(page.locator(".toast")).to_contain_text("Taken off Data Analyst at Lumen Health")
        settle(page)
        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(page.locator("#tab-decided")).to_have_attribute("aria-current", "page")
        reload(mail, wrong)
        assert (mail.state, mail.application, wrong.status) == ("linked", wrong, Status.INTERVIEWING)


def test_many_at_once_are_undone_as_one(user, open_browser, picture):
    messages = queue(user)
    rejected = messages[1]
    Message.objects.filter(pk=rejected.pk).update(kind=Kind.REJECTION, suggested_effect=Kind.REJECTION)
    page = open_browser(user)
    page.goto("/inbox/")
    for each in messages[:3]:
        page.locator(f".pick [value='{each.pk}']").check()
    picture(page, "inbox-selected")
    page.get_by_role("button", name="Approve selected").click()

    expect(page.get_by_role("heading", name="Approve these e-mails?")).to_be_visible()
    boxes = page.locator("input[name=select]")
    expect(boxes).to_have_count(3)
    assert [box.is_checked() for box in boxes.all()] == [True, False, True]
    expect(page.locator(".preview")).to_contain_text("Rejected")
    assert not Decision.objects.exists()
    picture(page, "bulk")
    page.get_by_role("button", name="Approve ticked").click()

    expect(page.locator(".toast")).to_contain_text("2 e-mails approved")
    expect(page.locator(".row[href]")).to_have_count(3)
    assert Message.objects.of(user).filter(state="linked").count() == 2
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".row[href]")).to_have_count(5)
    expect(page.locator(".toast").last).to_contain_text("2 e-mails are back where they were")
    assert Message.objects.in_review().count() == 5
    assert {each.suggestion.status for each in messages} == {"applied"}


def test_selecting_by_key_survives_looking_at_another_mail(user, open_browser):
    messages = queue(user, 3)
    page = open_browser(user)
    page.goto("/inbox/")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(current(page)).to_have_id(f"row-{messages[1].pk}")
    expect(page.locator(f".pick [value='{messages[0].pk}']")).to_be_checked()
    page.keyboard.press("x")
    expect(page.locator(".pick :checked")).to_have_count(2)


def test_a_second_tab_hears_that_it_was_decided(user, open_browser, picture):
    (first, second, *_) = queue(user, 3)
    here = open_browser(user)
    here.goto("/inbox/")
    there = here.context.new_page()
    there.goto("/inbox/")
    here.get_by_role("button", name="Approve", exact=False).first.click()
    expect(here.locator("#detail h2")).to_have_text(second.subject)

    there.locator("#ignore").click()
    expect(there.locator(".toast")).to_contain_text("already decided")
    expect(there.locator("#detail h2")).to_have_text(second.subject)
    expect(there.locator("#tab-review .badge")).to_have_text("2")
    settle(there)
    picture(there, "already-decided")
    reload(first)
    assert (first.state, Decision.objects.count()) == (Message.State.LINKED, 1)

    here.locator(".toast").get_by_role("button", name="Undo").click()
    expect(here.locator("#detail h2")).to_have_text(first.subject)
    there.locator("#approve").click()
    expect(there.locator(".toast").last).to_contain_text("Linked to")
    reload(first, second)
    assert (first.state, second.state) == (Message.State.REVIEW, Message.State.LINKED)


def test_a_decision_elsewhere_shows_in_an_open_tab(user, open_browser):
    (first, *_) = queue(user, 3)
    here = open_browser(user)
    here.goto("/inbox/")
    there = here.context.new_page()
    there.goto("/dashboard/")
    expect(there.locator("#live-inbox")).to_have_text("3 waiting")
    here.locator("#approve").click()
    expect(there.locator("#live-inbox")).to_have_text("2 waiting")
    expect(there.locator("#dashboard")).not_to_contain_text(first.subject)


def test_the_count_in_a_link_that_has_the_focus_is_renewed(user, open_browser):
    """Morphing may pass over a field in which somebody types, not over this."""
    queue(user, 3)
    here = open_browser(user)
    here.goto("/inbox/")
    there = here.context.new_page()
    there.goto("/dashboard/")
    link = there.locator(".site-nav").get_by_role("link", name=re.compile("^Inbox"))
    link.focus()
    here.goto("/inbox/?tab=review")
    here.locator("#tab-review").focus()
    here.keyboard.press("a")
    expect(here.locator("#tab-review .badge")).to_have_text("2")
    expect(there.locator("#live-inbox")).to_have_text("2 waiting")
    expect(link).to_be_focused()
