"""One message: read it without touching the database, then store what came of it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.notifications import notify
from applications import adding
from applications.models import Application, Event
from applications.status import Status
from billing.plans import Entitlements
from tracking import memory
from tracking.known import Knowledge
from tracking.mail import Kind, Known, Mail, Match, Permissions, RawMail, Reading, Route, Thresholds
from tracking.models import Decision, Mailbox, Message, SyncRun, Thread
from tracking.router.match import lasting_keys, match
from tracking.router.parse import parse
from tracking.router.read import read
from tracking.router.route import effect_of, route
from tracking.router.screen import screen

MAX_BODY = 200_000  # characters stored of one message
OUTCOMES = {"auto": "auto_linked", "review": "review", "orphan": "orphans", "create": "created_applications"}


@dataclass(frozen=True)
class Verdict:
    """All that was found out about one kept mail."""

    mail: Mail
    reading: Reading
    match: Match
    route: Route
    effect: str  # what goes on the timeline: sure, whether or not it moves the status today


def permissions_of(may: Entitlements) -> Permissions:
    """What the plan lets the route do."""
    return Permissions(
        auto_link=may.mail_sync, auto_status=may.automatic_status, create_applications=may.create_from_mail
    )


def judge(raw: RawMail, known: Known, permissions: Permissions, thresholds: Thresholds) -> Verdict | None:
    """Parse, screen, read, match and route one mail; None where it is none of our business."""
    mail = parse(raw)
    if not screen(mail, known).keep:
        return None
    reading = read(mail, known)
    matched = match(reading, mail, known)
    status = next((each.status for each in known.candidates if each.id == matched.application), "")
    routed = route(reading, matched, mail, permissions, thresholds, status)
    if routed.action == "ignore":
        return None
    # A sure effect that moves nothing today counts once other mail turns out to be later, or wrong.
    lasting = "" if routed.suggested_effect else route(reading, matched, mail, permissions, thresholds).effect
    return Verdict(mail, reading, matched, routed, lasting)


def take_in(verdict: Verdict, mailbox: Mailbox, run: SyncRun, knowledge: Knowledge) -> str:
    """Store one judged mail with all that follows from it; give the run's counter that it adds to."""
    with transaction.atomic():
        message = _message(verdict, mailbox, run)
        before = ""
        if verdict.route.action == "auto" and message.thread.monitored:
            before = _link(message, verdict)
        elif verdict.route.action == "create":
            _create(message, verdict)
        message.save(force_insert=True)
        if message.state == Message.State.LINKED:
            _record_decision(message, before, created=verdict.route.action == "create")
    if message.application is not None:
        knowledge.linked(verdict.mail, message.application)
    return _outcome(message, verdict.route.action)


def _outcome(message: Message, action: str) -> str:
    """A mail that is linked but asks about the status counts as waiting for review."""
    return "review" if message.state == Message.State.REVIEW else OUTCOMES[action]


def _message(verdict: Verdict, mailbox: Mailbox, run: SyncRun) -> Message:
    mail, reading, match, routed = verdict.mail, verdict.reading, verdict.match, verdict.route
    return Message(
        user=mailbox.user,
        mailbox=mailbox,
        thread=_thread(mail, mailbox),
        run=run,
        provider_id=mail.provider_id,
        rfc_message_id=_clean(mail.message_id, 255),
        sender_name=_clean(mail.sender.name, 200),
        sender_address=_clean(mail.sender.email, 254),
        subject=_clean(mail.subject, 500),
        sent_by_user=mail.sent,
        received_at=mail.received_at,
        attachments=[_clean(name, 200) for name in mail.attachments[:50]],
        snippet=_clean(mail.snippet, 400),
        body=_clean(mail.text, MAX_BODY),
        quoted=_clean(mail.quoted, MAX_BODY),
        state=Message.State.REVIEW if routed.application else Message.State.ORPHAN,
        suggestion_id=routed.application,
        confidence=match.confidence,
        ranked=[list(pair) for pair in match.ranked],
        evidence=[
            {"code": each.code, "text": _clean(each.text, 300), "weight": each.weight}
            for each in (*match.evidence, *reading.evidence)
        ],
        suggested_effect=effect_of(reading),
        why=routed.why,
        warning=_clean(routed.warning, 300),
        exact_keys=memory.hash_keys(mailbox.user_id, lasting_keys(mail)),
        memory_keys=memory.hashed_memory_keys(mailbox.user_id, mail),
        **_read_fields(reading),
    )


def _read_fields(reading: Reading) -> dict[str, object]:
    return {
        "kind": reading.kind,
        "kind_confidence": round(100 * reading.kind_confidence),
        "company": _clean(reading.company or "", 200),
        "title": _clean(reading.title or "", 200),
        "recruiter": _clean(reading.recruiter or "", 200),
        "requisition": _clean(next(iter(reading.requisitions), ""), 80),
        "deadline_at": reading.deadline,
        "deadline_has_time": "T" in reading.deadline_text,
        "interview_at": reading.interview_at,
        "next_steps": [_clean(step, 300) for step in reading.next_steps[:5]],
        "router_version": reading.version[:64],
    }


def _thread(mail: Mail, mailbox: Mailbox) -> Thread:
    thread, created = Thread.objects.get_or_create(
        mailbox=mailbox,
        provider_id=mail.thread_id or mail.provider_id,
        defaults={"user": mailbox.user, "last_message_at": mail.received_at},
    )
    if not created and mail.received_at > thread.last_message_at:
        thread.last_message_at = mail.received_at
        thread.save(update_fields=["last_message_at"])
    return thread


def _link(message: Message, verdict: Verdict) -> str:
    """Put the message on the timeline of its application, moving the status if the route says so.

    Gives the status before.
    """
    application = Application.objects.of(message.user).select_for_update().get(pk=verdict.route.application)
    before: str = application.status
    _place(message, application, verdict.effect)
    if not verdict.route.suggested_effect:
        message.state, message.decided_at = Message.State.LINKED, timezone.now()
    if application.status != before:
        label = Status(application.status).label
        notify_about(application, "status", f"{application}: {label}")
    return before


def _create(message: Message, verdict: Verdict) -> None:
    """Start tracking the application that the mail confirms."""
    user = message.user
    sample = message.mailbox.provider == Mailbox.Provider.SAMPLE
    application = adding.add(
        user,
        timezone.now(),
        company=message.company,
        title=message.title,
        status=Status.APPLIED,
        applied_on=message.received_at.astimezone(user.zone).date(),
        source=Application.Source.SAMPLE if sample else Application.Source.MAIL,
        requisition=message.requisition,
    )
    _place(message, application, verdict.route.effect)
    message.state, message.decided_at = Message.State.LINKED, timezone.now()
    notify_about(application, "created", f"{application} was added from a confirmation e-mail.")


def _place(message: Message, application: Application, effect: str) -> None:
    message.application, message.effect = application, effect
    message.event = application.record(
        Event.Kind.MAIL, message.received_at, effect=effect, text=event_text(message), by_person=False
    )
    attach_thread(message.thread, application)


def _record_decision(message: Message, status_before: str, *, created: bool) -> None:
    """Keep what undo needs: where the message would have waited, had it not been decided."""
    application, event = message.application, message.event
    if application is None or event is None:
        return
    Decision.objects.create(
        user_id=message.user_id,
        message=message,
        action=Decision.Action.AUTO_CREATE if created else Decision.Action.AUTO_LINK,
        by_user=False,
        application=application,
        created_application=created,
        before={
            "state": "orphan" if created else "review",
            "suggestion_id": None if created else str(application.pk),
        },
        events=[str(event.pk)],
        status_before=status_before,
        status_after=application.status,
        made_at=message.decided_at or timezone.now(),
    )


def attach_thread(thread: Thread, application: Application) -> None:
    """Let the conversation belong to `application` if it belongs to none yet."""
    if thread.application_id is None:
        thread.application = application
        thread.save(update_fields=["application"])


def event_text(message: Message) -> str:
    """The line a message leaves on the timeline: what kind of mail it was, nothing of its content."""
    return (
        "You wrote" if message.sent_by_user else str(Kind(message.kind).value).replace("_", " ").capitalize()
    )


def notify_about(application: Application, kind: str, text: str) -> None:
    """One notification an application and kind of news; newer news replaces older."""
    notify(application.user, kind, f"{kind}:{application.pk}", text, application.get_absolute_url())


def _clean(text: str, limit: int) -> str:
    """`text` as PostgreSQL takes it, cut to `limit` characters."""
    return text.replace("\x00", "")[:limit]
