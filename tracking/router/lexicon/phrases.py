"""Phrase concepts: what a sentence says, in several languages.

The phrase files hold one regular expression a line. A line is only tried where a literal
piece that it cannot match without occurs in the text, which makes hundreds of lines cheap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from tracking.router.lexicon.literals import SHORTEST, may_match, needed_literals
from tracking.router.lexicon.text import Sentences

_FILES: Final = Path(__file__).parent
_GAP: Final = r"(?: \S+){0,5} "
_STARTS: Final = (SHORTEST, 6)  # characters by which pieces are looked up
MAX_HITS: Final = 6  # of one line in one text


@dataclass(frozen=True)
class Phrase:
    """One line: of each group of `needed` one piece must occur; empty where nothing is certain."""

    concept: str
    pattern: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Hit:
    """One place where a concept is expressed."""

    concept: str
    start: int
    end: int
    sentence: int
    conditional: bool


@lru_cache(maxsize=1)
def phrases() -> tuple[Phrase, ...]:
    """Every line of every phrase file."""
    found: list[Phrase] = []
    for path in sorted(_FILES.glob("phrases_*.txt")):
        concept = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.strip("\n")
            if line.startswith("[") and line.endswith("]") and line[1:-1].replace("_", "").isalpha():
                concept = line[1:-1]
            elif line.strip() and not line.startswith("#"):
                found.append(_phrase(concept, line.strip()))
    return tuple(found)


def concepts() -> tuple[str, ...]:
    """The names of all concepts, in order."""
    return tuple(sorted({phrase.concept for phrase in phrases()}))


def _phrase(concept: str, line: str) -> Phrase:
    source = line.replace(" ~ ", _GAP)
    return Phrase(concept, re.compile(source), needed_literals(line.replace(" ~ ", "~")))


@lru_cache(maxsize=1)
def _by_start() -> tuple[dict[int, dict[str, list[tuple[str, int]]]], tuple[int, ...]]:
    """Pieces of the first group by their first characters, with the numbers of their lines.

    Long pieces by more characters than short ones. And the lines that need none.
    """
    index: dict[int, dict[str, list[tuple[str, int]]]] = {size: {} for size in _STARTS}
    always = []
    for number, phrase in enumerate(phrases()):
        for piece in phrase.needed[0] if phrase.needed else ():
            size = max(size for size in _STARTS if size <= len(piece))
            index[size].setdefault(piece[:size], []).append((piece, number))
        if not phrase.needed:
            always.append(number)
    return index, tuple(always)


def _worth_trying(folded: str) -> list[Phrase]:
    """The lines that may match: an index lookup instead of a search for every piece."""
    index, always = _by_start()
    found = set(always)
    for size, by_start in index.items():
        starts = {folded[at : at + size] for at in range(len(folded) - size + 1)}
        for start in starts & by_start.keys():
            for piece, number in by_start[start]:
                if piece in folded:
                    found.add(number)
    lines = phrases()
    return [lines[number] for number in sorted(found) if may_match(lines[number].needed[1:], folded)]


def _of_concept(concept: str, folded: str) -> list[Phrase]:
    return [line for line in _lines_of(concept) if may_match(line.needed, folded)]


@cache
def _lines_of(concept: str) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in phrases() if phrase.concept == concept)


def find_hits(text: Sentences, only: str = "") -> list[Hit]:
    """Every concept expressed in `text`, conditional or not; or places of the concept `only`."""
    found: list[Hit] = []
    folded = text.text
    for phrase in _of_concept(only, folded) if only else _worth_trying(folded):
        for count, match in enumerate(phrase.pattern.finditer(folded)):
            if count >= MAX_HITS:
                break
            start, end = match.span()
            found.append(Hit(phrase.concept, start, end, text.index(start), text.is_conditional(start, end)))
    return found
