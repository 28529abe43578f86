from __future__ import annotations

import pytest
from django.core import serializers
from django.db import connection, transaction

from accounts.encryption import DecryptionError
from accounts.models import Grant
from tests.factories import GrantFactory

pytestmark = pytest.mark.django_db
SECRET = "1//a refresh token — ünïcode"


def stored(grant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM accounts_grant WHERE id = %s", [grant.pk])
        return bytes(cursor.fetchone()[0])


def test_the_database_holds_it_sealed_and_the_instance_plain():
    grant = GrantFactory(credentials=SECRET)
    assert grant.credentials == SECRET
    assert b"refresh" not in stored(grant)
    assert Grant.objects.get().credentials == SECRET


def test_saving_again_without_reading_keeps_the_sealed_value():
    before = stored(grant := GrantFactory(credentials=SECRET))
    Grant.objects.get().save()
    assert stored(grant) == before
    assert Grant.objects.get().credentials == SECRET


def test_a_changed_value_is_sealed_anew():
    grant = GrantFactory(credentials=SECRET)
    loaded = Grant.objects.get()
    loaded.credentials = "other"
    loaded.save(update_fields=["credentials"])
    assert Grant.objects.get(pk=grant.pk).credentials == "other"


def test_empty_says_nothing_and_is_stored_as_it_is():
    grant = GrantFactory(credentials="")
    assert stored(grant) == b""
    assert Grant.objects.get().credentials == ""


def test_it_can_be_left_out_of_a_query_and_read_later(django_assert_num_queries):
    GrantFactory(credentials=SECRET)
    grant = Grant.objects.defer("credentials").get()
    with django_assert_num_queries(1):
        assert grant.credentials == SECRET
        assert grant.credentials == SECRET


def test_bulk_create_seals_too():
    Grant.objects.bulk_create([grant := GrantFactory.build(user=GrantFactory().user, credentials=SECRET)])
    assert b"refresh" not in stored(grant)
    assert Grant.objects.get(pk=grant.pk).credentials == SECRET


def test_a_value_copied_to_another_row_does_not_open():
    rich, poor = GrantFactory(credentials=SECRET), GrantFactory(credentials="mine")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_grant SET credentials = %s WHERE id = %s", [stored(rich), poor.pk])
    with pytest.raises(DecryptionError):
        _ = Grant.objects.get(pk=poor.pk).credentials


def test_update_is_refused_as_it_cannot_know_the_row():
    GrantFactory(credentials=SECRET)
    with pytest.raises(TypeError, match="encrypted"), transaction.atomic():
        Grant.objects.update(credentials="plain")
    assert Grant.objects.get().credentials == SECRET
    assert Grant.objects.update(credentials="") == 1  # taking it away is possible
    assert Grant.objects.get().credentials == ""


def test_it_is_not_serialised():
    grant = GrantFactory(credentials=SECRET)
    with pytest.raises(TypeError, match="encrypted"):
        serializers.serialize("json", [grant])
