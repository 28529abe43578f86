"""A tracked company in the forms that a mail may have of it: names, domain labels, wordings in text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tracking.router.names import Name, expand, forms, name, telling, variants
from tracking.router.words import ORDINARY

_GAP = r"[\W_]{0,4}(?:and[\W_]{1,2})?"


@dataclass(frozen=True)
class Phrase:
    """A wording of a company's name to look for in text, and how surely it means that company (0..1)."""

    pattern: re.Pattern[str]
    words: int
    strength: float
    ordinary: bool  # an everyday word: only a capitalised occurrence counts


@dataclass(frozen=True)
class Company:
    """All that is found out once about a company's name and its aliases.

    `words` are those of its names, short and long, solid and as initials; `forms` the solid spellings that
    a domain label may use, with their strength; `phrases` its wordings in text by their first word.
    """

    names: tuple[Name, ...]
    rarity: float
    words: frozenset[str]
    forms: tuple[tuple[str, float], ...]
    phrases: tuple[tuple[str, Phrase], ...]


@lru_cache(maxsize=8192)
def company(*spellings: str) -> Company:
    """What is to be known of a company by its name and aliases as its user wrote them."""
    names = _names(spellings)
    return Company(
        names=names,
        rarity=max(one.rarity for one in names),
        words=frozenset(word for one in names for word in words_of(one)),
        forms=tuple((form, strength) for one in names for form, strength in forms(one) if form),
        phrases=tuple(pair for one in names for pair in _phrases(one)),
    )


def words_of(one: Name) -> tuple[str, ...]:
    """The words of a name by which another with one of them is found."""
    return (*one.words, *map(expand, one.words), one.joined, one.initials)


def _names(spellings: Iterable[str]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(one for raw in spellings if raw.strip() for one in variants(raw))) or (
        name("-"),
    )


def _phrases(spelled: Name) -> tuple[tuple[str, Phrase], ...]:
    """(first word, phrase) for each wording by which a text may name this company."""
    if not spelled.words:
        return ()
    found: dict[tuple[str, ...], float] = {spelled.words: 1.0}
    total = sum(map(telling, spelled.words)) or 1.0
    for size in range(1, len(spelled.words)):
        share = sum(map(telling, spelled.words[:size])) / total
        if share >= 0.45 and len("".join(spelled.words[:size])) >= 3:
            found.setdefault(spelled.words[:size], round(0.35 + 0.6 * share, 3))
        if len(spelled.words) - size >= 2 and share <= 0.5:
            found.setdefault(spelled.words[size:], round(0.7 * (1 - share), 3))
    if len(spelled.words) > 1 and len(spelled.joined) >= 6:
        found.setdefault((spelled.joined,), 0.9)
    if len(spelled.initials) >= 3:
        found.setdefault((spelled.initials,), 0.4)
    return tuple((words[0], _phrase(words, strength, spelled)) for words, strength in _spellings(found))


def _spellings(found: dict[tuple[str, ...], float]) -> Iterable[tuple[tuple[str, ...], float]]:
    for words, strength in found.items():
        yield words, strength
        longer = tuple(part for word in words for part in expand(word).split())
        if longer != words:
            yield longer, strength * 0.98


def _phrase(words: tuple[str, ...], strength: float, spelled: Name) -> Phrase:
    is_initials = words == (spelled.initials,) and len(spelled.words) > 1
    body = _GAP.join(_loose(word, place) for place, word in enumerate(words))
    flags = 0 if is_initials else re.IGNORECASE
    body = body.upper() if is_initials else body
    everyday = all(word in ORDINARY or telling(word) < 0.6 for word in words)
    return Phrase(re.compile(rf"(?<![^\W_]){body}(?![^\W_])", flags), len(words), strength, everyday)


def _loose(word: str, place: int) -> str:
    """A word as a pattern; an abbreviated one that does not lead the name may be spelled out."""
    return re.escape(word) + ("[a-z]{0,9}" if place and 3 <= len(word) <= 5 else "")
