"""Where the bars and ribbons of a Sankey diagram of applications are: pure geometry, in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from applications.status import Status
from tracking.analytics.figures import NAMES, NO_ANSWER, ONGOING, STAGES

WIDTH, HEIGHT, TOP = 760, 340, 18
BAR, GAP, LEAST = 12, 26, 2.0
ENDS = (Status.ACCEPTED.value, ONGOING, NO_ANSWER, Status.REJECTED.value, Status.WITHDRAWN.value)
COLUMNS = {**{stage.value: place for place, stage in enumerate(STAGES)}, **dict.fromkeys(ENDS, len(STAGES))}
STEP = (WIDTH - 140 - BAR) / len(STAGES)  # the labels of the last column stand beside it


@dataclass
class Node:
    """One bar with its label; `taken_in` and `taken_out` say how much of it ribbons have used."""

    code: str
    count: int
    x: float
    y: float
    height: float
    taken_in: float = 0.0
    taken_out: float = 0.0

    @property
    def label(self) -> str:
        return NAMES[self.code]

    @property
    def label_x(self) -> float:
        return self.x + BAR + 8

    @property
    def label_y(self) -> float:
        return self.y + max(self.height / 2, 8) + 4


@dataclass(frozen=True)
class Ribbon:
    """A way that so many applications took; `outline` is an SVG path."""

    source: Node
    target: Node
    count: int
    outline: str


@dataclass(frozen=True)
class Drawing:
    nodes: list[Node]
    ribbons: list[Ribbon]
    width: int = WIDTH
    height: int = HEIGHT
    bar: int = BAR


def draw(flows: Mapping[tuple[str, str], int]) -> Drawing:
    """Place what `flows` says: (from, to) -> count, codes of COLUMNS, each leading to a later column."""
    counts = {code: _through(code, flows) for code in COLUMNS}
    present = {code: count for code, count in counts.items() if count}
    ends = [code for code in ENDS if code in present]
    total = max([sum(present[code] for code in ends), *present.values(), 1])
    scale = (HEIGHT - TOP - GAP * max(len(ends) - 1, 0)) / total
    nodes = _stages(present, scale) | _ends(ends, present, scale)
    return Drawing(list(nodes.values()), _ribbons(flows, nodes, scale))


def _through(code: str, flows: Mapping[tuple[str, str], int]) -> int:
    arriving = sum(count for (_, target), count in flows.items() if target == code)
    leaving = sum(count for (source, _), count in flows.items() if source == code)
    return max(arriving, leaving)


def _stages(present: Mapping[str, int], scale: float) -> dict[str, Node]:
    return {
        code: Node(code, present[code], COLUMNS[code] * STEP, TOP, max(present[code] * scale, LEAST))
        for code in (stage.value for stage in STAGES)
        if code in present
    }


def _ends(codes: list[str], present: Mapping[str, int], scale: float) -> dict[str, Node]:
    nodes, y = {}, float(TOP)
    for code in codes:
        height = max(present[code] * scale, LEAST)
        nodes[code] = Node(code, present[code], COLUMNS[code] * STEP, y, height)
        y += height + GAP
    return nodes


def _ribbons(flows: Mapping[tuple[str, str], int], nodes: Mapping[str, Node], scale: float) -> list[Ribbon]:
    """In the order of the bars from top to bottom, so that ribbons of one bar do not cross."""
    order = list(COLUMNS)
    found = []
    for (source, target), count in sorted(flows.items(), key=lambda flow: [order.index(c) for c in flow[0]]):
        start, end, width = nodes[source], nodes[target], max(count * scale, LEAST / 2)
        outline = _outline(start, end, width)
        start.taken_out += width
        end.taken_in += width
        found.append(Ribbon(start, end, count, outline))
    return found


def _outline(start: Node, end: Node, width: float) -> str:
    x0, x1 = start.x + BAR, end.x
    y0, y1, half = start.y + start.taken_out, end.y + end.taken_in, (end.x - start.x - BAR) / 2
    top = f"M{x0:.1f} {y0:.1f}C{x0 + half:.1f} {y0:.1f} {x1 - half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    under, beyond = y0 + width, y1 + width
    back = f"V{beyond:.1f}C{x1 - half:.1f} {beyond:.1f} {x0 + half:.1f} {under:.1f} {x0:.1f} {under:.1f}Z"
    return top + back
