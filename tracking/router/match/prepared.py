"""Candidates in the forms that matching compares, made once for each set of them.

The set is recognised by identity: `Known` is built once a sync, and rebuilt only where a link changes it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from applications.status import Status
from tracking.mail import Candidate
from tracking.router import keys
from tracking.router.domains import registrable
from tracking.router.match.platforms import is_platform_host, split
from tracking.router.names import Name, expand, forms, name, telling, tokens, variants
from tracking.router.titles import Title, title
from tracking.router.words import ORDINARY

_GAP = r"[\W_]{0,4}(?:and[\W_]{1,2})?"
_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_HOSTING = re.compile(
    r"^(?:www|jobs?|careers?|apply|recruiting|talent|wd\d+|boards|job-boards|eu|us|en|hire)$"
)
_KEPT = 16


@dataclass(frozen=True)
class Phrase:
    """A wording of a company's name to look for in text, and how surely it means that company (0..1)."""

    pattern: re.Pattern[str]
    words: int
    strength: float
    ordinary: bool  # an everyday word: only a capitalised occurrence counts


@dataclass(frozen=True)
class Prepared:
    """One candidate with its normal forms. `place` is its position in the set."""

    place: int
    candidate: Candidate
    names: tuple[Name, ...]
    title: Title
    title_pattern: re.Pattern[str] | None
    title_words: frozenset[str]  # of the title; a text without all of them need not be searched
    domain: str  # the employer's own, from the application's address; "" if unknown
    tenant: str  # its name at a platform, from the application's address
    job_key: str
    numbers: frozenset[str]  # of the posting: requisition and ids in its address, that no other candidate has
    status: Status
    since: float | None  # when something last happened on it, in seconds since 1970
    applied: float | None

    @property
    def rarity(self) -> float:
        return max(one.rarity for one in self.names)


class Index:
    """All candidates of one `Known`, findable by what a mail may hold of them."""

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        self.candidates = candidates
        prepared = [_prepare(candidate, place) for place, candidate in enumerate(candidates)]
        shared = {
            number
            for number, count in Counter(n for each in prepared for n in each.numbers).items()
            if count > 1
        }
        self.prepared = tuple(replace(each, numbers=each.numbers - shared) for each in prepared)
        self.by_id = {each.candidate.id: each for each in self.prepared}
        self.by_form: dict[str, dict[int, float]] = {}
        self.by_word: dict[str, list[tuple[int, Phrase]]] = {}
        self.by_domain: dict[str, list[int]] = {}
        self.by_name_word: dict[str, set[int]] = {}
        self.by_tenant: dict[str, list[int]] = {}
        for each in self.prepared:
            self._add(each)
        self.fits: dict[str, dict[int, float]] = {}  # of domains already compared
        self.siblings = self._siblings()
        self.own_words = tuple(self._own_words(each) for each in self.prepared)

    def _add(self, each: Prepared) -> None:
        if each.domain:
            self.by_domain.setdefault(each.domain, []).append(each.place)
        if each.tenant:
            self.by_tenant.setdefault(each.tenant, []).append(each.place)
        for spelled in each.names:
            for word in (*spelled.words, *map(expand, spelled.words), spelled.joined, spelled.initials):
                self.by_name_word.setdefault(word, set()).add(each.place)
            for form, strength in filter(lambda pair: pair[0], forms(spelled)):
                places = self.by_form.setdefault(form, {})
                places[each.place] = max(strength, places.get(each.place, 0.0))
            for first, phrase in phrases(spelled):
                self.by_word.setdefault(first, []).append((each.place, phrase))

    def sharing(self, stated: Name) -> set[int]:
        """Places of the candidates that have a word, the solid spelling or the initials of a name."""
        words = (*stated.words, *map(expand, stated.words), stated.joined, stated.initials)
        return {place for word in words for place in self.by_name_word.get(word, ())}

    def _siblings(self) -> tuple[frozenset[int], ...]:
        """For each candidate the places of the others of the same company."""
        by_core: dict[tuple[str, ...], set[int]] = {}
        for each in self.prepared:
            for one in each.names:
                by_core.setdefault(one.core, set()).add(each.place)
        return tuple(
            frozenset().union(*(by_core[one.core] for one in each.names)) - {each.place}
            for each in self.prepared
        )

    def _own_words(self, each: Prepared) -> frozenset[str]:
        """Words of its title that tell a candidate from the others of its company."""
        others = {word for place in self.siblings[each.place] for word in self.prepared[place].title.words}
        return frozenset(each.title.words) - others if self.siblings[each.place] else frozenset()


_indexes: OrderedDict[int, Index] = OrderedDict()


def index(candidates: tuple[Candidate, ...]) -> Index:
    """The index of `candidates`, made at the first call and kept for the last few sets."""
    found = _indexes.get(id(candidates))
    if found is None or found.candidates is not candidates:
        found = _indexes[id(candidates)] = Index(candidates)
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
    return found


def _prepare(candidate: Candidate, place: int) -> Prepared:
    domain, tenant = employer_site(candidate.url)
    return Prepared(
        place=place,
        candidate=candidate,
        names=_names((candidate.company, *candidate.aliases)),
        title=title(candidate.title),
        title_pattern=_title_pattern(candidate.title),
        title_words=frozenset(_title_tokens(candidate.title)),
        domain=domain,
        tenant=tenant,
        job_key=keys.job_key(candidate.url) or "",
        numbers=posting_numbers(candidate),
        status=Status(candidate.status),
        since=_seconds(candidate.last_activity_at or candidate.applied_at),
        applied=_seconds(candidate.applied_at),
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _names(spellings: Iterable[str]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(one for raw in spellings if raw.strip() for one in variants(raw))) or (
        name("-"),
    )


def posting_numbers(candidate: Candidate) -> frozenset[str]:
    """Runs of four and more digits in the requisition number and the address of the posting."""
    parts = split(candidate.url)
    found = _NUMBER.findall(f"{candidate.requisition} {parts.path} {parts.query} {parts.fragment}")
    return frozenset(number for number in found if not re.fullmatch(r"(?:19|20)\d\d", number))


@lru_cache(maxsize=2048)
def employer_site(url: str) -> tuple[str, str]:
    """(the employer's own domain, its tenant name at a platform) as an application's address tells.

    A platform's address gives a tenant, any other a domain; what cannot be told is "".
    """
    parts = split(url)
    host = (parts.hostname or "").lower()
    if not host or "." not in host:
        return "", ""
    if not is_platform_host(host):
        return registrable(host), ""
    labels = [label for label in host.split(".")[:-2] if not _HOSTING.match(label)]
    if labels:
        return "", re.sub(r"^(?:careers?|jobs)-", "", labels[0])
    return "", next(
        (part for part in parts.path.split("/") if len(part) > 1 and not _HOSTING.match(part)), ""
    )


@lru_cache(maxsize=8192)
def phrases(spelled: Name) -> tuple[tuple[str, Phrase], ...]:
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


def _title_tokens(raw: str) -> tuple[str, ...]:
    return tokens(re.sub(r"\([^)]*\)", " ", raw)) or tokens(raw)


@lru_cache(maxsize=4096)
def _title_pattern(raw: str) -> re.Pattern[str] | None:
    words = _title_tokens(raw)
    if not words:
        return None
    body = r"[\W_]{1,4}(?:and[\W_]{1,2})?".join(map(re.escape, words))
    return re.compile(rf"(?<![^\W_]){body}(?![^\W_])", re.IGNORECASE)
