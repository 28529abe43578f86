"""Of what a provider listed: what is wanted, and fetching it one by one, as much as one page holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracking.mail import RawMail
from tracking.models import Mailbox, Thread
from tracking.providers import MessageError, ProviderError

PAGE_SECONDS = 20.0  # after which a page is handed over as it is: a lease is short

Entry = TypeVar("Entry")


def is_linked(mailbox: Mailbox, thread_id: str) -> bool:
    """Whether this conversation of the provider belongs to an application."""
    threads = Thread.objects.filter(mailbox=mailbox, provider_id=thread_id)
    return threads.exclude(application=None).exists()


@dataclass
class Batch(Generic[Entry]):
    """What was fetched and what is `left`. `problem` stopped it; it is raised after the page is stored."""

    left: list[Entry]
    mails: list[RawMail] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    problem: ProviderError | None = None


def fetch_batch(
    pending: Sequence[Entry],
    size: int,
    fetch: Callable[[Entry], RawMail | None],
    name: Callable[[Entry], str],
) -> Batch[Entry]:
    """Fetch up to `size` of `pending`; `fetch` gives None for what is not wanted after all.

    One message's failure stands under its `name`; one that is gone is no failure.
    """
    batch = Batch(list(pending))
    begun = time.monotonic()
    for entry in pending[:size]:
        if batch.mails and time.monotonic() - begun > PAGE_SECONDS:
            break
        try:
            mail = fetch(entry)
            batch.mails += [mail] if mail is not None else []
        except MessageError as error:
            batch.failed += [(name(entry), error.code)] if error.code != "message_gone" else []
        except ProviderError as error:
            batch.problem = error
            break
        batch.left.remove(entry)
    return batch
