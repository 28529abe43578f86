"""The score that a split by row would show: messages of one author on both sides, so wording is seen before.

It is printed only beside the score by author, as a measure of how much the random one flatters.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tracking.evaluation.figures import kind_scores
from tracking.evaluation.folds import CACHE, Source, digest
from tracking.mail import Kind
from tracking.router import training
from tracking.router.rules import apply_rules

FOLDS = 5


def random_rows_macro_f1(files: Sequence[Source], cache: Path = CACHE, seed: int = 7) -> float:
    """Macro-F1 of the kind over messages shuffled into five folds; kept for the same data and code."""
    kept = cache / f"{digest(files)}.rows.json"
    if not kept.exists():
        rows = [row for each in files for row in training.rows_of(each.path)]
        random.Random(seed).shuffle(rows)
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_macro_f1(rows)), encoding="utf-8")
    return float(json.loads(kept.read_text(encoding="utf-8")))


def _macro_f1(rows: Sequence[training.Row]) -> float:
    pairs: Counter[tuple[Kind, Kind]] = Counter()
    for number in range(FOLDS):
        judged = rows[number::FOLDS]
        learnt = [row for place, row in enumerate(rows) if place % FOLDS != number]
        said = _predict(learnt, judged)
        pairs.update((row.kind, kind) for row, kind in zip(judged, said, strict=True))
    kinds = {kind for pair in pairs for kind in pair}
    return round(sum(kind_scores(pairs, kind)[2] for kind in kinds) / len(kinds), 4)


def _predict(learnt: Sequence[training.Row], judged: Sequence[training.Row]) -> list[Kind]:
    """The kind of each judged row by the same model and rules that are shipped, trained on `learnt`."""
    names = training._names(learnt)
    model = training._fit(learnt, names)
    kinds = [training.KINDS[number] for number in model.classes_]
    predicted = model.predict_proba(training._matrix([row.features for row in judged], names))
    found = []
    for row, values in zip(judged, predicted, strict=True):
        raw: dict[Kind, float] = dict.fromkeys(training.KINDS, 0.0)
        raw.update(zip(kinds, map(float, values), strict=True))
        beliefs = apply_rules(row.mail, row.features, raw)
        found.append(max(beliefs, key=beliefs.__getitem__))
    return found
