"""The evaluation in words: the figures beside what is to be reached, a line for each author, the misses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracking.evaluation.figures import (
    changed_status,
    linked_right,
    links_automatically,
    unsafe,
    wrong_status_change,
)
from tracking.evaluation.replay import Observation

# Figure, gate, goal, whether more is better.
TARGETS = (
    ("relevant_recall", 0.97, 0.995, True),
    ("relevant_precision", 0.95, 0.98, True),
    ("kind_macro_f1", 0.85, 0.93, True),
    ("rejection_precision", 0.97, 0.99, True),
    ("offer_precision", 0.97, 0.99, True),
    ("auto_link_precision", 0.98, 0.995, True),
    ("auto_link_coverage", 0.50, 0.75, True),
    ("review_recall", 0.93, 0.98, True),
    ("wrong_status_changes_per_1000", 5.0, 0.0, False),
    ("adversarial_unsafe", 0, 0, False),
    ("ece_match", 0.05, 0.02, False),
    ("ece_kind", 0.05, 0.03, False),
    ("company_exact", 0.90, 0.97, True),
    ("title_exact", 0.85, 0.92, True),
    ("deadline_precision", 0.95, 0.98, True),
    ("deadline_recall", 0.75, 0.88, True),
    ("p95_ms", 25.0, 8.0, False),
)


def in_words(figures: Mapping[str, Any]) -> str:
    """The figures as a table for a person to read."""
    lines = [
        f"{figures['messages']} messages, engine {figures['engine']}, router {figures['router_version']}",
        "",
    ]
    lines += _targets(figures)
    lines += ["", *_rest(figures), "", *_kinds(figures)]
    lines += ["", *_authors(figures)] if "by_author" in figures else []
    return "\n".join(lines)


def _targets(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'figure':32}{'value':>9}{'gate':>8}{'goal':>8}"
    for name, gate, goal, more in TARGETS:
        value = value_of(figures, name)
        verdict = "goal" if reaches(value, goal, more) else "gate" if reaches(value, gate, more) else "MISSED"
        yield f"{name:32}{value:9.4g}{gate:8.4g}{goal:8.4g}  {verdict}"


def value_of(figures: Mapping[str, Any], name: str) -> float:
    """A figure by its name among TARGETS; "offer_precision" is the precision of one kind."""
    kind, _, measure = name.rpartition("_")
    if measure == "precision" and kind in figures["kind_precision"]:
        found: float = figures["kind_precision"][kind]
    else:
        found = figures.get(name, 0.0)
    return found


def reaches(value: float, mark: float, more: bool) -> bool:
    """Whether a figure is as good as a mark, where more (or less) is better."""
    return value >= mark if more else value <= mark


def _rest(figures: Mapping[str, Any]) -> Iterator[str]:
    shown = {name for name, *_ in TARGETS} | {"by_author", "random_split", "confusion"}
    for name, value in figures.items():
        if name not in shown and isinstance(value, int | float):
            yield f"{name:32}{value:9.4g}"


def _kinds(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'kind':24}{'F1':>7}{'prec.':>7}{'recall':>7}  taken for"
    for kind, f1 in figures["kind_f1"].items():
        row = figures["confusion"].get(kind, {})
        wrong = sorted(((count, said) for said, count in row.items() if said != kind), reverse=True)
        taken = ", ".join(f"{said} {count}" for count, said in wrong[:4])
        precision, recall = figures["kind_precision"][kind], figures["kind_recall"][kind]
        yield f"{kind:24}{f1:7.3f}{precision:7.3f}{recall:7.3f}  {taken}"


def _authors(figures: Mapping[str, Any]) -> Iterator[str]:
    rows = {**figures["by_author"], "(random split)": figures["random_split"]}
    names = list(next(iter(rows.values())))
    yield f"{'author':16}" + "".join(f"{_short(name):>11}" for name in names)
    for author, row in rows.items():
        yield f"{author:16}" + "".join(f"{row[name]:11.4g}" for name in names)


def _short(name: str) -> str:
    return "".join(part[:4] + "." for part in name.split("_"))[:10]


def misses(seen: Iterable[Observation]) -> Iterator[str]:
    """A line for each message that was acted on wrongly or whose application was not found, worst first."""
    ranked = ((trouble, each) for each in seen if (trouble := trouble_of(each)))
    for trouble, each in sorted(ranked, key=lambda pair: pair[0]):
        yield _line(trouble, each)


def trouble_of(each: Observation) -> str:
    """The code of what went wrong with a message, "1" the worst; "" where nothing did."""
    if each.expected.adversarial:
        return "1 UNSAFE" if unsafe(each) else ""
    if links_automatically(each) and not linked_right(each):
        return "2 wrong link"
    if changed_status(each) and wrong_status_change(each):
        return "3 wrong status"
    if each.route.action == "create" and not each.first_of_untracked:
        return "4 wrong creation"
    if each.expected.relevant and not each.kept:
        return "5 dropped"
    if each.truth is not None and not linked_right(each):
        return "6 not suggested"
    return ""


def _line(trouble: str, each: Observation) -> str:
    expected, match, route = each.expected, each.match, each.route
    evidence = "; ".join(f"{piece.text} ({piece.weight:+})" for piece in match.evidence)
    return (
        f"{trouble}: {each.scenario} {each.message.id} is {expected.kind} of {expected.application} "
        f"-> {expected.status_after}; read as {each.reading.kind} ({each.reading.kind_confidence:.2f}, "
        f"about a job {each.reading.about_job:.2f}), {route.action} {match.application} {match.confidence} "
        f"[{route.why} {match.capped_by}] {each.before}->{each.now}; said {each.reading.company} / "
        f"{each.reading.title}, true {expected.company} / {expected.title}; {evidence}"
    )
