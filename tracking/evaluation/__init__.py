"""How well the router does on scenario files: the shipped model, or one that never saw the author."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracking.evaluation.figures import measure
from tracking.evaluation.fitting import fit
from tracking.evaluation.folds import CACHE, Fold, Source, at_random, by_author, reader_for, sources
from tracking.evaluation.replay import Observation, Reader, replay
from tracking.evaluation.rows import random_rows_macro_f1
from tracking.router.read import RULES_VERSION, read, version

HELD_OUT = f"local-{RULES_VERSION}-held-out"  # no one set of weights: each author has its own
HEADLINE = (
    "messages", "relevant_recall", "relevant_precision", "kind_macro_f1", "auto_link_precision",
    "auto_link_coverage", "review_recall", "wrong_status_changes", "ece_match",
    "ece_kind", "company_exact", "title_exact",
)  # fmt: skip


def evaluate(
    directory: Path, engine: str = "local", reader: Reader = read
) -> tuple[dict[str, Any], list[Observation]]:
    """Judge the shipped model on every scenario under `directory`: the figures, and what they rest on."""
    seen = replay((each.scenario for each in sources([directory])), reader)
    return measure(seen, engine, version()), seen


def evaluate_by_author(directory: Path, cache: Path = CACHE) -> tuple[dict[str, Any], list[Observation]]:
    """Judge each author by models that learnt from all others; pooled figures, with a line for each author.

    The calibration of matching is fitted without the author too. Beside it, under `random_split`, the
    score where scenarios are split at random: the gap between the two is what wording is worth.
    """
    files = sources([directory])
    folds = by_author(files)
    seen = _held_out(folds, cache)
    pooled = measure([each for part in seen.values() for each in part], "local", HELD_OUT)
    pooled["by_author"] = {author: _headline(part) for author, part in seen.items()}
    pooled["random_split"] = _random_split(files, cache)
    pooled["random_rows_kind_macro_f1"] = random_rows_macro_f1(files, cache)
    return pooled, [each for part in seen.values() for each in part]


def held_out(files: Sequence[Source], cache: Path = CACHE) -> list[Observation]:
    """Every message as read by a model that did not learn from its author, matched by neutral weights."""
    folds = by_author(files)
    return [each for fold in folds for each in _replay_fold(fold, reader_for(fold, cache))]


def _held_out(folds: Sequence[Fold], cache: Path) -> dict[str, list[Observation]]:
    readers = {fold.name: reader_for(fold, cache) for fold in folds}
    first = {fold.name: _replay_fold(fold, readers[fold.name]) for fold in folds}
    seen = {}
    for fold in folds:
        others = [each for name, part in first.items() if name != fold.name for each in part]
        seen[fold.name] = _replay_fold(fold, readers[fold.name], fit(others) if others else None)
    return seen


def _replay_fold(fold: Fold, reader: Reader, weights: Sequence[float] | None = None) -> list[Observation]:
    return replay((each.scenario for each in fold.judged), reader, weights)


def _headline(seen: Sequence[Observation]) -> dict[str, Any]:
    every = measure(seen, "local", HELD_OUT)
    return {key: every[key] for key in HEADLINE}


def _random_split(files: Sequence[Source], cache: Path) -> dict[str, Any]:
    seen: list[Observation] = []
    for fold in at_random(files):
        seen += _replay_fold(fold, reader_for(fold, cache))
    return _headline(seen)
