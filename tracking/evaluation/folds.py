"""Models trained without what they are judged on, kept by the digest of their data and of the code.

A fold's model is given the scenario files it may learn from and no others, so that it cannot peek.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracking.evaluation.replay import Reader
from tracking.router import training
from tracking.router.read import read
from tracking.router.scenario import Scenario, load_scenario

ROUTER = Path(__file__).resolve().parent.parent / "router"
CACHE = Path(__file__).resolve().parents[2] / "var" / "router-cache"


@dataclass(frozen=True)
class Source:
    """One scenario file."""

    path: Path
    scenario: Scenario


@dataclass(frozen=True)
class Fold:
    """Scenarios that are judged, and those that may be learnt from."""

    name: str
    judged: tuple[Source, ...]
    learnt: tuple[Source, ...]


def sources(directories: Iterable[Path]) -> tuple[Source, ...]:
    """Every scenario file under `directories`, in order of path."""
    paths = (path for directory in directories for path in sorted(Path(directory).rglob("*.json")))
    return tuple(Source(path, load_scenario(path)) for path in paths)


def by_author(files: Sequence[Source]) -> list[Fold]:
    """One fold for each author: theirs judged, all others learnt from."""
    authors = sorted({each.scenario.author for each in files})
    return [_fold(author, files, [each.scenario.author == author for each in files]) for author in authors]


def at_random(files: Sequence[Source], count: int = 5, seed: int = 7) -> list[Fold]:
    """`count` folds of scenarios shuffled irrespective of author."""
    order = list(range(len(files)))
    random.Random(seed).shuffle(order)
    turn = {place: number % count for number, place in enumerate(order)}
    return [
        _fold(f"random-{number}", files, [turn[place] == number for place in range(len(files))])
        for number in range(count)
    ]


def _fold(name: str, files: Sequence[Source], is_judged: Sequence[bool]) -> Fold:
    judged = tuple(each for each, held in zip(files, is_judged, strict=True) if held)
    return Fold(name, judged, tuple(each for each, held in zip(files, is_judged, strict=True) if not held))


def reader_for(fold: Fold, cache: Path = CACHE) -> Reader:
    """The reader whose model has seen only what `fold` may learn from; trained once for one data and code."""
    path = model_for(fold.learnt, cache)
    model = training.load_model(path)
    return lambda mail, known: read(mail, known, model)


def model_for(learnt: Sequence[Source], cache: Path = CACHE, calibrated_as: Path | None = None) -> Path:
    """Where the model trained on `learnt` lies; trains it if it is not there yet.

    `calibrated_as` is a model whose curves are taken over, which saves most of the work.
    """
    suffix = f"-{_short_digest(calibrated_as)}" if calibrated_as else ""
    target = cache / f"{digest(learnt)}{suffix}.model"
    if not target.exists():
        fresh = target.with_suffix(".fresh")
        curves = curves_of(calibrated_as) if calibrated_as else None
        training.train([_copied(each, cache) for each in learnt], fresh, curves=curves)
        fresh.replace(target)
    return target


def curves_of(model: Path) -> training.Curves:
    """The curves from belief to frequency that a model was given."""
    weights = training.load_model(model)
    pairs = {"kind_curve": weights.kind_curve, "job_curve": weights.job_curve}
    return {name: [curve.slope, curve.shift] for name, curve in pairs.items()}


def _short_digest(model: Path) -> str:
    return hashlib.sha256(model.read_bytes()).hexdigest()[:8]


def _copied(each: Source, cache: Path) -> Path:
    """A folder for one scenario file alone, the same at every training, so that it is parsed but once."""
    content = each.path.read_bytes()
    folder = cache / "scenarios" / hashlib.sha256(content).hexdigest()[:24]
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "scenario.json").write_bytes(content)
    return folder


def digest(learnt: Sequence[Source]) -> str:
    """A name for a model: what it learns from and the code that it is made by."""
    total = hashlib.sha256(code_digest().encode())
    for each in sorted(learnt, key=lambda each: each.scenario.id):
        total.update(each.path.read_bytes())
    return total.hexdigest()[:24]


def code_digest() -> str:
    """A digest of all that training depends on in the router: its code and word lists, not its weights."""
    total = hashlib.sha256()
    for path in sorted(ROUTER.rglob("*")):
        inside = path.relative_to(ROUTER).parts
        if path.suffix in (".py", ".txt", ".tsv") and inside[0] not in (
            "extract",
            "match",
            "read.py",
            "route.py",
            "names.py",
            "titles.py",
        ):
            total.update(path.read_bytes())
    return total.hexdigest()
