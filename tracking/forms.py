from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from accounts.grants import Login, Security
from applications import status as statuses
from tracking import connect_imap
from tracking.models import Mailbox, Message

SECURITIES = [("tls", "TLS from the start (usual)"), ("starttls", "STARTTLS")]
PORTS = {"tls": 993, "starttls": 143}
NO_SERVER = "We do not know the mail server of this address. Your provider's help pages name it."

one_line = RegexValidator(r"\A[^\x00-\x1f\x7f]*\Z", "This must be one line, without control characters.")

LATER = [choice for choice in statuses.CHOICES if choice[0] != statuses.Status.SAVED]


class ApproveForm(forms.Form):
    """What a person may say about a message when linking it. An empty status is what the mail itself does."""

    application = forms.UUIDField(required=False)
    status = forms.ChoiceField(required=False, choices=[("", ""), *statuses.CHOICES])
    note = forms.CharField(required=False, max_length=500)


class LinkForm(ApproveForm):
    application = forms.UUIDField()


class CreateForm(forms.Form):
    """A new application out of a message."""

    company = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    title = forms.CharField(max_length=200, label="Job title")
    applied_on = forms.DateField(
        required=False, label="Applied on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    status = forms.ChoiceField(
        required=False, choices=[("", "As the e-mail says"), *LATER], help_text="Where this e-mail leaves it."
    )

    @classmethod
    def for_message(cls, message: Message) -> CreateForm:
        """The form filled with what was read in `message`."""
        received_on = timezone.localdate(message.received_at)
        read = {"company": message.company, "title": message.title, "applied_on": received_on}
        return cls(initial=read, auto_id=cls.auto_id_for(message.pk))

    @staticmethod
    def auto_id_for(message_id: UUID) -> str:
        """Ids of fields that differ from mail to mail, so that none keeps what was typed for another."""
        return f"create-{str(message_id)[:8]}-%s"


class UndoForm(forms.Form):
    """One decision, or all that were made together."""

    decision = forms.UUIDField(required=False)
    batch = forms.UUIDField(required=False)


class BulkForm(forms.Form):
    action = forms.ChoiceField(choices=[("approve", "Approve"), ("ignore", "Ignore")])


class BackfillForm(forms.Form):
    """How far back a mailbox is read."""

    days = forms.TypedChoiceField(choices=Mailbox.BackfillDays.choices, coerce=int)


def _ascii(host: str) -> str:
    """A host name as the name service knows it; one that it cannot know, as it is."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


class ImapForm(forms.Form):
    """How to get into a mailbox over IMAP. The server may be left out where the address tells it."""

    address = forms.EmailField(
        max_length=254, label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        validators=[one_line],
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Many providers take an app password only. It is kept encrypted, and used to read alone.",
    )
    host = forms.CharField(max_length=253, required=False, label="IMAP server", validators=[one_line])
    security = forms.ChoiceField(choices=SECURITIES, initial="tls", label="Encryption")
    port = forms.IntegerField(
        required=False, min_value=1, max_value=65535, help_text="Leave it empty for the usual one."
    )
    username = forms.CharField(
        max_length=200,
        required=False,
        label="User name",
        validators=[one_line],
        help_text="Only where it is not the address.",
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        server = connect_imap.server_of(data.get("address", ""))
        if server is not None and server.refuses:
            self.add_error("address", server.hint)
        elif "address" in data and not data.get("host") and "host" not in self.errors:
            data["host"] = server.host if server else ""
            if server is None:
                self.add_error("host", NO_SERVER)
        return data

    def login(self) -> Login:
        """What the form says, once it is valid."""
        data = self.cleaned_data
        security: Security = data["security"]
        return Login(
            host=_ascii(data["host"].strip().rstrip(".").lower()),
            port=data["port"] or PORTS[security],
            username=data["username"] or data["address"],
            password=data["password"],
            security=security,
        )
