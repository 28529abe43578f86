"""What Microsoft Graph tells: that mail came for a subscription, and what becomes of the subscription."""

from __future__ import annotations

import hmac
import json
import logging
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from tracking.models import Mailbox, PushSubscription
from tracking.waking import wake

LONGEST_LIST = 1000  # notices in one body
_TOKEN = re.compile(r"[^<>&\"'\x00-\x1f\x7f]{1,1000}")

Notice = dict[str, Any]

log = logging.getLogger("heardback.push")


def echo_of(validation_token: str) -> str:
    """What to answer when an address of ours is tried out; "" for what is no token but may be markup."""
    return validation_token if _TOKEN.fullmatch(validation_token) else ""


def receive(body: bytes, at: datetime) -> list[UUID]:
    """Wake the mailboxes that notices are about, and do what those about subscriptions ask for.

    Gives the mailboxes to be queued. A notice without the secret of its subscription has no effect.
    Raises ValueError for what is no list of notices.
    """
    notices = _notices_in(body)
    rows = _subscriptions({str(each.get("subscriptionId")) for each in notices})
    genuine = [(row, each) for each in notices if (row := _genuine(rows, each))]
    if len(genuine) < len(notices):
        log.info("%d notices of Graph are of no subscription here", len(notices) - len(genuine))
    PushSubscription.objects.filter(pk__in={row.pk for row, _ in genuine}).update(notified_at=at)
    woken = {row.mailbox_id for row, notice in genuine if _heed(row, notice.get("lifecycleEvent"), at)}
    return [mailbox_id for mailbox_id in woken if wake(mailbox_id, at)]


def _notices_in(body: bytes) -> list[Notice]:
    try:
        notices = json.loads(body)["value"]
    except (LookupError, TypeError, RecursionError):
        raise ValueError("no notices") from None
    if not isinstance(notices, list) or not all(isinstance(each, dict) for each in notices):
        raise ValueError("no notices")
    return notices[:LONGEST_LIST]


def _subscriptions(ids: set[str]) -> dict[str, PushSubscription]:
    named = {each for each in ids if each and len(each) <= 128 and "\x00" not in each}
    rows = PushSubscription.objects.filter(external_id__in=named, mailbox__provider=Mailbox.Provider.OUTLOOK)
    return {row.external_id: row for row in rows}


def _genuine(rows: dict[str, PushSubscription], notice: Notice) -> PushSubscription | None:
    row = rows.get(str(notice.get("subscriptionId")))
    if row is None or not row.client_state:
        return None
    given = str(notice.get("clientState")).encode(errors="replace")
    return row if hmac.compare_digest(given, row.client_state.encode()) else None


def _heed(row: PushSubscription, event: object, at: datetime) -> bool:
    """Have the next upkeep do what `event` asks for; whether there may be mail to be read."""
    asked = {"due_at": at, "claimed_until": None, "version": F("version") + 1}
    held = PushSubscription.objects.filter(pk=row.pk, external_id=row.external_id)
    if event == "reauthorizationRequired":
        held.update(**asked)
    elif event == "subscriptionRemoved":
        held.update(state=PushSubscription.State.PENDING, external_id="", **asked)
    return event != "reauthorizationRequired"
