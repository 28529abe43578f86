from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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

    def unqueued(self, at: datetime) -> MailboxQuerySet:
        """Those that are not on their way to a worker already."""
        return self.filter(Q(queued_until=None) | Q(queued_until__lte=at))


class Mailbox(models.Model):
    """One source of mail of one user. Knows a grant, never a token."""

    class Provider(models.TextChoices):
        SAMPLE = "sample", _("Sample mailbox")
        UPLOAD = "upload", _("Uploaded file")
        GMAIL = "gmail", "Gmail"
        OUTLOOK = "outlook", "Outlook"
        IMAP = "imap", "IMAP"

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs reconnecting")
        DISCONNECTED = "disconnected", _("Disconnected")

    class BackfillDays(models.IntegerChoices):
        MONTH = 30, _("30 days")
        QUARTER = 90, _("90 days")
        HALF = 180, _("180 days")
        YEAR = 365, _("year")  # "the last …"

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
    queued_until = models.DateTimeField(null=True, blank=True)  # while a sync of it waits for a worker
    backfill_days = models.PositiveSmallIntegerField(choices=BackfillDays, default=BackfillDays.QUARTER)
    read_since = models.DateTimeField(null=True, blank=True)  # mail received from then on was read
    older_since = models.DateTimeField(null=True, blank=True)  # wanted too: from then up to `read_since`
    older_cursor = models.JSONField(default=dict, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)  # when access was found to be lost
    lost_mailed_at = models.DateTimeField(null=True, blank=True)
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
    def name(self) -> str:
        """What its user knows it by: its address, or for the sample and files what stands in its place."""
        return self.address if self.is_pulled else gettext(self.address)

    @property
    def is_pulled(self) -> bool:
        """Whether new mail can appear in it by itself (an upload or the sample never changes)."""
        return self.provider in {self.Provider.GMAIL, self.Provider.OUTLOOK, self.Provider.IMAP}


class SyncRunQuerySet(OwnedQuerySet):
    def open(self) -> SyncRunQuerySet:
        """Runs that go on: worked at now, or waiting for their next part."""
        return self.filter(state__in=SyncRun.OPEN)


class SyncRun(models.Model):
    """One sync of one mailbox: what it looked at, kept, and failed on."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting to go on")
        COMPLETED = "completed", _("Completed")
        PARTIAL = "partial", _("Completed with errors")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    class Trigger(models.TextChoices):
        FIRST = "first", _("First sync")
        SCHEDULE = "schedule", _("Schedule")
        BY_HAND = "by_hand", _("Sync now")
        PUSH = "push", _("Push")
        UPLOAD = "upload", _("Upload")
        BACKFILL = "backfill", _("Older mail")

    OPEN = (State.RUNNING, State.WAITING)
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
    api_calls = models.PositiveIntegerField(default=0)
    quota_units = models.PositiveIntegerField(default=0)  # what the calls cost, as the provider counts
    newest_mail_at = models.DateTimeField(null=True, blank=True)
    reading_mail_of = models.DateTimeField(null=True, blank=True)  # where the run stands, for progress

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["user", "-started_at"]),
            models.Index(fields=["mailbox", "-started_at"]),
            models.Index(
                fields=["mailbox"], condition=Q(state__in=["running", "waiting"]), name="sync_run_open"
            ),
        ]

    def __str__(self) -> str:
        return f"sync run {self.id}"

    @property
    def estimate(self) -> int | None:
        """Of how many messages it is, where that is more than was looked at already."""
        total = self.estimated_total
        return total if total and total >= self.looked_at else None

    def add(self, counts: Mapping[str, int], **values: object) -> None:
        """Add to the counters in the database and set `values` there, in the caller's transaction."""
        added = {name: F(name) + count for name, count in counts.items() if count}
        SyncRun.objects.filter(pk=self.pk).update(**added, **values)


class FailedMessageQuerySet(models.QuerySet["FailedMessage"]):
    def to_retry(self, version: str, at: datetime) -> FailedMessageQuerySet:
        """What is due for another attempt, also what was parked by another version of the router."""
        due = Q(parked_at=None) & (Q(retry_at=None) | Q(retry_at__lte=at))
        return self.filter(due | (Q(parked_at__isnull=False) & ~Q(router_version=version))).order_by("pk")


class FailedMessage(models.Model):
    """A message that could not be taken in: retried by later syncs, parked after the last attempt."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="failures")
    provider_id = models.CharField(max_length=255)
    error = models.CharField(max_length=64)  # code, never text of the mail
    attempts = models.PositiveSmallIntegerField(default=1)
    first_failed_at = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(null=True, blank=True)  # not before then
    parked_at = models.DateTimeField(null=True, blank=True)
    router_version = models.CharField(max_length=64, blank=True)  # that could not read it

    objects = FailedMessageQuerySet.as_manager()

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
    # Until the provider has taken our access back, what is left of the grant is kept for that alone
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revoke_attempts = models.PositiveSmallIntegerField(default=0)
    revoke_at = models.DateTimeField(null=True, blank=True)  # of the next attempt
    revoked_at_provider = models.BooleanField(null=True)  # None: nothing to revoke
    messages_deleted = models.PositiveIntegerField(default=0)
    threads_deleted = models.PositiveIntegerField(default=0)
    applications_deleted = models.PositiveIntegerField(default=0)
    kept_applications = models.BooleanField(default=True)

    objects = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"disconnection {self.pk}"
