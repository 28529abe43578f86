"""The same decisions in a browser that runs no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from applications.models import Application
from applications.status import Status
from tests.browser.scenes import application, noon_zone, orphan, queue, reload
from tests.factories import MailboxFactory, UserFactory
from tracking.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plain(user, open_browser):
    return open_browser(user, java_script_enabled=False)


def opens(page, message):
    expect(page.locator("#detail h2")).to_have_text(message.subject)


def test_approve_ignore_and_undo(user, plain, picture):
    first, second, _ = queue(user, 3)
    plain.goto("/inbox/")
    picture(plain, "plain-inbox")
    plain.locator("#approve").click()
    opens(plain, second)
    expect(plain.locator(".toast")).to_contain_text("Applied → Interviewing")
    reload(first)
    assert (first.state, first.application.status) == (Message.State.LINKED, Status.INTERVIEWING)

    plain.locator(".toast").get_by_role("button", name="Undo").click()
    opens(plain, first)
    reload(first, first.suggestion)
    assert (first.state, first.suggestion.status) == (Message.State.REVIEW, Status.APPLIED)

    plain.locator("#ignore").click()
    opens(plain, second)
    reload(first)
    assert first.state == Message.State.IGNORED
    plain.get_by_role("link", name=re.compile("^Decided")).click()
    opens(plain, first)
    plain.locator("#undo-decision").click()
    opens(plain, first)
    reload(first)
    assert first.state == Message.State.REVIEW


def test_unmatch_and_choose_another(user, plain):
    (first,) = queue(user, 1)
    right = application(user, "Lumen Labs", "Lab Analyst")
    plain.goto("/inbox/")
    plain.locator("#approve").click()
    plain.goto(first.suggestion.get_absolute_url())
    plain.locator(".page-header .menu summary").click()
    plain.locator(".page-header").get_by_role("button", name="Unmatch email").click()
    opens(plain, first)
    plain.locator("#picker-find").fill("lab")
    plain.locator(".find").get_by_role("button", name="Search").click()
    opens(plain, first)
    plain.locator("#found").get_by_role("button", name=re.compile("Lab Analyst")).click()
    expect(plain.locator(".toast")).to_contain_text("Linked to Lab Analyst at Lumen Labs")
    reload(first, right)
    assert (first.application, right.status) == (right, Status.INTERVIEWING)


def test_create_from_a_mail_with_a_correction(user, plain, faults):
    faults.expect("status of 422")
    lost = orphan(MailboxFactory(user=user), "Bluefin Analytics")
    plain.goto("/inbox/?tab=orphans")
    opens(plain, lost)
    plain.get_by_label("Company", exact=True).fill("")
    plain.get_by_role("button", name="Create and link").click()
    opens(plain, lost)
    expect(plain.locator("#create .error")).to_have_text("This field is required.")
    plain.get_by_label("Company", exact=True).fill("Bluefin")
    plain.get_by_role("button", name="Create and link").click()
    expect(plain.locator(".toast")).to_contain_text("Added Data Analyst at Bluefin")
    assert Application.objects.of(user).filter(company="Bluefin").exists()


def test_bulk(user, plain):
    messages = queue(user, 3)
    plain.goto("/inbox/")
    for each in messages[:2]:
        plain.locator(f".pick [value='{each.pk}']").check()
    plain.get_by_role("button", name="Ignore selected").click()
    plain.get_by_role("button", name="Ignore ticked").click()
    expect(plain.locator(".toast")).to_contain_text("2 e-mails ignored")
    plain.locator(".toast").get_by_role("button", name="Undo").click()
    expect(plain.locator(".row[href]")).to_have_count(3)
    assert Message.objects.in_review().count() == 3


def test_filters_and_nothing_that_only_scripts_could_do(user, plain):
    queue(user, 3)
    plain.goto("/inbox/")
    expect(plain.locator("[data-needs-js]:visible")).to_have_count(0)
    plain.locator("#inbox-search").fill("northwind")
    plain.locator(".filters").get_by_role("button", name="Search").click()
    expect(plain.locator(".row[href]")).to_have_count(1)
    expect(plain.locator("#inbox-search")).to_have_value("northwind")


def test_a_queue_to_its_end_and_two_windows(open_browser, picture):
    user = UserFactory(plan="platinum", timezone=noon_zone())
    plain = open_browser(user, java_script_enabled=False)
    mails = queue(user)
    plain.goto("/inbox/")
    other = plain.context.new_page()
    other.goto("/inbox/")
    for mail in mails:
        opens(plain, mail)
        plain.get_by_label("Note for the timeline").fill("Seen")
        plain.get_by_role("button", name="Approve", exact=True).click()
    expect(plain.get_by_role("heading", name="Nothing to review")).to_be_visible()
    expect(plain.locator("#inbox")).to_contain_text("5 e-mails dealt with today")
    picture(plain, "plain-zero")
    assert Message.objects.of(user).filter(state="linked").count() == 5

    other.locator("#ignore").click()
    expect(other.locator(".toast")).to_contain_text("already decided")
    reload(mails[0])
    assert mails[0].state == Message.State.LINKED
