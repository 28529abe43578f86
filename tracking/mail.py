"""Values at the seams of the pipeline: what one step hands to the next.

    provider -> RawMail -> parse -> Mail -> screen -> Screening -> read -> Reading
             -> match -> Match -> route -> Route -> intake

All are frozen; none knows Django. Times are aware datetimes in UTC unless a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


def gettext_noop(text: str) -> str:
    """Marks a text for translation by whoever shows it."""
    return text


class Kind(StrEnum):
    """What one mail is; the fourteen labels of the router."""

    APPLICATION_RECEIVED = "application_received"
    ACTION_REQUIRED = "action_required"
    RECRUITER_OUTREACH = "recruiter_outreach"
    INTERVIEW_INVITATION = "interview_invitation"
    INTERVIEW_UPDATE = "interview_update"
    ASSESSMENT = "assessment"
    NEXT_ROUND = "next_round"
    OFFER = "offer"
    REJECTION = "rejection"
    STATUS_UPDATE = "status_update"
    WITHDRAWAL = "withdrawal"
    JOB_ALERT = "job_alert"
    OTHER = "other"
    OTHER_SENT = "other_sent"


IRRELEVANT_KINDS = frozenset({Kind.JOB_ALERT, Kind.OTHER})

Auth = Literal["pass", "fail", "none"]


@dataclass(frozen=True)
class RawMail:
    """One message as a provider hands it over.

    `content` is the RFC 822 source. `trusted_authserv` names the hosts whose
    Authentication-Results header may be believed (the receiving provider's own);
    empty means none may. `unnamed_authserv` says that the mail was read from Exchange Online itself,
    which names no host in its own.
    """

    provider_id: str
    thread_id: str
    content: bytes
    received_at: datetime
    sent: bool = False
    trusted_authserv: tuple[str, ...] = ()
    unnamed_authserv: bool = False


@dataclass(frozen=True)
class Address:
    name: str
    email: str

    @property
    def domain(self) -> str:
        """The part after the @, in lower case; empty if there is none."""
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True)
class CalendarInvite:
    """What matters of a text/calendar part. `method` is upper case (REQUEST, CANCEL, REPLY, …)."""

    method: str
    uid: str
    sequence: int
    summary: str
    description: str
    location: str
    organizer: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Mail:
    """One parsed message. Text is visible text only, without zero-width and bidi controls."""

    provider_id: str
    thread_id: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    sender: Address
    reply_to: Address | None
    recipients: tuple[Address, ...]
    subject: str
    text: str  # what the sender wrote in this message: without quotes, signature, disclaimer
    quoted: str  # quoted history, for thread evidence only
    signature: str
    snippet: str  # first 200 characters of `text`, one line
    links: tuple[str, ...]  # http(s) targets in order of appearance
    invites: tuple[CalendarInvite, ...]
    attachments: tuple[str, ...]  # file names
    received_at: datetime
    sent: bool
    auth: Auth
    list_unsubscribe: bool
    bulk: bool  # Precedence/Auto-Submitted/List-Id say that it went to many
    hidden_text: bool  # the HTML held text that a reader does not see
    truncated: bool
    defects: tuple[str, ...]  # what was wrong with the MIME source, in words for a log
    marks: tuple[str, ...] = ()  # codes of tricks seen in the text: bidi, zero_width, homoglyph, padding


@dataclass(frozen=True)
class Person:
    """Whose mailbox it is: masked out of features, needed for deadlines without a zone."""

    name: str
    email: str
    timezone: str = "UTC"


@dataclass(frozen=True)
class Candidate:
    """One application of the user that a mail could belong to. `status` is a Status value."""

    id: str
    company: str
    title: str
    status: str
    applied_at: datetime | None = None
    url: str = ""
    location: str = ""
    requisition: str = ""
    aliases: tuple[str, ...] = ()
    last_activity_at: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What the user's data says before a mail is read. Built once a sync, extended as mail is linked.

    Keys of `links` are exact keys as `router.keys.exact_keys` gives them
    ("thread:…", "message:…", "uid:…", "job:platform:id", "req:…", "reply:…"); values are candidate ids.
    `companies` are the tracked companies' names, `domains` their own mail domains where known.
    """

    person: Person
    candidates: tuple[Candidate, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    correspondents: frozenset[str] = frozenset()  # addresses that wrote in linked threads
    allowed_senders: frozenset[str] = frozenset()  # addresses and domains the user pulled in
    # memory: (kind of key, key, candidate id) -> (alpha, beta), already decayed; keyed hashes
    # are made by the caller: ask with `recall(kind, key)`, which gives {candidate id: (alpha, beta)}
    recall: Callable[[str, str], Mapping[str, tuple[float, float]]] = lambda kind, key: {}
    # (provider message id, thread id) -> candidate ids the user has ruled out for good
    excluded: Callable[[str, str], frozenset[str]] = lambda message, thread: frozenset()
    # the same by Message-IDs (a mail's own and those it answers), whichever mailbox it came by
    excluded_by_id: Callable[[tuple[str, ...]], frozenset[str]] = lambda identifiers: frozenset()


@dataclass(frozen=True)
class Screening:
    """Whether a mail may concern a job application. `reason` is a short code, never text of the mail."""

    keep: bool
    reason: str


@dataclass(frozen=True)
class Evidence:
    """One reason for a decision, with its weight (bits; sign says for or against).

    `words` is a sentence for the user that whoever shows it translates, with a %(name)s for each of `values`.
    """

    code: str
    words: str
    weight: float = 0.0
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.words % self.values if self.values else self.words


@dataclass(frozen=True)
class Reading:
    """What a mail says. Extracted strings occur in its visible text."""

    kind: Kind
    kind_confidence: float  # calibrated, 0..1
    about_job: float  # calibrated probability that it concerns a job application, 0..1
    probabilities: Mapping[Kind, float]
    company: str | None
    title: str | None
    company_is_certain: bool  # named in so many words as the employer applied to
    title_is_certain: bool
    requisitions: tuple[str, ...]
    job_keys: tuple[str, ...]  # "platform:id" from links
    deadline: datetime | None
    deadline_text: str  # ISO date or datetime with offset as stated
    interview_at: datetime | None  # aware, with the offset as stated
    recruiter: str | None
    next_steps: tuple[str, ...]
    companies_named: int  # how many different tracked or named employers (digest guard)
    cancels: bool  # an interview is cancelled
    withdraws: bool  # the user withdraws in their own mail
    suspicious: tuple[str, ...]  # codes: auth_fail, hidden_text, lookalike, instructions, …
    evidence: tuple[Evidence, ...]
    version: str


@dataclass(frozen=True)
class Match:
    """Which application a mail belongs to. `confidence` is 0..100 and calibrated."""

    application: str | None
    confidence: int
    evidence: tuple[Evidence, ...]
    runner_up: str | None = None
    runner_up_confidence: int = 0
    ranked: tuple[tuple[str, int], ...] = ()  # best first, at most three
    exact: bool = False  # by an exact key or a linked thread
    capped_by: str = ""  # code of the cap that held it down


Action = Literal["auto", "review", "orphan", "create", "ignore"]


@dataclass(frozen=True)
class Permissions:
    """What the user's plan lets the route do; filled from billing by intake."""

    auto_link: bool = True
    auto_status: bool = True
    create_applications: bool = True


@dataclass(frozen=True)
class Thresholds:
    auto_link: int = 95
    review: int = 50


@dataclass(frozen=True)
class Route:
    """What is to be done with a mail.

    `effect` is the kind whose status transition is applied at once ("" = none);
    `suggested_effect` is the one offered to the user for approval.
    `application` is the match for auto and review, None for orphan, create and ignore.
    """

    action: Action
    application: str | None
    confidence: int
    effect: str
    suggested_effect: str
    why: str  # short code: thread, exact_key, evidence, tie, capped, kind_unsure, unauthenticated, …
    warning: str = ""  # words for the user where the mail looks forged or manipulative
