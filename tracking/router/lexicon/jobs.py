"""Words that name a kind of work, and words that rank it, in several languages."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent / "job_words.txt"


@lru_cache(maxsize=1)
def _tables() -> tuple[frozenset[str], tuple[str, ...], frozenset[str], frozenset[str]]:
    heads: set[str] = set()
    stems: set[str] = set()
    ranks: set[str] = set()
    occupations: set[str] = set()
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(":")
        for word in words.split():
            if name == "head":
                (stems if word.endswith("*") else heads).add(word.rstrip("*"))
            elif name == "rank":
                ranks.add(word)
            elif name == "occupation":
                occupations.add(word)
    return frozenset(heads), tuple(sorted(stems)), frozenset(ranks), frozenset(occupations)


@lru_cache(maxsize=20_000)
def is_head(word: str) -> bool:
    """Whether a folded word names a kind of work ("analyst", "infirmier", "sachbearbeiterin")."""
    heads, stems, _, _ = _tables()
    parts = [word, *re.split(r"[-/]", word)] if "-" in word or "/" in word else [word]
    return any(
        part in heads or (part.endswith("s") and part[:-1] in heads) or _is_compound(part, stems)
        for part in parts
    )


@lru_cache(maxsize=20_000)
def names_work(word: str) -> bool:
    """As `is_head`, for finding titles: with kinds of work that the classifier's features leave out."""
    occupations = _tables()[3]
    return is_head(word) or word in occupations or (word.endswith("s") and word[:-1] in occupations)


def _is_compound(word: str, stems: tuple[str, ...]) -> bool:
    """Whether a word starts with a stem or, as in German and Dutch, ends in one."""
    bare = word.removesuffix("in") if len(word) > 8 else word
    return bool(word) and (word.startswith(stems) or (len(word) > 9 and bare.endswith(stems)))


def is_rank(word: str) -> bool:
    """Whether a folded word ranks or qualifies a kind of work ("senior", "clinical")."""
    return word in _tables()[2]
