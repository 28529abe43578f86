"""Where allauth's sign-up differs here: it must not tell, by its answer or its time, who has an account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.wording import REFUSALS, WordedSignUp


class EntranceForm(WordedSignUp, SignupForm):  # type: ignore[misc]
    def try_save(self, request: HttpRequest) -> Any:
        """Begin an account, or write to whoever has one with this address; either takes as long."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # the bulk of the work of a new account
        return super().try_save(request)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | REFUSALS

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Where somebody begins who has never been in; in another browser the page asks to sign in first."""
        if email_address.user.last_login is None:
            return str(self.get_signup_redirect_url(self.request))
        return str(super().get_email_verification_redirect_url(email_address))
