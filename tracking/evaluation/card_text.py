"""The router's card in Markdown, from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracking.evaluation.card import OF_AN_ABLATION
from tracking.evaluation.intervals import wilson

DIAGRAM = "router-reliability.svg"
Found = Mapping[str, Any]

WORDS = {
    "relevant_recall": "Mail about an application that is kept (recall)",
    "relevant_precision": "Kept mail that is about an application (precision)",
    "kind_macro_f1": "Kind of mail, macro-F1",
    "rejection_precision": "Rejections that are rejections (precision)",
    "offer_precision": "Offers that are offers (precision)",
    "auto_link_precision": "Links made without a person that are right",
    "auto_link_coverage": "Mail with an application that is linked without a person",
    "review_recall": "Right application linked or suggested",
    "wrong_status_changes_per_1000": "Wrong automatic status changes per 1,000 messages",
    "adversarial_unsafe": "Adversarial messages that change anything",
    "ece_match": "Calibration error of the match (ECE)",
    "ece_kind": "Calibration error of the kind (ECE)",
    "company_exact": "Company exact",
    "title_exact": "Title exact",
    "deadline_precision": "Deadlines stated that are right",
    "deadline_recall": "Deadlines found",
    "wrong_status_changes": "Wrong status changes",
    "missed_status_changes": "Status changes left to a person",
}


def markdown(found: Found) -> str:
    """The whole card."""
    parts = [_head(), _data(found["data"]), _method(), _targets(found["figures"]), _sure(found["sure"])]
    parts += [_calibration(found), _authors(found), _ablations(found["ablations"])]
    parts += [_failures(found["failures"]), _limits(found)]
    return "\n\n".join(parts) + "\n"


def _head() -> str:
    return (
        "# Card of the local router\n\n"
        "What the router that ships with Heardback does with mail of authors it has not learnt from. It "
        "reads one message, says what kind it is, what it names, which tracked application it belongs to and "
        "how sure that is, and decides what may be done without a person. It runs on the machine itself: no "
        "network, no other service.\n\n"
        "Written by `manage.py router_card`; the same data and code give the same card."
    )


def _data(rows: Sequence[Found]) -> str:
    total = Counter[str]()
    for row in rows:
        total.update({key: row[key] for key in ("scenarios", "messages", "adversarial", "irrelevant")})
    languages = Counter[str]()
    for row in rows:
        languages.update(dict(row["languages"]))
    ranked = sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [*rows, {"author": "**all**", **total, "languages": ranked}]
    lines = [
        [row["author"], row["scenarios"], row["messages"], row["irrelevant"], row["adversarial"], _told(row)]
        for row in shown
    ]
    return (
        "## Data\n\n"
        "Scenarios written by hand, each one job seeker with tracked applications, the mail that reached "
        "them and the truth about each message. The authors did not see each other's. Employers and people "
        "are invented; the relay domains of applicant-tracking systems are real. Adversarial mail is forged, "
        "phishing, or tries to steer the program. Languages are told by a rough count of common words.\n\n"
        + _table(["author", "scenarios", "messages", "not about a job", "adversarial", "languages"], lines)
    )


def _told(row: Found) -> str:
    return ", ".join(f"{language} {count}" for language, count in row["languages"])


def _method() -> str:
    return (
        "## Method\n\n"
        "- By author: each author is judged by a model that learnt from all others; the calibration of "
        "matching is fitted without that author, too. Figures are over all messages together.\n"
        "- What is learnt is held out in this way. Phrase lists, word lists and rules are written by hand, "
        "by people who could read all of the scenarios: mail by others will fare somewhat worse than the "
        "figures say. Nobody who wrote them had read poplar: its line under *By author* is the nearest to "
        "what new authors would get.\n"
        "- What single sentences say is learnt from lists of sentences, sorted by what they tell their "
        "reader, by authors who saw none of the scenarios; these lists are the same for every fold.\n"
        "- Each scenario is replayed as its own user, messages in order, through the whole path: parse, "
        "screen, read, match, route. What is done without a person stays done, right or wrong. What would "
        "wait is decided as the truth says before the next message, as its user would.\n"
        "- Nothing that waits counts as linked. Adversarial messages count only where they change anything.\n"
        "- Intervals hold 95 %: Wilson's score interval for proportions, a bootstrap over scenarios (1,000 "
        "draws) for the rest. Messages of one scenario are alike, so intervals of proportions are somewhat "
        "narrow.\n"
        "- Times are not in here: `make benchmark NAME=router` measures them."
    )


def _targets(rows: Sequence[Found]) -> str:
    lines = [
        [
            WORDS[row["name"]],
            f"**{_number(row['value'])}**",
            f"{_number(row['low'])} – {_number(row['high'])}",
            f"{row['of']:g}" if row["of"] else "",
            _number(row["gate"]),
            _number(row["goal"]),
            row["reached"],
        ]
        for row in rows
    ]
    head = ["figure", "value", "95 % interval", "of", "gate", "goal", "reached"]
    return "## Figures beside gate and goal\n\n" + _table(head, lines)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}" if abs(value) <= 1 else f"{value:.2f}"


def _sure(rows: Sequence[Sequence[int]]) -> str:
    least, right, links = rows[0]
    low, high = wilson(right, links)
    lines = [
        [f"{mark} and more", some, of, _number(some / of) if of else "–", _range(some, of)]
        for mark, some, of in rows
    ]
    return (
        "## What 95 is worth\n\n"
        f"A match of {least} and above, with nothing else in doubt, is acted on without a person. Of {links} "
        f"such links {right} were right: {100 * right / max(1, links):.1f} %, and with 95 % certainty "
        f"between {100 * low:.1f} and {100 * high:.1f} % on mail of this sort.\n\n"
        + _table(["confidence", "right", "links", "precision", "95 % interval"], lines)
    )


def _range(part: float, whole: float) -> str:
    low, high = wilson(part, whole)
    return f"{_number(low)} – {_number(high)}"


def _calibration(found: Found) -> str:
    parts = [
        "## Calibration",
        f"![Stated confidence against the share that was right]({DIAGRAM})",
        "Predictions in order of certainty, in groups of equal size. A calibrated router lies on the "
        "diagonal.",
    ]
    for name, title in (("match", "Which application"), ("kind", "Which kind")):
        part = found["calibration"][name]
        low, high = part["brier_interval"]
        error = next(row for row in found["figures"] if row["name"] == f"ece_{name}")
        parts.append(
            f"**{title}** ({part['of']} messages): ECE {_number(error['value'])} "
            f"({_number(error['low'])} – {_number(error['high'])}), Brier score {part['brier']:.4f} "
            f"({low:.4f} – {high:.4f})."
        )
        bins = [[count, f"{stated:.3f}", f"{right:.3f}"] for count, stated, right in part["bins"]]
        parts.append(_table(["messages", "stated", "right"], bins))
    return "\n\n".join(parts)


def _authors(found: Found) -> str:
    rows = {**found["by_author"], "*random split of scenarios*": found["random_split"]}
    names = list(next(iter(rows.values())))
    lines = [[author, *(_number(row[name]) for name in names)] for author, row in rows.items()]
    rows_f1 = _number(found["random_rows_kind_macro_f1"])
    return (
        "## By author\n\n"
        + _table(["author", *(name.replace("_", " ") for name in names)], lines)
        + "\n\nThe last line shows what splitting scenarios at random would pretend; shuffling single "
        f"messages, the macro-F1 of the kind would be {rows_f1}. What the two are above the figures by "
        "author is what knowing an author's wording is worth to what is learnt; little, for most of the "
        "wording that tells is in the phrase lists."
    )


def _ablations(found: Found) -> str:
    lines = [
        [f"without {name}" if name else "everything", *(_number(row[key]) for key in OF_AN_ABLATION)]
        for name, row in found.items()
    ]
    return (
        "## What each part is worth\n\n"
        "The same evaluation with one part taken away. Without the body or the table of senders (its "
        "domains renamed to unknown ones) the models are trained again; without rules the model's belief "
        "stands as it is. The curves of the kind's certainty stay those fitted with everything. Memory is "
        "what the user's decisions teach within a scenario, which is short.\n\n"
        + _table(["", *(WORDS[key] for key in OF_AN_ABLATION)], lines)
    )


def _failures(lines: Sequence[str]) -> str:
    return "## Known failures\n\n" + "\n".join(f"- {line}" for line in lines)


def _limits(found: Found) -> str:
    return (
        "## Limits\n\n"
        f"- {len(found['data'])} authors wrote all of it, and wrote what they thought of: real mail holds "
        "more kinds of noise, more languages and more platforms.\n"
        "- Few messages of a scenario come from one sender, so what memory is worth over months is not seen "
        "here; tests show that it works.\n"
        "- A platform's authenticated mail that names a tracked company is believed to be that company's: "
        "whoever runs an account there could claim to be it.\n"
        "- Attacks beyond the adversarial messages above are tested one by one in the test suite."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
