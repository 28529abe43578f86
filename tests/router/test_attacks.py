"""Mail that tries to steer the program: whatever it says, nothing changes without a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.router.attacks import ATTACKS, SECRET, TRUSTED, Attack, passing, source
from tracking.mail import Kind, Known, Mail, Match, Permissions, Person, RawMail, Reading, Route, Thresholds
from tracking.router.match import match
from tracking.router.parse import parse
from tracking.router.read import read
from tracking.router.route import route

EACH = pytest.mark.parametrize(
    "attack", ATTACKS, ids=[f"{n}-{attack.idea}" for n, attack in enumerate(ATTACKS)]
)


def known(attack: Attack) -> Known:
    """A user in the middle of a conversation with the first company."""
    return Known(
        Person("Ada Brook", "ada@example.com", "Europe/London"),
        attack.candidates,
        links={"thread:known": "a1", "message:<known@northwindrobotics.com>": "a1"},
        correspondents=frozenset({"kim@northwindrobotics.com"}),
    )


def taken(attack: Attack) -> tuple[Mail, Reading, Match, Route]:
    """The attack after the whole path, with everything permitted."""
    raw = RawMail(
        "p1", attack.thread, source(attack), datetime(2026, 9, 14, 9, tzinfo=UTC), trusted_authserv=(TRUSTED,)
    )
    mail = parse(raw)
    state = known(attack)
    reading = read(mail, state)
    found = match(reading, mail, state)
    status = next((each.status for each in attack.candidates if each.id == found.application), "")
    return mail, reading, found, route(reading, found, mail, Permissions(), Thresholds(), status)


@EACH
def test_attack_changes_nothing_without_a_person(attack: Attack) -> None:
    _, _, found, routed = taken(attack)
    assert routed.action in ("review", "orphan", "ignore"), (found, routed)
    assert routed.effect == ""


@EACH
def test_attack_puts_no_link_or_secret_into_what_is_extracted(attack: Attack) -> None:
    _, reading, found, routed = taken(attack)
    said = (reading.company, reading.title, reading.recruiter, *reading.next_steps, reading.deadline_text)
    shown = " ".join(filter(None, (*said, *(piece.text for piece in found.evidence), routed.warning)))
    for trace in ("http", "www.", "steal.test", SECRET, "<", "{"):
        if not any(trace in each.company + each.title for each in attack.candidates):
            assert trace not in shown


@pytest.mark.parametrize(
    "worst", ["offer", "rejection", "withdrawal", "application_received", "interview_invitation"]
)
@EACH
def test_a_model_that_is_fooled_completely_changes_nothing_either(attack: Attack, worst: str) -> None:
    """The worst valid reading of the same mail: certain of everything that the attacker wants."""
    mail, honest, _, _ = taken(attack)
    fooled = replace(
        honest, kind=Kind(worst), kind_confidence=1.0, about_job=1.0, company="Northwind Robotics",
        title="Data Engineer", company_is_certain=True, title_is_certain=True, suspicious=(),
        companies_named=1,
    )  # fmt: skip
    found = match(fooled, mail, known(attack))
    routed = route(fooled, found, mail, Permissions(), Thresholds(), "interviewing")
    assert routed.action in ("review", "orphan", "ignore"), (found, routed)
    assert routed.effect == ""


def test_there_are_three_variants_of_each_idea() -> None:
    ideas = [attack.idea for attack in ATTACKS]
    assert all(ideas.count(idea) >= 2 for idea in ideas)
    assert len(ATTACKS) >= 60


def test_an_honest_mail_of_the_same_kind_does_change_something() -> None:
    """The control: the same path acts on a mail that deserves it, so the tests above can fail."""
    honest = Attack(
        "none",
        "Dear Ada, we would like to invite you to an interview for the Data Engineer position.",
        sender="Kim Ito <kim@northwindrobotics.com>",
        results=passing("northwindrobotics.com"),
        subject="Interview: Data Engineer at Northwind Robotics",
        thread="known",
    )
    _, _, found, routed = taken(honest)
    assert found.exact
    assert (routed.action, routed.application) == ("auto", "a1")
