"""What the sentences of a mail say, each by itself: a model learnt from single sentences.

A verdict is one sentence among many; counted over a whole mail it drowns. Here each sentence is scored alone,
and what one of them says surely, the mail says.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tracking.router.lexicon.text import Sentences

SHIPPED: Final = Path(__file__).parent / "model" / "sayings.bin"
SCHEMA: Final = 1
PLAIN: Final = "plain"  # what says nothing of an application
LONGEST: Final = 60  # words of one sentence that are looked at
MOST: Final = 240  # sentences of one mail that are looked at
STEM: Final = 5  # letters by which words of one stem are alike
_LANE: Final = 4
_OFFSET: Final = 128
_TOKEN: Final = re.compile(r"[^\W\d_][\w'-]*|\d+|[€$£?!]")


class SayingsError(ValueError):
    """The file is no model of this schema, or was changed after it was written."""


@dataclass(frozen=True)
class Sayings:
    """A trained model: for words, stems and pairs of words the packed weights of all sayings."""

    names: tuple[str, ...]
    pieces: Mapping[str, int]
    scale: tuple[float, ...]
    intercept: tuple[float, ...]
    digest: str = ""

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
        found = [packed for packed in map(self.pieces.get, pieces) if packed is not None]
        lanes = _unpacked(sum(found), len(self.names))
        offset, norm = _OFFSET * len(found), 1 / math.sqrt(len(pieces) or 1)
        scores = [
            shift + (lane - offset) * scale * norm
            for lane, scale, shift in zip(lanes, self.scale, self.intercept, strict=True)
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
    """Read a model, once per path. Raises SayingsError where it is damaged or of another schema."""
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        meta = json.loads(head)
    except ValueError as error:
        raise SayingsError(f"{path.name} has no header") from error
    if meta.get("schema") != SCHEMA:
        raise SayingsError(f"{path.name} has schema {meta.get('schema')}, this program reads {SCHEMA}")
    if digest_of(meta, payload) != meta["digest"]:
        raise SayingsError(f"{path.name} does not fit its digest")
    width = len(meta["names"])
    packed = [_packed(payload[at : at + width]) for at in range(0, len(payload), width)]
    return Sayings(
        names=tuple(meta["names"]),
        pieces=dict(zip(meta["pieces"], packed, strict=True)),
        scale=tuple(meta["scale"]),
        intercept=tuple(meta["intercept"]),
        digest=meta["digest"],
    )


def save(path: Path, meta: dict[str, Any], rows: list[list[int]]) -> str:
    """Write a model (weights of -127..127 for each piece) and give its digest."""
    payload = bytes(weight + _OFFSET for row in rows for weight in row)
    meta = {**meta, "schema": SCHEMA}
    meta["digest"] = digest_of(meta, payload)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(meta, sort_keys=True).encode() + b"\n" + payload)
    load.cache_clear()
    return str(meta["digest"])


def digest_of(meta: Mapping[str, Any], payload: bytes) -> str:
    """SHA-256 over everything but the digest itself."""
    rest = {key: value for key, value in meta.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode() + b"\n" + payload).hexdigest()


def _packed(weights: bytes) -> int:
    spread = bytearray(len(weights) * _LANE)
    spread[::_LANE] = weights
    return int.from_bytes(spread, "little")


def _unpacked(total: int, width: int) -> tuple[int, ...]:
    return struct.unpack(f"<{width}I", total.to_bytes(_LANE * width, "little"))
