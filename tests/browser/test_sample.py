"""A newcomer on Free: signs up, tries the sample mailbox, and watches a real worker sort it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.workers import held_after_a_page, wait_for
from tracking.models import Mailbox, Message, SyncRun

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "battery staple 42"


def test_from_sign_up_to_a_sorted_inbox(open_browser, start_worker, picture):
    page = open_browser()
    page.goto("/")
    picture(page, "home")
    page.get_by_role("link", name="Start with the sample mailbox").click()
    page.get_by_label("E-mail address").fill("newcomer@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    picture(page, "sign-up")
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(re.compile("/onboarding/$"))
    user = User.objects.get(email="newcomer@example.org")
    assert (user.timezone, user.check_password(PASSWORD)) == ("Europe/Berlin", True)
    expect(page.locator("#live-pill")).to_have_text("Connect a mailbox")
    picture(page, "first-steps-of-a-newcomer")
    page.get_by_role("link", name="To the dashboard").click()  # it can be left,
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    picture(page, "welcome")
    page.go_back()  # and resumed

    page.get_by_role("button", name="Try the sample mailbox").click()
    expect(page.locator(".toast")).to_contain_text("The sample mailbox is being read")
    expect(page).to_have_url(re.compile("/onboarding/$"))
    mailbox = Mailbox.objects.get(user=user)
    page.goto("/settings/integrations/")
    stays(page)
    expect(page.locator("#live-pill")).to_have_text("First sync is coming up")

    with held_after_a_page():  # so that there is time to look
        start_worker()
        wait_for(SyncRun.objects.filter(mailbox=mailbox, looked_at__gt=0).exists)
        expect(page.locator("#live-pill")).to_have_text(re.compile("^Syncing"))
        expect(page.locator("#mailboxes")).to_contain_text(re.compile(r"Reading mail of .*\d+ of about \d+"))
        picture(page, "integrations-syncing")
    expect(page.locator("#live-pill")).to_have_text(re.compile("^Synced"))
    run = SyncRun.objects.get(mailbox=mailbox)
    assert run.state == SyncRun.State.COMPLETED
    waiting = Message.objects.of(user).pending().count()
    assert waiting
    expect(page.locator("#live-inbox")).to_have_text(f"{waiting} waiting")
    expect(page.locator("#mailboxes")).to_contain_text(f"{run.kept} e-mails about your applications")
    expect(page.locator("#live-bell summary .badge")).to_be_visible()
    assert was_never_reloaded(page)
    picture(page, "integrations-synced")

    page.get_by_role("link", name=re.compile("^Inbox")).click()
    expect(page.locator("#tab-review .badge")).to_have_text(str(Message.objects.of(user).in_review().count()))
    assert page.locator(".row[href]").count() == min(20, Message.objects.of(user).in_review().count())
    picture(page, "inbox-sample")
    page.goto("/dashboard/")
    expect(page.locator(".numbers")).to_be_visible()
    picture(page, "dashboard-sample")


def stays(page):
    """Leave a mark on the page that a reload would wipe out."""
    page.evaluate("window.stayed = true")


def was_never_reloaded(page):
    return page.evaluate("window.stayed === true")
