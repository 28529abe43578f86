"""Encryption at rest: AES-256-GCM with rotatable keys.

A sealed value is `1` (one byte, format) + length of the key id (one byte) + key id + nonce (12 bytes) +
ciphertext with tag. The associated data names table, row and field, so that a value copied to another
place does not open. Nonces are random (NIST SP 800-38D, 8.2.2: at most 2^32 values a key).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FORMAT = 1
NONCE_BYTES = 12


class DecryptionError(Exception):
    """A sealed value does not open: unknown key, damaged, or moved from another place."""


def seal(text: str, place: str) -> bytes:
    """Encrypt `text` for `place` ("table/row/field") under the first of the configured keys."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    head = bytes([FORMAT, len(key_id)]) + key_id.encode()
    return head + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, place: str) -> str:
    """Decrypt what `seal` made for the same `place`. Raises DecryptionError."""
    key_id, rest = _split(sealed)
    key = _keys().get(key_id)
    if key is None:
        raise DecryptionError("sealed under a key that ENCRYPTION_KEYS does not hold")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode()).decode()
    except InvalidTag:
        raise DecryptionError("damaged, or sealed for another place") from None


def key_id_of(sealed: bytes) -> str:
    """The id of the key under which `sealed` was made. Raises DecryptionError."""
    return _split(sealed)[0]


def current_key_id() -> str:
    """The id of the key under which new values are sealed."""
    return next(iter(_keys()))


def keyed_hash(purpose: str, value: str) -> str:
    """A hash of `value` that only this installation can make: 32 hex digits of HMAC-SHA-256."""
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256").hex()[:32]


def _split(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[0] != FORMAT or len(sealed) < 2 + sealed[1] + NONCE_BYTES:
        raise DecryptionError("not a sealed value")
    end = 2 + sealed[1]
    return sealed[2:end].decode(), sealed[end:]


def _keys() -> dict[str, bytes]:
    return _parse(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _parse(configured: str) -> dict[str, bytes]:
    """{id: 32 bytes} of "id:base64,id:base64", the current one first."""
    keys = {}
    for part in configured.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            keys[key_id] = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            keys[key_id] = b""
        if not 1 <= len(key_id) <= 32 or len(keys[key_id]) != 32:
            raise ImproperlyConfigured("ENCRYPTION_KEYS is a list of id:key, each key 32 bytes in base64.")
    return keys
