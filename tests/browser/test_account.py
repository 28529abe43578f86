"""Signing out and in, a forgotten password, and the time zone in which times are shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.core import mail
from playwright.sync_api import expect

from tests.browser.scenes import application, queue
from tests.factories import PASSWORD, MailboxFactory, MessageFactory
from tracking.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "battery staple 42"


def sign_in(page, user, password):
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_sign_out_and_in_again(user, open_browser, picture):
    page = open_browser()
    page.goto("/inbox/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/inbox/$"))
    picture(page, "sign-in")
    sign_in(page, user, "wrong")
    expect(page.locator("main")).to_contain_text("not correct")
    sign_in(page, user, PASSWORD)
    expect(page).to_have_url(re.compile("/inbox/$"))
    page.locator(".account summary").click()
    picture(page, "account-menu")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/dashboard/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_session_that_ended_leads_back_to_the_mail(user, open_browser, settings, faults):
    faults.expect("status of 401")  # the poll, which then stops
    first, second = queue(user, 2)
    page = open_browser(user)
    page.goto(f"/inbox/?m={first.pk}")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator(f"#row-{second.pk}").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator(".site-header")).to_have_count(1)
    sign_in(page, user, PASSWORD)
    expect(page.locator("#detail h2")).to_have_text(first.subject)

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("#approve").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, user, PASSWORD)
    expect(page.locator("#detail h2")).to_have_text(first.subject)
    assert not Decision.objects.exists()


def test_a_forgotten_password(user, open_browser, live_server, picture):
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_role("link", name=re.compile("Forgot")).click()
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    (letter,) = mail.outbox
    assert letter.to == [user.email]
    link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", letter.body)[0]
    assert link.startswith(live_server.url)
    page.goto(link)
    picture(page, "new-password")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Save the new password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    sign_in(page, user, NEW)
    expect(page).to_have_url(re.compile("/dashboard/$"))
    page.goto(link)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_times_are_in_the_zone_of_the_profile(user, open_browser):
    linked = application(user, "Lumen Health")
    message = MessageFactory(
        mailbox=MailboxFactory(user=user),
        suggestion=linked,
        received_at=datetime(2026, 3, 4, 23, 30, tzinfo=UTC),
    )
    page = open_browser(user)
    page.goto(f"/inbox/?m={message.pk}")
    expect(page.locator(".detail-when")).to_contain_text("Wed 4 Mar 2026, 23:30")
    page.goto("/settings/profile/")
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    page.goto(f"/inbox/?m={message.pk}")
    expect(page.locator(".detail-when")).to_contain_text("Thu 5 Mar 2026, 08:30")
    expect(page.locator(".detail-when time")).to_have_attribute("title", re.compile("Asia/Tokyo"))


def test_a_zone_that_is_none_is_refused(user, open_browser, faults):
    faults.expect("status of 422")
    page = open_browser(user)
    page.goto("/settings/profile/")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field.invalid")).to_contain_text("Choose a time zone from the list.")
    expect(page.get_by_label("Time zone")).to_have_value("Mars/Olympus")
    user.refresh_from_db()
    assert user.timezone == "UTC"
