"""Connecting a mailbox over IMAP: the form, a wrong password, the right one, and the first sync."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.scenes import application
from tests.standins.dovecot import HOST, PASSWORD
from tracking.models import Mailbox, Message
from tracking.sync import sync

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """The test syncs by itself."""
    monkeypatch.setattr("tracking.tasks.queue_sync", lambda mailbox: None)


def fill(page, dovecot, password):
    page.get_by_label("IMAP server").fill(HOST)
    page.get_by_label("Password", exact=True).fill(password)
    port = page.get_by_label("Port")
    if not port.is_visible():
        page.get_by_text("Other settings").click()
    port.fill(str(dovecot.tls_port))
    page.locator("main").get_by_role("button", name="Connect").click()


def test_from_the_form_to_the_first_mail(user, dovecot, open_browser, faults, picture):
    application(user, "Lumen Health")
    dovecot.deliver(timezone.now() - timedelta(days=3))
    page = open_browser(user)
    page.goto("/settings/integrations/")
    page.get_by_role("link", name="Connect over IMAP").click()
    address = page.get_by_label("E-mail address")
    address.fill("sam@icloud.com")
    address.press("Tab")
    expect(page.get_by_label("IMAP server")).to_have_value("imap.mail.me.com")
    expect(page.locator("#server")).to_contain_text("It does not take your usual password")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    picture(page, "imap-known")
    address.fill(dovecot.owner)
    address.press("Tab")
    expect(page.get_by_label("IMAP server")).to_have_value("imap.mail.example")

    faults.expect("422")
    fill(page, dovecot, "wrong")
    expect(page.locator("#id_password_error")).to_contain_text("does not accept this user name and password")
    expect(address).to_have_value(dovecot.owner)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    picture(page, "imap-wrong-password")

    fill(page, dovecot, PASSWORD)
    expect(page).to_have_url(re.compile("/settings/integrations/$"))
    expect(page.locator(".toast")).to_contain_text(f"{dovecot.owner} is connected. Its first sync has begun.")
    sync(Mailbox.objects.get(user=user).pk)
    page.reload()
    expect(page.get_by_text("Active · 1 e-mail about your applications")).to_be_visible()
    picture(page, "imap-connected")
    assert Message.objects.get(user=user).sender_address == "jobs@lumenhealth.example"


def test_without_javascript(user, dovecot, open_browser):
    page = open_browser(user, java_script_enabled=False)
    page.goto(f"/settings/integrations/imap/?address={dovecot.owner}")
    fill(page, dovecot, PASSWORD)
    expect(page.locator(".toast")).to_contain_text(f"{dovecot.owner} is connected.")
