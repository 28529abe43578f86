from __future__ import annotations

import base64
import io

import pytest
from django.core.management import call_command

from accounts.encryption import key_id_of
from accounts.management.commands import reencrypt
from accounts.models import Grant
from tests.accounts.test_fields import stored
from tests.factories import GrantFactory, MessageFactory
from tracking.models import Message

pytestmark = pytest.mark.django_db
OLD = f"old:{base64.b64encode(b'o' * 32).decode()}"
NEW = f"new:{base64.b64encode(b'n' * 32).decode()}"


def run():
    out = io.StringIO()
    call_command("reencrypt", stdout=out)
    return out.getvalue()


def test_afterwards_the_old_key_is_not_needed(settings, monkeypatch):
    monkeypatch.setattr(reencrypt, "BATCH", 2)
    settings.ENCRYPTION_KEYS = OLD
    old = [GrantFactory(credentials=f"secret {number}") for number in range(5)]
    MessageFactory(snippet="A snippet", body="A body", quoted="")
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    GrantFactory(credentials="new already")
    assert "accounts.Grant: 5 rows" in run()
    settings.ENCRYPTION_KEYS = NEW
    assert [Grant.objects.get(pk=each.pk).credentials for each in old] == [f"secret {n}" for n in range(5)]
    message = Message.objects.get()
    assert (message.snippet, message.body, message.quoted) == ("A snippet", "A body", "")


def test_what_is_new_already_is_left_as_it_is(settings):
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    before = stored(grant := GrantFactory(credentials="secret"))
    empty = GrantFactory(credentials="")
    assert "accounts.Grant: 0 rows" in run()
    assert (stored(grant), stored(empty)) == (before, b"")


def test_it_changes_nothing_else(settings):
    settings.ENCRYPTION_KEYS = OLD
    grant = GrantFactory(credentials="secret")
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    run()
    after = Grant.objects.get()
    assert (after.updated_at, after.state, after.scopes) == (grant.updated_at, grant.state, grant.scopes)
    assert key_id_of(stored(grant)) == "new"


def test_nothing_secret_is_printed(settings):
    settings.ENCRYPTION_KEYS = OLD
    GrantFactory(credentials="secret")
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert "secret" not in run()
