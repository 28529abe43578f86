from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from accounts.encryption import (
    NONCE_BYTES,
    DecryptionError,
    current_key_id,
    key_id_of,
    keyed_hash,
    seal,
    unseal,
)

OLD = f"old:{base64.b64encode(b'o' * 32).decode()}"
NEW = f"new:{base64.b64encode(b'n' * 32).decode()}"
PLACE = "accounts_grant/1/credentials"


@given(st.text(), st.text())
def test_what_is_sealed_opens_at_its_place(text, place):
    assert unseal(seal(text, place), place) == text


@given(st.text(), st.text(), st.text())
def test_it_opens_nowhere_else(text, place, elsewhere):
    if place != elsewhere:
        with pytest.raises(DecryptionError):
            unseal(seal(text, place), elsewhere)


@given(st.text(min_size=1), st.data())
def test_a_changed_byte_is_noticed(text, data):
    sealed = bytearray(seal(text, PLACE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((DecryptionError, UnicodeDecodeError)):
        unseal(bytes(sealed), PLACE)


@given(st.binary(max_size=60))
def test_what_was_never_sealed_does_not_open(junk):
    with pytest.raises((DecryptionError, UnicodeDecodeError)):
        unseal(junk, PLACE)


def test_the_same_text_is_never_sealed_the_same_way():
    first, second = seal("secret", PLACE), seal("secret", PLACE)
    assert first != second
    assert b"secret" not in first


def test_the_format_is_the_one_documented(settings):
    settings.ENCRYPTION_KEYS = NEW
    sealed = seal("abc", PLACE)
    assert sealed[:5] == b"\x01\x03new"
    assert len(sealed) == 5 + NONCE_BYTES + 3 + 16


def test_new_values_take_the_first_key_and_old_ones_still_open(settings):
    settings.ENCRYPTION_KEYS = OLD
    sealed = seal("secret", PLACE)
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert unseal(sealed, PLACE) == "secret"
    assert (key_id_of(sealed), current_key_id(), key_id_of(seal("x", PLACE))) == ("old", "new", "new")


def test_a_key_that_was_taken_out_opens_nothing(settings):
    settings.ENCRYPTION_KEYS = OLD
    sealed = seal("secret", PLACE)
    settings.ENCRYPTION_KEYS = NEW
    with pytest.raises(DecryptionError, match="does not hold"):
        unseal(sealed, PLACE)


@pytest.mark.parametrize(
    "configured",
    ["", "new", "new:", "new:short", f":{NEW[4:]}", f"{NEW},", "new:" + base64.b64encode(b"x" * 31).decode()],
)
def test_keys_that_are_none_are_refused(settings, configured):
    settings.ENCRYPTION_KEYS = configured
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        seal("secret", PLACE)


def test_a_keyed_hash_depends_on_purpose_value_and_installation(settings):
    settings.SECRET_KEY = "one"
    first = keyed_hash("sender", "a@b.example")
    assert first == keyed_hash("sender", "a@b.example")
    assert len(first) == 32
    others = {keyed_hash("domain", "a@b.example"), keyed_hash("sender", "c@b.example")}
    settings.SECRET_KEY = "two"
    assert len({first, *others, keyed_hash("sender", "a@b.example")}) == 4
