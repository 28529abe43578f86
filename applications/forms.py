from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import csvfile, importing
from applications.editing import EDITABLE
from applications.labels import CHOICES
from applications.models import Application, Import
from applications.status import Status


class ApplicationForm(forms.ModelForm[Application]):
    url = forms.URLField(label=_("Link to the job"), assume_scheme="https", max_length=1000, required=False)

    class Meta:
        model = Application
        fields = EDITABLE
        labels = {"company": _("Company"), "location": _("Location"), "notes": _("Notes")}
        widgets = {
            "applied_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }

    def clean_applied_on(self) -> date | None:
        day: date | None = self.cleaned_data["applied_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day


class AddForm(ApplicationForm):
    status = forms.ChoiceField(label=_("Status"), choices=CHOICES, initial=Status.APPLIED)
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
    text = forms.CharField(label=_("Note"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class NotesForm(forms.Form):
    """The notes of an application, and which state of them the writer began with."""

    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)

    def clean_notes(self) -> str:
        text: str = self.cleaned_data["notes"]
        return text.replace("\r\n", "\n")


class TaskForm(forms.Form):
    text = forms.CharField(label=_("Task"), max_length=300)
    due_on = forms.DateField(
        label=_("Due on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DayForm(forms.Form):
    """A day that is still to come."""

    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day that is still to come."))
        return day


class ReminderForm(forms.Form):
    """A reminder as it was."""

    remind_on = forms.DateField(required=False)
    followed_up_at = forms.DateTimeField(required=False)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"})
    )


class MappingForm(forms.Form):
    """What the columns of an uploaded file, and the statuses in it, mean."""

    def __init__(self, batch: Import, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch, mapping = batch, batch.mapping
        targets = [("", _("Leave out")), *((name, gettext(each)) for name, each in csvfile.HEADINGS.items())]
        for number, heading in enumerate(batch.header):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=heading or gettext("Column %(number)s") % {"number": number + 1},
                choices=targets,
                required=False,
                initial=mapping["columns"][number],
            )
        for number, (value, status) in enumerate(mapping["statuses"].items()):
            self.fields[f"status-{number}"] = forms.ChoiceField(
                label=value, choices=[("", _("Choose …")), *CHOICES], required=False, initial=status
            )
        self.fields["day_first"] = forms.ChoiceField(
            label=_("Dates such as 03/04/2026 begin with"),
            choices=[("", _("the month")), ("1", _("the day"))],
            required=False,
            initial="1" if mapping["day_first"] else "",
            widget=forms.Select if importing.has_ambiguous_days(batch) else forms.HiddenInput,
        )
        self.fields["duplicates"] = forms.BooleanField(
            label=_("Add those that you seem to track already, too"),
            required=False,
            initial=mapping["duplicates"],
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        named = [name for name in self.columns if name]
        twice = sorted({csvfile.HEADINGS[name] for name in named if named.count(name) > 1})
        if twice:
            words = gettext("Two columns cannot both be “%(name)s”. Leave one out.")
            raise forms.ValidationError(words % {"name": gettext(twice[0])})
        missing = [csvfile.HEADINGS[name] for name in ("company", "title") if name not in named]
        if missing:
            words = gettext("Choose the column that holds “%(name)s”.")
            raise forms.ValidationError(words % {"name": gettext(missing[0])})
        return cleaned

    @property
    def columns(self) -> list[str]:
        return [self.cleaned_data.get(f"column-{number}", "") for number in range(len(self.batch.header))]

    def save(self) -> None:
        values = list(self.batch.mapping["statuses"])
        chosen = {value: self.cleaned_data[f"status-{number}"] for number, value in enumerate(values)}
        importing.remap(
            self.batch,
            self.columns,
            chosen,
            day_first=self.cleaned_data["day_first"] == "1",
            duplicates=self.cleaned_data["duplicates"],
        )

    @property
    def column_rows(self) -> list[tuple[Any, list[str]]]:
        """Each column's field with some of what the file has in it."""
        rows = self.batch.rows[:200]
        examples = [[row[n] for row in rows if row[n]][:2] for n in range(len(self.batch.header))]
        return [(self[f"column-{number}"], example) for number, example in enumerate(examples)]

    @property
    def status_rows(self) -> list[tuple[Any, int, bool]]:
        """Each status's field, how many rows have it, and whether it is one of ours; unknown ones first."""
        columns, statuses = self.batch.mapping["columns"], self.batch.mapping["statuses"]
        counts = importing.values_of(self.batch.rows, columns, "status")
        rows = [
            (self[f"status-{number}"], counts.get(value, 0), bool(status))
            for number, (value, status) in enumerate(statuses.items())
        ]
        return sorted(rows, key=lambda row: (row[2], -row[1]))  # the database keeps no order of its own
