from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import ApiToken, ByMail, Notification, Theme, User
from accounts.preferences import Preference


@lru_cache(maxsize=1)
def timezones() -> tuple[str, ...]:
    """The names people choose from: places, and UTC."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ("UTC", *sorted(names))


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name", "timezone", "theme", "shortcuts_enabled")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "timezone": forms.TextInput(attrs={"list": "timezones", "autocomplete": "off"}),
        }
        help_texts = {
            "name": _("Helps to tell your own name from others' in mail."),
            "timezone": _("Type a city to search. Times are shown, and months counted, as it is there."),
            "shortcuts_enabled": _("Single keys in the inbox, such as a to approve. Ctrl+K always works."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"] = forms.ChoiceField(
            choices=Theme.choices,
            required=False,
            label=_("Colors"),
            help_text=_("Kept for you on every device you sign in on."),
        )

    def clean_theme(self) -> str:
        """A form that says nothing of it changes nothing of it."""
        return str(self.cleaned_data["theme"] or self.instance.theme)

    def save(self, commit: bool = True) -> User:
        self.instance.timezone_confirmed = True
        return super().save(commit)


class TimezoneForm(forms.ModelForm[User]):
    """The one question of the first steps; a script puts the browser's own answer in if it knows better."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["timezone"].widget.attrs["data-browser-timezone"] = True

    class Meta:
        model = User
        fields = ("timezone",)
        widgets = {"timezone": forms.TextInput(attrs={"list": "timezones", "autocomplete": "off"})}

    def save(self, commit: bool = True) -> User:
        self.instance.timezone_confirmed = True
        return super().save(commit)


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme.choices)


class PreferencesForm(forms.Form):
    """Two fields for each kind of news: whether it shows in the bell, and how it comes by e-mail."""

    HELP = {
        Notification.Kind.STATUS: _("Mail moved an application to another status."),
        Notification.Kind.REVIEW: _("E-mails wait for your decision in the Tracking Inbox."),
        Notification.Kind.CREATED: _("An application was added from a confirmation e-mail."),
        Notification.Kind.MAILBOX: _(
            "A mailbox needs connecting again; after a day you get an e-mail anyway."
        ),
        Notification.Kind.PLAN: _("A limit of your plan was reached."),
        Notification.Kind.TASK: _("You set a task or a reminder for today."),
    }

    def __init__(self, chosen: Mapping[str, Preference], data: Any = None) -> None:
        super().__init__(data)
        for kind, each in chosen.items():
            self.fields[f"bell_{kind}"] = forms.BooleanField(required=False, initial=each.bell)
            self.fields[f"email_{kind}"] = forms.ChoiceField(choices=ByMail.choices, initial=each.email)

    def rows(self) -> list[tuple[Notification.Kind, StrOrPromise, forms.BoundField, forms.BoundField]]:
        """For each kind: itself, what it is about, its two fields."""
        kinds = list(Notification.Kind)
        return [(k, self.HELP.get(k, ""), self[f"bell_{k.value}"], self[f"email_{k.value}"]) for k in kinds]

    def chosen(self) -> dict[str, Preference]:
        """What was chosen, by kind."""
        data = self.cleaned_data
        return {
            kind.value: Preference(data[f"bell_{kind.value}"], ByMail(data[f"email_{kind.value}"]))
            for kind in Notification.Kind
        }


class SignUpForm(forms.Form):
    """What sign-up asks besides e-mail and password: nothing; the browser says where it is."""

    timezone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-browser-timezone": True})
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the browser's time zone if it is a real one."""
        name = self.cleaned_data["timezone"]
        if name in zoneinfo.available_timezones():
            user.timezone = name
            user.save(update_fields=["timezone"])


class TokenForm(forms.ModelForm[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("name",)
        labels = {"name": _("Name")}
        widgets = {"name": forms.TextInput(attrs={"placeholder": _("Laptop script"), "autocomplete": "off"})}


class DeleteForm(forms.Form):
    """Makes sure that it is the account's owner who deletes it."""

    password = forms.CharField(
        required=False,
        strip=False,
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    email = forms.EmailField(required=False, label=_("Your e-mail address"))

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        unused = "email" if user.has_usable_password() else "password"
        del self.fields[unused]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.lower() != self.user.email.lower():
            raise forms.ValidationError(_("This is not the address of your account."))
        return email
