"""Word classes: what part a single word plays, whatever the language."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent / "classes.txt"
_SHORTEST, _LONGEST = 4, 16


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Whole words and stems, each with its classes."""
    words: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        name, colon, entries = line.partition(":")
        if line.startswith("#") or not colon:
            continue
        for entry in entries.split():
            table = stems if entry.endswith("*") else words
            key = entry.rstrip("*")
            if name not in table.get(key, ()):
                table[key] = (*table.get(key, ()), name)
    return words, stems


@lru_cache(maxsize=20_000)
def classes_of(word: str) -> tuple[str, ...]:
    """The classes of one folded word; empty for most words."""
    words, stems = _tables()
    found = words.get(word)
    if found is not None:
        return found
    for length in range(min(len(word), _LONGEST), _SHORTEST - 1, -1):
        stem = stems.get(word[:length])
        if stem is not None:
            return stem
    return ()
