"""The table of product.md row by row, and what holds for every story whatsoever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.status import CLOSED, OPEN, Status, Step, after, course, fold
from tracking.mail import Kind

START = datetime(2026, 3, 1, tzinfo=UTC)
SAVED, APPLIED, INTERVIEWING = Status.SAVED, Status.APPLIED, Status.INTERVIEWING
TECHNICAL, OFFER = Status.TECHNICAL_ROUND, Status.OFFER_EXTENDED
ACCEPTED, REJECTED, WITHDRAWN = Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN
WAY = [SAVED, APPLIED, INTERVIEWING, TECHNICAL, OFFER]  # forwards
CLOSING = {Kind.REJECTION, Kind.WITHDRAWAL}

# Kind of mail -> the status after it, for Saved, Applied, Interviewing, Technical Round, Offer Extended,
# Accepted, Rejected, Withdrawn in this order.
TABLE = {
    "application_received": (APPLIED, APPLIED, INTERVIEWING, TECHNICAL, OFFER, ACCEPTED, REJECTED, WITHDRAWN),
    "interview_invitation": (
        *(INTERVIEWING, INTERVIEWING, INTERVIEWING, TECHNICAL, OFFER),
        *(ACCEPTED, INTERVIEWING, WITHDRAWN),
    ),
    "interview_update": (
        *(INTERVIEWING, INTERVIEWING, INTERVIEWING, TECHNICAL, OFFER),
        *(ACCEPTED, REJECTED, WITHDRAWN),
    ),
    "assessment": (TECHNICAL, TECHNICAL, TECHNICAL, TECHNICAL, OFFER, ACCEPTED, REJECTED, WITHDRAWN),
    "next_round": (TECHNICAL, TECHNICAL, TECHNICAL, TECHNICAL, OFFER, ACCEPTED, REJECTED, WITHDRAWN),
    "offer": (OFFER, OFFER, OFFER, OFFER, OFFER, ACCEPTED, OFFER, WITHDRAWN),
    "rejection": (REJECTED, REJECTED, REJECTED, REJECTED, REJECTED, ACCEPTED, REJECTED, WITHDRAWN),
    "withdrawal": (WITHDRAWN, WITHDRAWN, WITHDRAWN, WITHDRAWN, WITHDRAWN, ACCEPTED, REJECTED, WITHDRAWN),
    **dict.fromkeys(
        ("status_update", "action_required", "recruiter_outreach", "other_sent", "other", "job_alert", ""),
        tuple(Status),
    ),
}

days = st.integers(0, 400)
effects = st.sampled_from([kind.value for kind in Kind])
forward = st.sampled_from([kind.value for kind in Kind if kind not in CLOSING])
mails = st.builds(lambda day, effect: Step(START + timedelta(days=day), effect), days, effects)
forward_mails = st.builds(lambda day, effect: Step(START + timedelta(days=day), effect), days, forward)
settings_by_hand = st.builds(
    lambda day, status: Step(START + timedelta(days=day, hours=1), "", status), days, st.sampled_from(Status)
)
beginnings = st.sampled_from([SAVED, APPLIED])


def stories(*kinds):
    """Stories in which no two things happen at the same instant."""
    return st.lists(st.one_of(*kinds), max_size=10, unique_by=lambda step: step.at)


@pytest.mark.parametrize("effect", TABLE)
def test_each_row_of_the_table(effect):
    assert tuple(after(status, effect) for status in Status) == TABLE[effect]


def test_the_table_covers_every_kind_of_mail():
    assert {kind.value for kind in Kind} <= set(TABLE)


def test_every_status_is_open_or_closed():
    assert set(Status) == OPEN | CLOSED
    assert not OPEN & CLOSED


@given(beginnings, stories(mails, settings_by_hand), st.randoms())
def test_the_order_in_which_things_become_known_does_not_matter(first, story, random):
    shuffled = random.sample(story, len(story))
    assert fold(first, shuffled) == fold(first, story)


@given(beginnings, stories(mails))
def test_mail_never_moves_backwards_but_by_rejection_or_withdrawal(first, story):
    for step, before, following in course(first, story):
        if step.effect in CLOSING or before in CLOSED:
            continue
        assert WAY.index(following) >= WAY.index(before)


@given(beginnings, stories(mails))
def test_a_closed_story_is_only_reopened_from_rejected_by_an_invitation_or_an_offer(first, story):
    for step, before, following in course(first, story):
        if before in CLOSED and following != before:
            assert before == REJECTED
            assert step.effect in {Kind.INTERVIEW_INVITATION, Kind.OFFER}


@given(beginnings, stories(forward_mails), forward_mails)
def test_late_mail_never_moves_a_status_back(first, story, late):
    before, _ = fold(first, story)
    following, _ = fold(first, [*story, late])
    assert WAY.index(following) >= WAY.index(before)


@given(beginnings, stories(mails), st.sampled_from(Status), days)
def test_a_persons_later_word_wins_over_all_mail_before_it(first, story, status, later):
    word = Step(START + timedelta(days=401 + later), "", status)
    assert fold(first, [*story, word])[0] == status


@given(beginnings, stories(mails), st.sampled_from(Status), mails)
def test_mail_from_before_a_persons_word_changes_nothing_when_it_comes_late(first, story, status, late):
    word = Step(START + timedelta(days=401), "", status)
    assert fold(first, [*story, word, late])[0] == fold(first, [*story, word])[0] == status


@given(beginnings, stories(mails, settings_by_hand))
def test_the_status_was_moved_when_the_last_change_happened(first, story):
    moves = [step.at for step, before, following in course(first, story) if before != following]
    assert fold(first, story) == (
        fold(first, story)[0],
        moves[-1] if moves else None,
    )


def test_an_offer_stands_when_an_older_invitation_is_read_after_it():
    offer, invitation = Step(START + timedelta(days=9), "offer"), Step(START, "interview_invitation")
    assert fold(APPLIED, [offer, invitation]) == (OFFER, offer.at)


def test_two_things_at_one_instant_keep_the_order_given():
    by_hand, rejection = Step(START, "", INTERVIEWING), Step(START, "rejection")
    assert fold(APPLIED, [rejection, by_hand])[0] == INTERVIEWING
    assert fold(APPLIED, [by_hand, rejection])[0] == REJECTED
