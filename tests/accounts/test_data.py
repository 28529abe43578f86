"""Taking everything along, and deleting everything."""

from __future__ import annotations

import json

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection

from accounts import registry
from accounts.models import User
from applications import editing
from applications.models import ListColumns
from tests.factories import (
    PASSWORD,
    AllowedSenderFactory,
    ApiTokenFactory,
    ApplicationFactory,
    GrantFactory,
    ImportFactory,
    MailboxFactory,
    MessageFactory,
    NotificationFactory,
    SyncRunFactory,
    TaskFactory,
)

EXPORT, DELETE = "/settings/data/export/", "/settings/data/delete/"


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def fill(user):
    """A row of everything a user can have, each with the user's e-mail address as a mark where text goes."""
    mark = user.email
    credentials = json.dumps({"access_token": f"token of {mark}"})
    mailbox = MailboxFactory(user=user, grant=GrantFactory(user=user, credentials=credentials))
    application = ApplicationFactory(user=user, company=f"Company of {mark}", notes=f"Notes of {mark}")
    editing.note(application, f"Note of {mark}", application.created_at)
    TaskFactory(application=application, text=f"Task of {mark}")
    ImportFactory(user=user, filename=f"File of {mark}")
    ListColumns.objects.create(user=user, columns=["location"])
    message = MessageFactory(
        mailbox=mailbox, linked_to=application, subject=f"Subject of {mark}", body=f"Body of {mark}"
    )
    AllowedSenderFactory(message=message)
    SyncRunFactory(mailbox=mailbox)
    NotificationFactory(user=user, text=f"News of {mark}")
    ApiTokenFactory(user=user, name=f"Token of {mark}")
    EmailAddress.objects.create(user=user, email=mark, verified=True, primary=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "totp secret"})


class TestExport:
    def test_it_holds_everything_and_nothing_of_others(self, client, user, other):
        fill(user)
        fill(other)
        response = client.get(EXPORT)
        assert response["Content-Disposition"].startswith('attachment; filename="heardback-')
        text = response.content.decode()
        everything = json.loads(text)
        assert other.email not in text
        for mark in ("Company", "Notes", "Note", "Subject", "Body", "News", "Token"):
            assert f"{mark} of {user.email}" in text
        assert everything["account"]["email"] == user.email
        assert everything["account"]["email_addresses"] == [
            {"email": user.email, "verified": True, "primary": True}
        ]
        assert everything["grants"][0]["scopes"]
        assert everything["subscription"]["plan"] == "platinum"
        (application,) = everything["applications"]
        assert [event["kind"] for event in application["events"]] == ["mail", "created", "note"]

    def test_no_secret_is_in_it(self, client, user):
        fill(user)
        text = client.get(EXPORT).content.decode()
        digest = user.api_tokens.get().digest
        for secret in (f"token of {user.email}", digest, user.password, "totp secret"):
            assert secret not in text

    def test_an_empty_account_can_be_exported(self, client_of, free_user):
        everything = json.loads(client_of(free_user).get(EXPORT).content)
        assert everything["applications"] == []
        assert everything["subscription"]["plan"] == "free"

    def test_it_rejects_post(self, client):
        assert client.post(EXPORT).status_code == 405


class TestDelete:
    def test_it_leaves_no_row_of_the_user_in_any_table(self, client, user, other):
        fill(user)
        fill(other)
        pk, email = user.pk, user.email
        before = _rows_naming(other.pk, other.email)
        assert len(_rows_naming(pk, email)) == len(before)
        response = client.post(DELETE, {"password": PASSWORD})
        assert response["Location"] == "/"
        assert not User.objects.filter(pk=pk).exists()
        assert _rows_naming(pk, email) == []
        assert _rows_naming(other.pk, other.email) == before
        assert "sessionid" not in client.cookies
        assert client.get("/settings/profile/").status_code == 302

    @pytest.mark.parametrize("sent", [{}, {"password": ""}, {"password": "wrong horse"}])
    def test_it_asks_for_the_password(self, client, user, sent):
        response = client.post(DELETE, sent)
        assert response.status_code == 422
        assert "This is not your password." in response.content.decode()
        assert User.objects.filter(pk=user.pk).exists()

    def test_without_a_password_it_asks_for_the_address(self, client, user):
        user.set_unusable_password()
        user.save()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert client.post(DELETE, {"email": "stranger@example.org"}).status_code == 422
        assert client.post(DELETE, {"email": user.email.upper()}).status_code == 302
        assert not User.objects.filter(pk=user.pk).exists()

    def test_every_floor_cleans_up_first(self, user, monkeypatch):
        seen = []
        monkeypatch.setattr(
            registry, "_deleters", [lambda u: seen.append(User.objects.filter(pk=u.pk).exists())]
        )
        registry.delete(user)
        assert seen == [True]
        assert not User.objects.exists()

    def test_it_rejects_get(self, client, user):
        assert client.get(DELETE).status_code == 405
        assert User.objects.filter(pk=user.pk).exists()


def test_the_page_offers_both(client):
    content = client.get("/settings/data/").content.decode()
    assert EXPORT in content
    assert DELETE in content


def _rows_naming(pk, email):
    """(table, row as text) of every row of ours that names the user's id or address anywhere."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(
                f'SELECT t::text FROM "{table}" t WHERE t::text LIKE %s OR t::text LIKE %s ORDER BY 1',
                [f"%{pk}%", f"%{email}%"],
            )
            found += [(table, row) for (row,) in cursor.fetchall()]
    return found
