"""What other people's headings, statuses and dates mean."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications import reading
from applications.status import Status


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Company", "Job title", "Status"], ["company", "title", "status"]),
        (["Employer", "Position", "Stage"], ["company", "title", "status"]),
        (["company_name", "Role", "Date Applied", "URL"], ["company", "title", "applied_on", "url"]),
        (["Title", "Job Title", "Company"], ["", "title", "company"]),
        (["#", "Salary", "Firma", "Stelle"], ["", "", "company", "title"]),
        (["Company", "Company"], ["company", ""]),
    ],
)
def test_columns(header, expected):
    assert reading.guess_columns(header) == expected


@pytest.mark.parametrize(
    ("value", "status"),
    [
        *((each.label, each) for each in Status),
        ("technical_round", Status.TECHNICAL_ROUND),
        ("PHONE SCREEN", Status.INTERVIEWING),
        ("Take-home", Status.TECHNICAL_ROUND),
        ("ghosted", Status.APPLIED),
        ("Wishlist", Status.SAVED),
        ("Hired", Status.ACCEPTED),
        ("Phone screen with HR", Status.INTERVIEWING),
        ("2nd interview scheduled", Status.INTERVIEWING),
        ("Final interview", Status.TECHNICAL_ROUND),
        ("Rejected after interview", Status.REJECTED),
        ("I withdrew after the offer", Status.WITHDRAWN),
        ("Accepted the offer", Status.ACCEPTED),
        ("Application submitted", Status.APPLIED),
        ("Beworben", Status.APPLIED),
        ("Absage erhalten", Status.REJECTED),
        ("Entretien téléphonique", Status.INTERVIEWING),
        ("Offer rejected", ""),
        ("No interview", ""),
        ("Not interested", ""),
        ("on the moon", ""),
    ],
)
def test_statuses(value, status):
    assert reading.guess_status(value) == status


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-12",
        "2026/03/12",
        "2026-03-12T09:30:00Z",
        "2026-03-12 09:30",
        "12.03.2026",
        "12.3.26",
        "12 Mar 2026",
        "12 March 2026",
        "March 12, 2026",
        "Mar 12th, 2026",
        "Thu, 12 Mar 2026",
        "12-Mar-2026",
        "03/12/2026",
        " 3/12/26 ",
    ],
)
def test_days(value):
    assert reading.day_of(value, day_first=False) == date(2026, 3, 12)


def test_the_day_may_come_first():
    assert reading.day_of("12/03/2026", day_first=True) == date(2026, 3, 12)
    assert reading.guess_day_first(["03/04/2026", "25/12/2025"])
    assert not reading.guess_day_first(["03/04/2026", "12/25/2025"])


@pytest.mark.parametrize("value", ["soon", "2026-02-30", "13/13/2026", "12", ""])
def test_what_is_no_day(value):
    assert reading.day_of(value, day_first=False) is None


@given(st.text(max_size=30), st.booleans())
def test_no_text_makes_it_fail(value, day_first):
    reading.day_of(value, day_first)
    reading.guess_status(value)
    reading.guess_day_first([value])
