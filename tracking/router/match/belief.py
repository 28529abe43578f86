"""The calibration of matching: a small logistic model over what the weighing came to.

It says how likely the application is right if the mail is about a job; whether it is, is another question.

Its weights are in `model/match.json`, fitted by training on predictions for authors it had not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from tracking.mail import Mail, Reading
from tracking.router.calibration import logistic, logit
from tracking.router.match.evidence import Signs
from tracking.router.match.score import Scored, outreach_share

PATH = Path(__file__).resolve().parent.parent / "model" / "match.json"
SCHEMA = 1
FEATURES = ("one", "share", "exact", "identities", "sender", "outreach", "rival", "title")
# Where no data says otherwise: the share of the belief as it is.
NEUTRAL = (0.0, 0.8, 1.0, 0.3, 0.3, -1.0, -0.5, 0.3)


def features(
    scored: Scored, sign: Signs, place: int, exact: bool, reading: Reading, mail: Mail
) -> list[float]:
    """The inputs of the calibration for the candidate at `place`, in the order of FEATURES."""
    rival = max((share for other, share in enumerate(scored.shares) if other != place), default=0.0)
    return [
        1.0,
        max(-7.0, min(7.0, logit(scored.shares[place]))),
        float(exact),
        float(min(3, sign.strong_identities)),
        float(mail.sent or mail.auth == "pass"),
        outreach_share(reading),
        rival,
        float(bool({"title_same", "title_named"} & sign.values.keys())),
    ]


def belief(values: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Probability (0..1) that a candidate with these features is right, by `weights` or the shipped ones."""
    return logistic(sum(w * x for w, x in zip(weights or shipped(), values, strict=True)))


@lru_cache(maxsize=1)
def shipped() -> Sequence[float]:
    """The fitted weights, or the neutral ones where no fit of this schema is shipped."""
    if not PATH.exists():
        return NEUTRAL
    return read_weights(json.loads(PATH.read_text(encoding="utf-8")))


def read_weights(stored: Mapping[str, object]) -> Sequence[float]:
    """Weights from the content of a match.json; the neutral ones if its schema is another."""
    named = stored.get("weights")
    if stored.get("schema") != SCHEMA or not isinstance(named, dict) or set(named) != set(FEATURES):
        return NEUTRAL
    return tuple(float(named[feature]) for feature in FEATURES)
