"""Looking at messages of an open folder: their heads, which of them are wanted, and the source of those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from tracking.mail import RawMail
from tracking.providers import MessageError, Scope
from tracking.providers.imap.api import Fetched, ImapApi, RefusedCallError
from tracking.providers.imap.reading import LISTED, Head, head_of, part
from tracking.providers.terms import TERMS
from tracking.router.parse import parse

MAX_SOURCE = 4_000_000  # bytes of one message: what follows is attachments, which nobody reads
BEGINNING = 64_000  # bytes read of a message whose head cannot tell
AT_ONCE = 25
PHRASES = 80  # in one search
COMPANIES = 120  # searched for in texts; any company is seen in subjects and senders
SUSPICIOUS = 60  # messages without a single word about applications: rather, the search is no good

Sources = dict[int, bytes | None]
T = TypeVar("T")


def heads(api: ImapApi, uids: Sequence[int]) -> tuple[list[Head], list[int]]:
    """The heads of those of `uids` that are still there, in this order, and those that cannot be listed."""
    found, unlisted = [], []
    fetched = _each(api, uids, *LISTED)
    for uid in uids:
        answer = fetched.get(uid, {})
        try:
            found += [head_of(uid, answer)] if answer else []
        except MessageError:
            unlisted.append(uid)
    return found, [*unlisted, *(uid for uid in uids if fetched.get(uid, {}) is None)]


def wanted(api: ImapApi, listed: Sequence[Head], scope: Scope, *, search: bool) -> list[Head]:
    """Which messages may be kept: by their heads, else by their text.

    With `search` the server looks into the text; where it cannot, and without, the beginning is read.
    """
    kept = {head.uid for head in listed if scope.keeps(head.mail)}
    unclear = [head for head in listed if head.uid not in kept]
    found = _searched(api, [head.uid for head in unclear], scope) if search else None
    if found is None or (not found and len(unclear) >= SUSPICIOUS):
        found = _begun(api, unclear, scope)
    return [head for head in listed if head.uid in kept | found]


def sources(api: ImapApi, uids: Sequence[int]) -> Sources:
    """The sources of those of `uids` that are still there, cut where very long; None where refused."""
    return _texts(api, uids, MAX_SOURCE)


def _searched(api: ImapApi, uids: list[int], scope: Scope) -> set[int] | None:
    """Which texts hold words about applications or names of the user's; None where the server cannot tell."""
    found: set[int] = set()
    for phrases in _searches(scope):
        left = [uid for uid in uids if uid not in found]
        try:
            found |= set(api.saying(left, phrases)) if left else set()
        except RefusedCallError:
            if all(map(str.isascii, phrases)):
                return None
            # It does not know UTF-8; nearly all that these words would find, the others find too.
    return found


def _searches(scope: Scope) -> Iterator[list[str]]:
    names = [" ".join(name.split())[:100] for name in islice(scope.companies, COMPANIES)]
    terms = (term.strip('"') for term in TERMS)
    phrases = list(dict.fromkeys([*terms, *(name for name in names if len(name) > 1)]))
    plain = [phrase for phrase in phrases if phrase.isascii()]
    yield from _chunks(plain, PHRASES)
    yield from _chunks([phrase for phrase in phrases if not phrase.isascii()], PHRASES)


def _begun(api: ImapApi, unclear: list[Head], scope: Scope) -> set[int]:
    """Which are kept by the beginning of their text; what cannot be read is not judged here."""
    found = set()
    for some in _chunks(unclear, AT_ONCE):
        texts = _texts(api, [head.uid for head in some], BEGINNING)
        for head in some:
            text = texts.get(head.uid, b"")
            if text is None or (text and scope.keeps(parse(_beginning(head, text)))):
                found.add(head.uid)
    return found


def _beginning(head: Head, text: bytes) -> RawMail:
    return RawMail(head.provider_id, head.thread_id, text, head.received_at)


def _texts(api: ImapApi, uids: Sequence[int], limit: int) -> Sources:
    fetched = _each(api, uids, f"BODY.PEEK[]<0.{limit}>")
    return {uid: part(answer, b"BODY[]") if answer else None for uid, answer in fetched.items()}


def _each(api: ImapApi, uids: Sequence[int], *items: str) -> dict[int, Fetched | None]:
    """What the server gives for each of `uids` that is there; one it refuses holds up no other."""
    try:
        return dict(api.fetch(uids, *items))
    except RefusedCallError:
        if len(uids) == 1:
            return {uids[0]: None}
        middle = len(uids) // 2
        return {**_each(api, uids[:middle], *items), **_each(api, uids[middle:], *items)}


def _chunks(values: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
