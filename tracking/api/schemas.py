"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import BaseModel, ConfigDict, StringConstraints

from applications.status import Status
from tracking.mail import Kind
from tracking.models import Message

PlainText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")]


class Problem(BaseModel):
    code: str
    message: str


class ErrorDetail(Problem):
    fields: dict[str, str] | None = None


class Error(BaseModel):
    error: ErrorDetail


class Paging(Schema):
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, description="`next` of the page before")


class InboxFilters(Paging):
    state: Literal["review", "orphan"] | None = None
    mailbox: UUID | None = None
    kind: Kind | None = None


class Sender(BaseModel):
    name: str
    address: str


class MailboxRef(BaseModel):
    id: UUID
    provider: str


class ApplicationRef(BaseModel):
    id: UUID
    company: str
    title: str


class LinkedApplication(ApplicationRef):
    status: Status


class Candidate(ApplicationRef):
    confidence: int = Field(description="0 to 100")


class Change(BaseModel):
    from_: Status = Field(alias="from")
    to: Status


class Item(BaseModel):
    """One stored e-mail about a job. `change` is what approving it would do to the status."""

    id: UUID
    state: Message.State
    received_at: datetime
    sender: Sender
    subject: str
    snippet: str
    kind: Kind | None = Field(description="null where the plan does not tell kinds")
    kind_confidence: int | None = Field(description="0 to 100")
    company: str
    title: str
    deadline: datetime | None
    deadline_has_time: bool
    interview_at: datetime | None
    confidence: int = Field(description="of the match, 0 to 100")
    application: LinkedApplication | None
    suggestion: ApplicationRef | None
    candidates: list[Candidate]
    change: Change | None
    evidence: list[str]
    warning: str
    mailbox: MailboxRef
    thread: UUID


class FullItem(Item):
    """An e-mail with its content, which is empty once it was purged."""

    body: str
    quoted: str
    attachments: list[str]
    next_steps: list[str]
    recruiter: str
    requisition: str
    sent_by_user: bool
    purged_at: datetime | None
    decided_at: datetime | None


class ItemPage(BaseModel):
    items: list[Item]
    next: str | None


class Approval(Schema):
    """Another application than the suggested one, another status than the mail says, a note."""

    model_config = ConfigDict(extra="forbid")

    application: UUID | None = None
    status: Status | None = None
    note: PlainText = ""


class Decision(BaseModel):
    id: UUID
    action: str
    application: UUID | None
    change: Change | None
    made_at: datetime
    undone_at: datetime | None


class Decided(BaseModel):
    """What was decided, and the e-mail as it is now."""

    decision: Decision
    item: Item


class Run(BaseModel):
    """One sync of one mailbox."""

    id: UUID
    mailbox: MailboxRef
    trigger: str
    state: str
    error: Problem | None
    started_at: datetime
    finished_at: datetime | None
    estimated_total: int | None
    looked_at: int
    kept: int
    auto_linked: int
    review: int
    orphans: int
    created_applications: int
    ignored: int
    duplicates: int
    failed: int
    newest_mail_at: datetime | None


class RunPage(BaseModel):
    items: list[Run]
    next: str | None


class WokenMailbox(MailboxRef):
    woken: bool
    reason: str = Field(description="why it was not, in words")


class Woken(BaseModel):
    mailboxes: list[WokenMailbox]


class ConnectedMailbox(MailboxRef):
    address: str
    state: str


class Authorization(BaseModel):
    """Where to send the user, and the state that comes back with the code."""

    authorization_url: str
    state: str


class Exchange(Schema):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=2000)
    state: str = Field(min_length=1, max_length=500)


class ImapLogin(Schema):
    """How to get into a mailbox over IMAP; the server may be left out where the address tells it."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=200)
    host: str = Field("", max_length=253)
    security: Literal["tls", "starttls"] = "tls"
    port: int | None = Field(None, ge=1, le=65535)
    username: str = Field("", max_length=200)


def answers(good: Any, *errors: int, status: int = 200) -> dict[Any, Any]:
    """The `response` of an operation: `good`, or an error of those every call can end in or of `errors`."""
    return {status: good, tuple(sorted({401, 429, 500, *errors})): Error}
