"""What operators see of applications: that they are there and how they stand, not what they are about."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from applications.models import Application, Event


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "status", "source", "created_at", "last_activity_at", "archived_at")
    list_filter = ("status", "source")
    list_select_related = ("user",)
    search_fields = ("id", "user__email")
    fields = (
        "id",
        "user",
        "status",
        "status_at",
        "source",
        "created_at",
        "updated_at",
        "last_activity_at",
        "archived_at",
    )


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "application_id",
        "kind",
        "effect",
        "status",
        "by_person",
        "occurred_at",
        "voided_at",
    )
    list_filter = ("kind", "effect", "by_person")
    search_fields = ("id", "application__id", "application__user__email")
    fields = (
        "id",
        "application_id",
        "kind",
        "effect",
        "status",
        "by_person",
        "occurred_at",
        "recorded_at",
        "voided_at",
    )
