from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import OwnedQuerySet
from applications.models import Application
from tracking.models.mailboxes import Mailbox
from tracking.models.messages import Message


class Decision(models.Model):
    """One decision on one message, by the router or a person, with what undo needs to take it back."""

    class Action(models.TextChoices):
        AUTO_LINK = "auto_link", _("Linked automatically")
        AUTO_CREATE = "auto_create", _("Application created automatically")
        APPROVE = "approve", _("Approved")
        LINK = "link", _("Linked to another application")
        CREATE = "create", _("Application created")
        IGNORE = "ignore", _("Ignored")
        UNMATCH = "unmatch", _("Unmatched")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="decisions")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=16, choices=Action)
    by_user = models.BooleanField(default=True)
    batch = models.UUIDField(null=True, blank=True)  # decisions made together are undone together
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    created_application = models.BooleanField(default=False)
    before = models.JSONField(default=dict)  # fields of the message as they were
    events = models.JSONField(default=list)  # ids of events this decision added
    voided = models.JSONField(default=list)  # ids of events this decision voided
    status_before = models.CharField(max_length=16, blank=True)
    status_after = models.CharField(max_length=16, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["user", "-made_at"]), models.Index(fields=["message", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class MatchMemory(models.Model):
    """How often a key led to an application and was right. Keyed hashes and counters, never text."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key_kind = models.CharField(max_length=16)  # sender, domain, reply, …
    key_hash = models.CharField(max_length=32)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    alpha = models.FloatField(default=0.0)  # decayed count of times it was right
    beta = models.FloatField(default=0.0)  # decayed count of times it was wrong
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "match memories"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key_kind", "key_hash", "application"], name="one_memory_a_key"
            )
        ]

    def __str__(self) -> str:
        return f"memory {self.pk}"


class Ruling(models.Model):
    """The user said that this message or thread does not belong to this application, for good."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=32)  # of the message's or the thread's provider id
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key_hash", "application"], name="one_ruling_a_key")
        ]

    def __str__(self) -> str:
        return f"ruling {self.pk}"


class AllowedSender(models.Model):
    """Whose mail the screen lets through, because the user pulled one in. A keyed hash, never text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="allowed_senders")
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")  # pulled in
    address_hash = models.CharField(max_length=32)
    made_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "address_hash"], name="one_permission_a_sender")
        ]

    def __str__(self) -> str:
        return f"allowed sender {self.pk}"
