"""Hand-made values for tests of matching and routing: a plain mail, reading and match, varied by keyword."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tracking.mail import Address, Candidate, Kind, Known, Mail, Match, Person, Reading

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
PERSON = Person("Ada Brook", "ada.brook@example.com", "Europe/London")
NORTHWIND = Candidate(
    "a1", "Northwind Robotics", "Data Engineer", "applied", applied_at=datetime(2026, 9, 1, tzinfo=UTC)
)
SABLE = Candidate(
    "a2", "Sable Therapeutics", "Lab Manager", "applied", applied_at=datetime(2026, 9, 3, tzinfo=UTC)
)


def mail(sender: str = "jobs@northwindrobotics.com", name: str = "", **changes: Any) -> Mail:
    """A short authenticated mail from `sender`."""
    plain = Mail(
        provider_id="m1", thread_id="t1", message_id="<m1@x>", in_reply_to="", references=(),
        sender=Address(name, sender), reply_to=None, recipients=(Address("", PERSON.email),),
        subject="", text="", quoted="", signature="", snippet="", links=(), invites=(), attachments=(),
        received_at=NOW, sent=False, auth="pass", list_unsubscribe=False, bulk=False, hidden_text=False,
        truncated=False, defects=(),
    )  # fmt: skip
    return replace(plain, **changes)


def reading(kind: Kind = Kind.STATUS_UPDATE, **changes: Any) -> Reading:
    """A reading that is certain of its kind and that it is about a job."""
    plain = Reading(
        kind=kind, kind_confidence=0.98, about_job=0.98, probabilities={kind: 0.98}, company=None, title=None,
        company_is_certain=False, title_is_certain=False, requisitions=(), job_keys=(), deadline=None,
        deadline_text="", interview_at=None, recruiter=None, next_steps=(), companies_named=1, cancels=False,
        withdraws=False, suspicious=(), evidence=(), version="test",
    )  # fmt: skip
    return replace(plain, **changes)


def known(*candidates: Candidate, **changes: Any) -> Known:
    """What is known of a user with these applications (two of different companies if none are given)."""
    return replace(Known(PERSON, candidates or (NORTHWIND, SABLE)), **changes)


def matched(confidence: int = 97, **changes: Any) -> Match:
    """A match with the first application."""
    plain = Match("a1", confidence, (), "a2", 2, (("a1", confidence), ("a2", 2)))
    return replace(plain, **changes)
