"""A passkey, from adding it to signing in by it, with the browser's own virtual authenticator."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_signs_in_without_a_password(user, open_browser, picture):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    page = open_browser(user)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Add a passkey or security key")).to_be_visible()
    page.get_by_label("Name").fill("The laptop")
    page.get_by_label("Sign in with this key alone, without a password").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    picture(page, "recovery-codes")
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="The laptop")).to_contain_text("Passkey")
    picture(page, "passkeys")

    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    assert Authenticator.objects.get(type="webauthn").last_used_at

    page.goto("/accounts/logout/")  # it is a second factor too, where the password comes first
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    picture(page, "second-factor")
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
