"""Candidates in the forms that matching compares, made once for each set of them.

The set is recognised by identity: `Known` is built once a sync, and rebuilt only where a link changes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from applications.status import Status
from tracking.mail import Candidate
from tracking.router.match.company import Company, Phrase, company, words_of
from tracking.router.match.site import Site, site
from tracking.router.match.title_index import TitleIndex
from tracking.router.names import Name, plain, tokens
from tracking.router.once import once
from tracking.router.titles import Title, title


@dataclass(frozen=True)
class Prepared:
    """One candidate with its normal forms. `place` is its position in the set."""

    place: int
    candidate: Candidate
    company: Company
    site: Site
    title: Title
    title_pattern: re.Pattern[str] | None
    title_words: frozenset[str]  # of the title; a text without all of them need not be searched
    status: Status
    since: float | None  # when something last happened on it, in seconds since 1970
    applied: float | None


class Index:
    """All candidates of one `Known`, findable by what a mail may hold of them."""

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        self.candidates = candidates
        self.prepared = tuple(_prepare(candidate, place) for place, candidate in enumerate(candidates))
        self.by_id = {each.candidate.id: each for each in self.prepared}
        self.by_form: dict[str, dict[int, float]] = {}
        self.by_word: dict[str, list[tuple[int, Phrase]]] = {}
        self.by_domain: dict[str, list[int]] = {}
        self.by_name_word: dict[str, set[int]] = {}
        self.by_tenant: dict[str, list[int]] = {}
        self.by_job_key: dict[str, list[int]] = {}
        self.by_number: dict[str, list[int]] = {}  # of one posting alone
        for each in self.prepared:
            self._add_company(each.place, each.company)
            self._add_site(each.place, each.site)
        self.by_number = {key: places for key, places in self.by_number.items() if len(places) == 1}
        self.fits: dict[str, dict[int, float]] = {}  # of domains already compared
        self.siblings = self._siblings()
        self.titles = TitleIndex(
            [each.title for each in self.prepared], [each.title_words for each in self.prepared]
        )
        self.own_words = tuple(self._own_words(each) for each in self.prepared)

    def _add_company(self, place: int, own: Company) -> None:
        for word in own.words:
            self.by_name_word.setdefault(word, set()).add(place)
        for form, strength in own.forms:
            places = self.by_form.setdefault(form, {})
            places[place] = max(strength, places.get(place, 0.0))
        for first, phrase in own.phrases:
            self.by_word.setdefault(first, []).append((place, phrase))

    def _add_site(self, place: int, own: Site) -> None:
        for table, key in (
            (self.by_domain, own.domain),
            (self.by_tenant, own.tenant),
            (self.by_job_key, own.job_key),
            *((self.by_number, number) for number in own.numbers),
        ):
            if key:
                table.setdefault(key, []).append(place)

    def sharing(self, stated: Name) -> set[int]:
        """Places of the candidates that have a word, the solid spelling or the initials of a name."""
        return {place for word in words_of(stated) for place in self.by_name_word.get(word, ())}

    def worded_in(self, label: str) -> list[int]:
        """Places of the candidates that have a word of three or more letters inside a domain's label."""
        solid = plain(label).lower().replace("-", "")
        pieces = {solid[start:end] for start in range(len(solid)) for end in range(start + 3, len(solid) + 1)}
        return sorted(
            {place for piece in self.by_name_word.keys() & pieces for place in self.by_name_word[piece]}
        )

    def _siblings(self) -> tuple[frozenset[int], ...]:
        """For each candidate the places of the others of the same company."""
        by_core: dict[tuple[str, ...], set[int]] = {}
        for each in self.prepared:
            for one in each.company.names:
                by_core.setdefault(one.core, set()).add(each.place)
        return tuple(
            frozenset().union(*(by_core[one.core] for one in each.company.names)) - {each.place}
            for each in self.prepared
        )

    def _own_words(self, each: Prepared) -> frozenset[str]:
        """Words of its title that tell a candidate from the others of its company."""
        others = {word for place in self.siblings[each.place] for word in self.prepared[place].title.words}
        return frozenset(each.title.words) - others if self.siblings[each.place] else frozenset()


@once(16)
def index(candidates: tuple[Candidate, ...]) -> Index:
    """The index of `candidates`, made at the first call and kept for the last few sets."""
    return Index(candidates)


def _prepare(candidate: Candidate, place: int) -> Prepared:
    return Prepared(
        place=place,
        candidate=candidate,
        company=company(candidate.company, *candidate.aliases),
        site=site(candidate.url, candidate.requisition),
        title=title(candidate.title),
        title_pattern=_title_pattern(candidate.title),
        title_words=_title_words(candidate.title),
        status=Status(candidate.status),
        since=_seconds(candidate.last_activity_at or candidate.applied_at),
        applied=_seconds(candidate.applied_at),
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _title_tokens(raw: str) -> tuple[str, ...]:
    return tokens(re.sub(r"\([^)]*\)", " ", raw)) or tokens(raw)


@lru_cache(maxsize=8192)
def _title_words(raw: str) -> frozenset[str]:
    return frozenset(_title_tokens(raw))


@lru_cache(maxsize=4096)
def _title_pattern(raw: str) -> re.Pattern[str] | None:
    words = _title_tokens(raw)
    if not words:
        return None
    body = r"[\W_]{1,4}(?:and[\W_]{1,2})?".join(map(re.escape, words))
    return re.compile(rf"(?<![^\W_]){body}(?![^\W_])", re.IGNORECASE)
