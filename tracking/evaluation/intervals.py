"""How far a figure may be off: 95 % confidence intervals of proportions and of anything else."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import sqrt
from typing import TypeVar

Z = 1.959964  # standard deviations that hold 95 % of a normal distribution
SAMPLES = 1_000

Item = TypeVar("Item")


def wilson(part: float, whole: float) -> tuple[float, float]:
    """The interval of the proportion `part` of `whole` (Wilson's score interval); (0, 1) of nothing.

    Unlike the textbook interval it stays honest where a proportion is near 0 or 1.
    """
    if not whole:
        return 0.0, 1.0
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(
    groups: Sequence[Item], figure: Callable[[Sequence[Item]], float], samples: int = SAMPLES, seed: int = 7
) -> tuple[float, float]:
    """The interval of `figure` over `groups`, from samples of whole groups drawn with replacement.

    Messages of one scenario are alike, so the group is the scenario: drawing messages would flatter.
    """
    draw = random.Random(seed)
    found = sorted(figure(draw.choices(groups, k=len(groups))) for _ in range(samples))
    return found[round(0.025 * (samples - 1))], found[round(0.975 * (samples - 1))]
