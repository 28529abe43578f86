"""Where the bars and ribbons of a Sankey diagram of applications are: pure geometry, in pixels.

The names of stages stand above their bars, where no ribbon comes; those of ends beside theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from applications.status import Status
from tracking.analytics.figures import NAMES, NO_ANSWER, ONGOING, STAGES

WIDTH, HEIGHT, TOP, BOTTOM = 820, 340, 30, 12
BAR, GAP = 12, 26  # of a bar its width, and what is between two
LEAST, MOST = 2.0, 28.0  # thickness: of a ribbon at least, of one application at most
ENDS = (Status.ACCEPTED.value, ONGOING, NO_ANSWER, Status.REJECTED.value, Status.WITHDRAWN.value)
COLUMNS = {**{stage.value: place for place, stage in enumerate(STAGES)}, **dict.fromkeys(ENDS, len(STAGES))}
STEP = (WIDTH - 150 - BAR) / len(STAGES)  # the names of the last column stand beside it
ORDER = list(COLUMNS)

Flow = tuple[str, str]


@dataclass
class Node:
    """One bar with its label; `taken_in` and `taken_out` say how much of it ribbons have used."""

    code: str
    count: int
    y: float
    height: float
    taken_in: float = 0.0
    taken_out: float = 0.0

    @property
    def label(self) -> str:
        return str(NAMES[self.code])

    @property
    def x(self) -> float:
        return COLUMNS[self.code] * STEP

    @property
    def label_x(self) -> float:
        return self.x + BAR + 8 if self.code in ENDS else self.x

    @property
    def label_y(self) -> float:
        """Where the line stands on which the label is written."""
        return self.y + self.height / 2 + 4 if self.code in ENDS else TOP - 10


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
    bar: int = BAR

    @property
    def height(self) -> int:
        return round(max((node.y + node.height for node in self.nodes), default=TOP) + BOTTOM)


def draw(flows: Mapping[Flow, int]) -> Drawing:
    """Place what `flows` says: (from, to) -> count, codes of COLUMNS, each leading to a later column."""
    widths = _widths(flows)
    nodes: dict[str, Node] = {}
    y = float(TOP)
    for code in ORDER:
        if count := _through(code, flows):
            height = _through(code, widths)
            nodes[code] = Node(code, int(count), y if code in ENDS else TOP, height)
            y += height + GAP if code in ENDS else 0
    return Drawing(list(nodes.values()), _ribbons(flows, nodes, widths))


def _widths(flows: Mapping[Flow, int]) -> dict[Flow, float]:
    """How thick each ribbon is."""
    ends = {target for _, target in flows if target in ENDS}
    total = max(sum(count for (_, target), count in flows.items() if target in ENDS), 1)
    scale = min((HEIGHT - TOP - BOTTOM - GAP * max(len(ends) - 1, 0)) / total, MOST)
    return {flow: max(count * scale, LEAST) for flow, count in flows.items()}


def _through(code: str, amounts: Mapping[Flow, float]) -> float:
    arriving = sum(amount for (_, target), amount in amounts.items() if target == code)
    leaving = sum(amount for (source, _), amount in amounts.items() if source == code)
    return max(arriving, leaving)


def _ribbons(
    flows: Mapping[Flow, int], nodes: Mapping[str, Node], widths: Mapping[Flow, float]
) -> list[Ribbon]:
    """In the order of the bars from top to bottom, so that ribbons of one bar do not cross."""
    found = []
    for flow in sorted(flows, key=lambda flow: [ORDER.index(code) for code in flow]):
        start, end, width = nodes[flow[0]], nodes[flow[1]], widths[flow]
        outline = _outline(start, end, width)
        start.taken_out += width
        end.taken_in += width
        found.append(Ribbon(start, end, flows[flow], outline))
    return found


def _outline(start: Node, end: Node, width: float) -> str:
    x0, x1 = start.x + BAR, end.x
    y0, y1, half = start.y + start.taken_out, end.y + end.taken_in, (end.x - start.x - BAR) / 2
    top = f"M{x0:.1f} {y0:.1f}C{x0 + half:.1f} {y0:.1f} {x1 - half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    under, beyond = y0 + width, y1 + width
    back = f"V{beyond:.1f}C{x1 - half:.1f} {beyond:.1f} {x0 + half:.1f} {under:.1f} {x0:.1f} {under:.1f}Z"
    return top + back
