"""Connecting Outlook: the consent page, the first sync by a real worker, a decision, and leaving."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Grant
from applications.status import Status
from tests.browser.scenes import application, look_again, reload
from tests.standins.fixtures import OUTLOOK_OWNER
from tests.workers import wait_for
from tracking.models import Disconnection, Mailbox, Message

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REJECTED = (
    "Hi Sam,\n\nThank you for your interest in the Data Analyst position at Lumen Health. Unfortunately, we "
    "have decided not to move forward with your application.\n\nKind regards,\nLumen Health Recruiting\n"
)


def consent(page, button):
    """Begin on the settings page and press a button at Microsoft."""
    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Connect Outlook").click()
    expect(page.get_by_role("heading", name="Permissions requested by")).to_be_visible()
    assert "Mail.Read" in page.content()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page).to_have_url(re.compile("/(oauth/outlook/callback|settings/integrations/)"))


def test_from_consent_to_disconnecting(user, microsoft, open_browser, start_worker, picture):
    lumen = application(user, "Lumen Health")
    microsoft.deliver(timezone.now() - timedelta(days=3))
    microsoft.deliver(
        timezone.now() - timedelta(days=2),
        subject="Your application for Data Analyst at Lumen Health",
        text=REJECTED,
    )
    microsoft.deliver(
        timezone.now() - timedelta(days=1),
        subject="Holiday pictures",
        text="Look at these from the lake!",
        sender="Mum <mum@home.example>",
    )
    page = open_browser(user)
    consent(page, "Accept")
    expect(page.locator(".toast")).to_contain_text(f"{OUTLOOK_OWNER} is connected. Its first sync has begun.")
    mailbox = Mailbox.objects.get(user=user)

    start_worker()
    wait_for(lambda: mailbox.runs.filter(state="completed").exists())
    look_again(page)
    expect(page.locator("#mailboxes")).to_contain_text("2 e-mails about your applications")
    assert not Message.objects.filter(subject__contains="Holiday").exists()
    picture(page, "outlook-connected")

    page.goto("/inbox/?q=data+analyst")
    expect(page.locator("#detail")).to_contain_text("have decided not to move forward")
    page.locator("#approve").click()
    expect(page.locator(".toast")).to_contain_text("Applied → Rejected")
    reload(lumen)
    assert lumen.status == Status.REJECTED

    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect and delete its mail").click()
    expect(page.locator(".toast")).to_contain_text("2 e-mails deleted.")
    assert not Message.objects.of(user).exists()
    assert not Grant.objects.of(user).exists()
    assert Disconnection.objects.get().messages_deleted == 2


def test_denied_then_allowed(user, microsoft, open_browser, faults):
    faults.expect("status of 400")
    page = open_browser(user)
    consent(page, "Cancel")
    expect(page.get_by_role("alert")).to_contain_text("nothing was connected")
    assert not Grant.objects.exists()
    microsoft.deliver(timezone.now() - timedelta(days=3))
    consent(page, "Accept")
    expect(page.locator(".toast")).to_contain_text(f"{OUTLOOK_OWNER} is connected.")
