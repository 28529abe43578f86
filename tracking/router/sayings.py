"""What the sentences of a mail say, each by itself: a model learnt from single sentences.

A verdict is one sentence among many; counted over a whole mail it drowns. Here each sentence is scored alone,
and what one of them says surely, the mail says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tracking.router import packed
from tracking.router.lexicon.text import Sentences

SHIPPED: Final = Path(__file__).parent / "model" / "sayings.bin"
SCHEMA: Final = 1
PLAIN: Final = "plain"  # what says nothing of an application
LONGEST: Final = 60  # words of one sentence that are looked at
MOST: Final = 240  # sentences of one mail that are looked at
STEM: Final = 5  # letters by which words of one stem are alike
_TOKEN: Final = re.compile(r"[^\W\d_][\w'-]*|\d+|[€$£?!]")


@dataclass(frozen=True)
class Sayings:
    """A trained model: for words, stems and pairs of words the packed weights of all sayings."""

    names: tuple[str, ...]
    pieces: Mapping[str, int]
    scale: tuple[float, ...]
    intercept: tuple[float, ...]

    def said(self, text: Sentences) -> dict[str, float]:
        """For each saying but the plain one, how surely some sentence of a folded text says it, 0..1.

        What stands under a condition is not said. Of a very long text the ends are looked at.
        """
        best = [0.0] * len(self.names)
        count = len(text.starts)
        for index in range(count):
            if MOST // 2 <= index < count - MOST // 2:
                continue
            start, end = text.span(index)
            if end - start <= STEM:
                continue
            shares = self.shares(text.text[start:end])
            better = list(map(max, best, shares))
            if better != best and not text.is_conditional(start, end):
                best = better
        return {name: share for name, share in zip(self.names, best, strict=True) if name != PLAIN}

    def shares(self, sentence: str) -> list[float]:
        """How likely one folded sentence is each of the sayings; they add up to one."""
        pieces = pieces_of(sentence)
        found = [weights for weights in map(self.pieces.get, pieces) if weights is not None]
        totals, norm = packed.unpacked(found, len(self.names)), 1 / math.sqrt(len(pieces) or 1)
        scores = [
            shift + total * scale * norm
            for total, scale, shift in zip(totals, self.scale, self.intercept, strict=True)
        ]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        whole = sum(powers)
        return [power / whole for power in powers]


def pieces_of(sentence: str) -> list[str]:
    """The words, their stems and the pairs of neighbours of a folded sentence."""
    words = _TOKEN.findall(sentence)[:LONGEST]
    words = ["0" if word.isdigit() else word for word in words]
    stems = [word[:STEM] + "*" for word in words if len(word) > STEM]
    pairs = list(map(" ".join, pairwise(["", *words, ""])))
    return words + stems + pairs


@lru_cache(maxsize=2)
def load(path: Path = SHIPPED) -> Sayings:
    """Read a model, once per path. Raises packed.WeightsError where it is damaged or of another schema."""
    meta, payload = packed.read(path, SCHEMA)
    return Sayings(
        names=tuple(meta["names"]),
        pieces=dict(zip(meta["pieces"], packed.packed(payload, len(meta["names"])), strict=True)),
        scale=tuple(meta["scale"]),
        intercept=tuple(meta["intercept"]),
    )


def save(path: Path, meta: Mapping[str, Any], rows: Sequence[Sequence[int]]) -> str:
    """Write a model (weights of -127..127 for each piece) and give its digest."""
    digest = packed.write(path, SCHEMA, meta, rows)
    load.cache_clear()
    return digest
