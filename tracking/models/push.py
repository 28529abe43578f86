from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.fields import EncryptedTextField
from accounts.models import User
from tracking.models.mailboxes import Mailbox


class PushSubscriptionQuerySet(models.QuerySet["PushSubscription"]):
    def of(self, user: User) -> PushSubscriptionQuerySet:
        """Those of the mailboxes of `user`."""
        return self.filter(mailbox__user=user)


class PushSubscription(models.Model):
    """What a provider promised to tell us about one mailbox, and until when. Holds nothing of its mail."""

    class State(models.TextChoices):
        PENDING = "pending", "Not set up yet"
        LIVE = "live", "Live"
        FAILED = "failed", "Could not be set up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="push")
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    account_hash = models.CharField(max_length=32, db_index=True)  # of the address: Gmail's pushes name it
    resource = models.CharField(max_length=64, blank=True)  # which folder
    external_id = models.CharField(max_length=128, blank=True, db_index=True)  # Graph's; a watch has none
    client_state = EncryptedTextField()  # the secret by which Graph's notifications are known
    grant_generation = models.PositiveIntegerField(default=0)  # of the consent it was set up with
    version = models.PositiveBigIntegerField(default=0)  # fencing: goes up with each claim and change
    claimed_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)  # of the next attempt to set it up or renew it
    failures_in_a_row = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=64, blank=True)  # code of the last attempt
    started_at = models.DateTimeField(null=True, blank=True)
    renewed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    notified_at = models.DateTimeField(null=True, blank=True)  # when it last told us something
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"push subscription {self.id}"
