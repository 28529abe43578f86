"""Light, dark, or as the system: the server draws it, so nothing flashes."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

URL = "/theme/"


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def drawn_in(client, page="/privacy/"):
    return client.get(page).content.decode().partition('data-theme="')[2].partition('"')[0]


def test_the_system_decides_until_somebody_does(client, user):
    assert drawn_in(client) == "system"
    assert user.theme == ""


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_it_is_kept_for_the_user_on_every_device(client, user, client_of, theme):
    assert client.post(URL, {"theme": theme, "next": "/notifications/"})["Location"] == "/notifications/"
    assert User.objects.get().theme == theme
    assert drawn_in(client) == drawn_in(client_of(user)) == theme


def test_before_signing_in_the_browser_keeps_it():
    client = Client()
    cookie = client.post(URL, {"theme": "dark"}).cookies["theme"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert drawn_in(client, "/") == "dark"
    assert drawn_in(Client(), "/") == "system"


def test_a_user_who_never_chose_keeps_the_browsers(client):
    client.cookies["theme"] = "dark"
    assert drawn_in(client) == "dark"


def test_what_the_user_chose_comes_before_the_browsers(client, user):
    User.objects.update(theme="light")
    client.cookies["theme"] = "dark"
    assert drawn_in(client) == "light"


def test_a_cookie_that_is_none_is_passed_over(client):
    client.cookies["theme"] = '"><script>'
    assert drawn_in(client) == "system"


@pytest.mark.parametrize("theme", ["", "pink", "LIGHT"])
def test_it_refuses_what_is_no_theme(client, user, theme):
    assert client.post(URL, {"theme": theme}).status_code == 400
    assert User.objects.get().theme == ""


def test_it_leads_nowhere_else(client):
    sent = {"theme": "dark", "next": "https://evil.example/"}
    assert client.post(URL, sent)["Location"] == "/"


def test_the_profile_keeps_it_too(client, user):
    sent = {"name": user.name, "timezone": "UTC", "theme": "dark"}
    assert client.post("/settings/profile/", sent).cookies["theme"].value == "dark"
    assert drawn_in(client) == "dark"
    client.post("/settings/profile/", {"name": user.name, "timezone": "UTC"})
    assert drawn_in(client) == "dark"


def test_it_rejects_get(client):
    assert client.get(URL).status_code == 405
