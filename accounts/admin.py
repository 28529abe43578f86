"""What operators see. No credentials, no digests, nothing a user wrote."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import ApiToken, Grant, Letter, Notification, User

admin.site.site_header = admin.site.site_title = "Heardback"
admin.site.unregister(Group)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows to look at: the program alone writes them."""

    view_on_site = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email",)


class UserForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(BaseUserAdmin[User]):
    form, add_form = UserForm, NewUserForm
    list_display = ("email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "subscription__plan_code")
    search_fields = ("email", "id")
    ordering = ("-date_joined",)
    readonly_fields = ("date_joined", "last_login")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "timezone", "shortcuts_enabled")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "provider", "state", "reason", "updated_at")
    list_filter = ("provider", "state")
    list_select_related = ("user",)
    search_fields = ("id", "user__email")
    fields = ("id", "user", "provider", "scopes", "state", "reason", "generation", "created_at", "updated_at")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "kind", "count", "happened_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("id", "user__email")
    fields = ("id", "user", "kind", "count", "happened_at", "read_at")


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Which e-mails with news went out, and which wait for the mail server."""

    list_display = ("id", "user", "mail_as", "made_at", "attempts", "due_at", "closed_at", "sent_at")
    list_filter = ("mail_as",)
    list_select_related = ("user",)
    search_fields = ("id", "user__email")
    fields = ("id", "user", "mail_as", "made_at", "attempts", "due_at", "closed_at", "sent_at")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Operators can revoke a token by deleting it; they never see what it is made of."""

    list_display = ("id", "user", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("id", "user__email")
    fields = ("id", "user", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return super(ReadOnlyAdmin, self).has_delete_permission(request, obj)
