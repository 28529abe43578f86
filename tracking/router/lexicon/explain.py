"""Concepts in words for the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracking.mail import Kind, gettext_noop
from tracking.router.lexicon.phrases import Hit

_WORDS: Final = {
    "regret": gettext_noop("It says that the application goes no further."),
    "others_chosen": gettext_noop("It says that somebody else was chosen."),
    "filled": gettext_noop("It says that the position is filled or closed."),
    "rescind": gettext_noop("It takes an offer back."),
    "on_hold": gettext_noop("It says that hiring is paused."),
    "under_review": gettext_noop("It says that a decision is still to come."),
    "moving_forward": gettext_noop("It says that you move on to a next step."),
    "final_stage": gettext_noop("It names a later round, a panel or a visit."),
    "interview_invite": gettext_noop("It invites you to a conversation."),
    "pick_time": gettext_noop("It asks for a time that suits you."),
    "confirm_slot": gettext_noop("It confirms an appointment."),
    "reschedule": gettext_noop("It moves an appointment."),
    "cancel_interview": gettext_noop("It cancels an appointment."),
    "assessment": gettext_noop("It asks you to take a test or exercise."),
    "test_extended": gettext_noop("It gives more time for a test."),
    "offer_extend": gettext_noop("It makes an offer."),
    "offer_terms": gettext_noop("It names pay or terms of employment."),
    "offer_answer": gettext_noop("It asks for an answer to an offer."),
    "docs_needed": gettext_noop("It asks for documents or checks."),
    "questions": gettext_noop("It asks you questions."),
    "security_code": gettext_noop("It holds a security code or asks you to verify something."),
    "incomplete": gettext_noop("It says that an application is not finished."),
    "received": gettext_noop("It confirms that an application arrived."),
    "withdraw_confirm": gettext_noop("It confirms that you withdrew."),
    "user_withdraws": gettext_noop("You withdraw in it."),
    "outreach": gettext_noop("A recruiter writes about a job that you did not apply to."),
    "alert": gettext_noop("It lists jobs."),
    "digest": gettext_noop("It is a mailing that one can unsubscribe from."),
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
