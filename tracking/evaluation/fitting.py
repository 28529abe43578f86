"""Fitting the calibration of matching on what was seen of authors that the reading had not learnt from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tracking.evaluation.figures import judged_matches, matched_right
from tracking.evaluation.replay import Observation
from tracking.router.calibration import fit_logistic
from tracking.router.match import features_of
from tracking.router.match.belief import FEATURES, NEUTRAL, SCHEMA

PULL = 0.5  # precision of the prior: how firmly the weights are held to the neutral ones


def fit(seen: Sequence[Observation]) -> list[float]:
    """Weights of the calibration, from observations that are neither adversarial nor the user's own."""
    judged = judged_matches(each for each in seen if not each.expected.adversarial)
    rows = [
        features_of(each.taken.weighed, each.reading, each.taken.mail)
        for each in judged
        if each.taken.weighed
    ]
    return fit_logistic(rows, [matched_right(each) for each in judged], NEUTRAL, PULL)


def save(
    weights: Sequence[float], seen: Sequence[Observation], data_digest: str, path: Path
) -> dict[str, object]:
    """Write the weights as JSON with schema and digests; gives what was written."""
    named = {feature: round(weight, 5) for feature, weight in zip(FEATURES, weights, strict=True)}
    content = {
        "schema": SCHEMA,
        "weights": named,
        "digest": hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest(),
        "data_digest": data_digest,
        "messages": len(seen),
    }
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return content
