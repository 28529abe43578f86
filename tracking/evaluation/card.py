"""What the router's card says: everything measured by author, with how far each figure may be off.

The same data and code give the same card, to the byte: nothing of it depends on the clock or the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracking.evaluation import HELD_OUT, headline, observe, together
from tracking.evaluation.ablations import ABLATIONS, observed
from tracking.evaluation.failures import failures, precision_of_sure_matches
from tracking.evaluation.figures import Share, kind_certainty, kind_pairs, macro_f1, match_certainty, measure
from tracking.evaluation.folds import CACHE, Source, at_random, by_author, sources
from tracking.evaluation.intervals import bootstrap, wilson
from tracking.evaluation.language import language_of
from tracking.evaluation.replay import Observation
from tracking.evaluation.report import TARGETS, reaches, value_of
from tracking.evaluation.rows import random_rows_macro_f1
from tracking.router.calibration import brier, expected_error

PROJECT = Path(__file__).resolve().parents[2]
CODE = ("tracking/router", "tracking/evaluation", "tracking/mail.py", "applications/status.py")
NOT_CODE = "model/match.json", "model/kinds.bin"  # what is shipped; the card's models are trained for it
SURE = (95, 97, 99)
UNTIMED = tuple(target for target in TARGETS if target[0] != "p95_ms")
OF_AN_ABLATION = (
    "relevant_recall", "kind_macro_f1", "auto_link_precision", "auto_link_coverage", "review_recall",
    "wrong_status_changes", "missed_status_changes", "ece_match", "company_exact", "title_exact",
)  # fmt: skip

Seen = Sequence[Observation]


def measured(directory: Path, cache: Path = CACHE) -> dict[str, Any]:
    """All that the card tells of the scenarios under `directory`; kept for the same data and code.

    Raises FileNotFoundError where there are none.
    """
    files = sources([directory])
    if not files:
        raise FileNotFoundError(f"no scenario files under {directory}")
    kept = cache / f"card-{_digest(files)}.json"
    if not kept.exists():
        found = json.dumps(_measure(files, cache))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(found, encoding="utf-8")
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def _digest(files: Sequence[Source]) -> str:
    """A name for what is measured: the data and all code that the figures depend on."""
    total = hashlib.sha256()
    for place in CODE:
        paths = sorted((PROJECT / place).rglob("*")) or [PROJECT / place]
        for path in paths:
            if path.is_file() and path.suffix != ".pyc" and not path.as_posix().endswith(NOT_CODE):
                total.update(path.read_bytes())
    for each in files:
        total.update(each.path.read_bytes())
    return total.hexdigest()[:24]


def _measure(files: Sequence[Source], cache: Path) -> dict[str, Any]:
    parts = observe(by_author(files), cache)
    seen = together(parts)
    fair = [each for each in seen if not each.expected.adversarial]
    figures = measure(seen, "local", HELD_OUT)
    return {
        "data": [_data(author, files, part) for author, part in parts.items()],
        "figures": [_figure(target, figures, fair) for target in UNTIMED],
        "sure": [(least, *precision_of_sure_matches(fair, least)) for least in SURE],
        "calibration": {
            "match": _calibration(fair, match_certainty, figures["reliability_match"]),
            "kind": _calibration(fair, kind_certainty, figures["reliability_kind"]),
        },
        "by_author": {author: headline(part) for author, part in parts.items()},
        "random_split": headline(together(observe(at_random(files), cache))),
        "random_rows_kind_macro_f1": random_rows_macro_f1(files, cache),
        "ablations": {"": _of_an_ablation(seen)}
        | {each.name: _of_an_ablation(observed(each, files, cache)) for each in ABLATIONS},
        "failures": list(failures(seen)),
    }


def _data(author: str, files: Sequence[Source], part: Seen) -> dict[str, Any]:
    """What one author wrote: how many scenarios and messages, of what kinds, in which languages."""
    languages = Counter(language_of(f"{each.taken.mail.subject}\n{each.taken.mail.text}") for each in part)
    return {
        "author": author,
        "scenarios": sum(each.scenario.author == author for each in files),
        "messages": len(part),
        "adversarial": sum(each.expected.adversarial for each in part),
        "irrelevant": sum(not each.expected.relevant for each in part),
        "languages": sorted(languages.items(), key=lambda pair: (-pair[1], pair[0])),
    }


def _figure(target: tuple[str, float, float, bool], figures: Mapping[str, Any], fair: Seen) -> dict[str, Any]:
    name, gate, goal, more = target
    value = value_of(figures, name)
    low, high = _interval(name, value, figures, fair)
    reached = "goal" if reaches(value, goal, more) else "gate" if reaches(value, gate, more) else "missed"
    found = {"name": name, "value": value, "low": low, "high": high, "gate": gate, "goal": goal}
    whole = figures["adversarial"] if name == "adversarial_unsafe" else getattr(value, "whole", None)
    return {**found, "of": whole, "reached": reached}


def _interval(name: str, value: float, figures: Mapping[str, Any], fair: Seen) -> tuple[float, float]:
    """The 95 % interval of one figure: of a proportion Wilson's, else by drawing scenarios."""
    if isinstance(value, Share):
        return wilson(value.part, value.whole)
    if name == "wrong_status_changes_per_1000":
        low, high = wilson(figures["wrong_status_changes"], figures["messages"])
        return 1000 * low, 1000 * high
    if name == "adversarial_unsafe":
        low, high = wilson(value, figures["adversarial"])
        return low * figures["adversarial"], high * figures["adversarial"]
    return bootstrap(_by_scenario(fair), _drawn(name))


def _drawn(name: str) -> Callable[[Sequence[Seen]], float]:
    """A figure that is no proportion, as a function of scenarios drawn."""
    of: dict[str, Callable[[Seen], float]] = {
        "kind_macro_f1": lambda fair: macro_f1(kind_pairs(fair)),
        "ece_match": lambda fair: expected_error(*match_certainty(fair)),
        "ece_kind": lambda fair: expected_error(*kind_certainty(fair)),
    }
    return lambda drawn: of[name]([each for part in drawn for each in part])


def _by_scenario(fair: Seen) -> list[list[Observation]]:
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for each in fair:
        groups[each.author, each.scenario].append(each)
    return list(groups.values())


def _calibration(
    fair: Seen, certainty: Callable[[Seen], tuple[list[float], list[bool]]], bins: Sequence[Any]
) -> dict[str, Any]:
    stated, right = certainty(fair)
    low, high = bootstrap(_by_scenario(fair), lambda drawn: _brier([e for p in drawn for e in p], certainty))
    return {"of": len(stated), "bins": bins, "brier": brier(stated, right), "brier_interval": (low, high)}


def _brier(fair: Seen, certainty: Callable[[Seen], tuple[list[float], list[bool]]]) -> float:
    return brier(*certainty(fair))


def _of_an_ablation(seen: Seen) -> dict[str, float]:
    figures = measure(seen, "local", HELD_OUT)
    return {name: figures[name] for name in OF_AN_ABLATION}
