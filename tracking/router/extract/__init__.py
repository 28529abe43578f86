"""What a mail names: employer, title, dates, people, next steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracking.mail import Kind, Known, Mail
from tracking.router.classify import Classification
from tracking.router.extract.company import company_of
from tracking.router.extract.deadline import deadline_of
from tracking.router.extract.interview import interview_of
from tracking.router.extract.people import recruiter_of
from tracking.router.extract.steps import next_steps_of
from tracking.router.extract.title import title_of
from tracking.router.extract.when import mentions_of, reader_for
from tracking.router.lexicon.text import fold


@dataclass(frozen=True)
class Extraction:
    """Strings occur in the visible mail or are spelled by its sender's domain; times are aware.

    A company may also be that of the application that the conversation or the sender belongs to.
    """

    company: str | None
    title: str | None
    company_is_certain: bool
    title_is_certain: bool
    deadline: datetime | None
    deadline_text: str
    interview_at: datetime | None
    recruiter: str | None
    next_steps: tuple[str, ...]
    companies_named: int
    cancels: bool


def extract(mail: Mail, known: Known, judged: Classification) -> Extraction:
    """Everything that `mail` names. `judged` says what kind it is, which decides what its dates mean."""
    context = judged.features.context
    company, company_is_certain = company_of(mail, known, context)
    title, title_is_certain = title_of(mail, known, context)
    reader, home = reader_for(mail, known)
    mentions = mentions_of(judged, fold(mail.subject), reader)
    deadline, deadline_text = deadline_of(judged, mentions, reader, home)
    interview_at = interview_of(mail, judged, mentions, deadline, home)
    return Extraction(
        company=company,
        title=title,
        company_is_certain=company_is_certain,
        title_is_certain=title_is_certain,
        deadline=deadline,
        deadline_text=deadline_text,
        interview_at=interview_at,
        recruiter=recruiter_of(mail),
        next_steps=next_steps_of(judged, mail),
        companies_named=len(
            {named.candidate.company for named in context.named}
            | ({company} if company_is_certain and not context.named else set())
        ),
        cancels=_cancels(mail, judged, interview_at),
    )


def _cancels(mail: Mail, judged: Classification, interview_at: datetime | None) -> bool:
    """Whether a meeting is called off without a new time for it."""
    if any(invite.method == "CANCEL" for invite in mail.invites):
        return True
    hits = (*judged.features.hits, *judged.features.subject_hits)
    said = any(hit.concept == "cancel_interview" and not hit.conditional for hit in hits)
    return judged.kind is Kind.INTERVIEW_UPDATE and said and interview_at is None
