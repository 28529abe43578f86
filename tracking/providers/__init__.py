"""Where mail comes from. A provider opens a mailbox and gives pages of raw mail; it knows no router.

Only sync, connect, push and tasks use providers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tracking.mail import Mail, RawMail

Cursor = dict[str, Any]


class ProviderError(Exception):
    """The mailbox could not be read. `code` is shown to the user in words by tracking.words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TemporaryError(ProviderError):
    """The provider is out of order or slow; try again later. `until` is when, where it said so."""

    def __init__(self, code: str, until: datetime | None = None) -> None:
        super().__init__(code)
        self.until = until


class OverBudgetError(TemporaryError):
    """We have asked as much as is allowed for now: nothing is wrong, and it goes on at `until`."""


class NeedsReconnectError(ProviderError):
    """The user has to grant access again: revoked, expired, or never given in full."""


class MessageError(ProviderError):
    """One message could not be had; the others can."""


class UnreadableFileError(ProviderError):
    """An uploaded file is not what it says."""


def everything(mail: Mail) -> bool:
    """Whether a mail is worth fetching, where nobody knows."""
    return True


@dataclass(frozen=True)
class Scope:
    """What of a mailbox is asked for: general terms are the provider's, these are the user's own.

    With `before`, only mail received before that moment, and not what comes later.

    A provider whose search cannot tell may ask `keeps` about a mail made of what its listing says, to
    leave the source of others where it is.
    """

    since: datetime
    companies: Iterable[str] = ()
    domains: Iterable[str] = ()
    people: Iterable[str] = ()
    before: datetime | None = None
    keeps: Callable[[Mail], bool] = everything


@dataclass(frozen=True)
class Page:
    """Some mail, and the cursor to store in the same transaction as that mail."""

    mails: tuple[RawMail, ...]
    cursor: Cursor
    failed: tuple[tuple[str, str], ...] = ()  # (provider id, error code)
    estimated_total: int | None = None


class Source(Protocol):
    """A mailbox opened for reading."""

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        """Everything since `cursor` ({} = from the start of the scope), page by page.

        Raises TemporaryError and NeedsReconnectError; one message's failure is in Page.failed.
        """

    def get(self, provider_id: str) -> RawMail:
        """One message again. Raises MessageError, TemporaryError, NeedsReconnectError."""
