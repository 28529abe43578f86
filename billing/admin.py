from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.notifications import touch
from billing.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin[Subscription]):
    """Where operators set a user's plan."""

    list_display = ("user", "plan_code", "since")
    list_filter = ("plan_code",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    autocomplete_fields = ("user",)
    fields = ("user", "plan_code", "since")
    readonly_fields = ("since",)

    def get_readonly_fields(self, request: HttpRequest, obj: Subscription | None = None) -> tuple[str, ...]:
        return ("user", "since") if obj else ("since",)

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        if "plan_code" in form.changed_data:
            obj.since = timezone.now()
        super().save_model(request, obj, form, change)
        touch(obj.user_id)
