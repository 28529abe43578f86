"""What the router gets wrong, counted by kind of mistake: no word of any mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tracking.evaluation.figures import linked_right, said_kind
from tracking.evaluation.replay import Observation
from tracking.evaluation.report import trouble_of
from tracking.mail import Kind

MOST = 12  # kinds of confusion that are told
NAMES = {
    Kind.APPLICATION_RECEIVED: "confirmation",
    Kind.ACTION_REQUIRED: "request to act",
    Kind.RECRUITER_OUTREACH: "recruiter's approach",
    Kind.INTERVIEW_INVITATION: "invitation to an interview",
    Kind.INTERVIEW_UPDATE: "change of an interview",
    Kind.ASSESSMENT: "assessment",
    Kind.NEXT_ROUND: "invitation to a further round",
    Kind.OFFER: "offer",
    Kind.REJECTION: "rejection",
    Kind.STATUS_UPDATE: "progress report",
    Kind.WITHDRAWAL: "confirmed withdrawal",
    Kind.JOB_ALERT: "job alert",
    Kind.OTHER: "mail about something else",
    Kind.OTHER_SENT: "mail of the user's own",
}
WAITS = {
    "screened_out": "dropped by the screen",
    "not_about_a_job": "taken for something else and not kept",
    "no_match": "shown as an orphan",
    "outreach": "taken for an approach about another job",
    "tie": "two applications of one company could not be told apart",
    "own_mail": "the user's own mail in no known conversation",
    "new_application": "taken for a new application",
}
TROUBLES = {
    "2 wrong link": "linked to the wrong application without a person",
    "3 wrong status": "moved a status wrongly without a person",
    "4 wrong creation": "made an application that was none, or was tracked already",
    "5 dropped": "about a job, but not kept",
    "6 not suggested": "kept, but its application was not suggested",
}


def failures(seen: Sequence[Observation]) -> Iterator[str]:
    """A line for each kind of mistake that was made, with how often; harm first, then confusion."""
    fair = [each for each in seen if not each.expected.adversarial]
    troubles = Counter(trouble_of(each) for each in fair)
    for code, words in TROUBLES.items():
        if troubles[code]:
            yield f"{troubles[code]} {words}{_details(code, fair)}."
    yield from _confusions(fair)


def _details(code: str, fair: Sequence[Observation]) -> str:
    found = [each for each in fair if trouble_of(each) == code]
    kinds = Counter(NAMES[each.expected.kind] for each in found)
    reasons = Counter(WAITS.get(each.route.why, "another application was likelier") for each in found)
    told = f": {_listed(kinds)}"
    return told if code in ("2 wrong link", "3 wrong status") else f"{told} ({_listed(reasons)})"


def _listed(counts: Counter[str]) -> str:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{words} {count}" for words, count in ranked)


def _confusions(fair: Sequence[Observation]) -> Iterator[str]:
    totals = Counter(each.expected.kind for each in fair)
    wrong = Counter((each.expected.kind, said_kind(each)) for each in fair)
    ranked = sorted(
        ((count, truth, said) for (truth, said), count in wrong.items() if truth != said),
        key=lambda row: (-row[0], row[1], row[2]),
    )
    for count, truth, said in ranked[:MOST]:
        yield f"{NAMES[truth].capitalize()} read as {NAMES[said]}: {count} of {totals[truth]}."


def precision_of_sure_matches(fair: Sequence[Observation], least: int) -> tuple[int, int]:
    """(right, all) of the links made without a person at a confidence of `least` or more."""
    links = [each for each in fair if each.route.action == "auto" and each.route.confidence >= least]
    return sum(map(linked_right, links)), len(links)
