"""What each part of the router is worth: the same evaluation by author, with one part taken away.

Parts that learn (the body, the table of senders) are taken out of the scenarios, and the models are
trained again without them, under the calibration of the whole; rules and memory are left aside when the
mail is read and matched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from tracking.evaluation import USUAL, Setup, observe, together
from tracking.evaluation.folds import CACHE, Fold, Source, by_author, model_for
from tracking.evaluation.replay import Observation, Reader
from tracking.mail import IRRELEVANT_KINDS, Known, Mail, Reading
from tracking.router import training
from tracking.router.classify import Classification
from tracking.router.domains import registrable
from tracking.router.extract import extract
from tracking.router.features import featurise
from tracking.router.read import read
from tracking.router.rules import choose
from tracking.router.scenario import load_scenario
from tracking.router.senders import platforms
from tracking.router.weights import Weights

Rewrite = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Ablation:
    """One part taken away: how scenarios are rewritten for it, and how they are judged."""

    name: str
    rewrite: Rewrite | None = None
    setup: Setup = USUAL


def observed(ablation: Ablation, files: Sequence[Source], cache: Path = CACHE) -> list[Observation]:
    """Every message as the router without that part deals with it, no author's seen in training."""
    rewrite = ablation.rewrite
    if rewrite is None:
        return together(observe(by_author(files), cache, ablation.setup))
    given = [_rewritten(each, rewrite, cache) for each in files]
    whole = {fold.name: model_for(fold.learnt, cache) for fold in by_author(files)}

    def reader_for(fold: Fold, place: Path) -> Reader:
        model = training.load_model(model_for(fold.learnt, place, calibrated_as=whole[fold.name]))
        return lambda mail, known: read(mail, known, model)

    return together(observe(by_author(given), cache, Setup(reader_for=reader_for)))


def _rewritten(each: Source, rewrite: Rewrite, cache: Path) -> Source:
    """The same scenario, changed, as a file: training reads files."""
    content = json.dumps(rewrite(json.loads(each.path.read_text(encoding="utf-8"))), sort_keys=True)
    path = cache / "rewritten" / f"{hashlib.sha256(content.encode()).hexdigest()[:24]}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Source(path, load_scenario(path))


def without_bodies(scenario: dict[str, Any]) -> dict[str, Any]:
    """The scenario with nothing but sender, subject and calendar parts of each message."""
    return {**scenario, "messages": [{**each, "text": "", "html": None} for each in scenario["messages"]]}


def without_platforms(scenario: dict[str, Any]) -> dict[str, Any]:
    """The scenario with every domain of the table of senders renamed to one that nobody knows."""
    return dict(json.loads(_platform_domains().sub(_renamed, json.dumps(scenario))))


def _platform_domains() -> re.Pattern[str]:
    entries = {entry.rpartition("@")[2] for each in platforms() for entry in (*each.senders, *each.links)}
    domains = sorted({registrable(entry) or entry for entry in entries}, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, domains))})(?![\w-])", re.IGNORECASE)


def _renamed(found: re.Match[str]) -> str:
    return f"p{crc32(found[0].lower().encode()):08x}.example"


def unruled_reader_for(fold: Fold, cache: Path = CACHE) -> Reader:
    """As `reader_for`, but what the model believes stands as it is: no rule comes after it."""
    model = training.load_model(model_for(fold.learnt, cache))
    return lambda mail, known: _read_unruled(mail, known, model)


def _read_unruled(mail: Mail, known: Known, model: Weights) -> Reading:
    reading = read(mail, known, model)
    if mail.sent:
        return reading
    features = featurise(mail, known)
    probabilities = model.probabilities(features)
    kind = choose(probabilities)
    about_job = model.job_curve(1 - sum(probabilities[item] for item in IRRELEVANT_KINDS))
    judged = Classification(kind, model.kind_curve(probabilities[kind]), about_job, probabilities, features)
    found = extract(mail, known, judged)
    return replace(
        reading,
        kind=kind,
        kind_confidence=judged.confidence,
        about_job=about_job,
        probabilities=probabilities,
        **{field.name: getattr(found, field.name) for field in fields(found)},
    )


ABLATIONS = (
    Ablation("table of senders", rewrite=without_platforms),
    Ablation("body", rewrite=without_bodies),
    Ablation("memory of decisions", setup=Setup(remembers=False)),
    Ablation("hard rules", setup=Setup(reader_for=unruled_reader_for)),
)
