"""The weights of the classifier, and scoring with them in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tracking.mail import Kind
from tracking.router import packed
from tracking.router.features import Features

SCHEMA: Final = 1
SHIPPED: Final = Path(__file__).parent / "model" / "kinds.bin"


@dataclass(frozen=True)
class Curve:
    """A logistic map of a log-odds score: 1 / (1 + exp(-(slope * score + shift)))."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, probability: float) -> float:
        odds = min(max(probability, 1e-9), 1 - 1e-9)
        score = self.slope * math.log(odds / (1 - odds)) + self.shift
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


@dataclass(frozen=True)
class Weights:
    """A trained model. Each table entry packs the weights of all kinds into one integer,
    so that adding entries adds every kind at once."""

    kinds: tuple[Kind, ...]
    gains: Mapping[str, float]
    hashed: Sequence[int]
    named: Mapping[str, int]
    hashed_scale: Sequence[float]
    named_scale: Sequence[float]
    intercept: Sequence[float]
    kind_curve: Curve
    job_curve: Curve
    digest: str
    about: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, features: Features) -> dict[Kind, float]:
        """The model's own belief, before any rule and calibration."""
        scores = list(self.intercept)
        for namespace, buckets in features.hashed.items():
            gain = self.gains.get(namespace, 0.0)
            if buckets and gain:
                total = packed.unpacked([self.hashed[bucket] for bucket in buckets], len(self.kinds))
                _add(scores, total, self.hashed_scale, gain / math.sqrt(len(buckets)))
        by_value: dict[float, list[int]] = {}
        for name, value in features.named.items():
            entry = self.named.get(name)
            if entry is not None:
                by_value.setdefault(value, []).append(entry)
        for value, entries in by_value.items():
            _add(scores, packed.unpacked(entries, len(self.kinds)), self.named_scale, value)
        return _softmax(self.kinds, scores)


def _add(scores: list[float], total: Sequence[int], scale: Sequence[float], factor: float) -> None:
    for index, value in enumerate(total):
        scores[index] += value * scale[index] * factor


def _softmax(kinds: Sequence[Kind], scores: Sequence[float]) -> dict[Kind, float]:
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return {kind: power / total for kind, power in zip(kinds, powers, strict=True)}


@lru_cache(maxsize=4)
def load(path: Path = SHIPPED) -> Weights:
    """Read a weights file, once per path. Raises WeightsError where it is damaged or of another schema."""
    meta, payload = packed.read(path, SCHEMA)
    width = len(meta["kinds"])
    split = meta["buckets"] * width
    if len(payload) != split + len(meta["named"]) * width:
        raise packed.WeightsError(f"{path.name} is cut short")
    return Weights(
        kinds=tuple(Kind(kind) for kind in meta["kinds"]),
        gains=meta["gains"],
        hashed=packed.packed(payload[:split], width),
        named=dict(zip(meta["named"], packed.packed(payload[split:], width), strict=True)),
        hashed_scale=meta["hashed_scale"],
        named_scale=meta["named_scale"],
        intercept=meta["intercept"],
        kind_curve=Curve(*meta["kind_curve"]),
        job_curve=Curve(*meta["job_curve"]),
        digest=meta["digest"],
        about={key: meta[key] for key in ("data_digest", "data_date", "messages", "authors")},
    )


def save(path: Path, meta: Mapping[str, Any], rows: Sequence[Sequence[int]]) -> str:
    """Write weights (-127..127; hashed features, then named ones) and give the digest of the file."""
    digest = packed.write(path, SCHEMA, meta, rows)
    load.cache_clear()
    return digest
