"""News for the bell: at most one row a key, and a live counter that tells open pages to look."""

from __future__ import annotations

from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import preferences
from accounts.models import ByMail, Notification, User

# Matters that stand until they are dealt with: said again by e-mail only after a while
STANDING = {Notification.Kind.REVIEW, Notification.Kind.MAILBOX, Notification.Kind.PLAN}
AGAIN = timedelta(days=1)

REDIS_SECONDS = 2.0  # that a page waits for it


def notify(
    user: User, kind: str, key: str, text: str, path: str = "", at: datetime | None = None, brief: str = ""
) -> Notification:
    """Tell `user` something once: the same `key` again renews and counts up the same notification.

    `text` is one sentence; `path` is where a click leads; `brief` is what an e-mail may say of it, which is
    company and status at most. Call it inside the transaction of what happened.
    """
    happened_at = at or timezone.now()
    news = {"kind": kind, "text": text[:300], "path": path, "happened_at": happened_at, "brief": brief[:300]}
    where = preferences.preference(user, kind)
    with transaction.atomic():
        notification: Notification
        notification, created = Notification.objects.select_for_update().get_or_create(
            user=user, key=key, defaults={**news, "in_bell": where.bell}
        )
        if not created:
            _renew(notification, news, where.bell)
        if not _was_mailed(notification, happened_at):
            _have_mailed(user, notification, where.email, happened_at)
        notification.read_at = None
        notification.save()
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


def _renew(notification: Notification, news: dict[str, object], in_bell: bool) -> None:
    for name, value in news.items():
        setattr(notification, name, value)
    notification.count += 1
    notification.in_bell = in_bell


def _was_mailed(notification: Notification, at: datetime) -> bool:
    """Whether an e-mail told of a standing matter lately, and the user has not looked at it since."""
    last = notification.mailed_at
    is_standing = notification.kind in STANDING and notification.read_at is None
    return is_standing and last is not None and at - last < AGAIN


def _have_mailed(user: User, notification: Notification, email: ByMail, at: datetime) -> None:
    """Set when the e-mail is due; one that waits already goes at the time it had."""
    mail_as, mail_at = preferences.due(user, email, at)
    waits = notification.mail_at is not None and notification.mail_as == mail_as
    notification.mail_as = mail_as
    notification.mail_at = notification.mail_at if waits else mail_at


def _bump(user_id: object) -> None:
    _client().incr(f"live:{user_id}")


_clients: dict[str, redis.Redis] = {}


def _client() -> redis.Redis:
    url = settings.REDIS_URL
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS)
    return _clients[url]
