"""What is to be done with a mail. Three certainties are kept apart: about a job, this application, this kind.

Nothing that looks forged or that tries to steer its reader ever acts without a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from applications.status import Status, after
from tracking.mail import (
    IRRELEVANT_KINDS,
    Action,
    Kind,
    Mail,
    Match,
    Permissions,
    Reading,
    Route,
    Thresholds,
    gettext_noop,
)
from tracking.router.match import is_digest, vouches_for

GAP = 25  # points of confidence that must lie between the best candidate and the runner-up
IGNORED_BELOW = 0.5  # probability of being about a job, under which a mail with a match is dropped
SURELY, SURELY_NOT = 0.8, 0.2  # where that probability outweighs the kind, or a match
HARDLY = 0.4  # an unmatched mail whose kind is about a job is dropped only below this: misses hurt more
DECISIVE = frozenset({Kind.OFFER, Kind.REJECTION, Kind.WITHDRAWAL})
VERY_STRONG = 97  # confidence that, with the title, lets a decision act without an exact key or thread
_SIGNS_OF_A_COMPANY = frozenset(
    {
        "domain",
        "domain_unproven",
        "reply_domain",
        "tenant",
        "display",
        "subject",
        "named",
        "thread",
        "message",
    }
)
_SIGNS_OF_THE_JOB = frozenset({"title_same", "title_named", "title_like", "title_words"})
_TIED_TO_THE_JOB = frozenset({"title_same", "title_named", "memory_sender", "req", "thread", "message"})

_WARNINGS = {
    "auth_fail": gettext_noop("The sender could not be verified: this mail may be forged."),
    "lookalike": gettext_noop("The sender's address looks like a company's or platform's, but is not."),
    "instructions": gettext_noop("The text tries to give instructions to the program that reads it."),
    "hidden_text": gettext_noop("The mail holds text that is hidden from readers."),
    "bidi": gettext_noop("The mail uses characters that turn the direction of text around."),
    "zero_width": gettext_noop("Words in the mail are split by invisible characters."),
    "homoglyph": gettext_noop("The mail writes names with letters of another alphabet."),
    "padding": gettext_noop("The mail is padded with a great amount of text."),
}
_SUSPICIOUS = gettext_noop("Something about this mail is unusual. Look at it before you act on it.")


@dataclass(frozen=True)
class Case:
    """All that a route is decided by. `status_of` is the status of the matched application, "" if none."""

    reading: Reading
    match: Match
    mail: Mail
    permissions: Permissions
    thresholds: Thresholds
    status_of: str
    warning: str

    def to(self, action: Action, why: str, effect: str = "", suggested: str = "") -> Route:
        """The route of this case. Only auto and review name the application."""
        named = self.match.application if action in ("auto", "review") else None
        return Route(action, named, self.match.confidence, effect, suggested, why, self.warning)

    def sure(self, probability: float) -> bool:
        """Whether a probability (0..1) reaches the threshold for acting alone."""
        return probability * 100 >= self.thresholds.auto_link


def route(
    reading: Reading,
    match: Match,
    mail: Mail,
    permissions: Permissions,
    thresholds: Thresholds,
    status_of: str = "",
) -> Route:
    """Decide on `mail`. `status_of` is the present status of the application that `match` names ("" if none).

    Without permission to link, what would be linked waits for review.
    """
    warning = warning_of(reading, mail)
    case = Case(reading, match, mail, permissions, thresholds, status_of, warning)
    return _route_sent(case) if mail.sent else _route_received(case)


def warning_of(reading: Reading, mail: Mail) -> str:
    """Why, in words for the user, only a person may act on this mail; "" if there is no such reason."""
    if mail.sent:
        return ""
    codes = (*(("auth_fail",) if mail.auth == "fail" else ()), *reading.suspicious)
    return _WARNINGS.get(codes[0], _SUSPICIOUS) if codes else ""


def effect_of(reading: Reading) -> str:
    """The kind whose status transition this mail stands for; "" where it moves nothing."""
    if reading.kind == Kind.OTHER_SENT:
        return Kind.WITHDRAWAL if reading.withdraws else ""
    if reading.kind == Kind.INTERVIEW_UPDATE and reading.cancels:
        return ""
    without = {Kind.STATUS_UPDATE, Kind.ACTION_REQUIRED, Kind.RECRUITER_OUTREACH, *IRRELEVANT_KINDS}
    return "" if reading.kind in without else reading.kind.value


def _route_sent(case: Case) -> Route:
    """The user's own mail is linked by its conversation alone; anything else is at most a suggestion."""
    match = case.match
    if match.application is None or match.confidence < case.thresholds.review:
        return case.to("ignore", "own_mail")
    effect = _change(effect_of(case.reading), case.status_of)
    if not (match.exact and case.permissions.auto_link and match.confidence >= case.thresholds.auto_link):
        return case.to("review", "own_mail", suggested=effect)
    if case.permissions.auto_status and case.sure(case.reading.kind_confidence):
        return case.to("auto", "thread", effect)
    return case.to("auto", "thread", suggested=effect)


def _route_received(case: Case) -> Route:
    if _creates(case):
        return case.to("create", "new_application", "application_received")
    if case.match.application is None or case.match.confidence < case.thresholds.review:
        return _unmatched(case)
    if _irrelevant(case):
        return case.to("ignore", "not_about_a_job")
    effect = _change(effect_of(case.reading), case.status_of)
    doubt = "suspicious" if case.warning else _link_doubt(case)
    if doubt:
        return case.to("review", doubt, suggested=effect)
    held = _status_doubt(case) if effect else ""
    if held:
        return case.to("auto", held, suggested=effect)
    return case.to("auto", _why(case.match), effect)


def _change(effect: str, status_of: str) -> str:
    """`effect` if it would change the status at all; saying so where it would not helps nobody."""
    if not effect or not status_of:
        return effect
    return effect if after(Status(status_of), effect) != status_of else ""


def _why(match: Match) -> str:
    codes = {piece.code for piece in match.evidence}
    if not match.exact:
        return "evidence"
    return "thread" if codes & {"thread", "message"} else "exact_key"


def _irrelevant(case: Case) -> bool:
    """Whether it is confidently not about a job; in a linked conversation only if it is surely not."""
    about = case.reading.about_job
    if _speaks_for_itself(case):
        return False
    if case.reading.kind not in IRRELEVANT_KINDS or case.match.exact:
        return about < SURELY_NOT
    return about < IGNORED_BELOW


def _speaks_for_itself(case: Case) -> bool:
    """Whether a mail that reads like any other still names a tracked job, or comes from who wrote of one.

    A miss hurts more than a needless question, so a person looks at it. Alerts and bulk mail name jobs too.
    """
    codes = {piece.code for piece in case.match.evidence}
    to_many = case.mail.list_unsubscribe or case.mail.bulk or is_digest(case.reading, case.mail)
    return case.reading.kind == Kind.OTHER and bool(codes & _TIED_TO_THE_JOB) and not to_many


def _link_doubt(case: Case) -> str:
    """Why a mail may not be linked without a person; "" if it may."""
    reading, match, mail = case.reading, case.match, case.mail
    doubts = (
        ("plan", not case.permissions.auto_link),
        ("outreach", reading.kind == Kind.RECRUITER_OUTREACH and not match.exact),
        (match.capped_by or "unsure", match.confidence < case.thresholds.auto_link),
        ("tie", match.confidence - match.runner_up_confidence < GAP),
        ("about_job_unsure", reading.kind in IRRELEVANT_KINDS or not case.sure(_about(case))),
        ("unauthenticated", mail.auth != "pass"),
        ("digest", is_digest(reading, mail) and not match.exact),
    )
    return next((code for code, applies in doubts if applies), "")


def _about(case: Case) -> float:
    """How surely it is about a job: less where only the company says so, for its customers get mail too."""
    about = case.reading.about_job
    named = {piece.code for piece in case.match.evidence} & _SIGNS_OF_THE_JOB
    return about if named or case.match.exact else 1 - 2.5 * (1 - about)


def _status_doubt(case: Case) -> str:
    """Why a linked mail may not move the status without a person; "" if it may."""
    names_the_job = {piece.code for piece in case.match.evidence} & {"title_same", "title_named"}
    proven = case.match.exact or (bool(names_the_job) and case.match.confidence >= VERY_STRONG)
    doubts = (
        ("plan", not case.permissions.auto_status),
        ("unauthenticated", case.mail.auth != "pass"),
        ("kind_unsure", not case.sure(case.reading.kind_confidence)),
        ("decision_unproven", case.reading.kind in DECISIVE and not proven),
    )
    return next((code for code, applies in doubts if applies), "")


def _creates(case: Case) -> bool:
    """Whether a new application is certain, also beside a suggestion that only a similar title speaks for."""
    suggested = case.match.exact or case.match.confidence >= case.thresholds.auto_link
    allowed = case.permissions.create_applications and not case.warning
    return allowed and not suggested and may_create(case)


def may_create(case: Case) -> bool:
    """Whether a mail shows with certainty an application that is not tracked yet."""
    reading, mail = case.reading, case.mail
    return (
        reading.kind == Kind.APPLICATION_RECEIVED
        and vouches_for(mail, reading.company or "")
        and case.sure(reading.kind_confidence)
        and case.sure(reading.about_job)
        and bool(reading.company and reading.company_is_certain)
        and bool(reading.title and reading.title_is_certain)
        and reading.companies_named <= 2
        and not mail.list_unsubscribe
        and not names_tracked_company(case.match)
    )


def names_tracked_company(match: Match) -> bool:
    """Whether the best candidate is of the company that the mail is from or names."""
    return any(piece.code in _SIGNS_OF_A_COMPANY and piece.weight >= 1.2 for piece in match.evidence)


def _unmatched(case: Case) -> Route:
    """An orphan where it is about a job application, else nothing is kept."""
    least = SURELY if case.reading.kind in IRRELEVANT_KINDS else HARDLY
    if case.reading.about_job < least:
        return case.to("ignore", "not_about_a_job")
    return case.to("orphan", "outreach" if case.reading.kind == Kind.RECRUITER_OUTREACH else "no_match")
