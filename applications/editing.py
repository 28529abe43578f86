"""What a person does to an application: move it, correct it, note something, put it away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from accounts.notifications import touch
from applications.adding import start_of
from applications.models import Application, Event
from applications.status import Status

_LABELS = {
    "company": gettext_noop("Company"),
    "title": gettext_noop("Job title"),
    "applied_on": gettext_noop("Applied on"),
    "url": gettext_noop("Link to the job"),
    "location": gettext_noop("Location"),
    "requisition": gettext_noop("Requisition number"),
    "notes": gettext_noop("Notes"),
}
EDITABLE = tuple(_LABELS)
SAME_SITTING = timedelta(hours=1)
UNDOABLE = frozenset({Event.Kind.STATUS_SET, Event.Kind.NOTE, Event.Kind.ARCHIVED})


def set_status(application: Application, status: str, at: datetime) -> Event | None:
    """Move `application` to `status` by its owner's word; None where it stands there already."""
    with _locked(application) as row:
        if row.status == status:
            return None
        return row.record(Event.Kind.STATUS_SET, at, status=Status(status))


def edit(application: Application, at: datetime, **values: Any) -> Event | None:
    """Set the given ones of EDITABLE, and say on the timeline what changed; None where nothing did."""
    with _locked(application) as row:
        changed = [name for name in EDITABLE if name in values and getattr(row, name) != values[name]]
        if not changed:
            return None
        text = _in_words(row, changed, values)
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=[*changed, "updated_at"])
        if "applied_on" in changed and row.applied_on:
            _move_beginning(row, row.applied_on)
        return row.record(Event.Kind.EDITED, at, text=text)


def write_notes(application: Application, text: str, at: datetime, *, seen: str) -> bool:
    """Set the notes to `text`; False, changing nothing, where they are not what the writer had `seen`.

    `seen` is the `notes_digest` of what the writer began with. However often somebody saves within an
    hour, the timeline says it once.
    """
    with _locked(application) as row:
        if row.notes == text:
            return True
        if notes_digest(row.notes) != seen:
            return False
        words = _in_words(row, ["notes"], {"notes": text})
        row.notes = text
        row.save(update_fields=["notes", "updated_at"])
        said = [words % {"field": gettext(_LABELS["notes"])} for words in _verbs()]
        recent = row.events.filter(kind=Event.Kind.EDITED, text__in=said)
        if not recent.filter(occurred_at__gt=at - SAME_SITTING).exists():
            row.record(Event.Kind.EDITED, at, text=words)
        return True


def notes_digest(notes: str) -> str:
    """What tells one state of the notes from another."""
    return hashlib.sha256(notes.encode()).hexdigest()[:16]


def note(application: Application, text: str, at: datetime) -> Event:
    """Put a line of the owner's own on the timeline."""
    with _locked(application) as row:
        return row.record(Event.Kind.NOTE, at, text=text)


def archive(application: Application, at: datetime) -> Event | None:
    """Put `application` away, keeping its status; None where it is away already."""
    return _put(application, at, Event.Kind.ARCHIVED, archived_at=at)


def restore(application: Application, at: datetime) -> Event | None:
    """Bring an archived `application` back; None where it is not archived."""
    return _put(application, at, Event.Kind.RESTORED, archived_at=None)


def undo(event: Event, at: datetime) -> bool:
    """Take back what is `undoable`: from then on it never happened. False for all else."""
    with _locked(event.application) as row:
        current = row.events.get(pk=event.pk)
        if not undoable(row, current):
            return False
        if current.kind == Event.Kind.ARCHIVED:
            row.archived_at = None
            row.save(update_fields=["archived_at", "updated_at"])
        row.void(current, at=at)
        return True


def redo(event: Event) -> bool:
    """Let what `undo` took back stand again, as of when it happened. False where there is nothing to do."""
    with _locked(event.application) as row:
        current = row.events.get(pk=event.pk)
        if current.kind not in UNDOABLE or current.voided_at is None:
            return False
        if current.kind == Event.Kind.ARCHIVED:
            if row.archived_at is not None:
                return False
            row.archived_at = current.occurred_at
            row.save(update_fields=["archived_at", "updated_at"])
        row.unvoid(current)
        return True


def undoable(application: Application, event: Event) -> bool:
    """Whether `event` can be taken back: a status set by hand, a note, or the archiving that holds."""
    if event.kind not in UNDOABLE or event.voided_at is not None:
        return False
    return event.kind != Event.Kind.ARCHIVED or application.archived_at == event.occurred_at


@contextmanager
def _locked(application: Application) -> Iterator[Application]:
    """The row of `application` for a change that others wait for, and that its owner's open pages hear of."""
    with transaction.atomic():
        yield Application.objects.of(application.user_id).select_for_update().get(pk=application.pk)
        touch(application.user_id)


def _put(application: Application, at: datetime, kind: str, archived_at: datetime | None) -> Event | None:
    with _locked(application) as row:
        if (row.archived_at is None) == (archived_at is None):
            return None
        row.archived_at = archived_at
        row.save(update_fields=["archived_at", "updated_at"])
        return row.record(kind, at)


def _move_beginning(application: Application, day: date) -> None:
    """Let the application begin on the day its owner says it did."""
    began = application.events.filter(kind=Event.Kind.CREATED, voided_at=None).exclude(status=Status.SAVED)
    began.update(occurred_at=start_of(application.user, day))


def _in_words(row: Application, changed: list[str], values: dict[str, Any]) -> str:
    """One line for the timeline: short fields with what they were and are, long ones by name alone."""
    parts = []
    for name in changed:
        label = gettext(_LABELS[name])
        old, new = getattr(row, name), values[name]
        long = name in {"notes", "url"} or not old or not new
        parts.append(_verb(old, new) % {"field": label} if long else f"{label}: {old} → {new}")
    return "; ".join(parts)[:500]


def _verb(old: object, new: object) -> str:
    added, changed, removed = _verbs()
    return added if not old else changed if new else removed


def _verbs() -> tuple[str, str, str]:
    return gettext("%(field)s added"), gettext("%(field)s changed"), gettext("%(field)s removed")
