"""What an account export says about the account itself. Secrets (credentials, digests) stay out."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import ApiToken, Grant, Notification, NotificationPreference, User


def account(user: User) -> dict[str, Any]:
    """Who the user is and how they sign in."""
    fields = ("id", "email", "name", "timezone", "theme", "shortcuts_enabled", "date_joined", "last_login")
    addresses = EmailAddress.objects.filter(user=user)
    signed_in_with = SocialAccount.objects.filter(user=user)
    authenticators = Authenticator.objects.filter(user=user)
    return {name: getattr(user, name) for name in fields} | {
        "email_addresses": list(addresses.values("email", "verified", "primary")),
        "sign_in_accounts": list(
            signed_in_with.values("provider", "uid", "extra_data", "date_joined", "last_login")
        ),
        "two_factor": list(authenticators.values("type", "created_at", "last_used_at")),
    }


def grants(user: User) -> list[dict[str, Any]]:
    fields = ("id", "provider", "address", "scopes", "state", "reason", "created_at", "updated_at")
    return list(Grant.objects.of(user).order_by("created_at").values(*fields))


def notifications(user: User) -> list[dict[str, Any]]:
    fields = ("kind", "text", "path", "count", "happened_at", "read_at")
    return list(Notification.objects.of(user).order_by("happened_at").values(*fields))


def notification_preferences(user: User) -> list[dict[str, Any]]:
    return list(NotificationPreference.objects.of(user).order_by("kind").values("kind", "bell", "email"))


def api_tokens(user: User) -> list[dict[str, Any]]:
    fields = ("name", "hint", "created_at", "last_used_at")
    return list(ApiToken.objects.of(user).order_by("created_at").values(*fields))
