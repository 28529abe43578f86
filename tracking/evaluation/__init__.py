"""How well the router does on scenario files: the shipped model, or one that never saw the author."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracking.evaluation.figures import measure
from tracking.evaluation.fitting import fit
from tracking.evaluation.folds import CACHE, Fold, Source, at_random, by_author, reader_for, sources
from tracking.evaluation.replay import Observation, Reader, replay
from tracking.evaluation.rows import random_rows_macro_f1
from tracking.router.match.belief import NEUTRAL
from tracking.router.read import RULES_VERSION, read, version


@dataclass(frozen=True)
class Setup:
    """How a fold is judged: who reads it, and whether matching remembers what the user decided."""

    reader_for: Callable[[Fold, Path], Reader] = reader_for
    remembers: bool = True


USUAL = Setup()
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
    seen = observe(by_author(files), cache)
    pooled = measure(together(seen), "local", HELD_OUT)
    pooled["by_author"] = {author: headline(part) for author, part in seen.items()}
    pooled["random_split"] = headline(together(observe(at_random(files), cache)))
    pooled["random_rows_kind_macro_f1"] = random_rows_macro_f1(files, cache)
    return pooled, together(seen)


def observe(folds: Sequence[Fold], cache: Path = CACHE, setup: Setup = USUAL) -> dict[str, list[Observation]]:
    """What models that learnt from the rest of the data do with each fold, by its name.

    The calibration of matching is fitted on the other folds, too.
    """
    readers = {fold.name: setup.reader_for(fold, cache) for fold in folds}
    first = {fold.name: _replay(fold, readers[fold.name], NEUTRAL, setup) for fold in folds}
    seen = {}
    for fold in folds:
        others = together({name: part for name, part in first.items() if name != fold.name})
        weights = fit(others) if others else NEUTRAL
        seen[fold.name] = _replay(fold, readers[fold.name], weights, setup)
    return seen


def together(seen: Mapping[str, Sequence[Observation]]) -> list[Observation]:
    """All observations of all folds."""
    return [each for part in seen.values() for each in part]


def headline(seen: Sequence[Observation]) -> dict[str, Any]:
    """The few figures that are shown for each author."""
    every = measure(seen, "local", HELD_OUT)
    return {key: every[key] for key in HEADLINE}


def held_out(files: Sequence[Source], cache: Path = CACHE) -> list[Observation]:
    """Every message as read by a model that did not learn from its author, matched by neutral weights."""
    folds = by_author(files)
    return [each for fold in folds for each in _replay(fold, reader_for(fold, cache), NEUTRAL, USUAL)]


def _replay(fold: Fold, reader: Reader, weights: Sequence[float], setup: Setup) -> list[Observation]:
    return replay((each.scenario for each in fold.judged), reader, weights, setup.remembers)
