from __future__ import annotations

import uuid
from datetime import datetime, time

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.fields import EncryptedTextField
from accounts.models import OwnedQuerySet
from applications import status as statuses
from applications.models import Application, Event
from tracking.mail import Kind
from tracking.models.mailboxes import Mailbox, SyncRun
from tracking.models.search import search_query, search_vector

KIND_LABELS = {
    Kind.APPLICATION_RECEIVED: pgettext_lazy("kind of mail", "Application received"),
    Kind.ACTION_REQUIRED: pgettext_lazy("kind of mail", "Action required"),
    Kind.RECRUITER_OUTREACH: pgettext_lazy("kind of mail", "Recruiter outreach"),
    Kind.INTERVIEW_INVITATION: pgettext_lazy("kind of mail", "Interview invitation"),
    Kind.INTERVIEW_UPDATE: pgettext_lazy("kind of mail", "Interview update"),
    Kind.ASSESSMENT: pgettext_lazy("kind of mail", "Assessment"),
    Kind.NEXT_ROUND: pgettext_lazy("kind of mail", "Next round"),
    Kind.OFFER: pgettext_lazy("kind of mail", "Offer"),
    Kind.REJECTION: pgettext_lazy("kind of mail", "Rejection"),
    Kind.STATUS_UPDATE: pgettext_lazy("kind of mail", "Status update"),
    Kind.WITHDRAWAL: pgettext_lazy("kind of mail", "Withdrawal"),
    Kind.JOB_ALERT: pgettext_lazy("kind of mail", "Job alert"),
    Kind.OTHER: pgettext_lazy("kind of mail", "Other"),
    Kind.OTHER_SENT: pgettext_lazy("kind of mail", "Other sent"),
}
KINDS = [(kind.value, KIND_LABELS[kind]) for kind in Kind]


class ThreadQuerySet(OwnedQuerySet):
    def active(self) -> ThreadQuerySet:
        """Conversations linked to an open application that is not archived."""
        return self.filter(application__status__in=statuses.OPEN, application__archived_at=None)


class Thread(models.Model):
    """One conversation at the provider, linked to one application or none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="threads")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="threads")
    provider_id = models.CharField(max_length=255)
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="threads"
    )
    last_message_at = models.DateTimeField()
    monitored = models.BooleanField(default=True)
    pinned = models.BooleanField(default=False)  # the user chose it, where the plan limits their number

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "provider_id"], name="one_thread_a_conversation")
        ]
        indexes = [models.Index(fields=["user", "application"])]

    def __str__(self) -> str:
        return f"thread {self.id}"


class MessageQuerySet(OwnedQuerySet):
    def pending(self) -> MessageQuerySet:
        return self.filter(state__in=[Message.State.REVIEW, Message.State.ORPHAN])

    def in_review(self) -> MessageQuerySet:
        return self.filter(state=Message.State.REVIEW)

    def orphans(self) -> MessageQuerySet:
        return self.filter(state=Message.State.ORPHAN)

    def decided(self) -> MessageQuerySet:
        return self.filter(state__in=[Message.State.LINKED, Message.State.IGNORED])

    def matching(self, text: str) -> MessageQuerySet:
        """Messages in whose subject or sender each word of `text` begins a word; none if it holds no word."""
        query = search_query(text)
        return self.none() if query is None else self.filter(search=query)

    def with_content_before(self, at: datetime) -> MessageQuerySet:
        """Messages received before `at` whose full content has not been purged."""
        return self.filter(received_at__lt=at, purged_at=None)


class Message(models.Model):
    """One stored mail about a job, with what was read in it and what was decided."""

    class State(models.TextChoices):
        REVIEW = "review", _("Review")
        ORPHAN = "orphan", _("Orphan")
        LINKED = "linked", _("Linked")
        IGNORED = "ignored", _("Ignored")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="messages")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    run = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    provider_id = models.CharField(max_length=255)

    rfc_message_id = models.CharField(max_length=255, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    sent_by_user = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    visible_at = models.DateTimeField(default=timezone.now)  # latency = visible_at - received_at
    attachments = models.JSONField(default=list, blank=True)  # names only
    snippet = EncryptedTextField()
    body = EncryptedTextField()  # visible text of this message
    quoted = EncryptedTextField()  # quoted history, folded in the thread view
    purged_at = models.DateTimeField(null=True, blank=True)

    kind = models.CharField(max_length=32, choices=KINDS)
    kind_confidence = models.PositiveSmallIntegerField(default=0)  # 0..100
    company = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    recruiter = models.CharField(max_length=200, blank=True)
    requisition = models.CharField(max_length=80, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    deadline_has_time = models.BooleanField(default=False)
    deadline_on = models.DateField(null=True, blank=True)  # as stated, where no time was
    interview_at = models.DateTimeField(null=True, blank=True)
    next_steps = models.JSONField(default=list, blank=True)
    exact_keys = models.JSONField(default=list, blank=True)  # keyed hashes of exact keys
    memory_keys = models.JSONField(default=list, blank=True)  # [[kind of key, keyed hash], …]

    state = models.CharField(max_length=16, choices=State)
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    suggestion = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="suggested_messages"
    )
    confidence = models.PositiveSmallIntegerField(default=0)  # of the match, 0..100
    ranked = models.JSONField(default=list, blank=True)  # [[application id, confidence], …], best first
    evidence = models.JSONField(default=list, blank=True)  # as tracking.evidence keeps it
    effect = models.CharField(max_length=32, blank=True)  # applied to the status; "" = none
    suggested_effect = models.CharField(max_length=32, blank=True)
    why = models.CharField(max_length=32, blank=True)
    warning = models.CharField(max_length=300, blank=True)
    router_version = models.CharField(max_length=64, blank=True)
    event = models.ForeignKey(
        Event, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_user = models.BooleanField(default=False)
    search = models.GeneratedField(
        expression=search_vector("subject", "sender_name", "sender_address"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["mailbox", "provider_id"], name="one_row_a_message")]
        indexes = [
            models.Index(fields=["user", "state", "-received_at", "-id"]),
            models.Index(
                F("user"),
                F("decided_at").desc(nulls_last=True),
                F("id").desc(),
                condition=Q(state__in=["linked", "ignored"]),
                name="message_decided",
            ),
            GinIndex(fields=["search"], name="message_search"),
            models.Index(
                fields=["user", "interview_at"],
                condition=Q(interview_at__isnull=False),
                name="message_interview",
            ),
            models.Index(
                fields=["user", "deadline_at"],
                condition=Q(deadline_at__isnull=False),
                name="message_deadline",
            ),
            models.Index(fields=["application", "-received_at"]),
            models.Index(fields=["received_at"], condition=Q(purged_at=None), name="message_not_purged"),
        ]

    def __str__(self) -> str:
        return f"message {self.id}"

    @property
    def deadline(self) -> datetime | None:
        """Until when; a mere day ends when it ends for who looks, wherever they are now."""
        if self.deadline_on is None:
            return self.deadline_at
        return datetime.combine(self.deadline_on, time(23, 59), timezone.get_current_timezone())
