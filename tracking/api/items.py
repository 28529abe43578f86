"""Rows as the API gives them, in a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import User
from applications.models import Application
from applications.status import Status
from billing.entitlements import entitlements
from billing.plans import Entitlements
from tracking import inbox
from tracking.access import within
from tracking.api import schemas
from tracking.api.errors import sentence
from tracking.evidence import said
from tracking.mail import Kind
from tracking.models import Decision, Mailbox, Message, SyncRun

WAITING = frozenset({Message.State.REVIEW, Message.State.ORPHAN})


def stored(user: User) -> Any:
    """The user's messages with the rows that their items name."""
    return Message.objects.of(user).select_related("mailbox", "application", "suggestion")


def items(user: User, messages: Sequence[Message]) -> list[schemas.Item]:
    """`messages` of `user` as items, in their order; in at most four queries."""
    changes = inbox.previews([message for message in messages if message.state in WAITING])
    named = Application.objects.of(user).in_bulk({UUID(key) for each in messages for key, _ in each.ranked})
    may = entitlements(user)
    return [
        _item(message, changes.get(message.pk), named, within(message.mailbox, may)) for message in messages
    ]


def full_item(user: User, message: Message) -> schemas.FullItem:
    """`message` of `user` with its content."""
    [item] = items(user, [message])
    return schemas.FullItem(
        **item.model_dump(by_alias=True),
        body=message.body,
        quoted=message.quoted,
        attachments=message.attachments,
        next_steps=message.next_steps if within(message.mailbox, entitlements(user)).insights else [],
        recruiter=message.recruiter,
        requisition=message.requisition,
        sent_by_user=message.sent_by_user,
        purged_at=message.purged_at,
        decided_at=message.decided_at,
    )


def decided(user: User, decision_id: UUID) -> schemas.Decided:
    """A decision of `user` as it stands now, with the e-mail it is about."""
    decision = Decision.objects.of(user).get(pk=decision_id)
    [item] = items(user, [stored(user).get(pk=decision.message_id)])
    moved = decision.status_before and decision.status_after
    change = _change(Status(decision.status_before), Status(decision.status_after)) if moved else None
    return schemas.Decided(
        decision=schemas.Decision(
            id=decision.pk,
            action=decision.action,
            application=decision.application_id,
            change=change,
            made_at=decision.made_at,
            undone_at=decision.undone_at,
        ),
        item=item,
    )


def run(row: SyncRun) -> schemas.Run:
    """A sync run, with its error in words."""
    error = schemas.Problem(code=row.error, message=sentence(row.error)) if row.error else None
    counters = {name: getattr(row, name) for name in SyncRun.COUNTERS}
    return schemas.Run(
        id=row.pk,
        mailbox=mailbox(row.mailbox),
        trigger=row.trigger,
        state=row.state,
        error=error,
        started_at=row.started_at,
        finished_at=row.finished_at,
        estimated_total=row.estimated_total,
        newest_mail_at=row.newest_mail_at,
        **counters,
    )


def mailbox(row: Mailbox) -> schemas.MailboxRef:
    """Which mailbox it is."""
    return schemas.MailboxRef(id=row.pk, provider=row.provider)


def _item(
    message: Message,
    change: tuple[Status, Status] | None,
    named: Mapping[UUID, Application],
    shown: Entitlements,
) -> schemas.Item:
    ranked = [(named[UUID(key)], confidence) for key, confidence in message.ranked if UUID(key) in named]
    return schemas.Item(
        id=message.pk,
        state=Message.State(message.state),
        received_at=message.received_at,
        sender=schemas.Sender(name=message.sender_name, address=message.sender_address),
        subject=message.subject,
        snippet=message.snippet,
        kind=Kind(message.kind) if shown.kinds else None,
        kind_confidence=message.kind_confidence if shown.kinds else None,
        company=message.company,
        title=message.title,
        deadline=message.deadline if shown.insights else None,
        deadline_has_time=message.deadline_has_time and shown.insights,
        interview_at=message.interview_at if shown.kinds else None,
        confidence=message.confidence,
        application=_linked(message.application),
        suggestion=_named(message.suggestion),
        candidates=[_candidate(application, confidence) for application, confidence in ranked],
        change=_change(*change) if change else None,
        evidence=[said(each) for each in message.evidence],
        warning=gettext(message.warning),
        mailbox=mailbox(message.mailbox),
        thread=message.thread_id,
    )


def _named(application: Application | None) -> schemas.ApplicationRef | None:
    if application is None:
        return None
    return schemas.ApplicationRef(id=application.pk, company=application.company, title=application.title)


def _linked(application: Application | None) -> schemas.LinkedApplication | None:
    if application is None:
        return None
    return schemas.LinkedApplication(
        id=application.pk,
        company=application.company,
        title=application.title,
        status=Status(application.status),
    )


def _candidate(application: Application, confidence: int) -> schemas.Candidate:
    return schemas.Candidate(
        id=application.pk, company=application.company, title=application.title, confidence=confidence
    )


def _change(before: Status, after: Status) -> schemas.Change:
    return schemas.Change(**{"from": before, "to": after})
