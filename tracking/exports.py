"""What an account's export says of mail, and what must happen to mailboxes before an account goes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from tracking.connect import disconnect
from tracking.models import AllowedSender, Decision, Mailbox, Message, PushSubscription, SyncRun

_MESSAGE = (
    "id",
    "received_at",
    "sender_name",
    "sender_address",
    "subject",
    "snippet",
    "body",
    "quoted",
    "attachments",
    "kind",
    "company",
    "title",
    "recruiter",
    "deadline_at",
    "deadline_on",
    "interview_at",
    "next_steps",
    "state",
    "application_id",
    "suggestion_id",
    "confidence",
    "evidence",
    "warning",
    "decided_at",
)
_DECISION = ("id", "message_id", "action", "by_user", "application_id", "made_at", "undone_at")
_RUN = ("id", "mailbox_id", "trigger", "state", "started_at", "finished_at", *SyncRun.COUNTERS)
_PUSH = ("mailbox_id", "state", "resource", "started_at", "renewed_at", "expires_at", "notified_at")
_ALLOWED = ("mailbox_id", "message_id", "address_hash", "made_at")
_MAILBOX = ("id", "provider", "address", "state", "backfill_days", "created_at", "last_success_at")


def export_mail(user: User) -> dict[str, Any]:
    """Mailboxes and what tells of their mail, messages with their content, decisions and sync runs of `user`,
    as JSON takes them.
    """
    return {
        "mailboxes": _rows(Mailbox.objects.of(user), _MAILBOX),
        "messages": _rows(Message.objects.of(user), _MESSAGE),
        "decisions": _rows(Decision.objects.of(user), _DECISION),
        "sync_runs": _rows(SyncRun.objects.of(user), _RUN),
        "allowed_senders": _rows(AllowedSender.objects.of(user), _ALLOWED),
        "push_subscriptions": _rows(PushSubscription.objects.of(user), _PUSH),
    }


def disconnect_all(user: User) -> None:
    """Disconnect every mailbox of `user`, so that providers are told and running syncs write nothing."""
    for pk in Mailbox.objects.of(user).connected().values_list("pk", flat=True):
        disconnect(user, pk, False, timezone.now())


def _rows(rows: QuerySet[Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{field: getattr(row, field) for field in fields} for row in rows.iterator()]
