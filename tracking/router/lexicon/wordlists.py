"""Lists of words, read from the data file beside this module."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent / "words.txt"


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        name, colon, words = line.partition(":")
        if colon and not line.startswith("#"):
            found.setdefault(name, set()).update(words.split())
    return {name: frozenset(words) for name, words in found.items()}


def word_list(name: str) -> frozenset[str]:
    """The list of that name. Raises KeyError where there is none."""
    return _lists()[name]
