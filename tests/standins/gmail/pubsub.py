"""Google's Pub/Sub: a topic with one push subscription, and the keys by which its pushes are signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.standins.calling_back import Call

TOKEN_SECONDS = 3600

# What is wrong with the claims of a forged push.
CLAIMS: dict[str, dict[str, Any]] = {
    "audience": {"aud": "https://another.example/push"},
    "audience list": {"aud": ["https://heardback.example/push/gmail", "https://another.example"]},
    "issuer": {"iss": "https://accounts.example.com"},
    "account": {"email": "somebody@another-project.iam.gserviceaccount.com"},
    "unverified": {"email_verified": False},
    "verified in words": {"email_verified": "true"},
}
SHIFTS = {"expired": -2 * TOKEN_SECONDS, "early": TOKEN_SECONDS}


class PubSub:
    """Where pushes go and how they prove themselves."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()
        self.subscribe("", "", "")

    def subscribe(self, endpoint: str, audience: str, service_account: str) -> None:
        self.endpoint, self.audience, self.service_account = endpoint, audience, service_account

    def rotate(self) -> None:
        """A new key signs from now on; the one before stays published."""
        newest = dict(list(self.keys.items())[-1:])
        self.keys = {**newest, secrets.token_hex(20): new_key()}

    def published(self) -> dict[str, Any]:
        """The public keys as a JWK set (RFC 7517)."""
        return {"keys": [jwk(name, key) for name, key in self.keys.items()]}

    def push(self, address: str, history_id: int, at: float, forged: str = "") -> Call:
        """One push as Pub/Sub sends it, or one that only looks like it."""
        told = json.dumps({"emailAddress": address, "historyId": history_id}).encode()
        published = datetime.fromtimestamp(at, UTC).isoformat()
        message = {
            "data": base64.b64encode(told).decode(),
            "messageId": str(secrets.randbelow(10**16)),
            "publishTime": published,
        }
        body = {"message": message, "subscription": "projects/heardback/subscriptions/gmail"}
        headers = {"Content-Type": "application/json"}
        if forged != "no token":
            headers["Authorization"] = f"Bearer {self.token(at, forged)}"
        return Call(self.endpoint, json.dumps(body).encode(), headers)

    def token(self, at: float, forged: str) -> str:
        name, key = list(self.keys.items())[-1]
        now = int(at) + SHIFTS.get(forged, 0)
        claims = {
            "aud": self.audience,
            "azp": "113774264463038321964",
            "email": self.service_account,
            "email_verified": True,
            "exp": now + TOKEN_SECONDS,
            "iat": now,
            "iss": "https://accounts.google.com",
            "sub": "113774264463038321964",
            **CLAIMS.get(forged, {}),
        }
        match forged:
            case "alg none":
                return f"{unsigned('none', name, claims)}."
            case "alg hmac":
                signed = unsigned("HS256", name, claims)
                return f"{signed}.{encoded(hmac.digest(public_pem(key), signed.encode(), hashlib.sha256))}"
            case "other key":
                return sign(new_key(), name, claims)
            case "unknown key":
                return sign(new_key(), secrets.token_hex(20), claims)
            case "changed":
                head, _, rest = sign(key, name, claims).split(".")
                return f"{head}.{encoded(json.dumps({**claims, 'exp': now + 10**6}).encode())}.{rest}"
        return sign(key, name, claims)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(name: str, key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    length = (numbers.n.bit_length() + 7) // 8
    return {
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "kid": name,
        "n": encoded(numbers.n.to_bytes(length, "big")),
        "e": encoded(numbers.e.to_bytes(3, "big")),
    }


def sign(key: rsa.RSAPrivateKey, name: str, claims: dict[str, Any]) -> str:
    """A JWT signed with RS256."""
    signed = unsigned("RS256", name, claims)
    return f"{signed}.{encoded(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def unsigned(algorithm: str, name: str, claims: dict[str, Any]) -> str:
    head = {"alg": algorithm, "kid": name, "typ": "JWT"}
    return ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
