"""Signing up and in with Google and Microsoft, from a page whose forms may lead nowhere but to this site."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from playwright.sync_api import expect

from accounts.models import Grant, User
from tests.standins.identity import CLIENT_ID, CLIENT_SECRET, identity

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "sam@gmail.example"


@pytest.fixture
def provider(settings, monkeypatch, faults):
    """Google's and Microsoft's sign-in, both set up, at one stand-in on another origin."""
    with identity(ADDRESS) as server:
        faults.hosts.add(urlsplit(server.url).netloc)
        faults.expect(r"favicon\.ico")  # the stand-in has none
        client = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET}
        there = {"login_url": server.url, "graph_url": server.url}
        configured = settings.SOCIALACCOUNT_PROVIDERS
        settings.SOCIALACCOUNT_PROVIDERS = {
            "google": configured["google"] | {"APPS": [client]},
            "microsoft": configured["microsoft"] | {"APPS": [client | {"settings": there}]},
        }
        monkeypatch.setattr(GoogleOAuth2Adapter, "authorize_url", f"{server.url}/authorize")
        monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", f"{server.url}/token")
        yield server


def choose(page, name):
    page.get_by_role("button", name=f"Continue with {name}").click()
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    page.get_by_role("link", name=ADDRESS).click()


@pytest.mark.parametrize(("name", "scope"), [("Google", {"profile", "email"}), ("Microsoft", {"User.Read"})])
@pytest.mark.parametrize("scripts", [True, False])
def test_a_newcomer_signs_up_and_a_known_one_signs_in(
    name, scope, scripts, provider, open_browser, settings, picture
):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    page = open_browser(java_script_enabled=scripts)
    page.goto("/accounts/signup/")
    picture(page, f"sign-up-with-{name.lower()}")
    choose(page, name)
    expect(page).to_have_url(re.compile("/onboarding/$"))
    user = User.objects.get(email=ADDRESS)
    assert (set(provider.asked["scope"].split()), provider.asked["client_id"]) == (scope, CLIENT_ID)

    again = open_browser(java_script_enabled=scripts)
    again.goto("/inbox/")
    expect(again).to_have_url(re.compile(r"/accounts/login/\?next=/inbox/$"))
    choose(again, name)
    expect(again).to_have_url(re.compile("/inbox/$"))
    assert SocialAccount.objects.get().user == user
    # It signs in and does nothing else: no mailbox may be read by it.
    assert not Grant.objects.exists()
    assert not SocialToken.objects.exists()


def test_it_is_added_to_an_account_in_the_settings(user, provider, open_browser):
    page = open_browser(user)
    page.goto("/settings/security/")
    page.get_by_role("link", name="Manage").last.click()
    choose(page, "Google")
    expect(page).to_have_url(re.compile("/accounts/3rdparty/$"))
    assert SocialAccount.objects.get().user == user
    assert not Grant.objects.exists()
