"""Confirmations of applications that are not tracked yet: what makes them certain, and what does not."""

from __future__ import annotations

import pytest

from tests.router.builders import known, mail
from tracking.mail import Kind
from tracking.router.classify import classify
from tracking.router.extract.cards import cards
from tracking.router.read import read
from tracking.router.rules import choose

BOARD = "Indeed Apply <indeedapply@indeed.com>"
CARD = "Application submitted\n\nForklift Operator\nDunmore Cold Storage - Leeds\n\nView your application"
CONFIRMED = [
    ("Indeed Application: Forklift Operator", BOARD, CARD, "Dunmore Cold Storage", "Forklift Operator"),
    (
        "Ada, your application was sent to Dunmore Foods",
        "LinkedIn <jobs-noreply@linkedin.com>",
        "Your application was sent to Dunmore Foods\n\nPlant Manager\nDunmore Foods · Leeds (On-site)\n"
        "Applied on June 1, 2026",
        "Dunmore Foods",
        "Plant Manager",
    ),
    (
        "Thank you for applying to Dunmore",
        "Dunmore <no-reply@us.greenhouse-mail.io>",
        "Hi Nadia,\n\nThank you for applying for the Plant Manager role at Dunmore. We have received your "
        "application and will be in touch.",
        "Dunmore",
        "Plant Manager",
    ),
]


@pytest.mark.parametrize(("subject", "sender", "text", "company", "title"), CONFIRMED)
def test_a_confirmation_that_names_all_is_certain(
    subject: str, sender: str, text: str, company: str, title: str
) -> None:
    found = read(mail(text, subject=subject, sender=sender), known())
    assert found.kind is Kind.APPLICATION_RECEIVED
    assert (found.company, found.company_is_certain) == (company, True)
    assert (found.title, found.title_is_certain) == (title, True)
    assert min(found.kind_confidence, found.about_job) >= 0.95


def test_without_a_title_none_is_certain() -> None:
    text = "Thanks for applying to Dunmore! We have received your application."
    found = read(mail(text, subject="Application received", sender=CONFIRMED[2][1]), known())
    assert not found.title_is_certain


def test_cards_need_an_authenticated_platform() -> None:
    subject = "Indeed Application: Forklift Operator"
    (card,) = cards(mail(CARD, subject=subject, sender=BOARD))
    assert (card.title, card.company, card.sure) == ("Forklift Operator", "Dunmore Cold Storage", True)
    assert not cards(mail(CARD, subject=subject, sender=BOARD, auth="fail"))
    assert not cards(mail(CARD, subject=subject, sender="Ada Lum <ada@dunmore.example>"))


def test_a_card_that_the_subject_does_not_announce_is_not_sure() -> None:
    (card,) = cards(mail(CARD, subject="Jobs for you", sender=BOARD))
    assert not card.sure


def test_a_cut_bracket_is_closed_or_left_out() -> None:
    sender, text = CONFIRMED[2][1], "Thank you for applying for the {} role at Dunmore."
    assert (
        read(mail(text.format("Cashier (Part-Time)"), sender=sender), known()).title == "Cashier (Part-Time)"
    )
    assert read(mail(text.format("Cashier (JR-20418)"), sender=sender), known()).title == "Cashier"


def test_a_plain_acknowledgement_is_about_a_job() -> None:
    shown = mail(
        "We have received your application for Data Analyst. We will come back to you.",
        subject="Your application",
        sender="Dunmore <hello@dunmore.example>",
        auth="none",
    )
    found = read(shown, known())
    assert (found.kind, found.about_job >= 0.5) == (Kind.APPLICATION_RECEIVED, True)


@pytest.mark.parametrize(
    "text",
    [
        "We regret to inform you that your quotation was not successful. Another bidder was cheaper.",
        "Unfortunately we are unable to offer you a credit card on this occasion.",
        "Your loan application has been unsuccessful. We wish you luck in your search for a lender.",
    ],
)
def test_what_is_refused_elsewhere_is_no_rejection(text: str) -> None:
    judged = classify(mail(text, subject="A decision", sender="Team <team@dunmore.example>"), known())
    assert judged.kind is not Kind.REJECTION


@pytest.mark.parametrize("grave", [Kind.REJECTION, Kind.OFFER])
def test_a_verdict_needs_more_than_being_likeliest(grave: Kind) -> None:
    assert choose({grave: 0.35, Kind.STATUS_UPDATE: 0.34, Kind.OTHER: 0.31}) is Kind.STATUS_UPDATE
    assert choose({grave: 0.6, Kind.STATUS_UPDATE: 0.4}) is grave
    assert choose({Kind.STATUS_UPDATE: 0.35, grave: 0.34}) is Kind.STATUS_UPDATE
