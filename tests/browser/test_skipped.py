"""From what was skipped to the Tracking Inbox, with scripts and without; and how the list looks."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import complaints
from tracking.connect import use_sample
from tracking.models import AllowedSender, Message
from tracking.sync import sync

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SUBJECT, SENDER = "Your box is being packed", "hello@muddylane-veg.co.uk"


@pytest.fixture
def sample(user):
    mailbox = use_sample(user, timezone.now())
    sync(mailbox.pk)
    return mailbox


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_one_is_pulled_in_and_its_sender_forgotten(user, sample, open_browser, picture, scripts):
    page = open_browser(user, java_script_enabled=scripts)
    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Skipped mail").click()
    expect(page.get_by_role("heading", name="Skipped mail of Sample mailbox")).to_be_visible()
    page.get_by_role("link", name="Last 14 days").click()
    expect(page.get_by_role("link", name="Last 14 days")).to_have_attribute("aria-current", "page")
    assert not Message.objects.filter(subject=SUBJECT).exists()

    page.locator("li").filter(has_text=SUBJECT).get_by_role("button", name="Pull in").click()
    expect(page.locator("#detail h2")).to_have_text(SUBJECT)
    expect(page.locator(".toast")).to_contain_text("Pulled in.")
    picture(page, f"pulled-in-{'scripts' if scripts else 'plain'}")
    assert Message.objects.get(subject=SUBJECT).state == Message.State.ORPHAN

    page.get_by_role("link", name="Stop reading mail from this sender").click()
    expect(page.locator("#allowed")).to_contain_text(SENDER)
    expect(page.get_by_text(SUBJECT)).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Stop reading")).click()
    expect(page.locator(".toast")).to_contain_text("judged like any other again")
    expect(page.locator("#allowed")).to_have_count(0)
    assert not AllowedSender.objects.exists()


def test_a_search_says_its_words_again(user, sample, open_browser):
    page = open_browser(user, java_script_enabled=False)
    page.goto(f"/settings/integrations/{sample.pk}/skipped/?days=30")
    page.get_by_label("Words in sender or subject").fill("muddy")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 skipped e-mail")).to_be_visible()
    expect(page.get_by_label("Words in sender or subject")).to_have_value("muddy")
    expect(page.get_by_role("link", name="Last 30 days")).to_have_attribute("aria-current", "page")
    expect(page).to_have_url(re.compile("/skipped/(\\?days=30)?$"))  # no words in the address


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wrong_with_the_list(user, sample, open_browser, picture, size, theme):
    page = open_browser(user, viewport=size, color_scheme=theme)
    page.goto(f"/settings/integrations/{sample.pk}/skipped/")
    page.get_by_role("button", name="Pull in").first.click()
    expect(page.locator("#detail h2")).to_be_visible()
    page.goto(f"/settings/integrations/{sample.pk}/skipped/?days=30")
    expect(page.locator("#allowed")).to_be_visible()
    picture(page, f"skipped-{size['width']}-{theme}")
    assert not list(complaints(page, theme))
