"""Hard rules above the classifier: what a person would never get wrong, said once each.

A rule multiplies the odds of kinds; it never sees more than the features do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tracking.mail import Kind, Mail
from tracking.router.features import Features

_VERDICT: Final = frozenset({"regret", "others_chosen", "filled", "rescind"})
_FINAL: Final = frozenset({"others_chosen", "filled", "rescind"})
_EARLY: Final = (Kind.APPLICATION_RECEIVED, Kind.STATUS_UPDATE)
_BEYOND_RECEIPT: Final = _VERDICT | {
    "assessment",
    "interview_invite",
    "pick_time",
    "security_code",
    "incomplete",
    "offer_extend",
    "withdraw_confirm",
    "on_hold",
    "consent",
    "docs_needed",
    "questions",
}
_OF_A_JOB: Final = {"received", "plainly_job", "own_papers"}
_GRAVE: Final = (Kind.REJECTION, Kind.OFFER)
_FIRM: Final = {"nonjob_money", "nonjob_shop", "nonjob_home", "nonjob_study", "nonjob_state"}
_OF_WORK: Final = re.compile(
    r"\b(?:roles?|positions?|jobs?|vacanc\w+|posts?|candidates?|candidacy|candidat\w+|interview\w*|hiring|hired?"
    r"|recruit\w*|employ\w*|cv|resume|teams?|salary"
    r"|stellen?(?:anzeige|angebot|ausschreibung)\w*|(?:ihre|die|der|als|eine|diese) stelle|bewerb\w*|poste"
    r"|entretien|puesto|entrevista|vaga"
    r"|posizione|colloquio|vacature|gesprek|functie|sollicit\w*|stanowisk\w*|rekrut\w*)\b"
)

SAID, SAID_SURELY = 0.6, 0.9  # how surely a sentence says what it is taken for
Probabilities = Mapping[Kind, float]


def apply_rules(mail: Mail, features: Features, probabilities: Probabilities) -> dict[Kind, float]:
    """Probabilities after the rules, adding up to one."""
    sure = {hit.concept for hit in (*features.hits, *features.subject_hits) if not hit.conditional}
    odds = dict(probabilities)
    _calendar(mail, odds)
    _alerts(mail, features, odds)
    _verdict(sure, features, odds)
    _elsewhere(sure, features, odds)
    _codes(sure, features, odds)
    _receipt(sure, features, odds)
    total = sum(odds.values()) or 1.0
    return {kind: value / total for kind, value in odds.items()}


LEAST: Final = {Kind.REJECTION: 0.6, Kind.OFFER: 0.37}  # what a verdict must at least have to be chosen


def choose(probabilities: Probabilities) -> Kind:
    """The likeliest kind; a verdict that is hardly likelier than others gives way to the next."""
    ranked = sorted(probabilities, key=lambda kind: -probabilities[kind])
    weak = probabilities[ranked[0]] < LEAST.get(ranked[0], 0.0)
    return ranked[1] if weak and len(ranked) > 1 else ranked[0]


def _receipt(sure: set[str], features: Features, odds: dict[Kind, float]) -> None:
    """Who confirms an application for a job, or sends it on for an employer, writes of nothing else."""
    elsewhere = {concept for concept in sure if concept.startswith("nonjob")}
    if "own_papers" in sure and "interview_invite" in sure:
        _scale(odds, 0.3, Kind.OTHER)
    if "plainly_job" in sure and not elsewhere:
        _scale(odds, 0.1, Kind.OTHER)  # an application or offer for a position is named in so many words
    elif "applied_for_work" in features.named and elsewhere <= {"nonjob_platform"}:
        _scale(odds, 0.05 if "received" in sure else 0.2, Kind.OTHER)
    if not elsewhere and "list_unsubscribe" not in features.named and _says_twice(features, "received"):
        _scale(odds, 0.5, Kind.OTHER)
    if "received" in sure and not sure & _BEYOND_RECEIPT and _is_hosted(features) and not elsewhere & _FIRM:
        _scale(odds, 2.0, Kind.APPLICATION_RECEIVED)
        _scale(odds, 0.2, Kind.OTHER, Kind.JOB_ALERT)


def _says_twice(features: Features, concept: str) -> bool:
    """Whether subject and body both say it outside of conditions."""
    places = (features.hits, features.subject_hits)
    return all(any(hit.concept == concept and not hit.conditional for hit in place) for place in places)


def _is_hosted(features: Features) -> bool:
    """Whether it is sent to one person by an authenticated platform that handles applications."""
    hosted = features.named.keys() & {"platform:ats", "platform:jobboard"}
    doubtful = features.named.keys() & {"alerts_only", "list_unsubscribe"}
    return bool(hosted) and "auth:pass" in features.named and not doubtful


def _scale(odds: dict[Kind, float], factor: float, *kinds: Kind) -> None:
    for kind in kinds:
        odds[kind] = odds.get(kind, 0.0) * factor


def _calendar(mail: Mail, odds: dict[Kind, float]) -> None:
    """METHOD and SEQUENCE say what a calendar mail does to a meeting that is about a job."""
    for invite in mail.invites[:1]:
        if invite.method == "CANCEL":
            _scale(odds, 20.0, Kind.INTERVIEW_UPDATE)
            _scale(odds, 0.05, Kind.INTERVIEW_INVITATION, Kind.NEXT_ROUND, Kind.REJECTION, Kind.WITHDRAWAL)
        elif invite.method == "REQUEST":
            _scale(
                odds,
                0.1,
                Kind.REJECTION,
                Kind.WITHDRAWAL,
                Kind.OFFER,
                Kind.APPLICATION_RECEIVED,
                Kind.JOB_ALERT,
            )
            if invite.sequence > 0:
                _scale(odds, 8.0, Kind.INTERVIEW_UPDATE)


def _alerts(mail: Mail, features: Features, odds: dict[Kind, float]) -> None:
    """An address that only sends alerts sends an alert, unless the thread is known."""
    if features.context.linked is not None:
        _scale(odds, 0.3, Kind.JOB_ALERT)
    elif "alerts_only" in features.named:
        _scale(odds, 20.0, Kind.JOB_ALERT)


def _verdict(sure: set[str], features: Features, odds: dict[Kind, float]) -> None:
    """A refusal outside of conditions beats thanks; without one there is no rejection; a pause is none."""
    declines = features.said.get("declines", 0.0)
    if not sure & (_VERDICT | {"bad_news", "kind_words"}):
        _scale(odds, 1.0 if declines >= SAID_SURELY else 0.7 if declines >= SAID else 0.45, Kind.REJECTION)
    elif not sure & _VERDICT and declines < SAID:
        _scale(odds, 0.5 if "on_hold" in sure else 0.7, Kind.REJECTION)
    elif {"regret", "others_chosen"} <= sure or {"regret", "filled"} <= sure:
        _scale(odds, 0.5, *_EARLY)
    if sure & {"on_hold", "pool", "no_action", "withdraw_confirm"} and not sure & _FINAL:
        _scale(odds, 0.6, Kind.REJECTION)
    if sure & {"reserve", "withdraw_confirm"} and not {"regret", "others_chosen"} <= sure:
        _scale(odds, 0.4, Kind.REJECTION)
    if not sure & {"offer_extend", "offer_terms", "offer_answer"} and features.said.get("offers", 0.0) < SAID:
        _scale(odds, 0.6, Kind.OFFER)
    elif "offer_extend" not in sure:
        _scale(odds, 0.7, Kind.OFFER)
    if "rescind" in sure:
        _scale(odds, 0.2, Kind.OFFER)


def _elsewhere(sure: set[str], features: Features, odds: dict[Kind, float]) -> None:
    """Words of loans, homes or schools in mail of nobody whom the user applied to: something else."""
    context = features.context
    topics = {concept for concept in sure if concept.startswith("nonjob")}
    if context.linked is not None:
        return
    if "digest" in sure and "list_unsubscribe" in features.named:
        _scale(odds, 0.3, *_GRAVE)  # nobody is judged in a newsletter
    if topics and not context.named:
        _scale(odds, 2.5, Kind.OTHER)
    if topics and not _OF_WORK.search(features.body.text):
        _scale(odds, 0.15, *_GRAVE)  # a card, a tender, a ticket is granted or refused
    elif topics & _FIRM and not context.named and not sure & _OF_A_JOB:
        _scale(odds, 0.5, *_GRAVE)
    if "nonjob_media" in topics and not sure & _OF_A_JOB:
        _scale(odds, 0.4, Kind.INTERVIEW_INVITATION, Kind.INTERVIEW_UPDATE)


def _codes(sure: set[str], features: Features, odds: dict[Kind, float]) -> None:
    """A security code or an unfinished application asks the person to act."""
    hiring = features.named.keys() & {"platform:ats", "hiring_name", "hiring_address", "from_company"}
    if "security_code" in sure and hiring and not sure & {"assessment", "interview_invite"}:
        _scale(odds, 3.0, Kind.ACTION_REQUIRED)
    if "incomplete" in sure and hiring and "received" not in sure:
        _scale(odds, 2.0, Kind.ACTION_REQUIRED)
