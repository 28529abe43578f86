"""How far stated probabilities can be believed: reliability, expected calibration error, Brier score.

Pure Python, so that the product can show it too. Probabilities are 0..1, outcomes true or false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

BINS = 15


@dataclass(frozen=True)
class Bin:
    """One group of predictions of like size: how sure they were and how often they were right."""

    count: int
    stated: float
    right: float


def reliability(stated: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Predictions in order of certainty, cut into `bins` groups of equal mass (fewer if there are few)."""
    pairs = sorted(zip(stated, right, strict=True), key=lambda pair: pair[0])
    groups = min(bins, len(pairs))
    cuts = [round(i * len(pairs) / groups) for i in range(groups + 1)] if groups else []
    return [_bin(pairs[start:end]) for start, end in pairwise(cuts) if end > start]


def _bin(pairs: Sequence[tuple[float, bool]]) -> Bin:
    size = len(pairs)
    return Bin(size, sum(p for p, _ in pairs) / size, sum(r for _, r in pairs) / size)


def expected_error(stated: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal mass; 0 where there is nothing to judge."""
    groups = reliability(stated, right, bins)
    total = sum(group.count for group in groups)
    return sum(group.count * abs(group.stated - group.right) for group in groups) / total if total else 0.0


def brier(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared difference between probability and outcome; 0 where there is nothing to judge."""
    if not stated:
        return 0.0
    return sum((p - r) ** 2 for p, r in zip(stated, right, strict=True)) / len(stated)


def logit(probability: float) -> float:
    """log(p / (1 - p)), with p kept off 0 and 1."""
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return log(kept / (1 - kept))


def logistic(value: float) -> float:
    """1 / (1 + e^-value), without overflow."""
    return 1 / (1 + exp(-min(max(value, -60.0), 60.0)))


def fit_logistic(
    rows: Sequence[Sequence[float]],
    right: Sequence[bool],
    towards: Sequence[float],
    pull: float,
    rounds: int = 60,
) -> list[float]:
    """Weights of a logistic regression (first column is the intercept) by Newton's method.

    `pull` is the precision of a Gaussian prior around `towards`: with few rows the weights stay there.
    Raises ValueError where rows and weights differ in length.
    """
    weights = list(towards)
    for _ in range(rounds):
        step = _newton_step(rows, right, weights, towards, pull)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return weights


def _newton_step(
    rows: Sequence[Sequence[float]],
    right: Sequence[bool],
    weights: list[float],
    towards: Sequence[float],
    pull: float,
) -> list[float]:
    size = len(weights)
    gradient = [pull * (t - w) for t, w in zip(towards, weights, strict=True)]
    hessian = [[pull if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, outcome in zip(rows, right, strict=True):
        p = logistic(sum(w * x for w, x in zip(weights, row, strict=True)))
        spread = max(p * (1 - p), 1e-9)
        for i, x in enumerate(row):
            gradient[i] += (outcome - p) * x
            for j in range(i, size):
                hessian[i][j] += spread * x * row[j]
    for i in range(size):
        for j in range(i):
            hessian[i][j] = hessian[j][i]
    return solve(hessian, gradient)


def solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """The solution of a small system of linear equations, by elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    result = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][j] * result[j] for j in range(i + 1, size))
        result[i] = (rows[i][size] - known) / rows[i][i]
    return result
