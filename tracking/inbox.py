"""A person's decisions on mail: approve, ignore, link elsewhere, create, unmatch; and undo of each.

Every decision is one transaction that locks the message, keeps what undo needs, and teaches the matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notifications import touch
from applications import adding
from applications.models import Application, Event
from applications.status import Status
from tracking import memory
from tracking.intake import attach_thread, event_text
from tracking.models import Decision, Message, Thread

KEPT = ("state", "application_id", "suggestion_id", "effect", "event_id", "decided_at", "decided_by_user")
UNDONE_STATES = {"review": Message.State.REVIEW, "orphan": Message.State.ORPHAN}


class DecidedError(Exception):
    """The message was decided already, perhaps in another tab. Its text is a sentence for the user."""


def preview(message: Message, application: Application) -> tuple[Status, Status]:
    """The status of `application` before and after `message` would be linked to it."""
    return Status(application.status), application.status_with(message.suggested_effect, message.received_at)


def previews(messages: Sequence[Message]) -> dict[UUID, tuple[Status, Status]]:
    """`preview` of each message that has an application to go to, by message id, in two queries."""
    wanted = {m.pk: m.application_id or m.suggestion_id for m in messages}
    found = Application.objects.filter(pk__in=filter(None, wanted.values())).prefetch_related("events")
    by_id = {application.pk: application for application in found}
    return {m.pk: preview(m, by_id[key]) for m in messages if (key := wanted[m.pk]) in by_id}


def approve(
    user: User,
    message_id: UUID | str,
    at: datetime,
    *,
    application_id: UUID | str | None = None,
    status: str | None = None,
    note: str = "",
    batch: UUID | None = None,
) -> Decision:
    """Link a waiting message to its suggested application, or to the one given, and let it take effect.

    `status` overrides what the mail would do: a person's word. Raises Message.DoesNotExist,
    Application.DoesNotExist (also for a stranger's), DecidedError if it no longer waits.
    """
    with transaction.atomic():
        message = _pending(user, message_id)
        chosen = application_id or message.application_id or message.suggestion_id
        if chosen is None:
            raise DecidedError(_("Choose an application for this e-mail first."))
        application = _application(user, chosen)
        other = message.suggestion_id is not None and message.suggestion_id != application.pk
        action = Decision.Action.LINK if other or message.suggestion_id is None else Decision.Action.APPROVE
        decision = _begin(message, action, at, application, batch)
        if other and message.suggestion is not None:
            _teach_wrong(message, message.suggestion, at)
        _place(decision, message, application, status, note, at)
        return _complete(decision, message, application)


def create(
    user: User,
    message_id: UUID | str,
    at: datetime,
    *,
    company: str,
    title: str,
    applied_on: date | None = None,
    status: str | None = None,
) -> Decision:
    """Track a new application and link the waiting message to it.

    Raises billing.entitlements.LimitError if the plan allows no further one, and as `approve`.
    """
    with transaction.atomic():
        message = _pending(user, message_id)
        application = adding.add(
            user,
            at,
            company=company,
            title=title,
            status=Status.APPLIED,
            applied_on=applied_on or message.received_at.astimezone(user.zone).date(),
            source=Application.Source.MAIL,
        )
        decision = _begin(message, Decision.Action.CREATE, at, application, None)
        decision.created_application = True
        _place(decision, message, application, status, "", at)
        return _complete(decision, message, application)


def ignore(user: User, message_id: UUID | str, at: datetime, *, batch: UUID | None = None) -> Decision:
    """Take a waiting message out of the queue without linking it.

    One that is linked already stays linked; only the status change it offered is declined.
    Raises Message.DoesNotExist, DecidedError.
    """
    with transaction.atomic():
        message = _pending(user, message_id)
        decision = _begin(message, Decision.Action.IGNORE, at, message.application, batch)
        if message.application is None and message.suggestion is not None:
            memory.learn(message, message.suggestion, right=False, at=at, weight=0.5)
        message.state = Message.State.LINKED if message.application else Message.State.IGNORED
        return _complete(decision, message, message.application)


def unmatch(user: User, message_id: UUID | str, at: datetime) -> Decision:
    """Take a linked message off its application, revert what it did to the status, and remember the mistake.

    It goes back to the queue, with no suggestion. Raises Message.DoesNotExist, and DecidedError
    if it is not linked.
    """
    with transaction.atomic():
        message = _locked(user, message_id)
        if message.application is None:
            raise DecidedError(_("This e-mail is not linked to an application any more."))
        application = _application(user, message.application_id)
        decision = _begin(message, Decision.Action.UNMATCH, at, application, None)
        _void_event(decision, message, application, at)
        _teach_wrong(message, application, at)
        _detach_thread(message, application)
        message.state, message.application, message.suggestion = Message.State.ORPHAN, None, None
        message.effect, message.event = "", None
        return _complete(decision, message, application)


def undo(user: User, decision_id: UUID | str, at: datetime) -> Decision:
    """Take the last decision on a message back, the router's as well as a person's.

    Raises Decision.DoesNotExist, DecidedError if it was undone or followed by another.
    """
    with transaction.atomic():
        message = _locked(user, Decision.objects.of(user).get(pk=decision_id).message_id)
        decision: Decision | None = message.decisions.filter(undone_at=None).first()
        if decision is None or str(decision.pk) != str(decision_id):
            raise DecidedError(_("This was already undone, or decided again since. Nothing changed."))
        _revert_events(decision, at)
        _revert_message(decision, message)
        _unteach(decision, message, at)
        decision.undone_at = at
        decision.save(update_fields=["undone_at"])
        if decision.created_application:
            _drop_created(decision)
        touch(user.pk)
        return decision


def undo_batch(user: User, batch: UUID | str, at: datetime) -> list[Decision]:
    """Take back all decisions that were made together; those decided again since are left alone."""
    undone = []
    for pk in Decision.objects.of(user).filter(batch=batch, undone_at=None).values_list("pk", flat=True):
        try:
            undone.append(undo(user, pk, at))
        except DecidedError:
            continue
    return undone


def _locked(user: User, message_id: UUID | str | None) -> Message:
    rows = Message.objects.of(user).select_for_update(of=("self",))
    message: Message = rows.select_related("thread", "application", "suggestion", "event").get(pk=message_id)
    return message


def _pending(user: User, message_id: UUID | str) -> Message:
    message = _locked(user, message_id)
    if message.state not in (Message.State.REVIEW, Message.State.ORPHAN):
        raise DecidedError(_("This e-mail was already decided. Nothing changed."))
    return message


def _application(user: User, application_id: UUID | str | None) -> Application:
    application: Application = Application.objects.of(user).select_for_update().get(pk=application_id)
    return application


def _begin(
    message: Message, action: str, at: datetime, application: Application | None, batch: UUID | None
) -> Decision:
    before = {field: _plain(getattr(message, field)) for field in KEPT}
    before["thread_application_id"] = _plain(message.thread.application_id)
    message.decided_at, message.decided_by_user = at, True
    return Decision(
        user_id=message.user_id,
        message=message,
        action=action,
        batch=batch,
        application=application,
        before=before,
        made_at=at,
        status_before=application.status if application else "",
    )


def _place(
    decision: Decision,
    message: Message,
    application: Application,
    status: str | None,
    note: str,
    at: datetime,
) -> None:
    """Put the message on the application's timeline, with what a person said about it."""
    _void_event(decision, message, application, at)
    expected = application.status_with(message.suggested_effect, message.received_at)
    corrected = bool(status) and status != expected
    message.effect = "" if corrected else message.suggested_effect
    message.event = application.record(
        Event.Kind.MAIL, message.received_at, effect=message.effect, text=event_text(message), by_person=True
    )
    events = [message.event]
    if corrected:
        events.append(application.record(Event.Kind.STATUS_SET, at, status=Status(status or "")))
    if note.strip():
        events.append(application.record(Event.Kind.NOTE, at, text=note.strip()[:500]))
    decision.events = [str(event.pk) for event in events]
    message.state, message.application = Message.State.LINKED, application
    attach_thread(message.thread, application)
    memory.lift(message, application)
    memory.learn(message, application, right=True, at=at)


def _complete(decision: Decision, message: Message, application: Application | None) -> Decision:
    message.save(update_fields=[*(name.removesuffix("_id") for name in KEPT)])
    decision.status_after = application.status if application else ""
    decision.save(force_insert=True)
    touch(message.user_id)
    return decision


def _void_event(decision: Decision, message: Message, application: Application, at: datetime) -> None:
    """Take what the message said so far off its timeline."""
    if message.event is not None and message.event.voided_at is None:
        owner = application if message.event.application_id == application.pk else message.event.application
        owner.void(message.event, at=at)
        decision.voided = [*decision.voided, str(message.event.pk)]


def _teach_wrong(message: Message, application: Application, at: datetime) -> None:
    memory.learn(message, application, right=False, at=at)
    memory.rule_out(message, application, whole_thread=True, at=at)


def _detach_thread(message: Message, application: Application) -> None:
    """The conversation stays with the application only while other mail of it does."""
    others = message.thread.messages.filter(application=application).exclude(pk=message.pk)
    if message.thread.application_id == application.pk and not others.exists():
        Thread.objects.filter(pk=message.thread_id).update(application=None)


def _revert_events(decision: Decision, at: datetime) -> None:
    touched = Event.objects.filter(pk__in=[*decision.events, *decision.voided]).select_related("application")
    Event.objects.filter(pk__in=decision.events).update(voided_at=at)
    Event.objects.filter(pk__in=decision.voided).update(voided_at=None)
    for pk in sorted({event.application_id for event in touched}):
        Application.objects.select_for_update().get(pk=pk).refold()


def _revert_message(decision: Decision, message: Message) -> None:
    before: dict[str, Any] = {"application_id": None, "event_id": None, "effect": "", **decision.before}
    for field in ("state", "application_id", "suggestion_id", "effect", "event_id"):
        setattr(message, field, before.get(field))
    message.decided_at = datetime.fromisoformat(before["decided_at"]) if before.get("decided_at") else None
    message.decided_by_user = bool(before.get("decided_by_user"))
    message.save(update_fields=[*(name.removesuffix("_id") for name in KEPT)])
    if "thread_application_id" in before:
        _revert_thread(message, before["thread_application_id"])
    elif decision.application is not None:
        _detach_thread(message, decision.application)


def _revert_thread(message: Message, application_id: str | None) -> None:
    exists = application_id is None or Application.objects.filter(pk=application_id).exists()
    others = message.thread.messages.filter(application=message.thread.application_id).exclude(pk=message.pk)
    if exists and not (application_id is None and others.exists()):
        Thread.objects.filter(pk=message.thread_id).update(application_id=application_id)


def _unteach(decision: Decision, message: Message, at: datetime) -> None:
    """Take the lesson back, too. An undone automatic link is a weak sign that it was wrong."""
    application = decision.application
    if application is None:
        return
    if decision.action in (Decision.Action.APPROVE, Decision.Action.LINK, Decision.Action.CREATE):
        memory.learn(message, application, right=True, at=at, weight=-1.0)
        suggested = Application.objects.filter(pk=decision.before.get("suggestion_id")).first()
        if suggested is not None and suggested.pk != application.pk:
            memory.learn(message, suggested, right=False, at=at, weight=-1.0)
            memory.lift(message, suggested)
    elif decision.action == Decision.Action.UNMATCH:
        memory.learn(message, application, right=False, at=at, weight=-1.0)
        memory.lift(message, application)
    elif decision.action == Decision.Action.AUTO_LINK:
        memory.learn(message, application, right=False, at=at, weight=0.5)


def _drop_created(decision: Decision) -> None:
    """Remove the application a decision made, unless something else has come to it since."""
    application = decision.application
    if application is None:
        return
    stands = application.events.filter(voided_at=None).exclude(kind=Event.Kind.CREATED).exists()
    if not stands and not application.messages.exists():
        application.delete()


def _plain(value: Any) -> Any:
    """A field's value as JSON keeps it."""
    return (
        value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
    )
