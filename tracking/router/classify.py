"""What kind of mail it is, and how likely that is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracking.mail import IRRELEVANT_KINDS, Kind, Known, Mail
from tracking.router.features import Features, featurise
from tracking.router.rules import apply_rules, choose
from tracking.router.weights import Weights, load


@dataclass(frozen=True)
class Classification:
    """`confidence` and `about_job` are calibrated; `probabilities` are those after the rules."""

    kind: Kind
    confidence: float
    about_job: float
    probabilities: Mapping[Kind, float]
    features: Features


def classify(mail: Mail, known: Known, weights: Weights | None = None) -> Classification:
    """Judge one mail; `weights` are the shipped ones unless given."""
    weights = weights or load()
    features = featurise(mail, known)
    probabilities = apply_rules(mail, features, weights.probabilities(features))
    if mail.sent:
        return _sent(features, probabilities)
    kind = choose(probabilities)
    irrelevant = sum(probabilities[item] for item in IRRELEVANT_KINDS)
    return Classification(
        kind=kind,
        confidence=weights.kind_curve(probabilities[kind]),
        about_job=_guarded(weights.job_curve(1 - irrelevant), features, probabilities),
        probabilities=probabilities,
        features=features,
    )


def _sent(features: Features, probabilities: Mapping[Kind, float]) -> Classification:
    """The user's own mail has one kind; whether it is about a job its thread and words say."""
    irrelevant = sum(probabilities[item] for item in IRRELEVANT_KINDS)
    context = features.context
    related = context.linked is not None or context.correspondent
    about_job = 0.99 if related else 0.9 if context.likely else max(0.5, 1 - irrelevant)
    return Classification(Kind.OTHER_SENT, 0.99, about_job, {Kind.OTHER_SENT: 1.0}, features)


REVIEWED = 0.5  # at least this sure a mail is shown to its user


def _guarded(about_job: float, features: Features, probabilities: Mapping[Kind, float]) -> float:
    """Mail of a tracking system or a linked thread is only dropped where it is clearly an alert."""
    alert = probabilities.get(Kind.JOB_ALERT, 0.0)
    if features.context.linked is not None and alert < 0.8:
        return max(about_job, 0.6)
    if "platform:ats" in features.named and "auth:fail" not in features.named and alert < 0.5:
        irrelevant = probabilities.get(Kind.OTHER, 0.0)
        return max(about_job, REVIEWED) if irrelevant < 0.95 else about_job
    return about_job
