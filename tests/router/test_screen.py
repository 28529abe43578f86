from __future__ import annotations

from pathlib import Path

import pytest

from tests.router.builders import candidate, known, mail
from tracking.router.replay import replay
from tracking.router.scenario import load_scenarios
from tracking.router.screen import screen

SCENARIOS = Path(__file__).parents[1] / "scenarios"

KEPT = {
    "english": "We would like to invite you to an interview for our opening.",
    "german": "Vielen Dank für Ihre Bewerbung.",
    "french": "Votre candidature a bien été reçue.",
    "spanish": "Hemos recibido tu candidatura, gracias.",
    "portuguese": "Recebemos seu currículo para a vaga.",
    "italian": "La ringraziamo per la Sua candidatura.",
    "dutch": "Bedankt voor je sollicitatie.",
    "polish": "Zapraszamy na rozmowę rekrutacyjną.",
}
DROPPED = {
    "parcel": "Your parcel is out for delivery. Track it here.",
    "dinner": "Lasagne on Sunday, bring the kids and the dog.",
    "statement": "Your card statement is ready to view.",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_words_of_applications_are_kept(text: str) -> None:
    assert screen(mail(text), known()).keep


@pytest.mark.parametrize("text", DROPPED.values(), ids=DROPPED)
def test_other_mail_is_dropped(text: str) -> None:
    unsubscribe = "List-Unsubscribe: <https://x.test>\r\n"
    result = screen(mail(text, subject="News", headers=unsubscribe), known())
    assert not result.keep
    assert result.reason == "nothing"


def test_each_reason_keeps_by_itself() -> None:
    silent = mail("ok, see you", subject="x", headers="List-Unsubscribe: <https://x.test>\r\n")
    assert not screen(silent, known()).keep
    linked = known(candidate(), links={"thread:t1": "c1"})
    assert screen(silent, linked).reason == "thread"
    assert screen(silent, known(correspondents=frozenset({"someone@example.org"}))).reason == "correspondent"
    assert screen(silent, known(allowed_senders=frozenset({"example.org"}))).reason == "allowed"


def test_tracked_company_and_platform_are_kept() -> None:
    silent = "ok, see you"
    from_company = mail(silent, sender="Jo <jo@northwindlabs.com>")
    assert screen(from_company, known(candidate())).reason == "company"
    from_platform = mail(silent, sender="x <no-reply@ashbyhq.com>")
    assert screen(from_platform, known()).reason == "platform"


def test_invitation_with_a_telling_summary() -> None:
    ics = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Intro Nadia <> Ben\nEND:VEVENT\nEND:VCALENDAR"
    )
    assert screen(mail("-", subject="-", ics=ics), known()).keep


def test_recall_on_scenarios() -> None:
    relevant = kept = 0
    for scenario in load_scenarios(SCENARIOS):
        for seen in replay(scenario):
            if seen.message.expected.relevant and not seen.message.expected.adversarial:
                relevant += 1
                kept += screen(seen.mail, seen.known).keep
    assert relevant > 500
    assert kept / relevant >= 0.995
