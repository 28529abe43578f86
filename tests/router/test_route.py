from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.values import mail, matched, reading
from tracking.mail import Evidence, Kind, Mail, Match, Permissions, Reading, Route, Thresholds
from tracking.router.route import effect_of, route

PLAIN = Thresholds()
ALL = Permissions()


def routed(
    said: Reading,
    found: Match,
    shown: Mail | None = None,
    status: str = "applied",
    allowed: Permissions = ALL,
) -> Route:
    return route(said, found, shown or mail("jobs@fernweh.example"), allowed, PLAIN, status)


INVITED = reading(Kind.INTERVIEW_INVITATION)


@pytest.mark.parametrize(
    ("confidence", "action", "application"),
    [
        (99, "auto", "a1"),
        (95, "auto", "a1"),
        (94, "review", "a1"),
        (50, "review", "a1"),
        (49, "orphan", None),
    ],
)
def test_confidence_decides(confidence: int, action: str, application: str | None) -> None:
    found = routed(INVITED, matched(confidence))
    assert (found.action, found.application) == (action, application)


def test_sure_of_everything_moves_the_status() -> None:
    found = routed(INVITED, matched())
    assert (found.effect, found.suggested_effect) == ("interview_invitation", "")


def test_review_offers_the_change_it_would_make() -> None:
    found = routed(INVITED, matched(80))
    assert (found.effect, found.suggested_effect) == ("", "interview_invitation")


def test_kind_in_doubt_is_linked_and_only_suggested() -> None:
    found = routed(reading(Kind.INTERVIEW_INVITATION, kind_confidence=0.8), matched())
    assert (found.action, found.effect, found.suggested_effect) == ("auto", "", "interview_invitation")
    assert found.why == "kind_unsure"


def test_change_that_would_change_nothing_is_not_named() -> None:
    found = routed(INVITED, matched(), status="technical_round")
    assert (found.action, found.effect, found.suggested_effect) == ("auto", "", "")


@pytest.mark.parametrize("kind", [Kind.OFFER, Kind.REJECTION, Kind.WITHDRAWAL])
def test_decision_needs_an_exact_key_or_very_strong_evidence(kind: Kind) -> None:
    weak = routed(reading(kind), matched(96))
    assert (weak.action, weak.effect, weak.suggested_effect) == ("auto", "", kind.value)
    assert routed(reading(kind), matched(96, exact=True)).effect == kind
    assert routed(reading(kind), matched(99)).effect == ""
    titled = matched(99, evidence=(Evidence("title_same", "The title is the same", 3.0),))
    assert routed(reading(kind), titled).effect == kind


@pytest.mark.parametrize("kind", list(Kind))
def test_forged_mail_changes_nothing(kind: Kind) -> None:
    found = routed(
        reading(kind, company="X", title="Y", company_is_certain=True),
        matched(99, exact=True),
        mail(auth="fail"),
    )
    assert found.action in ("review", "orphan", "ignore")
    assert found.effect == ""
    if found.action == "review":
        assert "forged" in found.warning


def test_unverified_sender_waits_for_a_person() -> None:
    found = routed(INVITED, matched(99, exact=True), mail(auth="none"))
    assert (found.action, found.effect, found.suggested_effect) == ("review", "", "interview_invitation")


@pytest.mark.parametrize("code", ["hidden_text", "lookalike", "instructions", "bidi", "something_new"])
def test_suspicious_mail_waits_with_a_warning(code: str) -> None:
    found = routed(reading(Kind.OFFER, suspicious=(code,)), matched(99, exact=True))
    assert (found.action, found.effect) == ("review", "")
    assert found.warning


def test_near_runner_up_is_a_tie() -> None:
    found = routed(INVITED, matched(95, runner_up_confidence=90))
    assert (found.action, found.why) == ("review", "tie")


def test_not_sure_that_it_is_about_a_job_is_reviewed() -> None:
    assert routed(reading(Kind.STATUS_UPDATE, about_job=0.7), matched()).action == "review"


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.JOB_ALERT])
def test_irrelevant_mail_of_a_tracked_company_is_ignored(kind: Kind) -> None:
    assert routed(reading(kind, about_job=0.05), matched(97)).action == "ignore"
    assert routed(reading(kind, about_job=0.05), matched(3)).action == "ignore"


def test_mail_that_names_the_tracked_job_is_never_dropped_as_something_else() -> None:
    naming = matched(97, evidence=(Evidence("title_same", "The title is the same", 3.0),))
    said = reading(Kind.OTHER, about_job=0.05)
    assert routed(said, naming).action == "review"
    assert routed(said, naming, mail(list_unsubscribe=True)).action == "ignore"
    assert routed(reading(Kind.JOB_ALERT, about_job=0.05), naming).action == "ignore"


def test_unmatched_mail_about_a_job_is_an_orphan() -> None:
    assert routed(reading(Kind.REJECTION), matched(20)).action == "orphan"
    assert routed(reading(Kind.REJECTION), Match(None, 0, ())).action == "orphan"


def test_outreach_is_never_linked_by_itself() -> None:
    outreach = reading(Kind.RECRUITER_OUTREACH, company="Sable", company_is_certain=True)
    assert routed(outreach, matched(99)).action == "review"
    orphan = routed(outreach, matched(10))
    assert (orphan.action, orphan.why) == ("orphan", "outreach")


def test_digest_is_never_linked_by_itself() -> None:
    assert routed(reading(companies_named=4), matched(99)).action == "review"


@pytest.mark.parametrize(
    ("allowed", "action", "effect", "suggested"),
    [
        (Permissions(auto_link=False), "review", "", "interview_invitation"),
        (Permissions(auto_status=False), "auto", "", "interview_invitation"),
    ],
)
def test_plan_limits_what_happens_alone(
    allowed: Permissions, action: str, effect: str, suggested: str
) -> None:
    found = routed(INVITED, matched(), allowed=allowed)
    assert (found.action, found.effect, found.suggested_effect) == (action, effect, suggested)


# New applications

CONFIRMED: dict[str, Any] = {
    "company": "Fernweh",
    "title": "Cook",
    "company_is_certain": True,
    "title_is_certain": True,
}


def test_certain_confirmation_creates_an_application() -> None:
    found = routed(reading(Kind.APPLICATION_RECEIVED, **CONFIRMED), matched(3))
    assert (found.action, found.application, found.effect) == ("create", None, "application_received")


@pytest.mark.parametrize(
    ("changes", "shown", "allowed"),
    [
        ({"title_is_certain": False}, {}, ALL),
        ({"company_is_certain": False}, {}, ALL),
        ({"title": None}, {}, ALL),
        ({"kind_confidence": 0.9}, {}, ALL),
        ({"about_job": 0.9}, {}, ALL),
        ({"companies_named": 3}, {}, ALL),
        ({"suspicious": ("lookalike",)}, {}, ALL),
        ({}, {"auth": "none"}, ALL),
        ({}, {"auth": "fail"}, ALL),
        ({}, {"sender": "hr@stranger.test"}, ALL),
        ({}, {"sender": "fernweh@gmail.com"}, ALL),
        ({}, {"sender": "hr@fernweh-careers.test"}, ALL),
        ({}, {"list_unsubscribe": True}, ALL),
        ({}, {}, Permissions(create_applications=False)),
    ],
)
def test_any_doubt_makes_an_orphan_instead(
    changes: dict[str, Any], shown: dict[str, Any], allowed: Permissions
) -> None:
    said = reading(Kind.APPLICATION_RECEIVED, **{**CONFIRMED, **changes})
    sent = mail(**{"sender": "jobs@fernweh.example", **shown})
    assert routed(said, matched(3), sent, allowed=allowed).action == "orphan"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.APPLICATION_RECEIVED])
def test_only_a_confirmation_creates(kind: Kind) -> None:
    assert routed(reading(kind, **CONFIRMED), matched(3)).action != "create"


def test_nothing_is_created_beside_an_application_of_that_company() -> None:
    near = matched(30, evidence=(Evidence("named", "The mail names it", 3.5),))
    assert routed(reading(Kind.APPLICATION_RECEIVED, **CONFIRMED), near).action == "orphan"


# The user's own mail

OWN = mail("ada.brook@example.com", sent=True)


def test_own_mail_links_by_its_conversation_alone() -> None:
    assert routed(reading(Kind.OTHER_SENT), matched(98, exact=True), OWN).action == "auto"
    assert routed(reading(Kind.OTHER_SENT), matched(98), OWN).action == "review"
    assert routed(reading(Kind.OTHER_SENT), matched(20), OWN).action == "ignore"


def test_withdrawing_in_own_mail_withdraws() -> None:
    found = routed(reading(Kind.OTHER_SENT, withdraws=True), matched(98, exact=True), OWN)
    assert (found.action, found.effect) == ("auto", "withdrawal")


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        (reading(Kind.INTERVIEW_UPDATE), "interview_update"),
        (reading(Kind.INTERVIEW_UPDATE, cancels=True), ""),
        (reading(Kind.STATUS_UPDATE), ""),
        (reading(Kind.ACTION_REQUIRED), ""),
        (reading(Kind.RECRUITER_OUTREACH), ""),
        (reading(Kind.OTHER_SENT), ""),
        (reading(Kind.OTHER_SENT, withdraws=True), "withdrawal"),
        (reading(Kind.OFFER), "offer"),
    ],
)
def test_effect_of_a_kind(said: Reading, effect: str) -> None:
    assert effect_of(said) == effect


@given(
    st.sampled_from(list(Kind)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from(["pass", "fail", "none"]),
    st.sampled_from(["saved", "applied", "interviewing", "technical_round", "rejected", "accepted"]),
)
def test_nothing_moves_alone_without_every_certainty(
    kind: Kind, sure: float, about: float, confidence: int, exact: bool, auth: str, status: str
) -> None:
    said = reading(kind, kind_confidence=sure, about_job=about, **CONFIRMED)
    found = routed(said, matched(confidence, exact=exact), mail(auth=auth), status)
    if found.action == "auto":
        assert auth == "pass"
        assert confidence >= 95
        assert about >= 0.95
    if found.effect:
        assert sure >= 0.95
        assert auth == "pass"
    assert (found.application is None) is (found.action in ("orphan", "create", "ignore"))
    assert not (found.effect and found.suggested_effect)
