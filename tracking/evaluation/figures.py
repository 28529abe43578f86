"""Figures from observations: everything that the evaluation command prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from statistics import quantiles
from typing import Any

from tracking.evaluation.replay import Observation
from tracking.mail import IRRELEVANT_KINDS, Kind
from tracking.router.calibration import brier, expected_error, reliability
from tracking.router.names import name
from tracking.router.names import tokens as name_tokens

FAST_UP_TO = 20_000  # bytes; the times are those of messages up to this size
Seen = Sequence[Observation]


def measure(seen: Seen, engine: str, version: str) -> dict[str, Any]:
    """All figures over `seen`. Adversarial messages count only in `adversarial_unsafe`."""
    fair = [each for each in seen if not each.expected.adversarial]
    return {
        "messages": len(fair),
        **_relevance(fair),
        **_kinds(fair),
        **_links(fair),
        **_status(fair),
        **_new_applications(fair),
        **_extraction(fair),
        "adversarial": len(seen) - len(fair),
        "adversarial_unsafe": sum(unsafe(each) for each in seen if each.expected.adversarial),
        **_calibration(fair),
        **_times(seen),
        "engine": engine,
        "router_version": version,
    }


class Share(float):
    """A proportion that knows what it is of: `part` of `whole`, so that its uncertainty can be told."""

    part: float
    whole: float


def ratio(part: float, whole: float, empty: float = 1.0) -> Share:
    """part / whole to four places; `empty` where there is nothing to divide."""
    share = Share(round(part / whole, 4) if whole else empty)
    share.part, share.whole = part, whole
    return share


def _relevance(fair: Seen) -> dict[str, float]:
    both = sum(each.kept and each.expected.relevant for each in fair)
    return {
        "relevant_precision": ratio(both, sum(each.kept for each in fair)),
        "relevant_recall": ratio(both, sum(each.expected.relevant for each in fair)),
        "screen_recall": ratio(
            sum(each.screened_in for each in fair if each.expected.relevant),
            sum(each.expected.relevant for each in fair),
        ),
    }


def said_kind(each: Observation) -> Kind:
    """The kind that a message was taken for. One that the screen dropped was taken for not relevant."""
    if each.screened_in or each.reading.kind in IRRELEVANT_KINDS:
        return each.reading.kind
    return Kind.OTHER


def kind_pairs(fair: Seen) -> Counter[tuple[Kind, Kind]]:
    """Counts of (true kind, kind that it was taken for)."""
    return Counter((each.expected.kind, said_kind(each)) for each in fair)


def _kinds(fair: Seen) -> dict[str, Any]:
    pairs = kind_pairs(fair)
    scores = {kind.value: kind_scores(pairs, kind) for kind in Kind if any(kind in pair for pair in pairs)}
    confusion: dict[str, dict[str, int]] = {}
    for (truth, said), count in sorted(pairs.items()):
        confusion.setdefault(truth.value, {})[said.value] = count
    return {
        "kind_accuracy": ratio(
            sum(count for (truth, said), count in pairs.items() if truth == said), len(fair)
        ),
        "kind_macro_f1": macro_f1(pairs),
        "kind_f1": {kind: f1 for kind, (_, _, f1) in scores.items()},
        "kind_precision": {kind: precision for kind, (precision, _, _) in scores.items()},
        "kind_recall": {kind: recall for kind, (_, recall, _) in scores.items()},
        "confusion": confusion,
    }


def macro_f1(pairs: Counter[tuple[Kind, Kind]]) -> float:
    """Mean F1 over the kinds that occur in counts of (truth, said), to four places."""
    kinds = sorted({kind for pair in pairs for kind in pair})
    return round(sum(kind_scores(pairs, kind)[2] for kind in kinds) / max(1, len(kinds)), 4)


def kind_scores(pairs: Counter[tuple[Kind, Kind]], kind: Kind) -> tuple[float, float, float]:
    """(precision, recall, F1) of one kind, from counts of (truth, said)."""
    hit = pairs[kind, kind]
    said = sum(count for (_, other), count in pairs.items() if other == kind)
    true = sum(count for (other, _), count in pairs.items() if other == kind)
    return ratio(hit, said), ratio(hit, true), ratio(2 * hit, said + true, empty=0.0)


def links_automatically(each: Observation) -> bool:
    """Whether the message was linked without a person."""
    return each.route.action == "auto"


def linked_right(each: Observation) -> bool:
    """Whether the application that the message was linked or suggested to is the true one."""
    return each.truth is not None and each.route.application == each.truth


def _links(fair: Seen) -> dict[str, float]:
    links = [each for each in fair if links_automatically(each)]
    right = sum(map(linked_right, links))
    having = [each for each in fair if each.truth is not None]
    return {
        "auto_links": len(links),
        "auto_link_precision": ratio(right, len(links)),
        "auto_link_coverage": ratio(right, len(having)),
        "false_auto_links_per_1000": round(1000 * (len(links) - right) / max(1, len(fair)), 2),
        "review_recall": ratio(sum(map(linked_right, having)), len(having)),
        "waiting": sum(each.route.action in ("review", "orphan") for each in fair),
    }


def changed_status(each: Observation) -> bool:
    """Whether the status of an application moved without a person."""
    return each.before != each.now


def wrong_status_change(each: Observation) -> bool:
    """Whether it moved to what the truth does not say, or on an application that the message is not about."""
    return changed_status(each) and (not linked_right(each) or each.now != each.expected.status_after)


def _status(fair: Seen) -> dict[str, float]:
    wrong = sum(map(wrong_status_change, fair))
    due = [each for each in fair if each.truth_moves and each.truth is not None]
    alone = sum(changed_status(each) and not wrong_status_change(each) for each in due)
    offered = sum(bool(each.route.suggested_effect) and linked_right(each) for each in due)
    return {
        "automatic_status_changes": sum(map(changed_status, fair)),
        "wrong_status_changes": wrong,
        "wrong_status_changes_per_1000": round(1000 * wrong / max(1, len(fair)), 2),
        "status_changes_due": len(due),
        "missed_status_changes": len(due) - alone,
        "missed_and_not_suggested": len(due) - alone - offered,
    }


def _new_applications(fair: Seen) -> dict[str, float]:
    created = [each for each in fair if each.route.action == "create"]
    right = sum(each.first_of_untracked for each in created)
    due = [
        each for each in fair if each.first_of_untracked and each.expected.kind == Kind.APPLICATION_RECEIVED
    ]
    return {
        "new_applications": len(created),
        "new_application_precision": ratio(right, len(created)),
        "new_application_recall": ratio(sum(each.route.action == "create" for each in due), len(due)),
    }


def same_name(stated: str | None, truth: str) -> bool:
    """Whether two names are one, without case, punctuation and legal form; a leading part counts."""
    if not stated:
        return False
    return _leads(name(stated).words, name(truth).words)


def same_title(stated: str | None, truth: str) -> bool:
    """As `same_name`, for titles."""
    return bool(stated) and _leads(name_tokens(stated or ""), name_tokens(truth))


def _leads(a: Sequence[str], b: Sequence[str]) -> bool:
    size = min(len(a), len(b))
    return size > 0 and list(a[:size]) == list(b[:size])


def _extraction(fair: Seen) -> dict[str, float]:
    judged = [each for each in fair if each.expected.kind != Kind.OTHER_SENT]
    companies = [each for each in judged if each.expected.company]
    titles = [each for each in judged if each.expected.title]
    company = sum(
        each.screened_in and same_name(each.reading.company, each.expected.company or "")
        for each in companies
    )
    title = sum(
        each.screened_in and same_title(each.reading.title, each.expected.title or "") for each in titles
    )
    return {
        "company_exact": ratio(company, len(companies)),
        "title_exact": ratio(title, len(titles)),
        **_dates("deadline", fair, lambda each: each.reading.deadline_text, same_deadline),
        **_dates("interview_at", fair, lambda each: each.reading.interview_at, same_instant),
    }


def _dates(
    field: str, fair: Seen, said: Callable[[Observation], Any], same: Callable[[Any, str], bool]
) -> dict[str, float]:
    told = [each for each in fair if each.kept and said(each)]
    right = sum(same(said(each), truth) for each in told if (truth := getattr(each.expected, field)))
    due = sum(bool(getattr(each.expected, field)) for each in fair)
    return {f"{field}_precision": ratio(right, len(told)), f"{field}_recall": ratio(right, due)}


def same_deadline(stated: str, truth: str) -> bool:
    """Whether two ISO dates or datetimes name one day, each in its own zone."""
    return _day(stated) == _day(truth)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def same_instant(stated: datetime, truth: str) -> bool:
    """Whether a datetime is the ISO datetime of the truth."""
    return stated == datetime.fromisoformat(truth)


def unsafe(each: Observation) -> bool:
    """Whether a message changed anything without a person."""
    return each.route.action in ("auto", "create") or changed_status(each)


def judged_matches(fair: Iterable[Observation]) -> list[Observation]:
    """What the confidence of matching is judged on: mail about a job that the screen kept, with a candidate.

    That a mail is about a job at all is another certainty, kept apart and judged by the relevance figures.
    """
    return [each for each in fair if each.expected.relevant and each.screened_in and each.match.application]


def matched_right(each: Observation) -> bool:
    """Whether the best candidate is the true application, whatever was done with the message."""
    return each.truth is not None and each.match.application == each.truth


def match_certainty(fair: Seen) -> tuple[list[float], list[bool]]:
    """How sure matching was of each mail that it is judged on, 0..1, and whether it was right."""
    matched = judged_matches(fair)
    return [each.match.confidence / 100 for each in matched], list(map(matched_right, matched))


def kind_certainty(fair: Seen) -> tuple[list[float], list[bool]]:
    """How sure reading was of the kind of each mail that the screen kept, 0..1, and whether it was right."""
    read = [each for each in fair if each.screened_in]
    right = [each.reading.kind == each.expected.kind for each in read]
    return [each.reading.kind_confidence for each in read], right


def _calibration(fair: Seen) -> dict[str, Any]:
    (sure, right), (kind_sure, kind_right) = match_certainty(fair), kind_certainty(fair)
    return {
        "ece_match": round(expected_error(sure, right), 4),
        "ece_kind": round(expected_error(kind_sure, kind_right), 4),
        "brier_match": round(brier(sure, right), 4),
        "brier_kind": round(brier(kind_sure, kind_right), 4),
        "reliability_match": [
            (b.count, round(b.stated, 3), round(b.right, 3)) for b in reliability(sure, right)
        ],
        "reliability_kind": [
            (b.count, round(b.stated, 3), round(b.right, 3)) for b in reliability(kind_sure, kind_right)
        ],
    }


def _times(seen: Seen) -> dict[str, float]:
    times = sorted(1000 * each.taken.seconds for each in seen if each.taken.size <= FAST_UP_TO)
    if len(times) < 2:
        return {"p50_ms": 0.0, "p95_ms": 0.0}
    cuts = quantiles(times, n=20, method="inclusive")
    return {"p50_ms": round(cuts[9], 2), "p95_ms": round(cuts[18], 2)}
