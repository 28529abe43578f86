from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import EncryptedTextField
from accounts.models import Grant, OwnedQuerySet


class MailboxQuerySet(OwnedQuerySet):
    def connected(self) -> MailboxQuerySet:
        return self.exclude(state=Mailbox.State.DISCONNECTED)

    def due(self, at: datetime) -> MailboxQuerySet:
        """Mailboxes whose next sync has come and which nobody is syncing."""
        return self.filter(
            Q(blocked_until=None) | Q(blocked_until__lte=at),
            Q(lease_until=None) | Q(lease_until__lte=at),
            state=Mailbox.State.ACTIVE,
            next_sync_at__lte=at,
        ).order_by("next_sync_at")


class Mailbox(models.Model):
    """One source of mail of one user. Knows a grant, never a token."""

    class Provider(models.TextChoices):
        SAMPLE = "sample", "Sample mailbox"
        UPLOAD = "upload", "Uploaded file"
        GMAIL = "gmail", "Gmail"
        OUTLOOK = "outlook", "Outlook"
        IMAP = "imap", "IMAP"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        NEEDS_RECONNECT = "needs_reconnect", "Needs reconnecting"
        DISCONNECTED = "disconnected", "Disconnected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailboxes")
    provider = models.CharField(max_length=16, choices=Provider)
    grant = models.ForeignKey(
        Grant, null=True, blank=True, on_delete=models.SET_NULL, related_name="mailboxes"
    )
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=64, blank=True)  # code; words come from tracking.words
    cursor = models.JSONField(default=dict, blank=True)
    next_sync_at = models.DateTimeField(null=True, blank=True)
    wanted_by = models.CharField(max_length=16, blank=True)  # SyncRun.Trigger of the next run; "" = schedule
    failures_in_a_row = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.PositiveBigIntegerField(default=0)  # fencing: goes up with each claim
    lease_until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider", "address"], name="one_mailbox_an_address")
        ]
        indexes = [models.Index(fields=["next_sync_at"], condition=Q(state="active"), name="mailbox_due")]
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return f"{self.provider} mailbox {self.id}"

    @property
    def is_pulled(self) -> bool:
        """Whether new mail can appear in it by itself (an upload or the sample never changes)."""
        return self.provider in {self.Provider.GMAIL, self.Provider.OUTLOOK, self.Provider.IMAP}


class SyncRun(models.Model):
    """One sync of one mailbox: what it looked at, kept, and failed on."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        PARTIAL = "partial", "Completed with errors"
        FAILED = "failed", "Failed"
        INTERRUPTED = "interrupted", "Interrupted"

    class Trigger(models.TextChoices):
        FIRST = "first", "First sync"
        SCHEDULE = "schedule", "Schedule"
        BY_HAND = "by_hand", "Sync now"
        PUSH = "push", "Push"
        UPLOAD = "upload", "Upload"

    COUNTERS = (
        "looked_at",
        "kept",
        "auto_linked",
        "review",
        "orphans",
        "created_applications",
        "ignored",
        "duplicates",
        "failed",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sync_runs")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=16, choices=Trigger, default=Trigger.SCHEDULE)
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    error = models.CharField(max_length=64, blank=True)  # code; words come from tracking.words
    lease_token = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    estimated_total = models.PositiveIntegerField(null=True, blank=True)
    looked_at = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    auto_linked = models.PositiveIntegerField(default=0)
    review = models.PositiveIntegerField(default=0)
    orphans = models.PositiveIntegerField(default=0)
    created_applications = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    newest_mail_at = models.DateTimeField(null=True, blank=True)
    reading_mail_of = models.DateTimeField(null=True, blank=True)  # where the run stands, for progress

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["user", "-started_at"]),
            models.Index(fields=["mailbox", "-started_at"]),
        ]

    def __str__(self) -> str:
        return f"sync run {self.id}"

    def add(self, **counts: int) -> None:
        """Add to the counters in the database, in the caller's transaction."""
        SyncRun.objects.filter(pk=self.pk).update(**{name: F(name) + count for name, count in counts.items()})


class FailedMessage(models.Model):
    """A message that could not be taken in: retried by later syncs, parked after the last attempt."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="failures")
    provider_id = models.CharField(max_length=255)
    error = models.CharField(max_length=64)  # code, never text of the mail
    attempts = models.PositiveSmallIntegerField(default=1)
    first_failed_at = models.DateTimeField(default=timezone.now)
    parked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "provider_id"], name="one_failure_a_message")
        ]

    def __str__(self) -> str:
        return f"failed message {self.pk}"


class Upload(models.Model):
    """A file on its way to the worker. Its pieces are sealed, and deleted as soon as they are read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(default=0)
    complete = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"upload {self.id}"


class UploadChunk(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = EncryptedTextField()  # base64 of a piece of the file

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_chunk_a_number")]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.upload_id}"


class Disconnection(models.Model):
    """Proof that a mailbox was disconnected and what was deleted with it. Holds nothing of the mail."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="disconnections"
    )
    provider = models.CharField(max_length=16)
    address_hash = models.CharField(max_length=32)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    revoked_at_provider = models.BooleanField(null=True)  # None: nothing to revoke
    messages_deleted = models.PositiveIntegerField(default=0)
    threads_deleted = models.PositiveIntegerField(default=0)
    applications_deleted = models.PositiveIntegerField(default=0)
    kept_applications = models.BooleanField(default=True)

    objects = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"disconnection {self.pk}"
