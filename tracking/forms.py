from __future__ import annotations

from django import forms
from django.utils import timezone

from applications import status as statuses
from tracking.models import Message

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
        return cls(initial=read, auto_id=f"create-{message.pk}-%s")


class UndoForm(forms.Form):
    """One decision, or all that were made together."""

    decision = forms.UUIDField(required=False)
    batch = forms.UUIDField(required=False)


class BulkForm(forms.Form):
    action = forms.ChoiceField(choices=[("approve", "Approve"), ("ignore", "Ignore")])
