"""Whose mailbox it is, found out with the permission to read mail alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.utils import timezone

from tracking.providers import NeedsReconnectError
from tracking.providers.outlook.api import GraphApi

RECEIVED_BY = "String 0x5D07"  # PidTagReceivedBySmtpAddress: the mailbox a message was delivered to
LOOKED_AT = "10"  # messages


def address_of(access_token: str) -> str:
    """The address of the mailbox that `access_token` is for.

    Its profile tells, where the app may see that; else its newest mail does. Raises NeedsReconnectError
    (also for a mailbox without any mail) and TemporaryError.
    """
    api = GraphApi(lambda refused: access_token, timezone.now)
    for found in chain(_profile(api), _received(api), _sent(api)):
        if isinstance(found, str) and "@" in found:
            return found.lower()
    raise NeedsReconnectError("address_unknown")


def _profile(api: GraphApi) -> Iterator[Any]:
    try:
        profile = api.find("/me", {"$select": "mail,userPrincipalName"})
    except NeedsReconnectError:  # it takes User.Read, which some have granted this app before
        return
    yield profile.get("mail")
    if "#EXT#" not in str(profile.get("userPrincipalName")):  # the name of a guest is no address
        yield profile.get("userPrincipalName")


def _received(api: GraphApi) -> Iterator[Any]:
    expand = f"singleValueExtendedProperties($filter=id eq '{RECEIVED_BY}')"
    for message in _newest(api, "inbox", {"$select": "id", "$expand": expand}):
        for each in message.get("singleValueExtendedProperties", ()):
            yield each.get("value")


def _sent(api: GraphApi) -> Iterator[Any]:
    for message in _newest(api, "sentitems", {"$select": "from"}):
        yield ((message.get("from") or {}).get("emailAddress") or {}).get("address")


def _newest(api: GraphApi, folder: str, query: dict[str, str]) -> Iterable[Any]:
    query = {**query, "$orderby": "receivedDateTime desc", "$top": LOOKED_AT}
    found: Iterable[Any] = api.find(f"/me/mailFolders/{folder}/messages", query).get("value", ())
    return found
