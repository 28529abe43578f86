"""Phrase concepts: what a sentence says, in several languages.

The phrase files hold one regular expression a line. A line is only tried where a literal
piece that it cannot match without occurs in the text, which makes hundreds of lines cheap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tracking.router.lexicon.text import Sentences

_FILES: Final = Path(__file__).parent
_GAP: Final = r"(?: \S+){0,5} "
_LITERAL: Final = re.compile(r"[a-z '-]+")
_OPTIONAL: Final = frozenset("?*{")
_START: Final = 3  # characters that a needed piece has at least
MAX_HITS: Final = 6  # of one line in one text


@dataclass(frozen=True)
class Phrase:
    """One line: `needed` are literal pieces of which one must occur; empty where there is none."""

    concept: str
    pattern: re.Pattern[str]
    needed: tuple[str, ...]


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


def needed_literals(source: str) -> tuple[str, ...]:
    """Literal pieces of which a match of `source` must hold at least one.

    Groups are looked into one by one: the alternatives of the group whose shortest piece is longest
    are taken. Empty where no piece is certain; then the line is always tried.
    """
    best: tuple[str, ...] = ()
    for branches in _mandatory(source):
        pieces = tuple(_longest(branch) for branch in branches)
        if all(len(piece) >= 3 for piece in pieces) and _weight(pieces) > _weight(best):
            best = pieces
    return best


def _weight(pieces: tuple[str, ...]) -> float:
    return min(map(len, pieces)) / (1 + 0.1 * len(pieces)) if pieces else 0.0


def _longest(branch: str) -> str:
    """The longest literal of one alternative, outside of its own groups and optional parts."""
    if _LITERAL.fullmatch(branch):
        return branch
    pieces = [piece for options in _mandatory(branch) if len(options) == 1 for piece in options]
    return max((piece for piece in pieces if _LITERAL.fullmatch(piece)), key=len, default="")


def _mandatory(source: str) -> list[tuple[str, ...]]:
    """The parts that must match, each as its alternatives; a top-level "|" makes nothing certain."""
    parts: list[tuple[str, ...]] = []
    literal, index = "", 0
    while index < len(source):
        character = source[index]
        if character == "(":
            end = _closing(source, index)
            inner = re.sub(r"^\?(?::|<?[=!])", "", source[index + 1 : end])
            following = source[end + 1 : end + 2]
            plain = not source.startswith(("(?=", "(?!", "(?<"), index) and following not in _OPTIONAL
            parts.append((literal,))
            literal = ""
            if plain:
                parts.append(tuple(_alternatives(inner)))
            index = _after(source, end + 1)
        elif character == "[":
            parts.append((literal,))
            literal, index = "", _after(source, source.index("]", index + 2) + 1)
        elif character == "\\":
            parts.append((literal,))
            literal, index = "", _after(source, index + 2)
        elif character == "|":
            return []
        elif source[index + 1 : index + 2] in _OPTIONAL and source[index + 1 : index + 2]:
            parts.append((literal,))
            literal, index = "", _after(source, index + 1)
        elif _LITERAL.match(character):
            literal += character
            index += 1
        else:
            parts.append((literal,))
            literal, index = "", index + 1
    return [part for part in [*parts, (literal,)] if any(part)]


def _closing(source: str, start: int) -> int:
    depth = 0
    for index in range(start, len(source)):
        if source[index - 1] == "\\" and index > start:
            continue
        depth += {"(": 1, ")": -1}.get(source[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"unbalanced: {source}")


def _alternatives(inner: str) -> list[str]:
    found, depth, start = [], 0, 0
    for index, character in enumerate(inner):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            found.append(inner[start:index])
            start = index + 1
    return [*found, inner[start:]]


def _after(source: str, index: int) -> int:
    """The place behind a repetition mark that stands at `index`."""
    if source[index : index + 1] == "{":
        return source.index("}", index) + 1
    while source[index : index + 1] and source[index] in "?*+":
        index += 1
    return index


@lru_cache(maxsize=1)
def _by_start() -> tuple[dict[str, list[tuple[str, int]]], tuple[int, ...]]:
    """Needed pieces by their first characters, with the numbers of their lines; and lines that need none."""
    index: dict[str, list[tuple[str, int]]] = {}
    always = []
    for number, phrase in enumerate(phrases()):
        for piece in phrase.needed:
            index.setdefault(piece[:_START], []).append((piece, number))
        if not phrase.needed:
            always.append(number)
    return index, tuple(always)


def _worth_trying(folded: str) -> list[int]:
    """Numbers of the lines that may match: an index lookup instead of a search for every piece."""
    index, always = _by_start()
    starts = {folded[at : at + _START] for at in range(len(folded) - _START + 1)}
    found = set(always)
    for start in starts & index.keys():
        found.update(number for piece, number in index[start] if piece in folded)
    return sorted(found)


def find_hits(text: Sentences, only: str = "") -> list[Hit]:
    """Every concept expressed in `text`, conditional or not; or places of the concept `only`."""
    found: list[Hit] = []
    folded, lines = text.text, phrases()
    for number in _worth_trying(folded) if folded else ():
        phrase = lines[number]
        if only and phrase.concept != only:
            continue
        for count, match in enumerate(phrase.pattern.finditer(folded)):
            if count >= MAX_HITS:
                break
            start, end = match.span()
            found.append(Hit(phrase.concept, start, end, text.index(start), text.is_conditional(start, end)))
    return found
