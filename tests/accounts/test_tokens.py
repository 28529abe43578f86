from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.models import ApiToken
from tests.factories import ApiTokenFactory

URL = "/settings/tokens/"
AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def test_a_new_token_is_shown_once_and_works(client, user):
    response = client.post(URL, {"name": "Laptop"})
    (secret,) = re.findall(r"hb_[\w-]{43}", response.content.decode())
    assert response["Cache-Control"] == "private, no-store"
    assert ApiToken.user_of(secret, AT) == user
    again = client.get(URL).content.decode()
    assert secret not in again
    assert "Laptop" in again
    assert secret[:8] in again


def test_only_its_hash_is_kept(user):
    token, secret = ApiToken.issue(user, "Laptop")
    kept = " ".join(str(value) for value in ApiToken.objects.values_list()[0])
    assert secret not in kept
    assert secret[8:] not in kept
    assert token.hint == secret[:8]


def test_using_it_is_noted(user):
    token, secret = ApiToken.issue(user, "Laptop")
    ApiToken.user_of(secret, AT)
    token.refresh_from_db()
    assert token.last_used_at == AT


def test_nobody_is_behind_a_wrong_token_or_a_closed_account(user):
    _, secret = ApiToken.issue(user, "Laptop")
    assert ApiToken.user_of(secret[:-1], AT) is None
    assert ApiToken.user_of("", AT) is None
    user.is_active = False
    user.save()
    assert ApiToken.user_of(secret, AT) is None


def test_it_needs_a_name(client):
    response = client.post(URL, {"name": ""})
    assert response.status_code == 422
    assert not ApiToken.objects.exists()


def test_the_list_is_the_users_own(client, user, other):
    ApiTokenFactory(user=user, name="Mine")
    ApiTokenFactory(user=other, name="Theirs")
    content = client.get(URL).content.decode()
    assert "Mine" in content
    assert "Theirs" not in content


class TestRevoke:
    def test_it_works(self, client, user):
        token, secret = ApiToken.issue(user, "Laptop")
        assert client.post(reverse("settings-token-revoke", args=[token.pk]))["Location"] == URL
        assert ApiToken.user_of(secret, AT) is None

    def test_it_checks_ownership(self, client, other):
        token = ApiTokenFactory(user=other)
        assert client.post(reverse("settings-token-revoke", args=[token.pk])).status_code == 404
        assert ApiToken.objects.count() == 1

    def test_it_rejects_get(self, client, user):
        token = ApiTokenFactory(user=user)
        assert client.get(reverse("settings-token-revoke", args=[token.pk])).status_code == 405
