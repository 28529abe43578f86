from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.models import ApiToken, User


@lru_cache(maxsize=1)
def timezones() -> tuple[str, ...]:
    """The names people choose from: places, and UTC."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ("UTC", *sorted(names))


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name", "timezone", "shortcuts_enabled")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "timezone": forms.TextInput(attrs={"list": "timezones", "autocomplete": "off"}),
        }
        help_texts = {
            "name": "Helps to tell your own name from others' in mail.",
            "timezone": "Type a city to search. Times are shown, and months counted, as it is there.",
            "shortcuts_enabled": "Single keys in the inbox, such as a to approve.",
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
        widgets = {"name": forms.TextInput(attrs={"placeholder": "Laptop script", "autocomplete": "off"})}


class DeleteForm(forms.Form):
    """Makes sure that it is the account's owner who deletes it."""

    password = forms.CharField(
        required=False,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    email = forms.EmailField(required=False, label="Your e-mail address")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        unused = "email" if user.has_usable_password() else "password"
        del self.fields[unused]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.lower() != self.user.email.lower():
            raise forms.ValidationError("This is not the address of your account.")
        return email
