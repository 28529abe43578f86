"""A reliability diagram as SVG: how often predictions of like certainty were right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracking.router.calibration import Bin

SIZE, LEFT, TOP, GAP = 300, 56, 44, 84  # of a panel, in pixels
WIDTH, HEIGHT = LEFT + 2 * SIZE + GAP + 24, TOP + SIZE + 64
INK, GRID, LINE = "#1f2933", "#d5dbe1", "#1d4ed8"

Panel = tuple[str, Sequence[Bin]]


def reliability_svg(panels: Sequence[Panel]) -> str:
    """Two panels side by side, each a title and its bins, as the text of an SVG file."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="{INK}">',
        "<title>Reliability of the router's confidence</title>",
        f"<desc>{' '.join(map(_described, panels))}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for number, panel in enumerate(panels):
        lines += _panel(panel, LEFT + number * (SIZE + GAP))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _described(panel: Panel) -> str:
    title, bins = panel
    points = ", ".join(f"{each.stated:.2f} stated and {each.right:.2f} right" for each in bins)
    return f"{title}: {points}."


def _panel(panel: Panel, left: float) -> Iterator[str]:
    title, bins = panel
    yield f'<text x="{left:.1f}" y="{TOP - 16}" font-size="14" font-weight="bold">{title}</text>'
    yield from _grid(left)
    points = [(_x(each.stated, left), _y(each.right)) for each in bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{LINE}"/>'


def _grid(left: float) -> Iterator[str]:
    for step in range(6):
        value = step / 5
        x, y = _x(value, left), _y(value)
        cross = f"M{x:.1f} {_y(0):.1f}V{_y(1):.1f}M{left:.1f} {y:.1f}H{left + SIZE:.1f}"
        yield f'<path d="{cross}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{value:.1f}</text>'
        yield f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>'
    diagonal = f"M{left:.1f} {_y(0):.1f}L{left + SIZE:.1f} {_y(1):.1f}"
    yield f'<path d="{diagonal}" stroke="{INK}" stroke-dasharray="4 4" fill="none"/>'
    yield _label(f'x="{left + SIZE / 2:.1f}" y="{_y(0) + 40:.1f}"', "stated confidence")
    turned = f"translate({left - 40:.1f} {_y(0.5):.1f}) rotate(-90)"
    yield _label(f'transform="{turned}"', "share that was right")


def _label(place: str, words: str) -> str:
    return f'<text {place} text-anchor="middle">{words}</text>'


def _x(value: float, left: float) -> float:
    return left + SIZE * value


def _y(value: float) -> float:
    return TOP + SIZE * (1 - value)
