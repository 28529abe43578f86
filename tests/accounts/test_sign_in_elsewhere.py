"""The way to Google and Microsoft to sign in: only where it is set up, and for nothing but signing in."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.django_db
GOOGLE, MICROSOFT = "/accounts/google/login/", "/accounts/microsoft/login/"
HOSTS = {GOOGLE: "accounts.google.com", MICROSOFT: "login.microsoftonline.com"}


@pytest.fixture
def configured(settings):
    client = {"client_id": "client.apps.example", "secret": "GOCSPX-secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: each | {"APPS": [client]} for name, each in settings.SOCIALACCOUNT_PROVIDERS.items()
    }


def leads_to(response):
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', response.content.decode())
    return urlsplit(unescape(found[1]))


@pytest.mark.parametrize("path", HOSTS)
def test_without_a_client_there_is_nothing(client, path):
    assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]
    assert "Continue with" not in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("path", HOSTS)
@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/signup/"])
def test_a_button_leads_there_by_a_form(client, configured, page, path):
    assert f'<form method="post" action="{path}?process=login' in client.get(page).content.decode()


@pytest.mark.parametrize(("path", "host"), HOSTS.items())
def test_a_page_of_ours_leads_on(client, configured, path, host):
    """A redirect would be stopped by form-action 'self'."""
    response = client.post(f"{path}?process=login")
    there = leads_to(response)
    assert (response.status_code, there.scheme, there.netloc) == (200, "https", host)
    assert "form-action 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", HOSTS)
def test_only_who_one_is_is_asked_for(client, configured, path):
    asked = parse_qs(leads_to(client.post(path)).query)
    assert set(asked["scope"][0].split()) <= {"profile", "email", "User.Read"}
    assert "access_type" not in asked
    assert asked["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    "more",
    [
        "scope=https://www.googleapis.com/auth/gmail.readonly",
        "auth_params=scope%3Dhttps://www.googleapis.com/auth/gmail.readonly",
        "auth_params=include_granted_scopes%3Dtrue",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_link_can_ask_for_more(client, configured, more, method):
    assert getattr(client, method)(f"{GOOGLE}?{more}").status_code == 400


def test_opening_it_asks_first(client, configured):
    response = client.get(f"{GOOGLE}?process=login&next=/inbox/")
    content = response.content.decode()
    assert response.status_code == 200
    assert "Continue with Google" in content
    assert "no access to your mail" in content
    assert "accounts.google.com" not in content
