"""A mailbox in trouble, as its owner meets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.notifications import touch
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import complaints
from tests.factories import MailboxFactory, SyncRunFactory
from tracking.lease import claim
from tracking.models import Disconnection, FailedMessage, Mailbox, SyncRun
from tracking.trouble import lose_access

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # as if the tab was turned to: it polls


def banner(page):
    return page.get_by_role("region", name="Mailboxes to reconnect")


def test_the_banner_comes_and_goes_without_touching_what_is_typed(user, open_browser):
    mailbox = MailboxFactory(user=user, address="sam.taylor@gmail.com", cursor={"x": 1})
    page = open_browser(user)
    page.goto("/applications/add/")
    company = page.get_by_label("Company")
    company.fill("Lumen Health")
    expect(banner(page)).to_be_hidden()

    lose_access(mailbox, claim(mailbox.pk, timezone.now()), "grant_revoked", timezone.now())
    page.evaluate(LOOK)
    expect(banner(page)).to_contain_text("We cannot read sam.taylor@gmail.com any more.")
    expect(banner(page).get_by_role("link", name="Reconnect Gmail")).to_be_visible()
    expect(company).to_have_value("Lumen Health")
    expect(company).to_be_focused()

    Mailbox.objects.update(state=Mailbox.State.ACTIVE, state_reason="")
    touch(user.pk)
    page.evaluate(LOOK)
    expect(banner(page)).to_be_hidden()
    expect(company).to_have_value("Lumen Health")


@pytest.mark.parametrize("javascript", [True, False])
def test_reading_further_back_and_trying_again(user, open_browser, javascript, monkeypatch):
    monkeypatch.setattr("tracking.tasks.queue_sync", lambda mailbox: None)
    mailbox = MailboxFactory(
        user=user, cursor={"x": 1}, read_since=timezone.now() - timedelta(days=90), address="sam@gmail.com"
    )
    FailedMessage.objects.create(mailbox=mailbox, provider_id="1", error="unreadable")
    page = open_browser(user, java_script_enabled=javascript)
    page.goto("/settings/integrations/")
    page.get_by_label("Read mail of the last").select_option("365")
    page.get_by_role("button", name="Save how far back sam@gmail.com is read").click()
    expect(page.get_by_text("Mail of the last year is read")).to_be_visible()
    expect(page.get_by_text("is being read.", exact=False).first).to_be_visible()
    expect(page.get_by_label("Read mail of the last")).to_have_value("365")
    page.get_by_role("button", name="Try again now what could not be read of sam@gmail.com").click()
    expect(page.get_by_text("1 message will be tried again.")).to_be_visible()


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_nothing_is_wrong_with_the_pages(user, open_browser, size):
    at = timezone.now()
    MailboxFactory(user=user, state="needs_reconnect", state_reason="grant_ended_after_a_week")
    reading = MailboxFactory(user=user, provider="outlook", older_since=at - timedelta(days=365))
    SyncRunFactory(mailbox=reading, state=SyncRun.State.WAITING, finished_at=None, estimated_total=1900)
    broken = MailboxFactory(user=user, provider="imap")
    SyncRunFactory(mailbox=broken, state=SyncRun.State.FAILED, error="nothing_read", failed=1)
    FailedMessage.objects.create(mailbox=broken, provider_id="1", error="unreadable")
    Disconnection.objects.create(user=user, provider="gmail", address_hash="x", requested_at=at, revoke_at=at)
    wrong = []
    for theme in ("light", "dark"):
        page = open_browser(user, viewport=size, color_scheme=theme)
        for path in ("/settings/integrations/", "/inbox/runs/", "/dashboard/"):
            page.goto(path)
            wrong += [f"{path} in {theme}: {each}" for each in complaints(page, theme)]
    assert not wrong, "\n".join(wrong)
