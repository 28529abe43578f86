from __future__ import annotations

import zoneinfo

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.forms import timezones
from accounts.models import check_timezone

URL = "/settings/profile/"
SENT = {"name": "Sam Q. Taylor", "timezone": "Europe/Berlin", "shortcuts_enabled": "on"}


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def test_it_works(client, user):
    assert 'value="Sam Taylor"' in client.get(URL).content.decode()
    assert client.post(URL, SENT)["Location"] == URL
    user.refresh_from_db()
    assert (user.name, user.timezone, user.shortcuts_enabled) == ("Sam Q. Taylor", "Europe/Berlin", True)


def test_shortcuts_can_be_switched_off(client, user):
    client.post(URL, {key: value for key, value in SENT.items() if key != "shortcuts_enabled"})
    user.refresh_from_db()
    assert not user.shortcuts_enabled


def test_it_refuses_a_zone_that_is_none(client, user):
    response = client.post(URL, {**SENT, "timezone": "Europe/Atlantis"})
    assert response.status_code == 422
    assert "Choose a time zone from the list." in response.content.decode()
    user.refresh_from_db()
    assert user.timezone == "UTC"


def test_it_changes_nothing_but_the_profile(client, user):
    client.post(URL, {**SENT, "email": "new@example.org", "is_staff": "on"})
    email = user.email
    user.refresh_from_db()
    assert (user.email, user.is_staff) == (email, False)


def test_every_zone_on_offer_is_one():
    assert timezones()[0] == "UTC"
    for name in timezones():
        check_timezone(name)
        zoneinfo.ZoneInfo(name)


def test_settings_lead_to_the_profile(client):
    assert client.get("/settings/")["Location"] == URL


def test_it_asks_strangers_to_sign_in(db, settings):
    from django.test import Client

    for page in (URL, "/settings/security/", "/settings/tokens/", "/settings/data/", "/notifications/"):
        assert Client().get(page)["Location"] == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("page", [URL, "/settings/security/", "/settings/tokens/", "/settings/data/"])
def test_pages_take_few_queries(client, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        assert client.get(page).status_code == 200


def test_it_rejects_put(client):
    assert client.put(URL).status_code == 405


class TestSecurity:
    url = "/settings/security/"

    def test_it_leads_to_what_can_be_changed(self, client):
        content = client.get(self.url).content.decode()
        for link in (
            "/accounts/password/change/",
            "/accounts/2fa/",
            "/accounts/email/",
        ):
            assert f'href="{link}"' in content

    def test_google_and_microsoft_are_offered_where_they_are_set_up(self, client, user, settings):
        link = 'href="/accounts/3rdparty/"'
        assert link not in client.get(self.url).content.decode()
        SocialAccount.objects.create(user=user, provider="google", uid="1083")  # from when it was
        assert link in client.get(self.url).content.decode()
        SocialAccount.objects.all().delete()
        google = {"APPS": [{"client_id": "client.apps.example", "secret": "GOCSPX-secret"}]}
        settings.SOCIALACCOUNT_PROVIDERS = {"google": google}
        assert link in client.get(self.url).content.decode()

    def test_without_a_password_one_can_be_set(self, client, user):
        user.set_unusable_password()
        user.save()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert 'href="/accounts/password/set/"' in client.get(self.url).content.decode()

    def test_it_says_whether_a_second_factor_is_on(self, client, user):
        from allauth.mfa.models import Authenticator

        assert "Set up" in client.get(self.url).content.decode()
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
        assert "Set up" not in client.get(self.url).content.decode()

    def test_it_rejects_post(self, client):
        assert client.post(self.url).status_code == 405
