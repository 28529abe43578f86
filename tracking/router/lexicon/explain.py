"""Concepts in words for the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracking.mail import Kind
from tracking.router.lexicon.phrases import Hit

_WORDS: Final = {
    "regret": "It says that the application goes no further.",
    "others_chosen": "It says that somebody else was chosen.",
    "filled": "It says that the position is filled or closed.",
    "rescind": "It takes an offer back.",
    "on_hold": "It says that hiring is paused.",
    "under_review": "It says that a decision is still to come.",
    "moving_forward": "It says that you move on to a next step.",
    "final_stage": "It names a later round, a panel or a visit.",
    "interview_invite": "It invites you to a conversation.",
    "pick_time": "It asks for a time that suits you.",
    "confirm_slot": "It confirms an appointment.",
    "reschedule": "It moves an appointment.",
    "cancel_interview": "It cancels an appointment.",
    "assessment": "It asks you to take a test or exercise.",
    "test_extended": "It gives more time for a test.",
    "offer_extend": "It makes an offer.",
    "offer_terms": "It names pay or terms of employment.",
    "offer_answer": "It asks for an answer to an offer.",
    "docs_needed": "It asks for documents or checks.",
    "questions": "It asks you questions.",
    "security_code": "It holds a security code or asks you to verify something.",
    "incomplete": "It says that an application is not finished.",
    "received": "It confirms that an application arrived.",
    "withdraw_confirm": "It confirms that you withdrew.",
    "user_withdraws": "You withdraw in it.",
    "outreach": "A recruiter writes about a job that you did not apply to.",
    "alert": "It lists jobs.",
    "digest": "It is a mailing that one can unsubscribe from.",
}
_OF_KIND: Final = {
    Kind.APPLICATION_RECEIVED: ("received",),
    Kind.ACTION_REQUIRED: ("security_code", "incomplete", "docs_needed", "questions"),
    Kind.RECRUITER_OUTREACH: ("outreach",),
    Kind.INTERVIEW_INVITATION: ("interview_invite", "pick_time"),
    Kind.INTERVIEW_UPDATE: ("cancel_interview", "reschedule", "confirm_slot"),
    Kind.ASSESSMENT: ("assessment", "test_extended"),
    Kind.NEXT_ROUND: ("final_stage", "moving_forward"),
    Kind.OFFER: ("offer_extend", "offer_terms", "offer_answer"),
    Kind.REJECTION: ("regret", "others_chosen", "filled", "rescind"),
    Kind.STATUS_UPDATE: ("on_hold", "under_review"),
    Kind.WITHDRAWAL: ("withdraw_confirm",),
    Kind.JOB_ALERT: ("alert", "digest"),
    Kind.OTHER: (),
    Kind.OTHER_SENT: ("user_withdraws",),
}


def explain(hits: Iterable[Hit], kind: Kind) -> list[str]:
    """At most two sentences that say why a mail was taken for `kind`."""
    said = {hit.concept for hit in hits if not hit.conditional}
    return [_WORDS[concept] for concept in _OF_KIND[kind] if concept in said][:2]
