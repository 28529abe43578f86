"""Tracked titles by what a mail may have in common with them: few of many need a closer look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tracking.router.titles import ABBREVIATED, Title

Places = dict[str, list[int]]


class TitleIndex:
    """The different titles of a set of candidates; each is known by the place of the first that has it.

    `bearers` has the places of all candidates with that title.
    """

    def __init__(self, titles: Sequence[Title], words: Sequence[frozenset[str]]) -> None:
        self.bearers: dict[int, list[int]] = {}
        firsts: dict[str, int] = {}
        for place, each in enumerate(titles):
            self.bearers.setdefault(firsts.setdefault(each.raw, place), []).append(place)
        self._by_word = _by_rarest({first: words[first] for first in self.bearers})
        self._by_stem: Places = {}
        self._by_short: Places = {}
        self._by_run: Places = {}
        self._by_solid: Places = {}
        self._by_initials: Places = {}
        for first in self.bearers:
            self._add(first, titles[first])

    def _add(self, first: int, each: Title) -> None:
        own = (
            (self._by_stem, each.stems),
            (self._by_short, each.shorts),
            (self._by_run, each.runs),
            (self._by_solid, [each.solid] if len(each.solid) in ABBREVIATED else []),
            (self._by_initials, _beginnings(each.initials)),
        )
        for table, keys in own:
            for key in keys:
                table.setdefault(key, []).append(first)

    def maybe_named(self, words: frozenset[str]) -> set[int]:
        """Titles whose words may all be among `words`; those without the rarest of theirs are left out."""
        return _found(self._by_word, self._by_word.keys() & words)

    def maybe_like(self, stated: Title) -> set[int]:
        """Titles that may be like a stated one: all others have a similarity of nothing."""
        return (
            _found(self._by_stem, stated.stems)
            | _found(self._by_short, stated.runs)
            | _found(self._by_run, stated.shorts)
            | _found(self._by_solid, _beginnings(stated.initials))
            | _found(self._by_initials, [stated.solid])
        )


def _by_rarest(words: dict[int, frozenset[str]]) -> Places:
    counts = Counter(word for each in words.values() for word in each)
    found: Places = {}
    for first, each in words.items():
        if each:
            found.setdefault(min(each, key=lambda word: (counts[word], word)), []).append(first)
    return found


def _beginnings(initials: str) -> list[str]:
    return [initials[:size] for size in ABBREVIATED if size <= len(initials)]


def _found(table: Places, keys: Iterable[str]) -> set[int]:
    return {first for key in keys for first in table.get(key, ())}
