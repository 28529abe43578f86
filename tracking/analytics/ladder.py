"""The ways of a Sankey diagram as a list of bars, one below the other: pure geometry, in percent.

It needs no more width than a telephone has. Each stage is a bar of the parts into which it went on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracking.analytics.figures import NAMES
from tracking.analytics.sankey import ENDS, ORDER, Drawing, Ribbon

LEAST = 1.5  # percent of the width that anything takes at least


@dataclass(frozen=True)
class Part:
    """So many applications went on to `code`."""

    code: str
    count: int
    x: float
    width: float

    @property
    def label(self) -> str:
        return str(NAMES[self.code])


@dataclass(frozen=True)
class Rung:
    """One stage or end, with its parts from left to right; an end has itself as its one part."""

    code: str
    count: int
    parts: list[Part]

    @property
    def label(self) -> str:
        return str(NAMES[self.code])

    @property
    def is_end(self) -> bool:
        return self.code in ENDS


def rungs(drawing: Drawing) -> list[Rung]:
    """The bars of `drawing` in the order of its columns, each as long as its share of all that were sent."""
    total = max((node.count for node in drawing.nodes), default=1)
    leaving = {node.code: [each for each in drawing.ribbons if each.source is node] for node in drawing.nodes}
    return [
        Rung(node.code, node.count, _parts(_counts(leaving[node.code]) or {node.code: node.count}, total))
        for node in sorted(drawing.nodes, key=lambda node: ORDER.index(node.code))
    ]


def _counts(ribbons: Sequence[Ribbon]) -> dict[str, int]:
    return {ribbon.target.code: ribbon.count for ribbon in ribbons}


def _parts(counts: Mapping[str, int], total: int) -> list[Part]:
    found: list[Part] = []
    widths = [max(100 * count / total, LEAST) for count in counts.values()]
    shrink = min(1, 100 / sum(widths))
    for (code, count), width in zip(counts.items(), widths, strict=True):
        x = found[-1].x + found[-1].width if found else 0.0
        found.append(Part(code, count, x, width * shrink))
    return found
