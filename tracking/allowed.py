"""Senders whose mail the screen lets through, because the user pulled one of theirs in.

What is kept is a keyed hash of the address: whether somebody is among them can be asked, who they are cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.models import User
from tracking import memory
from tracking.models import AllowedSender, Message


class HashedSenders(frozenset[str]):
    """The senders of one user by the hashes of their addresses; asked with an address.

    It goes through as if it were empty: a hash is neither an address nor a domain.
    """

    user_id: UUID

    @classmethod
    def of(cls, user: User) -> HashedSenders:
        """Those of `user`, in one query."""
        senders = AllowedSender.objects.of(user)
        found = cls(senders.values_list("address_hash", flat=True))
        found.user_id = user.pk
        return found

    def __contains__(self, address: object) -> bool:
        if not self or not isinstance(address, str) or "@" not in address:
            return False
        return super().__contains__(sender_hash(self.user_id, address))

    def __iter__(self) -> Iterator[str]:
        return iter(())


def sender_hash(user_id: UUID, address: str) -> str:
    """The hash under which a sender is kept; that of another user differs."""
    return memory.hash_key(user_id, f"allowed\0{address.lower()}")


def allow(message: Message, at: datetime) -> None:
    """Let later mail of the sender of `message` through, in every mailbox of its user."""
    address = message.sender_address
    if "@" in address and not message.sent_by_user:
        AllowedSender.objects.get_or_create(
            mailbox_id=message.mailbox_id,
            address_hash=sender_hash(message.user_id, address),
            defaults={"user_id": message.user_id, "message": message, "made_at": at},
        )


def forget(user: User, allowed_id: UUID) -> AllowedSender:
    """Let the screen judge this sender's mail again; what was taken in stays.

    Gives what is gone. Raises AllowedSender.DoesNotExist.
    """
    found: AllowedSender = AllowedSender.objects.of(user).get(pk=allowed_id)
    same = AllowedSender.objects.of(user).filter(address_hash=found.address_hash)
    same.delete()  # also where another mailbox taught the same
    return found
