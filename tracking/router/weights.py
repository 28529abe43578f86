"""The weights file of the classifier, and scoring with it in plain Python.

One line of JSON (schema, names, scales, digests), then one byte per weight: feature by feature,
kind by kind, offset 128. Read without numpy; never a pickle.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tracking.mail import Kind
from tracking.router.features import Features

SCHEMA: Final = 1
SHIPPED: Final = Path(__file__).parent / "model" / "kinds.bin"
_LANE: Final = 4  # bytes for the sum of one kind's weights: enough for 16 million features
_OFFSET: Final = 128


class WeightsError(ValueError):
    """The file is no weights file of this schema, or was changed after it was written."""


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
                total = self._unpacked(sum(map(self.hashed.__getitem__, buckets)), len(buckets))
                _add(scores, total, self.hashed_scale, gain / math.sqrt(len(buckets)))
        by_value: dict[float, list[int]] = {}
        for name, value in features.named.items():
            packed = self.named.get(name)
            if packed is not None:
                by_value.setdefault(value, []).append(packed)
        for value, entries in by_value.items():
            _add(scores, self._unpacked(sum(entries), len(entries)), self.named_scale, value)
        return _softmax(self.kinds, scores)

    def _unpacked(self, total: int, count: int) -> list[int]:
        width = len(self.kinds)
        lanes = struct.unpack_from(f"<{width}I", total.to_bytes(_LANE * width, "little"))
        return [lane - _OFFSET * count for lane in lanes]


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
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        meta = json.loads(head)
    except ValueError as error:
        raise WeightsError(f"{path.name} has no header") from error
    if meta.get("schema") != SCHEMA:
        raise WeightsError(f"{path.name} has schema {meta.get('schema')}, this program reads {SCHEMA}")
    if digest_of(meta, payload) != meta["digest"]:
        raise WeightsError(f"{path.name} does not fit its digest")
    return _unpack(meta, payload)


def digest_of(meta: Mapping[str, Any], payload: bytes) -> str:
    """SHA-256 over everything but the digest itself."""
    rest = {key: value for key, value in meta.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode() + b"\n" + payload).hexdigest()


def _unpack(meta: Mapping[str, Any], payload: bytes) -> Weights:
    width = len(meta["kinds"])
    split = meta["buckets"] * width
    if len(payload) != split + len(meta["named"]) * width:
        raise WeightsError("the weights file is cut short")
    return Weights(
        kinds=tuple(Kind(kind) for kind in meta["kinds"]),
        gains=meta["gains"],
        hashed=_packed(payload[:split], width),
        named=dict(zip(meta["named"], _packed(payload[split:], width), strict=True)),
        hashed_scale=meta["hashed_scale"],
        named_scale=meta["named_scale"],
        intercept=meta["intercept"],
        kind_curve=Curve(*meta["kind_curve"]),
        job_curve=Curve(*meta["job_curve"]),
        digest=meta["digest"],
        about={key: meta[key] for key in ("data_digest", "data_date", "messages", "authors")},
    )


def _packed(raw: bytes, width: int) -> list[int]:
    spread = bytearray(len(raw) * _LANE)
    spread[::_LANE] = raw
    step = width * _LANE
    return [int.from_bytes(spread[at : at + step], "little") for at in range(0, len(spread), step)]


def save(path: Path, meta: dict[str, Any], rows: Sequence[Sequence[int]]) -> str:
    """Write weights (-127..127; hashed features, then named ones) and give the digest of the file."""
    payload = bytes(weight + _OFFSET for row in rows for weight in row)
    meta = {**meta, "schema": SCHEMA}
    meta["digest"] = digest_of(meta, payload)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(meta, sort_keys=True).encode() + b"\n" + payload)
    load.cache_clear()
    return str(meta["digest"])
