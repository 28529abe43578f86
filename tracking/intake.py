"""One message: read it without touching the database. Then one page of them: store all that came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.notifications import notify
from applications import adding
from applications.labels import status_label
from applications.models import Application, Event
from applications.status import Status
from billing.plans import Entitlements
from tracking.known import Knowledge
from tracking.mail import Action, Kind, Known, Mail, Permissions, RawMail, Thresholds
from tracking.models import Decision, Mailbox, Message, SyncRun, Thread
from tracking.models.messages import KIND_LABELS
from tracking.records import Verdict, message_of
from tracking.router.match import match
from tracking.router.parse import parse
from tracking.router.read import read
from tracking.router.route import route
from tracking.router.screen import screen

OUTCOMES = {"auto": "auto_linked", "review": "review", "orphan": "orphans", "create": "created_applications"}
ASKED_FOR = "asked_for"  # why a mail waits that the user pulled in
NOTHING_ALONE = Permissions(auto_link=False, auto_status=False, create_applications=False)
FOLDED = ("status", "status_at", "last_activity_at")


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


def judge_asked_for(raw: RawMail, known: Known, thresholds: Thresholds) -> Verdict:
    """Read, match and route a mail that the user asks for, whatever the screen would say of it.

    It waits for their decision, however sure its reading is.
    """
    mail = parse(raw)
    reading = read(mail, known)
    matched = match(reading, mail, known)
    routed = route(reading, matched, mail, NOTHING_ALONE, thresholds)
    action: Action = "review" if routed.action == "review" else "orphan"
    named = routed.application if action == "review" else None
    waiting = replace(routed, action=action, application=named, effect="", why=ASKED_FOR)
    return Verdict(mail, reading, matched, waiting, effect="")


@dataclass
class Kept:
    """One message of a page. `event` is what it puts on the timeline of its application, if it is linked."""

    message: Message
    action: str
    event: Event | None = None
    status_before: str = ""
    status_after: str = ""

    @property
    def outcome(self) -> str:
        """The run's counter; a mail that is linked but asks about the status counts as waiting for review."""
        if self.message.state == Message.State.ORPHAN:
            return "orphans"
        return "review" if self.message.state == Message.State.REVIEW else OUTCOMES[self.action]


class Tray:
    """The kept mail of one page. The caller holds the mailbox, so that nobody else adds to it meanwhile."""

    def __init__(
        self, mailbox: Mailbox, run: SyncRun | None, knowledge: Knowledge, mails: Sequence[RawMail]
    ) -> None:
        self.mailbox, self.run, self.knowledge = mailbox, run, knowledge
        self.kept: list[Kept] = []
        ids = {raw.thread_id or raw.provider_id for raw in mails}
        found = Thread.objects.filter(mailbox=mailbox, provider_id__in=ids) if ids else ()
        self.threads: dict[str, Thread] = {thread.provider_id: thread for thread in found}
        self.last_at = {thread.pk: thread.last_message_at for thread in self.threads.values()}
        self.attached: set[UUID] = set()
        self.folded: dict[UUID, list[object]] = {}  # what the locked applications were

    def thread_of(self, mail: Mail) -> Thread:
        """The conversation of `mail`, a new one if it is the first of it."""
        key = mail.thread_id or mail.provider_id
        found = self.threads.get(key)
        if found is None:
            owner = {"user_id": self.mailbox.user_id, "mailbox": self.mailbox}
            found = Thread(provider_id=key, last_message_at=mail.received_at, **owner)
            self.threads[key] = found
        return found


def take_in(verdict: Verdict, tray: Tray) -> None:
    """Put one judged mail into the tray. What it will do to its application is known from now on."""
    thread = tray.thread_of(verdict.mail)
    kept = Kept(message_of(verdict, tray.mailbox, thread, tray.run), verdict.route.action)
    application = None
    if verdict.route.action == "auto" and thread.monitored:
        application = tray.knowledge.application(verdict.route.application or "")
        if application is not None:
            kept.event = _event(kept.message, application, verdict.effect)
            if not verdict.route.suggested_effect:
                _decide(kept.message)
    elif verdict.route.action == "create":
        application = _create(kept.message)
        kept.event = _event(kept.message, application, verdict.route.effect)
        _decide(kept.message)
    thread.last_message_at = max(thread.last_message_at, verdict.mail.received_at)
    tray.kept.append(kept)
    if application is not None and kept.event is not None:
        if thread.application_id is None:
            thread.application_id = application.pk
            tray.attached.add(thread.pk)
        tray.knowledge.linked(verdict.mail, application, kept.event)


def store(tray: Tray) -> Counter[str]:
    """Store what is in the tray, in the caller's transaction; give what each message counts as.

    A few queries a page, whatever it holds. The status of each application follows under its lock, from
    what its timeline says by now. What was to go to one that is gone waits as an orphan.
    """
    if not tray.kept:
        return Counter()
    stories = _lock(tray)
    for kept in tray.kept:
        _settle(kept, stories)
    _save_threads(tray, stories)
    Event.objects.bulk_create([kept.event for kept in tray.kept if kept.event])
    _save_applications(tray, stories)
    Message.objects.bulk_create([kept.message for kept in tray.kept])
    Decision.objects.bulk_create([_decision(kept) for kept in tray.kept if kept.message.decided_at])
    _notify(tray, stories)
    return Counter(kept.outcome for kept in tray.kept)


def attach_thread(thread: Thread, application: Application) -> None:
    """Let the conversation belong to `application` if it belongs to none yet."""
    if thread.application_id is None:
        thread.application = application
        thread.save(update_fields=["application"])


def event_text(message: Message) -> str:
    """The line a message leaves on the timeline: what kind of mail it was, nothing of its content."""
    return _("You wrote") if message.sent_by_user else str(KIND_LABELS[Kind(message.kind)])


Stories = dict[UUID, tuple[Application, list[Event]]]


def _event(message: Message, application: Application, effect: str) -> Event:
    message.application_id, message.effect = application.pk, effect
    event = Event(
        application_id=application.pk,
        kind=Event.Kind.MAIL,
        occurred_at=message.received_at,
        effect=effect,
        text=event_text(message),
        by_person=False,
    )
    message.event_id = event.pk
    return event


def _decide(message: Message) -> None:
    message.state, message.decided_at = Message.State.LINKED, timezone.now()


def _create(message: Message) -> Application:
    """Start tracking the application that the mail confirms."""
    user = message.user
    sample = message.mailbox.provider == Mailbox.Provider.SAMPLE
    return adding.add(
        user,
        timezone.now(),
        company=message.company,
        title=message.title,
        status=Status.APPLIED,
        applied_on=message.received_at.astimezone(user.zone).date(),
        source=Application.Source.SAMPLE if sample else Application.Source.MAIL,
        requisition=message.requisition,
    )


def _lock(tray: Tray) -> Stories:
    """The applications that the mail goes to or is suggested for, locked, with their events in order."""
    messages = [kept.message for kept in tray.kept]
    ids = {_as_id(each) for m in messages for each in (m.application_id, m.suggestion_id)} - {None}
    locked = Application.objects.of(tray.mailbox.user).filter(pk__in=ids).order_by("pk").select_for_update()
    stories = {each.pk: (each, each.story()) for each in locked.prefetch_related("events")}
    tray.folded = {pk: _folded(application) for pk, (application, _) in stories.items()}
    return stories


def _settle(kept: Kept, stories: Stories) -> None:
    """Let the application of a message follow it, as it is now."""
    message = kept.message
    if kept.event is None or message.application_id not in stories:
        if _as_id(message.suggestion_id) not in stories:
            message.suggestion_id, message.state = None, Message.State.ORPHAN
        kept.event = message.event_id = message.application_id = message.decided_at = None
        message.effect = ""
        return
    application, events = stories[message.application_id]
    kept.status_before = application.status if kept.action == "auto" else ""
    events.append(kept.event)
    events.sort(key=lambda event: (event.occurred_at, event.recorded_at))
    application.follow(events)
    kept.status_after = application.status


def _as_id(value: UUID | str | None) -> UUID | None:
    return UUID(value) if isinstance(value, str) else value


def _save_threads(tray: Tray, stories: Stories) -> None:
    for thread in tray.threads.values():
        if thread.pk in tray.attached and thread.application_id not in stories:
            thread.application_id = None
    known = [thread for thread in tray.threads.values() if thread.pk in tray.last_at]
    Thread.objects.bulk_create([each for each in tray.threads.values() if each.pk not in tray.last_at])
    moved = [each for each in known if each.last_message_at != tray.last_at[each.pk]]
    Thread.objects.bulk_update(moved, ["last_message_at"])
    Thread.objects.bulk_update([each for each in known if each.pk in tray.attached], ["application"])


def _save_applications(tray: Tray, stories: Stories) -> None:
    linked = {kept.message.application_id for kept in tray.kept if kept.event}
    changed = [application for pk, (application, _) in stories.items() if pk in linked]
    at = timezone.now()
    for application in changed:
        application.updated_at = at
    tray.knowledge.renew(stories[application.pk] for application in changed)
    moved = [each for each in changed if _folded(each) != tray.folded[each.pk]]
    Application.objects.bulk_update(moved, [*FOLDED, "updated_at"])
    same = {each.pk for each in changed} - {each.pk for each in moved}
    if same:  # older mail, which says nothing new
        Application.objects.filter(pk__in=same).update(updated_at=at)


def _folded(application: Application) -> list[object]:
    return [getattr(application, name) for name in FOLDED]


def _decision(kept: Kept) -> Decision:
    """What undo needs: where the message would have waited, had it not been decided."""
    message, created = kept.message, kept.action == "create"
    return Decision(
        user_id=message.user_id,
        message=message,
        action=Decision.Action.AUTO_CREATE if created else Decision.Action.AUTO_LINK,
        by_user=False,
        application_id=message.application_id,
        created_application=created,
        before={
            "state": "orphan" if created else "review",
            "suggestion_id": None if created else str(message.application_id),
        },
        events=[str(message.event_id)],
        status_before=kept.status_before,
        status_after=kept.status_after,
        made_at=message.decided_at or timezone.now(),
    )


def _notify(tray: Tray, stories: Stories) -> None:
    """One notification an application and kind of news; newer news replaces older."""
    news: dict[tuple[str, UUID], Application] = {}
    for kept in tray.kept:
        if kept.event is None:
            continue
        application = stories[kept.event.application_id][0]
        if kept.action == "create":
            news["created", application.pk] = application
        elif kept.status_after != kept.status_before:
            news["status", application.pk] = application
    for (kind, key), application in news.items():
        label = status_label(application.status)
        added = _("%(application)s was added from a confirmation e-mail.")
        text = added % {"application": application} if kind == "created" else f"{application}: {label}"
        path = application.get_absolute_url()
        notify(tray.mailbox.user, kind, f"{kind}:{key}", text, path, brief=f"{application.company}: {label}")
