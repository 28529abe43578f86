"""Subscriptions to changes of a folder, and what is told about them."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from tests.standins.calling_back import Call, post
from tests.standins.outlook.odata import GraphError

LONGEST_MINUTES = 4230
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
RESOURCE = re.compile(r"/?me/mailFolders\(?[/']?'?(inbox)'?\)?/messages", re.IGNORECASE)
NEEDED = {"changeType", "notificationUrl", "resource", "expirationDateTime"}
KNOWN = NEEDED | {"clientState", "lifecycleNotificationUrl", "latestSupportedTlsVersion"}
TRYING = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass
class Subscription:
    owner: str
    changes: str
    url: str
    lifecycle_url: str
    resource: str
    secret: str
    expires_at: datetime
    mute: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self) -> dict[str, Any]:
        return {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
            "id": self.id,
            "resource": self.resource,
            "applicationId": "24d3b144-21ae-4080-943f-7067b395b913",
            "changeType": self.changes,
            "clientState": None,
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": stamp(self.expires_at),
            "creatorId": "8ee44408-0679-472c-bc2a-692812af3437",
            "latestSupportedTlsVersion": "v1_2",
        }

    def notice(self, message_id: str, **other: str) -> Call:
        """That a message came; `other` is what is forged."""
        path = f"Users/48d31887/Messages/{message_id}"
        told = {
            "changeType": "created",
            "resource": path,
            "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": path, "id": message_id},
        }
        return self._call(self.url, {**told, **other})

    def lifecycle(self, event: str) -> Call:
        return self._call(self.lifecycle_url, {"lifecycleEvent": event})

    def _call(self, url: str, told: dict[str, Any]) -> Call:
        common = {
            "subscriptionId": self.id,
            "subscriptionExpirationDateTime": stamp(self.expires_at),
            "clientState": self.secret,
            "tenantId": TENANT,
        }
        body = json.dumps({"value": [{**common, **told}]}).encode()
        return Call(url, body, {"Content-Type": "application/json"})


def read(body: bytes) -> dict[str, Any]:
    """The properties that a body holds. Raises GraphError."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from None
    if not isinstance(asked, dict) or asked.keys() - KNOWN:
        raise GraphError(400, "InvalidRequest", "The request contains unknown properties.")
    return asked


def check(asked: dict[str, Any], now: datetime) -> None:
    """Refuse what cannot be subscribed to. Raises GraphError."""
    if missing := sorted(NEEDED - asked.keys()):
        raise GraphError(400, "InvalidRequest", f"Required property {missing[0]} is missing.")
    if not RESOURCE.fullmatch(asked["resource"]):
        raise GraphError(400, "InvalidRequest", "Resource is not supported.")
    if set(asked["changeType"].split(",")) - {"created", "updated", "deleted"}:
        raise GraphError(400, "InvalidRequest", "Invalid changeType.")
    if len(asked.get("clientState", "")) > 128:
        raise GraphError(400, "InvalidRequest", "clientState is longer than 128 characters.")
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        url = urlsplit(asked.get(name, asked["notificationUrl"]))
        if url.scheme != "https" and url.hostname not in {"127.0.0.1", "localhost"}:
            raise GraphError(400, "InvalidRequest", f"{name} must be https.")
    expiry(asked, now)


def expiry(asked: dict[str, Any], now: datetime) -> datetime:
    """When it is to end. Raises GraphError."""
    try:
        wanted = datetime.fromisoformat(asked["expirationDateTime"])
    except (KeyError, ValueError, TypeError):
        raise GraphError(400, "InvalidRequest", "Invalid expirationDateTime.") from None
    if wanted <= now:
        raise GraphError(400, "InvalidRequest", "Subscription expiration must be in the future.")
    if wanted > now + timedelta(minutes=LONGEST_MINUTES):
        words = f"Subscription expiration can only be {LONGEST_MINUTES} minutes in the future."
        raise GraphError(400, "ExtensionError", words)
    return wanted


def try_out(asked: dict[str, Any]) -> None:
    """Have each address echo a token, before anything is told to it. Raises GraphError."""
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        url = asked.get(name)
        token = f"Validation: Testing client application reachability for {secrets.token_urlsafe(16)}+/="
        if url is None:
            continue
        mark = "&" if urlsplit(url).query else "?"
        status, kind, echo = post(Call(f"{url}{mark}validationToken={quote(token)}", b"", TRYING))
        if status != 200 or not kind.startswith("text/plain") or echo.decode(errors="replace") != token:
            words = "Subscription validation request failed. Response must exactly match validationToken."
            raise GraphError(400, "ValidationError", words)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
