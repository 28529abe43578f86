from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import OwnedQuerySet
from applications import labels
from applications import status as statuses
from applications.status import Status, Step


class ApplicationQuerySet(OwnedQuerySet):
    def active(self) -> ApplicationQuerySet:
        return self.filter(archived_at=None)

    def open(self) -> ApplicationQuerySet:
        return self.filter(status__in=statuses.OPEN)


class Application(models.Model):
    """One job a user applies to. `status` is what its events say; `follow` alone writes it."""

    class Source(models.TextChoices):
        MANUAL = "manual", _("Added by hand")
        MAIL = "mail", _("Created from e-mail")
        SAMPLE = "sample", _("Sample")
        IMPORT = "import", _("Imported from a file")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="applications")
    company = models.CharField(max_length=200)
    title = models.CharField(_("job title"), max_length=200)
    status = models.CharField(max_length=16, choices=labels.CHOICES, default=Status.SAVED, editable=False)
    status_at = models.DateTimeField(null=True, blank=True, editable=False)
    applied_on = models.DateField(_("applied on"), null=True, blank=True)
    url = models.URLField(_("link to the job"), max_length=1000, blank=True)
    location = models.CharField(max_length=200, blank=True)
    requisition = models.CharField(_("requisition number"), max_length=80, blank=True)
    notes = models.TextField(blank=True)
    source = models.CharField(max_length=16, choices=Source, default=Source.MANUAL, editable=False)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    imported_by = models.ForeignKey(
        "Import",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="applications",
        editable=False,
    )
    remind_on = models.DateField(null=True, blank=True, editable=False)  # as the user chose
    followed_up_at = models.DateTimeField(null=True, blank=True, editable=False)  # as the user said
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-last_activity_at"]
        indexes = [
            models.Index(fields=["user", "-last_activity_at"]),
            models.Index(fields=["user", "status"]),
            models.Index(fields=["user", "created_at"]),
        ]

    def __str__(self) -> str:
        return gettext("%(title)s at %(company)s") % {"title": self.title, "company": self.company}

    def get_absolute_url(self) -> str:
        return reverse("application", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in statuses.OPEN

    @property
    def applied_at(self) -> datetime | None:
        """The start of the day the user applied on, in UTC; None if it is not known."""
        return datetime.combine(self.applied_on, time.min, UTC) if self.applied_on else None

    def record(self, kind: str, occurred_at: datetime, **fields: Any) -> Event:
        """Add an event to the timeline and let the status follow. Lock the row first."""
        event = Event.objects.create(application=self, kind=kind, occurred_at=occurred_at, **fields)
        self.refold()
        return event

    def void(self, *events: Event, at: datetime) -> None:
        """Take `events` out of the story, keeping their rows, and let the status follow."""
        self.events.filter(pk__in=[event.pk for event in events]).update(voided_at=at)
        self.refold()

    def unvoid(self, event: Event) -> None:
        """Put `event` back into the story, and let the status follow."""
        self.events.filter(pk=event.pk).update(voided_at=None)
        self.refold()

    def refold(self) -> None:
        """Set the status to what the events that stand lead to, in order of when they happened."""
        self.follow(self.story())
        self.save(update_fields=["status", "status_at", "last_activity_at", "updated_at"])

    def follow(self, events: list[Event]) -> None:
        """Take the status that `events`, in order of when they happened, lead to; save nothing."""
        first, steps = _first_and_steps(events)
        self.status, moved_at = statuses.fold(Status(first.status) if first else Status.SAVED, steps)
        self.status_at = moved_at or (first.occurred_at if first else None)
        self.last_activity_at = max([event.occurred_at for event in events], default=self.created_at)

    def status_with(self, effect: str, occurred_at: datetime) -> Status:
        """The status this application would have, were mail of kind `effect` of that time linked to it.

        Asks the database nothing if the events are prefetched.
        """
        first, steps = _first_and_steps(self.story())
        return statuses.fold(
            Status(first.status) if first else Status.SAVED, [*steps, Step(occurred_at, effect)]
        )[0]

    def story(self) -> list[Event]:
        """The events that stand, in order of when they happened."""
        standing = [event for event in self.events.all() if event.voided_at is None]
        return sorted(standing, key=lambda event: (event.occurred_at, event.recorded_at))


class Event(models.Model):
    """One thing that happened to an application: history and the source of its status."""

    class Kind(models.TextChoices):
        CREATED = "created", _("Added")
        STATUS_SET = "status_set", _("Status set by hand")
        MAIL = "mail", _("E-mail")
        NOTE = "note", _("Note")
        EDITED = "edited", _("Edited")
        ARCHIVED = "archived", _("Archived")
        RESTORED = "restored", _("Restored")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind)
    effect = models.CharField(max_length=32, blank=True)  # kind of mail, for the status table
    status = models.CharField(max_length=16, choices=labels.CHOICES, blank=True)  # as a person set it
    text = models.CharField(max_length=500, blank=True)
    by_person = models.BooleanField(default=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-occurred_at", "-recorded_at"]
        indexes = [models.Index(fields=["application", "occurred_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def step(self) -> Step:
        return Step(self.occurred_at, self.effect, Status(self.status) if self.status else None)


class TaskQuerySet(OwnedQuerySet):
    def open(self) -> TaskQuerySet:
        return self.filter(done_at=None)


class TaskManager(models.Manager.from_queryset(TaskQuerySet)):  # type: ignore[misc]
    """Tasks but for those that are deleted, which are kept for a while to be brought back."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(deleted_at=None)


class Task(models.Model):
    """Something the user wants to do about an application, perhaps by a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="tasks")
    text = models.CharField(_("task"), max_length=300)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TaskManager()
    with_deleted = TaskQuerySet.as_manager()

    class Meta:
        ordering = [models.F("due_on").asc(nulls_last=True), "created_at"]
        indexes = [
            models.Index(fields=["user", "due_on"], condition=models.Q(done_at=None), name="task_open")
        ]

    def __str__(self) -> str:
        return f"task {self.id}"


class Import(models.Model):
    """A file of applications somebody uploaded: its rows until they are taken in, and what became of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports")
    filename = models.CharField(max_length=200)
    header = models.JSONField(default=list)
    rows = models.JSONField(default=list)  # lists of cells; emptied once they are taken in
    mapping = models.JSONField(default=dict)
    skipped = models.JSONField(default=dict)  # {reason: how many}, once they are taken in
    created_at = models.DateTimeField(default=timezone.now)
    imported_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)  # by undoing it

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"import {self.id}"


class ListColumns(models.Model):
    """Which columns of the table a user wants to see; without a row, the usual ones."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="application_columns"
    )
    columns = models.JSONField(default=list)

    objects = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return ", ".join(self.columns)


def _first_and_steps(events: list[Event]) -> tuple[Event | None, list[Step]]:
    """What a story starts from, whenever the user began to track it, and the steps that follow."""
    first = next((event for event in events if event.kind == Event.Kind.CREATED), None)
    return first, [event.step for event in events if event is not first]
