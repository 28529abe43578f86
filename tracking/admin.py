"""What operators see: states and counters, never a subject, an address or a body."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from tracking.models import Disconnection, FailedMessage, Mailbox, SyncRun


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
        "blocked_until",
    )
    list_filter = ("provider", "state", "state_reason")
    exclude = ("address", "cursor", "grant")


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
    )
    list_filter = ("state", "error", "trigger")
    list_select_related = ("mailbox",)


@admin.register(FailedMessage)
class FailedMessageAdmin(ReadOnlyAdmin):
    list_display = ("id", "mailbox", "error", "attempts", "first_failed_at", "parked_at")
    list_filter = ("error",)
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
        "messages_deleted",
    )
    list_filter = ("provider",)
