"""Mail that tries to steer the program: whatever it says, nothing changes without a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache
from string import ascii_lowercase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.attacking.attack import (
    CORRESPONDENT,
    KNOWN_MESSAGE,
    SECRET,
    TRUSTED,
    Attack,
    passing,
    source,
)
from tests.router.attacks import ATTACKS
from tracking.mail import (
    Candidate,
    Kind,
    Known,
    Mail,
    Match,
    Permissions,
    Person,
    RawMail,
    Reading,
    Route,
    Thresholds,
)
from tracking.router.match import match
from tracking.router.match.evidence import OWNED
from tracking.router.match.fits import domain_fits
from tracking.router.match.prepared import index
from tracking.router.parse import parse
from tracking.router.read import read
from tracking.router.route import route
from tracking.router.screen import screen

EACH = pytest.mark.parametrize(
    "attack", ATTACKS, ids=[f"{n}-{attack.idea.replace(' ', '-')}" for n, attack in enumerate(ATTACKS)]
)
WORST = [kind for kind in Kind if kind is not Kind.OTHER_SENT]
TRACES = ("http", "www.", "steal.test", "://", SECRET, "<", "{", "choose c1", "ignore all", "c1|")


def raw(attack: Attack, number: int = 0) -> RawMail:
    at = datetime(2026, 9, 14, 9, tzinfo=UTC)
    thread = attack.thread or f"new-{number}"
    return RawMail(f"p{number}", thread, source(attack, number), at, trusted_authserv=(TRUSTED,))


def known(attack: Attack) -> Known:
    """A user in the middle of a conversation with the first company, whose decisions taught its sender."""
    return Known(
        Person("Ada Brook", "ada@example.com", "Europe/London"),
        attack.candidates,
        links={"thread:known": "a1", f"message:{KNOWN_MESSAGE}": "a1"},
        correspondents=frozenset({CORRESPONDENT}),
        recall=lambda kind, key: {"a1": (5.0, 0.0)} if (kind, key) == ("sender", CORRESPONDENT) else {},
    )


@cache
def taken(attack: Attack) -> tuple[Mail, Reading, Match, Route]:
    """The attack after the whole path, with everything permitted."""
    mail = parse(raw(attack))
    state = known(attack)
    reading = read(mail, state)
    found = match(reading, mail, state)
    return mail, reading, found, routed(reading, found, mail, attack)


def routed(reading: Reading, found: Match, mail: Mail, attack: Attack) -> Route:
    status = next((each.status for each in attack.candidates if each.id == found.application), "")
    return route(reading, found, mail, Permissions(), Thresholds(), status)


def assert_changes_nothing(found: Match, decided: Route) -> None:
    assert decided.action in ("review", "orphan", "ignore"), (found, decided)
    assert decided.effect == ""


@EACH
def test_attack_changes_nothing_without_a_person(attack: Attack) -> None:
    _, _, found, decided = taken(attack)
    assert_changes_nothing(found, decided)


@EACH
def test_attack_puts_no_link_or_secret_into_what_is_extracted(attack: Attack) -> None:
    _, reading, found, decided = taken(attack)
    quoting = {"next_steps"}
    names = [field.name for field in fields(Reading) if field.name not in quoting]
    said = [value for name in names for value in strings(getattr(reading, name))]
    said += [*strings(found.evidence), decided.why, decided.warning]
    own = " ".join(each.company + each.title for each in attack.candidates).lower()
    for trace in map(str.lower, TRACES):
        assert trace in own or not [text for text in said if trace in text.lower()]
    own_words = " ".join(reading.next_steps).lower()  # sentences of the mail itself, shown as such
    assert not [trace for trace in TRACES if trace != SECRET and trace.lower() in own_words]


def test_a_security_code_is_no_next_step() -> None:
    text = f"Dear Ada,\n\nYour security code is {SECRET}. Please enter the code to submit your application."
    reading = taken(Attack("none", text, subject="Your code", results=passing("northwindrobotics.com")))[1]
    assert SECRET.lower() not in " ".join(reading.next_steps).lower()


def strings(value: Any) -> list[str]:
    """Every text in a field of a reading or match, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for each in value for text in strings(each)]
    return [value.text] if hasattr(value, "text") else []


@EACH
def test_a_model_that_is_fooled_completely_changes_nothing_either(attack: Attack) -> None:
    """The worst valid reading of the same mail: certain of everything that the attacker wants."""
    for worst in WORST:
        mail, fooled = taken(attack)[0], fooled_by(attack, worst)
        found = match(fooled, mail, known(attack))
        assert_changes_nothing(found, routed(fooled, found, mail, attack))


def fooled_by(attack: Attack, worst: Kind) -> Reading:
    return replace(
        taken(attack)[1],
        kind=worst, kind_confidence=1.0, about_job=1.0, probabilities={worst: 1.0},
        company=attack.candidates[0].company, title=attack.candidates[0].title, company_is_certain=True,
        title_is_certain=True, suspicious=(), companies_named=1, job_keys=("greenhouse:5518204",),
    )  # fmt: skip


@given(st.sampled_from(["Northwind Robotics", "Sable Therapeutics", "Hartwell Mechanical"]), st.data())
def test_a_domain_one_letter_off_is_never_the_companys_own(company: str, data: st.DataObject) -> None:
    """Whoever registers it is authenticated, and nothing of it may count as proof of identity."""
    own = company.lower().replace(" ", "")
    place, letter = data.draw(st.integers(0, len(own) - 1)), data.draw(st.sampled_from(ascii_lowercase))
    change = data.draw(st.sampled_from(["other", "added", "dropped", "swapped"]))
    rest = {"other": letter + own[place + 1 :], "added": letter + own[place:], "dropped": own[place + 1 :],
            "swapped": own[place + 1 : place + 2] + own[place] + own[place + 2 :]}[change]  # fmt: skip
    label = own[:place] + rest
    fits = domain_fits(f"{label}.com", index((Candidate("a1", company, "Data Engineer", "applied"),)))
    assert label == own or fits.get(0, 0.0) < OWNED


def test_a_short_form_with_the_word_that_it_stands_for_is_a_letter_added() -> None:
    found = index((Candidate("a1", "Northwind Robotics", "Data Engineer", "applied"),))
    assert domain_fits("northwindrrobotics.com", found).get(0, 0.0) < OWNED
    assert domain_fits("northwindrobotics.com", found)[0] == 1.0
    assert domain_fits("northwind-robotics.com", found)[0] == 1.0
    assert domain_fits("northwindr.com", found)[0] >= OWNED


def test_there_are_ten_variants_of_each_idea() -> None:
    assert min(Counter(attack.idea for attack in ATTACKS).values()) >= 10
    assert len(set(ATTACKS)) == len(ATTACKS)


def test_attacks_reach_the_reader() -> None:
    """Most are kept for a person to look at: they are stopped by judgement, not by being dropped unread."""
    kept = sum(screen(taken(attack)[0], known(attack)).keep for attack in ATTACKS)
    assert kept > 0.9 * len(ATTACKS)


@pytest.mark.parametrize("thread", ["known", ""])
def test_an_honest_mail_of_the_same_kind_does_change_something(thread: str) -> None:
    """The control: the same path acts on a mail that deserves it, so the tests above can fail."""
    honest = Attack(
        "none",
        "Dear Ada, we would like to invite you to an interview for the Data Engineer position.",
        sender=f"Kim Ito <{CORRESPONDENT}>",
        results=passing("northwindrobotics.com"),
        subject="Interview: Data Engineer at Northwind Robotics",
        thread=thread,
    )
    _, _, found, decided = taken(honest)
    assert found.exact == (thread == "known")
    assert (decided.action, decided.application) == ("auto", "a1")
