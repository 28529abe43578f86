"""The story of an application in words, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from applications import status as statuses
from applications.correspondence import Email
from applications.editing import undoable
from applications.labels import status_label
from applications.models import Application, Event
from applications.status import Status


@dataclass(frozen=True)
class Entry:
    """One line: when, what, by whom, how the status moved, and the e-mails it came from."""

    event: Event
    when: datetime
    what: str
    text: str
    by: str
    moved_to: Status | None
    emails: list[Email]
    undoable: bool


def timeline(application: Application, emails: Iterable[Email] = ()) -> list[Entry]:
    """The entries of `application`, newest first.

    `emails` are those linked to it; each stands with the event it caused.
    Of what happened at the same instant, the later recorded comes first.
    """
    events = list(application.events.filter(voided_at=None).order_by("occurred_at", "recorded_at"))
    moves = _moves(events)
    by_event: dict[UUID | None, list[Email]] = defaultdict(list)
    for email in emails:
        by_event[email.event_id].append(email)
    entries = [_entry(application, event, moves.get(event.pk), by_event[event.pk]) for event in events]
    return entries[::-1]


def _moves(events: list[Event]) -> dict[UUID, Status]:
    """{event id: the status it led to} of the events that moved it."""
    first = next((event for event in events if event.kind == Event.Kind.CREATED), None)
    rest = [event for event in events if event is not first]
    course = statuses.course(Status(first.status) if first else Status.SAVED, [event.step for event in rest])
    return {
        event.pk: after for event, (_, before, after) in zip(rest, course, strict=True) if before != after
    }


def _entry(application: Application, event: Event, moved_to: Status | None, emails: list[Email]) -> Entry:
    return Entry(
        event=event,
        when=event.occurred_at,
        what=_what(application, event),
        text=event.text if event.kind in {Event.Kind.NOTE, Event.Kind.EDITED} else "",
        by=_("You") if event.by_person else "Heardback",
        moved_to=moved_to,
        emails=emails,
        undoable=undoable(application, event),
    )


def _what(application: Application, event: Event) -> str:
    if event.kind == Event.Kind.CREATED:
        return _beginning(application, event)
    if event.kind == Event.Kind.STATUS_SET:
        return _("Moved to %(status)s") % {"status": status_label(event.status)}
    if event.kind == Event.Kind.MAIL and event.text:
        return event.text
    return str(event.get_kind_display())


def _beginning(application: Application, event: Event) -> str:
    label = status_label(event.status or Status.APPLIED)
    from_mail = application.source == Application.Source.MAIL
    return _("%(status)s (created from an e-mail)") % {"status": label} if from_mail else label
