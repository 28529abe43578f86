"""Train the classifier from scenario files. Needs scikit-learn and numpy; never imported at run time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tracking.mail import IRRELEVANT_KINDS, Kind, Known, Mail
from tracking.router.features import BUCKETS, NAMESPACES, Features, featurise
from tracking.router.replay import replay
from tracking.router.rules import apply_rules, choose
from tracking.router.scenario import load_scenario
from tracking.router.weights import Weights, load, save

GAINS: Final = {"body": 1.0, "subject": 0.7, "sender": 0.4, "chars": 1.0}
NAMED_GAIN: Final = 0.2  # of named features against hashed ones
STRENGTH: Final = 6.0  # inverse of the regularisation
STRANGERS: Final = 0.3  # weight of each message read as if nothing were tracked
BALANCE: Final = 0.7  # 0: kinds count as often as they come, 1: all kinds count alike
RARE: Final = 3  # named features seen in fewer messages are left out
FOLDS: Final = 4  # groups of authors for calibration
KINDS: Final = tuple(kind for kind in Kind if kind is not Kind.OTHER_SENT)


@dataclass(frozen=True)
class Row:
    """One training message: who wrote it, what it is, what the classifier sees of it."""

    author: str
    mail: Mail
    kind: Kind
    features: Features
    unknown: Features  # the same mail to somebody who tracks nothing


def load_model(path: Path | None = None) -> Weights:
    """The weights at `path`, or the shipped ones."""
    return load(path) if path else load()


Curves = Mapping[str, list[float]]


def train(
    dirs: Sequence[Path], out: Path, leave_out: str | None = None, curves: Curves | None = None
) -> dict[str, Any]:
    """Train on the scenarios under `dirs` (one author may be left out), write the weights to `out`.

    `curves` are those of a calibration to take over instead of fitting one. Gives a summary: messages,
    authors, digests, and the scores on authors held out (none with given curves).
    """
    paths = sorted({path for directory in dirs for path in Path(directory).rglob("*.json")})
    by_path = [(path, rows_of(path)) for path in paths]
    kept = [(path, rows) for path, rows in by_path if rows and rows[0].author != leave_out]
    rows = [row for _, found in kept for row in found]
    data_digest = hashlib.sha256(b"".join(path.read_bytes() for path, _ in kept)).hexdigest()
    names = _names(rows)
    held_out = [] if curves else _held_out(rows, names)
    model = _fit(rows, names)
    meta = {
        "kinds": [kind.value for kind in KINDS],
        "gains": GAINS,
        "buckets": BUCKETS,
        "named": sorted(names, key=lambda name: names[name]),
        **(curves or _calibration(rows, held_out)),
        "data_digest": data_digest,
        "data_date": max(row.mail.received_at for row in rows).date().isoformat(),
        "messages": len(rows),
        "authors": sorted({row.author for row in rows}),
    }
    weights, meta["hashed_scale"], meta["named_scale"], meta["intercept"] = _quantised(model)
    digest = save(out, meta, weights)
    return {
        "digest": digest,
        **{key: meta[key] for key in ("data_digest", "data_date", "messages", "authors")},
        **(_scores(rows, held_out) if held_out else {}),
    }


@lru_cache(maxsize=1000)
def rows_of(path: Path) -> tuple[Row, ...]:
    """The training messages of one scenario: without the user's own mail and without attacks."""
    return tuple(
        Row(
            seen.scenario.author,
            seen.mail,
            seen.message.expected.kind,
            featurise(seen.mail, seen.known),
            featurise(seen.mail, Known(seen.known.person)),
        )
        for seen in replay(load_scenario(path))
        if not seen.mail.sent
        and not seen.message.expected.adversarial
        and seen.message.expected.kind is not Kind.OTHER_SENT
    )


def _names(rows: Sequence[Row]) -> dict[str, int]:
    counts = Counter(name for row in rows for name in row.features.named)
    return {
        name: index for index, name in enumerate(sorted(n for n, count in counts.items() if count >= RARE))
    }


def _matrix(features: Sequence[Features], names: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for item in features:
        found: dict[int, float] = {}
        for namespace in NAMESPACES:
            buckets = item.hashed[namespace]
            for bucket in buckets:
                found[bucket] = found.get(bucket, 0.0) + GAINS[namespace] / len(buckets) ** 0.5
        for name, value in item.named.items():
            if name in names:
                found[BUCKETS + names[name]] = value * NAMED_GAIN
        columns.extend(found)
        values.extend(found.values())
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(features), BUCKETS + len(names)))


def _fit(rows: Sequence[Row], names: dict[str, int]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    counts = Counter(row.kind for row in rows)
    weights = [(len(rows) / (len(counts) * counts[row.kind])) ** BALANCE for row in rows]
    examples = [row.features for row in rows] + [row.unknown for row in rows]
    shares = [(1 - STRANGERS / 2) * weight for weight in weights] + [STRANGERS * weight for weight in weights]
    with threadpool_limits(1):
        model = LogisticRegression(C=STRENGTH, max_iter=300)
        return model.fit(_matrix(examples, names), [KINDS.index(row.kind) for row in rows] * 2, shares)


def _groups(rows: Sequence[Row]) -> list[set[str]]:
    """Authors in at most FOLDS groups of about equal size."""
    counts = Counter(row.author for row in rows)
    groups: list[set[str]] = [set() for _ in range(min(FOLDS, len(counts)))]
    for author, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        min(groups, key=lambda group: (sum(counts[name] for name in group), sorted(group))).add(author)
    return groups


def _held_out(rows: Sequence[Row], names: dict[str, int]) -> list[dict[Kind, float]]:
    """Probabilities of every row by a model that saw no message of its author's group, rules applied."""
    found: list[dict[Kind, float]] = [{} for _ in rows]
    groups = _groups(rows)
    for group in groups if len(groups) > 1 else []:
        model = _fit([row for row in rows if row.author not in group], names)
        judged = [index for index, row in enumerate(rows) if row.author in group]
        predicted = model.predict_proba(_matrix([rows[index].features for index in judged], names))
        for index, values in zip(judged, predicted, strict=True):
            raw: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
            raw.update(
                {KINDS[number]: float(value) for number, value in zip(model.classes_, values, strict=True)}
            )
            found[index] = apply_rules(rows[index].mail, rows[index].features, raw)
    return found


def _calibration(rows: Sequence[Row], held_out: Sequence[dict[Kind, float]]) -> dict[str, list[float]]:
    """Curves from belief to frequency, for the kind and for being about a job."""
    pairs = [(row, found) for row, found in zip(rows, held_out, strict=True) if found]
    if not pairs:
        return {"kind_curve": [1.0, 0.0], "job_curve": [1.0, 0.0]}
    kind_scores = [found[choose(found)] for _, found in pairs]
    kind_truth = [choose(found) is row.kind for row, found in pairs]
    job_scores = [1 - sum(found[kind] for kind in IRRELEVANT_KINDS) for _, found in pairs]
    job_truth = [row.kind not in IRRELEVANT_KINDS for row, _ in pairs]
    return {"kind_curve": _platt(kind_scores, kind_truth), "job_curve": _platt(job_scores, job_truth)}


def _platt(scores: Sequence[float], truth: Sequence[bool]) -> list[float]:
    import numpy
    from sklearn.linear_model import LogisticRegression

    if len(set(truth)) < 2:
        return [1.0, 0.0]
    clipped = numpy.clip(numpy.array(scores), 1e-6, 1 - 1e-6)
    odds = numpy.log(clipped / (1 - clipped)).reshape(-1, 1)
    model = LogisticRegression(C=100.0).fit(odds, numpy.array(truth))
    return [round(float(model.coef_[0][0]), 3), round(float(model.intercept_[0]), 3)]


def _quantised(model: Any) -> tuple[list[list[int]], list[float], list[float], list[float]]:
    """Weights as whole numbers of -127..127 with one scale for each kind, hashed and named apart."""
    import numpy

    weights = numpy.zeros((len(KINDS), model.coef_.shape[1]))
    intercept = numpy.full(len(KINDS), -20.0)
    for row, number in enumerate(model.classes_):
        weights[number], intercept[number] = model.coef_[row], model.intercept_[row]
    scales = []
    weights[:, BUCKETS:] *= NAMED_GAIN
    for part in (slice(0, BUCKETS), slice(BUCKETS, None)):
        highest = numpy.abs(weights[:, part]).max(axis=1)
        scale = numpy.array([float(f"{max(value, 1e-6) / 127:.3g}") for value in highest])
        weights[:, part] = numpy.clip(numpy.rint(weights[:, part] / scale[:, None]), -127, 127)
        scales.append([float(value) for value in scale])
    rows = [[int(value) for value in column] for column in weights.T]
    return rows, scales[0], scales[1], [round(float(value), 3) for value in intercept]


def _scores(rows: Sequence[Row], held_out: Sequence[dict[Kind, float]]) -> dict[str, Any]:
    from sklearn.metrics import f1_score

    if not all(held_out):
        return {}
    truth = [row.kind.value for row in rows]
    judged = [choose(found).value for found in held_out]
    return {
        "kind_macro_f1": round(float(f1_score(truth, judged, average="macro")), 4),
        "kind_macro_f1_by_author": {
            author: round(
                float(
                    f1_score(
                        [kind for kind, row in zip(truth, rows, strict=True) if row.author == author],
                        [kind for kind, row in zip(judged, rows, strict=True) if row.author == author],
                        average="macro",
                    )
                ),
                4,
            )
            for author in sorted({row.author for row in rows})
        },
    }
