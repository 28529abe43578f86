from __future__ import annotations

import hashlib
import secrets
import uuid
import zoneinfo
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


def check_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Choose a time zone from the list."))


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in with an e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(_("full name"), max_length=150, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_timezone])
    shortcuts_enabled = models.BooleanField(_("keyboard shortcuts"), default=True)
    theme = models.CharField(max_length=8, choices=Theme, blank=True)  # blank: never chosen
    timezone_confirmed = models.BooleanField(default=False)
    onboarding_dismissed_at = models.DateTimeField(null=True, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.partition(" ")[0] or self.email.partition("@")[0]

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


class OwnedQuerySet(models.QuerySet[Any]):
    def of(self, user: Any) -> Any:
        """The rows that belong to `user`; every query for a user's data starts here."""
        return self.filter(user=user)


class Grant(models.Model):
    """What a user granted at a provider: one account, its scopes, its credentials."""

    class Provider(models.TextChoices):
        GOOGLE = "google", "Google"
        MICROSOFT = "microsoft", "Microsoft"
        IMAP = "imap", "IMAP"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        NEEDS_RECONNECT = "needs_reconnect", "Needs reconnecting"
        REVOKED = "revoked", "Revoked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    provider = models.CharField(max_length=16, choices=Provider)
    address = models.EmailField()
    scopes = models.TextField(blank=True)
    credentials = EncryptedTextField()  # JSON: tokens and when they end, or a login
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    reason = models.CharField(max_length=64, blank=True)  # code of what the provider said
    generation = models.PositiveIntegerField(default=1)  # goes up with each new consent
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider", "address"], name="one_grant_an_account")
        ]

    def __str__(self) -> str:
        return f"{self.provider} grant {self.id}"


class ByMail(models.TextChoices):
    NEVER = "never", _("Never")
    DAILY = "daily", _("Once a day")
    NOW = "now", _("At once")


class Letter(models.Model):
    """One e-mail with news, from gathering to sent. Its text is made from its notifications when it goes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="letters")
    mail_as = models.CharField(max_length=8, choices=ByMail)
    made_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)  # of the next attempt; a claim moves it on
    attempts = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)  # sent, empty, or given up
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(closed_at__isnull=True), name="letter_due")
        ]

    def __str__(self) -> str:
        return f"{self.mail_as} letter {self.id}"


class NotificationQuerySet(OwnedQuerySet):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def in_bell(self) -> NotificationQuerySet:
        return self.filter(in_bell=True)


class Notification(models.Model):
    """One line for the bell. `key` makes it one of its kind: the same news again renews the same row."""

    class Kind(models.TextChoices):
        STATUS = "status", _("Status changed")
        REVIEW = "review", _("Waiting for review")
        CREATED = "created", _("Application created")
        MAILBOX = "mailbox", _("Mailbox")
        PLAN = "plan", _("Plan")
        TASK = "task", _("Task or reminder due")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(max_length=120)
    text = models.CharField(max_length=300)
    path = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(default=1)
    happened_at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True, blank=True)
    in_bell = models.BooleanField(default=True)
    brief = models.CharField(max_length=300, blank=True)  # what an e-mail says of it: company and status
    mail_as = models.CharField(max_length=8, choices=ByMail, default=ByMail.NEVER)
    mail_at = models.DateTimeField(null=True, blank=True)  # when an e-mail about it is due
    mailed_at = models.DateTimeField(null=True, blank=True)
    letter = models.ForeignKey(
        Letter, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications"
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_notification_a_key")]
        indexes = [
            models.Index(fields=["user", "-happened_at"]),
            models.Index(fields=["mail_at"], condition=models.Q(mail_at__isnull=False), name="mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def outward(self) -> str:
        """What may stand in an e-mail: no title, subject or sender taken from somebody's mail."""
        from_mail = self.kind in {self.Kind.STATUS, self.Kind.CREATED}
        return self.brief or (str(self.Kind(self.kind).label) if from_mail else self.text)


class NotificationPreference(models.Model):
    """Where a user wants to hear of one kind of news; where there is no row, the defaults hold."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_preferences")
    kind = models.CharField(max_length=16, choices=Notification.Kind)
    bell = models.BooleanField(default=True)
    email = models.CharField(max_length=8, choices=ByMail, default=ByMail.NEVER)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.email}"


class ApiToken(models.Model):
    """A personal token for the API. Only its hash is kept; it is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"API token {self.id}"

    @classmethod
    def issue(cls, user: User, name: str) -> tuple[ApiToken, str]:
        """Make a token for `user`; give the row and the secret, which is not kept."""
        secret = f"hb_{secrets.token_urlsafe(32)}"
        return cls.objects.create(user=user, name=name, digest=cls.hash(secret), hint=secret[:8]), secret

    @classmethod
    def user_of(cls, secret: str, at: datetime) -> User | None:
        """The active user whose token `secret` is, noting its use; None if it is nobody's."""
        token: ApiToken | None = (
            cls.objects.select_related("user").filter(digest=cls.hash(secret), user__is_active=True).first()
        )
        if token is None:
            return None
        cls.objects.filter(pk=token.pk).update(last_used_at=at)
        return token.user

    @staticmethod
    def hash(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
