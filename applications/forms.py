from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from applications.editing import EDITABLE
from applications.models import Application
from applications.status import CHOICES, Status


class ApplicationForm(forms.ModelForm[Application]):
    url = forms.URLField(label="Link to the job", assume_scheme="https", max_length=1000, required=False)

    class Meta:
        model = Application
        fields = EDITABLE
        widgets = {
            "applied_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }

    def clean_applied_on(self) -> date | None:
        day: date | None = self.cleaned_data["applied_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("This day has not come yet.")
        return day


class AddForm(ApplicationForm):
    status = forms.ChoiceField(choices=CHOICES, initial=Status.APPLIED)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    field_order = ["company", "title", "status", "applied_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("status") == Status.SAVED:
            cleaned["applied_on"] = None  # not applied yet
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """What `adding.add` takes."""
        return {name: self.cleaned_data[name] for name in (*EDITABLE, "status")}


class StatusForm(forms.Form):
    status = forms.ChoiceField(choices=CHOICES)


class NoteForm(forms.Form):
    text = forms.CharField(label="Note", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
