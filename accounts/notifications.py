"""News for the bell: at most one row a key, and a live counter that tells open pages to look."""

from __future__ import annotations

from datetime import datetime

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Notification, User


def notify(
    user: User, kind: str, key: str, text: str, path: str = "", at: datetime | None = None
) -> Notification:
    """Tell `user` something once: the same `key` again renews and counts up the same notification.

    `text` is one sentence; `path` is where a click leads. Call it inside the transaction of what happened.
    """
    happened_at = at or timezone.now()
    values = {"kind": kind, "text": text[:300], "path": path, "happened_at": happened_at}
    notification, created = Notification.objects.get_or_create(user=user, key=key, defaults=values)
    if not created:
        Notification.objects.filter(pk=notification.pk).update(**values, count=F("count") + 1, read_at=None)
    touch(user.pk)
    return notification


def mark_read(user: User, at: datetime, key: str | None = None) -> int:
    """Mark one (by key) or all of the user's notifications read; give how many were not."""
    unread = Notification.objects.of(user).unread()
    if key is not None:
        unread = unread.filter(key=key)
    changed = int(unread.update(read_at=at))
    if changed:
        touch(user.pk)
    return changed


def touch(user_id: object) -> None:
    """Tell the user's open pages, once the transaction stands, that something changed."""
    transaction.on_commit(lambda: _bump(user_id), robust=True)


def live_tag(user_id: object) -> str:
    """A tag that differs whenever something changed for the user; costs one Redis read."""
    value = _client().get(f"live:{user_id}")
    return value.decode() if isinstance(value, bytes) else "0"


def _bump(user_id: object) -> None:
    _client().incr(f"live:{user_id}")


_clients: dict[str, redis.Redis] = {}


def _client() -> redis.Redis:
    url = settings.REDIS_URL
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url, socket_timeout=2)
    return _clients[url]
