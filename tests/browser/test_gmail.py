"""Connecting Gmail: the consent page, the first sync by a real worker, new mail, and leaving."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Grant
from applications.status import Status
from tests.browser.scenes import application, look_again, reload
from tests.standins.fixtures import OWNER
from tests.workers import wait_for
from tracking.models import Disconnection, Mailbox, Message, SyncRun

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REJECTED = (
    "Hi Sam,\n\nThank you for your interest in the Data Analyst position at Lumen Health. Unfortunately, we "
    "have decided not to move forward with your application.\n\nKind regards,\nLumen Health Recruiting\n"
)


def consent(page, button):
    """Begin on the settings page and press a button at Google."""
    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Connect Gmail").click()
    expect(page.get_by_role("heading", name="wants access to your Google Account")).to_be_visible()
    assert "gmail.readonly" in page.content()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page).to_have_url(re.compile("/(oauth/gmail/callback|settings/integrations/)"))


def has_ended(mailbox, state, runs=1):
    """Wait until the worker has brought so many runs to this end, and let go of the mailbox."""
    wait_for(lambda: mailbox.runs.filter(state=state).count() >= runs)


def test_from_consent_to_disconnecting(user, google, open_browser, start_worker, picture):
    lumen = application(user, "Lumen Health")
    google.deliver(timezone.now() - timedelta(days=3))
    google.deliver(
        timezone.now() - timedelta(days=2),
        subject="Holiday pictures",
        text="Look at these from the lake!",
        sender="Mum <mum@home.example>",
    )
    page = open_browser(user)
    consent(page, "Allow")
    expect(page.locator(".toast")).to_contain_text(f"{OWNER} is connected. Its first sync has begun.")
    expect(page).to_have_url(re.compile("/settings/integrations/$"))
    mailbox = Mailbox.objects.get(user=user)
    page.evaluate("window.stayed = true")

    start_worker()
    has_ended(mailbox, "completed")
    look_again(page)
    expect(page.locator("#mailboxes")).to_contain_text("1 e-mail about your applications")
    expect(page.locator("#live-pill")).to_have_text(re.compile("^Synced"))
    assert page.evaluate("window.stayed")
    first = mailbox.runs.earliest("started_at")
    assert (first.trigger, first.state, first.kept) == ("first", "completed", 1)
    assert not Message.objects.filter(subject__contains="Holiday").exists()
    picture(page, "gmail-connected")

    # As if it had been some minutes ago, and the next one by the schedule far away.
    SyncRun.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    Mailbox.objects.update(next_sync_at=timezone.now() + timedelta(hours=1))
    google.deliver(subject="Your application for Data Analyst at Lumen Health", text=REJECTED)
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator(".toast")).to_contain_text("Looking for new mail")
    has_ended(mailbox, "completed", runs=2)
    look_again(page)
    expect(page.locator("#mailboxes")).to_contain_text("2 e-mails about your applications")
    page.goto("/inbox/")
    expect(page.locator(".row[href]").first).to_contain_text("Your application for Data Analyst")
    expect(page.locator("#detail")).to_contain_text("have decided not to move forward")
    page.locator("#approve").click()
    expect(page.locator(".toast")).to_contain_text("Applied → Rejected")
    reload(lumen)
    assert lumen.status == Status.REJECTED

    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Disconnect").click()
    expect(page.get_by_role("heading", name=f"Disconnect {OWNER}?")).to_be_visible()
    picture(page, "disconnect")
    page.get_by_role("button", name="Disconnect and delete its mail").click()
    expect(page.locator(".toast")).to_contain_text("2 e-mails deleted. Access was taken back at Google.")
    assert not Message.objects.of(user).exists()
    assert not Grant.objects.of(user).exists()
    assert Disconnection.objects.get().revoked_at_provider
    assert google.order("grants")["grants"] == []
    reload(lumen)
    assert lumen.status == Status.REJECTED


def test_denied_then_allowed_without_the_scope_then_allowed(user, google, open_browser, faults, picture):
    faults.expect("status of 400")
    page = open_browser(user)
    consent(page, "Deny")
    expect(page.get_by_role("alert")).to_contain_text("You did not allow access, so nothing was connected.")
    picture(page, "gmail-denied")
    consent(page, "Allow without the scope")
    expect(page.get_by_role("alert")).to_contain_text("its box was not ticked")
    assert not Mailbox.objects.exists()
    assert not Grant.objects.exists()
    used = page.url
    consent(page, "Allow")
    expect(page.locator(".toast")).to_contain_text(f"{OWNER} is connected.")
    assert Mailbox.objects.get().address == OWNER

    page.goto(used)
    expect(page.get_by_role("alert")).to_contain_text("used before")
    assert Mailbox.objects.count() == 1


def test_access_that_was_withdrawn_is_told_and_given_again(user, google, open_browser, start_worker):
    page = open_browser(user)
    consent(page, "Allow")
    google.order("revoke", address=OWNER)
    mailbox = Mailbox.objects.get()
    start_worker()
    has_ended(mailbox, "failed")
    look_again(page)
    expect(page.locator("#live-pill")).to_have_text("Reconnect Gmail")
    expect(page.locator("#mailboxes")).to_contain_text("Access to this mailbox was withdrawn")
    page.get_by_role("link", name="Reconnect", exact=True).click()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("is connected again, and goes on where it stopped")
    has_ended(mailbox, "completed")
    look_again(page)
    expect(page.locator("#live-pill")).to_have_text(re.compile("^Synced"))
