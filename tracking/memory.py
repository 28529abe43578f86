"""What the user's decisions teach about matching: keyed hashes and counters, never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from accounts.encryption import keyed_hash
from accounts.models import User
from applications.models import Application
from tracking.mail import Mail
from tracking.models import MatchMemory, Message, Ruling
from tracking.router.match import memory_keys

HALF_LIFE = timedelta(days=120)
Counts = dict[tuple[str, str], dict[str, tuple[float, float]]]


def hash_key(user_id: UUID, key: str) -> str:
    """A key of this user's memory as it is stored; the same key of another user differs."""
    return keyed_hash("memory", f"{user_id}\0{key}")


def hash_keys(user_id: UUID, keys: Iterable[str]) -> list[str]:
    """`hash_key` of each, in the same order."""
    return [hash_key(user_id, key) for key in keys]


def hashed_memory_keys(user_id: UUID, mail: Mail) -> list[list[str]]:
    """The keys by which decisions about `mail` are remembered, as [kind, hash] pairs."""
    return [[kind, hash_key(user_id, f"{kind}\0{key}")] for kind, key in memory_keys(mail)]


def learn(
    message: Message, application: Application, *, right: bool, at: datetime, weight: float = 1.0
) -> None:
    """Count one decision: mail like `message` belongs (`right`) or does not belong to `application`."""
    for kind, key_hash in message.memory_keys:
        memory, _ = MatchMemory.objects.select_for_update().get_or_create(
            user_id=message.user_id,
            key_kind=kind,
            key_hash=key_hash,
            application=application,
            defaults={"last_seen_at": at},
        )
        left = decay(at - memory.last_seen_at)
        memory.alpha = max(0.0, memory.alpha * left + (weight if right else 0.0))
        memory.beta = max(0.0, memory.beta * left + (0.0 if right else weight))
        memory.last_seen_at = max(at, memory.last_seen_at)
        memory.save(update_fields=["alpha", "beta", "last_seen_at"])


def decay(age: timedelta) -> float:
    """What is left of a count after `age`: half every 120 days."""
    return float(0.5 ** (max(age, timedelta()) / HALF_LIFE))


def counts(user: User, at: datetime) -> Counts:
    """All that `user` has taught, decayed to `at`: (kind, key hash) -> {application id: (alpha, beta)}."""
    found: Counts = {}
    for memory in MatchMemory.objects.filter(user=user):
        left = decay(at - memory.last_seen_at)
        key = (memory.key_kind, memory.key_hash)
        found.setdefault(key, {})[str(memory.application_id)] = (memory.alpha * left, memory.beta * left)
    return found


def rule_out(message: Message, application: Application, *, whole_thread: bool, at: datetime) -> None:
    """Never again match this message (or its thread) to `application`."""
    for key_hash in _ruling_hashes(message, whole_thread=whole_thread):
        Ruling.objects.get_or_create(
            user_id=message.user_id, key_hash=key_hash, application=application, defaults={"made_at": at}
        )


def lift(message: Message, application: Application) -> None:
    """Take a ruling back: the user has linked the message to `application` after all."""
    hashes = list(_ruling_hashes(message, whole_thread=True))
    Ruling.objects.filter(user_id=message.user_id, key_hash__in=hashes, application=application).delete()


def rulings(user: User) -> Mapping[str, frozenset[str]]:
    """Key hash -> ids of the applications ruled out for it."""
    found: dict[str, set[str]] = {}
    for key_hash, application in Ruling.objects.filter(user=user).values_list("key_hash", "application_id"):
        found.setdefault(key_hash, set()).add(str(application))
    return {key_hash: frozenset(ids) for key_hash, ids in found.items()}


def ruling_key(user_id: UUID, mailbox_id: UUID, what: str, provider_id: str) -> str:
    """The hash under which a ruling on a message or thread (`what`) of a mailbox is kept."""
    return hash_key(user_id, f"{what}\0{mailbox_id}\0{provider_id}")


def identifier_key(user_id: UUID, identifier: str) -> str:
    """The hash under which a ruling on a Message-ID is kept: it holds in every mailbox of the user."""
    return hash_key(user_id, f"identifier\0{identifier}")


def _ruling_hashes(message: Message, *, whole_thread: bool) -> Iterator[str]:
    user_id, mailbox_id = message.user_id, message.mailbox_id
    yield ruling_key(user_id, mailbox_id, "message", message.provider_id)
    identifiers = {message.rfc_message_id}
    if whole_thread:
        yield ruling_key(user_id, mailbox_id, "thread", message.thread.provider_id)
        identifiers.update(message.thread.messages.values_list("rfc_message_id", flat=True))
    yield from (identifier_key(user_id, identifier) for identifier in sorted(identifiers - {""}))
