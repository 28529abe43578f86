"""What operators see: states and counters, never a subject, an address or a body."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tracking.latency import latencies
from tracking.models import Disconnection, FailedMessage, Mailbox, PushSubscription, SyncRun
from tracking.push.channels import providers_on
from tracking.trouble import operator_notices


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looking is allowed, changing is not."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Mailbox)
class MailboxAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "provider",
        "state",
        "state_reason",
        "last_success_at",
        "next_sync_at",
        "queued_until",
        "blocked_until",
        "backfill_days",
    )
    list_filter = ("provider", "state", "state_reason")
    exclude = ("address", "cursor", "older_cursor", "grant")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        for notice in operator_notices(timezone.now()):
            messages.warning(request, notice)
        return super().changelist_view(request, extra_context)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "mailbox",
        "trigger",
        "state",
        "error",
        "started_at",
        "finished_at",
        *SyncRun.COUNTERS,
        "api_calls",
        "quota_units",
    )
    list_filter = ("state", "error", "trigger")
    list_select_related = ("mailbox",)


@admin.register(FailedMessage)
class FailedMessageAdmin(ReadOnlyAdmin):
    list_display = ("id", "mailbox", "error", "attempts", "first_failed_at", "retry_at", "parked_at")
    list_filter = ("error", ("parked_at", admin.EmptyFieldListFilter), "router_version")
    list_select_related = ("mailbox",)
    exclude = ("provider_id",)


@admin.register(Disconnection)
class DisconnectionAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "provider",
        "requested_at",
        "completed_at",
        "revoked_at_provider",
        "revoke_attempts",
        "revoke_at",
        "messages_deleted",
    )
    list_filter = ("provider",)


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    """What providers tell us by themselves, and what that is worth: how fast mail shows."""

    change_list_template = "admin/tracking/push_subscriptions.html"
    list_display = (
        "mailbox",
        "state",
        "error",
        "expires_at",
        "due_at",
        "renewed_at",
        "notified_at",
        "failures_in_a_row",
    )
    list_filter = ("state", "mailbox__provider", "error")
    list_select_related = ("mailbox",)
    exclude = ("external_id", "client_state", "account_hash")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        at = timezone.now()
        periods = [("last day", timedelta(days=1)), ("last week", timedelta(days=7))]
        shown = {
            "periods": [(name, latencies(at - length)) for name, length in periods],
            "providers_on": [Mailbox.Provider(each).label for each in providers_on()],
        }
        return super().changelist_view(request, {**(extra_context or {}), **shown})
