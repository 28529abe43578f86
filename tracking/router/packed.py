"""Files of trained weights, and sums of weights in plain Python.

A file is one line of JSON (schema, names, scales, digests), then one byte a weight, offset 128: piece by
piece, class by class. The weights of one piece are packed into one integer, so that adding integers adds
every class at once. Read without numpy; never a pickle.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_LANE: Final = 4  # bytes for the sum of one class's weights: enough for 16 million pieces
_OFFSET: Final = 128


class WeightsError(ValueError):
    """The file is none of this schema, or was changed after it was written."""


def read(path: Path, schema: int) -> tuple[dict[str, Any], bytes]:
    """The header and the weights of a file. Raises WeightsError where it is damaged or of another schema."""
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        meta = json.loads(head)
    except ValueError as error:
        raise WeightsError(f"{path.name} has no header") from error
    if meta.get("schema") != schema:
        raise WeightsError(f"{path.name} has schema {meta.get('schema')}, this program reads {schema}")
    if _digest(meta, payload) != meta["digest"]:
        raise WeightsError(f"{path.name} does not fit its digest")
    return meta, payload


def write(path: Path, schema: int, meta: Mapping[str, Any], rows: Iterable[Sequence[int]]) -> str:
    """Write weights of -127..127, one row a piece; gives the digest of the file."""
    payload = bytes(weight + _OFFSET for row in rows for weight in row)
    meta = {**meta, "schema": schema}
    meta["digest"] = _digest(meta, payload)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(meta, sort_keys=True).encode() + b"\n" + payload)
    return str(meta["digest"])


def packed(payload: bytes, width: int) -> list[int]:
    """One integer for the `width` weights of each piece. Raises WeightsError where a piece is cut short."""
    if len(payload) % width:
        raise WeightsError("the file of weights is cut short")
    spread = bytearray(len(payload) * _LANE)
    spread[::_LANE] = payload
    step = width * _LANE
    return [int.from_bytes(spread[at : at + step], "little") for at in range(0, len(spread), step)]


def unpacked(pieces: Sequence[int], width: int) -> list[int]:
    """The sums over packed pieces, class by class."""
    lanes = struct.unpack(f"<{width}I", sum(pieces).to_bytes(_LANE * width, "little"))
    offset = _OFFSET * len(pieces)
    return [lane - offset for lane in lanes]


def _digest(meta: Mapping[str, Any], payload: bytes) -> str:
    """SHA-256 over everything but the digest itself."""
    rest = {key: value for key, value in meta.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode() + b"\n" + payload).hexdigest()
