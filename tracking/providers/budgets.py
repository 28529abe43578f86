"""What calls of providers may cost: budgets in Redis, shared by all workers, in units of each quota.

A limit is a sliding window, kept in slices of a sixtieth: never more than its units within its seconds,
wherever one begins to count. Without Redis all is let through; the provider's own limit still holds.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar
from uuid import UUID

import redis
from django.conf import settings

SLICES = 60
CALL_SECONDS = 60  # after which a call that never ended no longer counts as one of those at once
CONNECTION_SECONDS = 1800  # likewise of a connection: no task lasts longer
REDIS_SECONDS = 1.0  # after which it counts as away
AWAY_SECONDS = 5.0  # for which Redis is not asked again after it did not answer

T = TypeVar("T")

log = logging.getLogger("heardback.budgets")

# KEYS: a hash a limit, slice -> units. ARGV: now in ms, cost, then units and ms of a slice of each limit.
_RESERVE = """
local now, cost, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
for i, key in ipairs(KEYS) do
  local units, width = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local oldest = math.floor(now / width) - 60
  local flat, slices, used = redis.call('HGETALL', key), {}, 0
  for j = 1, #flat, 2 do
    local number, spent = tonumber(flat[j]), tonumber(flat[j + 1])
    if number < oldest then
      redis.call('HDEL', key, flat[j])
    else
      used = used + spent
      slices[#slices + 1] = {number, spent}
    end
  end
  table.sort(slices, function(a, b) return a[1] < b[1] end)
  local over = used + math.min(cost, units) - units
  for _, slice in ipairs(slices) do
    if over <= 0 then break end
    over = over - slice[2]
    longest = math.max(longest, (slice[1] + 61) * width - now)
  end
end
if longest > 0 then return longest end
for i, key in ipairs(KEYS) do
  local width = tonumber(ARGV[2 * i + 2])
  redis.call('HINCRBY', key, math.floor(now / width), cost)
  redis.call('PEXPIRE', key, width * 62)
end
return 0
"""

# KEYS: a sorted set, who -> until when. ARGV: now and the end in ms, how many at once, who.
_ENTER = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2] - ARGV[1])
return 1
"""


@dataclass(frozen=True)
class Limit:
    """At most `units` within any `seconds`, for all that share `name`."""

    name: str
    units: int
    seconds: int


@dataclass(frozen=True)
class AtOnce:
    """At most `count` at a time, for all that share `name`; one ends by itself after `seconds`."""

    name: str
    count: int
    seconds: int = CALL_SECONDS


class Budget:
    """What the calls for one mailbox may cost, and what they did. Threads may share one."""

    def __init__(self, limits: Sequence[Limit] = (), at_once: Sequence[AtOnce] = ()) -> None:
        self.limits = [limit for limit in limits if limit.units > 0]
        self.at_once = [each for each in at_once if each.count > 0]
        self.calls = self.units = 0
        self._counting = threading.Lock()

    def reserve(self, units: int, at: datetime) -> float:
        """Take `units` from every limit and give 0, or take nothing and give the seconds to wait.

        A call that costs more than a whole limit waits until nothing else was spent.
        """
        wait = _answer(partial(self._reserve, units, at), 0.0) if self.limits else 0.0
        if not wait:
            with self._counting:
                self.calls, self.units = self.calls + 1, self.units + units
        return wait

    @contextlib.contextmanager
    def slot(self, at: datetime) -> Iterator[bool]:
        """Be one of those at once for the length of the body; False where there are enough already."""
        who = secrets.token_hex(8)
        taken = [each for each in self.at_once if _answer(partial(_enter, each, who, at), True)]
        try:
            yield len(taken) == len(self.at_once)
        finally:
            for each in taken:
                _answer(partial(_leave, each, who), None)

    def _reserve(self, units: int, at: datetime) -> float:
        arguments: list[int] = [_milliseconds(at), units]
        for limit in self.limits:
            arguments += [limit.units, limit.seconds * 1000 // SLICES]
        keys = [_key(limit.name) for limit in self.limits]
        return float(_script(_RESERVE)(keys=keys, args=arguments)) / 1000


def budget_of(provider: str, mailbox_id: UUID) -> Budget:
    """The budget of a mailbox, as the settings have it: its own and that of all mailboxes together."""
    match provider:
        case "gmail":
            own = Limit(f"gmail:{mailbox_id}", settings.GMAIL_UNITS_PER_USER_MINUTE, 60)
            return Budget([own, Limit("gmail", settings.GMAIL_UNITS_PER_MINUTE, 60)])
        case "outlook":
            own = Limit(f"graph:{mailbox_id}", settings.GRAPH_CALLS_PER_TEN_MINUTES, 600)
            return Budget([own], [AtOnce(f"graph-calls:{mailbox_id}", settings.GRAPH_CALLS_AT_ONCE)])
        case "imap":
            place = AtOnce(f"imap:{mailbox_id}", settings.IMAP_CONNECTIONS_PER_MAILBOX, CONNECTION_SECONDS)
            return Budget(at_once=[place])
        case _:
            return Budget()


def connections_to(host: str) -> list[AtOnce]:
    """The limit that all mailboxes at one IMAP server share."""
    count = settings.IMAP_CONNECTIONS_PER_HOST
    return [AtOnce(f"imap-host:{host.lower()}", count, CONNECTION_SECONDS)] if count > 0 else []


def _enter(each: AtOnce, who: str, at: datetime) -> bool:
    now = _milliseconds(at)
    arguments = [now, now + each.seconds * 1000, each.count, who]
    return bool(_script(_ENTER)(keys=[_key(each.name)], args=arguments))


def _leave(each: AtOnce, who: str) -> None:
    _connected(settings.REDIS_URL).zrem(_key(each.name), who)


def _answer(ask: Callable[[], T], without: T) -> T:
    """What Redis answers, or `without` while it is away."""
    if time.monotonic() < _away["until"]:
        return without
    try:
        return ask()
    except redis.RedisError as error:
        _away["until"] = time.monotonic() + AWAY_SECONDS
        log.warning("budgets are not kept: %s", type(error).__name__)
        return without


def _key(name: str) -> str:
    return f"budget:{name}"


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


_away = {"until": 0.0}


@lru_cache(maxsize=8)
def _connected(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


@lru_cache(maxsize=8)
def _registered(url: str, source: str) -> Callable[..., int]:
    script: Callable[..., int] = _connected(url).register_script(source)
    return script


def _script(source: str) -> Callable[..., int]:
    return _registered(settings.REDIS_URL, source)
