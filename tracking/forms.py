from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.grants import Login, Security
from applications.labels import CHOICES
from applications.status import Status
from tracking import connect_imap
from tracking.models import Mailbox, Message
from tracking.providers.heads import Span

SECURITIES = [("tls", _("TLS from the start (usual)")), ("starttls", "STARTTLS")]
PORTS = {"tls": 993, "starttls": 143}
NO_SERVER = _("We do not know the mail server of this address. Your provider's help pages name it.")

one_line = RegexValidator(r"\A[^\x00-\x1f\x7f]*\Z", _("This must be one line, without control characters."))

LATER = [choice for choice in CHOICES if choice[0] != Status.SAVED]


class ApproveForm(forms.Form):
    """What a person may say about a message when linking it. An empty status is what the mail itself does."""

    application = forms.UUIDField(required=False)
    status = forms.ChoiceField(required=False, choices=[("", ""), *CHOICES])
    note = forms.CharField(required=False, max_length=500)


class LinkForm(ApproveForm):
    application = forms.UUIDField()


class CreateForm(forms.Form):
    """A new application out of a message."""

    company = forms.CharField(
        max_length=200, label=_("Company"), widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    title = forms.CharField(max_length=200, label=_("Job title"))
    applied_on = forms.DateField(
        required=False,
        label=_("Applied on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    status = forms.ChoiceField(
        required=False,
        label=_("Status"),
        choices=[("", _("As the e-mail says")), *LATER],
        help_text=_("Where this e-mail leaves it."),
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


class PeriodForm(forms.Form):
    """Which days of a mailbox are looked through, and for which words in sender and subject."""

    PRESETS = (7, 14, 30)  # days up to now
    LONGEST = 31

    days = forms.TypedChoiceField(
        choices=[(days, str(days)) for days in PRESETS], coerce=int, required=False, empty_value=None
    )
    since = forms.DateField(required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))
    q = forms.CharField(required=False, max_length=100, validators=[one_line])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["days"] = data.get("days") or self.PRESETS[0]
        if self.errors or not (data["since"] or data["until"]):
            return data
        first, last = self._completed(data["since"], data["until"])
        data |= {"since": first, "until": last}
        if last < first:
            self.add_error("until", gettext("This is before the first day."))
        elif (last - first).days >= self.LONGEST:
            words = gettext("At most %(days)d days can be looked through at once.")
            self.add_error("until", words % {"days": self.LONGEST})
        return data

    def _completed(self, first: date | None, last: date | None) -> tuple[date, date]:
        """Both ends of a period of which one may be left out."""
        if first is None:
            last = last or timezone.localdate()
            return last - timedelta(days=self.PRESETS[0] - 1), last
        return first, last or max(first, min(first + timedelta(days=self.LONGEST - 1), timezone.localdate()))

    @property
    def preset(self) -> int | None:
        """The days that are chosen by their number; None where they are named."""
        data = getattr(self, "cleaned_data", {})
        return None if data.get("since") else data.get("days")

    def span(self, at: datetime) -> Span:
        """The period that a valid form names, of whole days of the user's where they are named."""
        data, zone = self.cleaned_data, timezone.get_current_timezone()
        words = tuple(data["q"].split()[:5])
        if not data["since"]:
            return Span(at - timedelta(days=data["days"]), at, words)
        after_last = data["until"] + timedelta(days=1)
        since, before = (datetime.combine(day, time.min, zone) for day in (data["since"], after_last))
        return Span(since, before, words)


def _ascii(host: str) -> str:
    """A host name as the name service knows it; one that it cannot know, as it is."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


class ImapForm(forms.Form):
    """How to get into a mailbox over IMAP. The server may be left out where the address tells it."""

    address = forms.EmailField(
        max_length=254, label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        max_length=200,
        label=_("Password"),
        strip=False,
        validators=[one_line],
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Many providers take an app password only. It is kept encrypted, and used to read alone."
        ),
    )
    host = forms.CharField(max_length=253, required=False, label=_("IMAP server"), validators=[one_line])
    security = forms.ChoiceField(choices=SECURITIES, initial="tls", label=_("Encryption"))
    port = forms.IntegerField(
        required=False,
        label=_("Port"),
        min_value=1,
        max_value=65535,
        help_text=_("Leave it empty for the usual one."),
    )
    username = forms.CharField(
        max_length=200,
        required=False,
        label=_("User name"),
        validators=[one_line],
        help_text=_("Only where it is not the address."),
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
