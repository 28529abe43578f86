"""Whole evenings with the Tracking Inbox: thirty mails by keyboard, a slow network, a session that ends."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import pairwise

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from applications.models import Application
from applications.status import Status
from tests.browser.scenes import application, current, message, noon_zone, queue, reload, until
from tests.factories import PASSWORD, MailboxFactory, UserFactory
from tracking.models import Decision, Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THIRTY = 30


def thirty(user):
    mailbox = MailboxFactory(user=user)
    names = [f"Company {number:02}" for number in range(THIRTY)]
    return [
        message(mailbox, name, hours, suggestion=application(user, name))
        for hours, name in enumerate(names, 1)
    ]


def is_at(page, mail):
    """The mail is opened in the list and beside it, and the keyboard is at it."""
    expect(current(page)).to_have_id(f"row-{mail.pk}")
    expect(page.locator("#detail h2")).to_have_text(mail.subject)
    expect(page.locator(f"#row-{mail.pk}")).to_be_focused()


@pytest.mark.slow
def test_thirty_mails_by_keyboard_alone(open_browser):
    user = UserFactory(plan="platinum", timezone=noon_zone())
    mails = thirty(user)
    page = open_browser(user)
    page.goto("/inbox/")
    expect(page.locator("#tab-review .badge")).to_have_text("30")
    page.keyboard.press("j")
    is_at(page, mails[1])
    page.keyboard.press("k")
    is_at(page, mails[0])
    for number, (mail, following) in enumerate(pairwise(mails)):
        page.keyboard.press("e" if number % 3 == 2 else "a")
        is_at(page, following)
        if number % 10 == 9:
            page.keyboard.press("z")
            is_at(page, mail)
            page.keyboard.press("a")
            is_at(page, following)
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()
    expect(page.locator(":focus")).to_have_count(1)
    expect(page.locator("#inbox")).to_contain_text("30 e-mails dealt with today")
    ignored = {mail.pk for number, mail in enumerate(mails) if number % 3 == 2 and number % 10 != 9}
    assert set(Message.objects.filter(state="ignored").values_list("pk", flat=True)) == ignored
    assert Message.objects.filter(state="linked").count() == THIRTY - len(ignored)
    moved = Application.objects.of(user).filter(status=Status.INTERVIEWING)
    assert moved.count() == THIRTY - len(ignored)


def test_the_end_of_a_page_leads_to_the_next(user, open_browser):
    mails = thirty(user)
    page = open_browser(user)
    page.goto(f"/inbox/?m={mails[9].pk}")
    expect(current(page)).to_have_id(f"row-{mails[9].pk}")
    page.keyboard.press("j")
    expect(current(page)).to_have_id(f"row-{mails[10].pk}")
    expect(page.locator("#detail h2")).to_have_text(mails[10].subject)
    page.keyboard.press("k")
    expect(current(page)).to_have_id(f"row-{mails[0].pk}")


@pytest.fixture
def slow(user, open_browser):
    """The inbox over a network on which decisions wait until they are let go."""
    mails, page, waiting = queue(user), open_browser(user), []
    page.route(re.compile("/(approve|ignore|undo)/$"), lambda route: waiting.append(route))
    page.goto("/inbox/")
    expect(current(page)).to_have_id(f"row-{mails[0].pk}")
    return page, mails, waiting


def has_gone(page, waiting):
    """Wait until a decision is on its way; give it."""
    expect(page.locator("#inbox-busy")).to_have_text("Saving…")
    until(page, lambda: waiting)
    assert len(waiting) == 1
    return waiting.pop()


class TestSlowNetwork:
    def test_the_row_answers_at_once_and_no_key_is_lost(self, user, slow, picture):
        page, (first, second, third, *_), waiting = slow
        page.keyboard.press("a")
        sent = has_gone(page, waiting)
        expect(page.locator(".rows .pending")).to_have_count(1)
        expect(page.locator("#detail")).to_have_attribute("aria-busy", "true")
        picture(page, "inbox-saving")

        page.keyboard.press("a")
        expect(page.locator("#inbox-busy")).to_have_text("Still saving. Try again in a moment.")
        page.keyboard.press("j")
        sent.continue_()
        is_at(page, third)
        expect(page.locator("#inbox-busy")).to_be_hidden()
        expect(page.locator(".rows .pending")).to_have_count(0)
        reload(first, second)
        assert (first.state, second.state) == (Message.State.LINKED, Message.State.REVIEW)
        assert Decision.objects.count() == 1

    def test_a_click_elsewhere_waits_for_the_decision(self, slow):
        page, (first, _, third, *_), waiting = slow
        page.locator("#ignore").click()
        sent = has_gone(page, waiting)
        page.locator(f"#row-{third.pk}").click()
        sent.continue_()
        expect(current(page)).to_have_id(f"row-{third.pk}")
        expect(page.locator("#detail h2")).to_have_text(third.subject)
        reload(first)
        assert first.state == Message.State.IGNORED

    def test_one_that_never_arrives_leaves_all_as_it_was(self, slow, faults):
        faults.expect("ERR_CONNECTION_FAILED|htmx:")
        page, (first, *_), waiting = slow
        page.keyboard.press("a")
        sent = has_gone(page, waiting)
        page.keyboard.press("j")
        sent.abort("connectionfailed")
        expect(page.locator(".toast.error")).to_contain_text("Nothing changed")
        expect(page.locator(".rows .pending")).to_have_count(0)
        expect(page.locator("#inbox-busy")).to_be_hidden()
        expect(current(page)).to_have_id(f"row-{first.pk}")
        page.locator(".toast.error").get_by_role("button", name="Retry").click()
        has_gone(page, waiting).continue_()
        expect(page.locator(".toast").last).to_contain_text("Linked to")
        reload(first)
        assert first.state == Message.State.LINKED

    def test_a_row_opens_at_once_and_its_buttons_wait_for_it(self, user, open_browser, faults):
        faults.expect("htmx:sendAbort|htmx:afterRequest")  # the second row calls the first one's request off
        first, second, third, *_ = queue(user)
        page, waiting = open_browser(user), []
        page.goto("/inbox/")
        page.route(re.compile(f"m={second.pk}"), lambda route: waiting.append(route))
        page.keyboard.press("j")
        expect(current(page)).to_have_id(f"row-{second.pk}")
        expect(page.locator("#detail h2")).to_have_text(first.subject)
        page.keyboard.press("a")
        expect(page.locator("#inbox-busy")).to_have_text("Still loading. Try again in a moment.")
        page.keyboard.press("j")
        expect(current(page)).to_have_id(f"row-{third.pk}")
        expect(page.locator("#detail h2")).to_have_text(third.subject)
        assert not Decision.objects.exists()


def end_session(page):
    """What happens to a session in time, or when it is ended elsewhere."""
    name = django_settings.SESSION_COOKIE_NAME
    key = next(each["value"] for each in page.context.cookies() if each["name"] == name)
    import_module(django_settings.SESSION_ENGINE).SessionStore(key).delete()


def test_a_session_that_ends_in_the_middle(user, open_browser, faults):
    faults.expect("status of 401")
    first, second, third, *_ = queue(user)
    page = open_browser(user)
    page.goto("/inbox/")
    page.keyboard.press("a")
    is_at(page, second)
    end_session(page)

    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    reload(second)
    assert second.state == Message.State.REVIEW
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(re.compile("/inbox/"))
    expect(page.locator("#detail h2")).to_have_text(second.subject)
    page.keyboard.press("a")
    expect(page.locator("#detail h2")).to_have_text(third.subject)
    reload(first, second)
    assert (first.state, second.state) == (Message.State.LINKED, Message.State.LINKED)


def test_filters_narrow_and_go_away_one_by_one(user, open_browser, picture):
    mails = queue(user)
    Message.objects.filter(pk=mails[1].pk).update(confidence=97)
    page = open_browser(user)
    page.goto("/inbox/")
    page.locator("#inbox-filters summary").click()
    page.locator("#inbox-band").focus()
    page.locator("#inbox-band").select_option("likely")
    expect(page.locator("#inbox-filters summary .badge")).to_contain_text("1")
    page.locator("#inbox-kind").select_option("offer")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page.locator("#tab-review .badge")).to_have_text("0")
    picture(page, "inbox-filters")
    page.get_by_role("link", name="Without Offer").click()
    expect(page.locator(".row[href]")).to_have_count(5)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".filter-set")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/inbox/\?tab=review$"))
