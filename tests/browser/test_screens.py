"""Narrow screens: the inbox works in one column, and the menus are in reach."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.scenes import queue, reload
from tests.factories import NotificationFactory
from tracking.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_column_from_the_list_to_the_mail_and_back(user, open_browser, picture):
    (first, second, *_) = queue(user, 3)
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/inbox/")
    expect(page.locator(f"#row-{first.pk}")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()

    page.locator(f"#row-{first.pk}").tap()
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    page.locator("#approve").tap()
    expect(page.locator("#detail h2")).to_have_text(second.subject)
    expect(page.locator(".toast")).to_contain_text("Applied → Interviewing")
    picture(page, "narrow-approved")
    reload(first)
    assert first.state == Message.State.LINKED

    page.get_by_role("link", name="Back to the list").tap()
    expect(page.locator(f"#row-{second.pk}")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator(f"#row-{first.pk}")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/inbox/$"))
    page.go_back()
    expect(page.locator("#detail h2")).to_be_visible()


def test_the_menus_of_the_header_work_on_a_narrow_screen(user, open_browser, picture):
    NotificationFactory(user=user)
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/dashboard/")
    page.locator(".bell summary").tap()
    news = page.locator(".bell .menu-panel")
    expect(news).to_be_visible()
    picture(page, "narrow-bell")
    box = news.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    page.locator(".account summary").tap()
    expect(news).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    page.get_by_role("link", name="Inbox").first.tap()
    expect(page).to_have_url(re.compile("/inbox/$"))


def test_the_filters_are_in_reach_on_a_narrow_screen(user, open_browser, picture):
    queue(user, 3)
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/inbox/")
    page.locator("#inbox-filters summary").tap()
    panel = page.locator("#inbox-filters .menu-panel")
    expect(panel).to_be_visible()
    picture(page, "narrow-filters")
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
