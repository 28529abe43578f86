"""Allauth's forms and refusals in our words: labels of ours, and no placeholders that say them again."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as codes
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as keys
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.forms import DisconnectForm, SignupForm
from django.contrib import messages
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

Words = dict[str, StrOrPromise]

LABELS: Words = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Your password now"),
    "password1": _("New password"),
    "password2": _("New password again"),
    "code": _("Code"),
    "name": _("Name"),
    "passwordless": _("Sign in with this key alone, without a password"),
}
HELP: Words = {"passwordless": _("The key then has to know you by fingerprint, face or PIN.")}

REFUSALS: Words = {
    "account_inactive": _("This account is closed."),
    "cannot_remove_primary_email": _("This is the address in use. Choose another one first."),
    "duplicate_email": _("This address is among yours already."),
    "email_password_mismatch": _("E-mail address or password is not correct."),
    "email_taken": _("There is an account with this address already."),
    "enter_current_password": _("This is not your password now."),
    "incorrect_code": _("This code is not correct."),
    "incorrect_password": _("This is not your password."),
    "invalid_password_reset": _("This link no longer works."),
    "max_email_addresses": _("You cannot have more than %d addresses."),
    "rate_limited": _("That was too often. Try again in a few minutes."),
    "same_as_current": _("This is what it is already."),
    "too_many_login_attempts": _("Too many failed attempts. Try again in a few minutes."),
    "unknown_email": _("There is no account with this address."),
    "unverified_primary_email": _("Confirm this address first."),
}
SECOND_FACTOR_REFUSALS: Words = {
    "add_email_blocked": _("Switch off two-factor authentication before you add an address."),
    "cannot_delete_authenticator": _("Two-factor authentication cannot be switched off now."),
    "cannot_generate_recovery_codes": _("Set up an authenticator app or a key first."),
    "incorrect_code": _("This code is not correct."),
    "unverified_email": _(
        "First confirm each of your e-mail addresses under Settings, Security, or remove it."
    ),
}
ELSEWHERE_REFUSALS: Words = {
    "email_taken": _(
        "There is an account with this address already. Sign in to it first, then add %s under "
        "Settings, Security."
    ),
    "no_password": _("Set a password first, or you could not sign in any more."),
    "no_verified_email": _("Confirm your e-mail address first, or you could not sign in any more."),
    "disconnect_last": _("This is your last way to sign in. Set a password first."),
    "connected_other": _("With this account somebody else signs in already."),
}


class Worded:
    """For a form of allauth's: puts our words on the fields that have them."""

    labels: ClassVar[Words] = LABELS
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = HELP.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)


class WordedSignUp(Worded):
    """The same where there was no password before."""

    labels = {**LABELS, "password1": _("Password"), "password2": _("Password again")}


class SignInForm(Worded, forms.LoginForm): ...  # type: ignore[misc]


class AddEmailForm(Worded, forms.AddEmailForm): ...  # type: ignore[misc]


class ChangePasswordForm(Worded, forms.ChangePasswordForm): ...  # type: ignore[misc]


class SetPasswordForm(WordedSignUp, forms.SetPasswordForm): ...  # type: ignore[misc]


class ResetPasswordForm(Worded, forms.ResetPasswordForm): ...  # type: ignore[misc]


class ResetPasswordKeyForm(Worded, forms.ResetPasswordKeyForm): ...  # type: ignore[misc]


class ReauthenticateForm(Worded, forms.ReauthenticateForm): ...  # type: ignore[misc]


class CodeForm(Worded, codes.AuthenticateForm): ...  # type: ignore[misc]


class CodeAgainForm(Worded, codes.ReauthenticateForm): ...  # type: ignore[misc]


class AuthenticatorForm(Worded, ActivateTOTPForm): ...  # type: ignore[misc]


class AddKeyForm(Worded, keys.AddWebAuthnForm): ...  # type: ignore[misc]


class EditKeyForm(Worded, keys.EditWebAuthnForm): ...  # type: ignore[misc]


class SignUpElsewhereForm(Worded, SignupForm): ...  # type: ignore[misc]


class RemoveElsewhereForm(Worded, DisconnectForm):  # type: ignore[misc]
    def save(self) -> None:
        """Remove the account; also where its provider is not set up any more, which allauth cannot do."""
        account = self.cleaned_data["account"]
        if get_adapter().list_apps(self.request, provider=account.provider):
            super().save()
            return
        account.delete()
        done, about = "account_disconnected", {"provider": {"name": account.provider.title()}}
        get_account_adapter().add_message(self.request, messages.INFO, f"socialaccount/messages/{done}.txt")
        get_account_adapter().send_notification_mail(f"socialaccount/email/{done}", account.user, about)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | SECOND_FACTOR_REFUSALS


class ElsewhereAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultSocialAccountAdapter.error_messages | ELSEWHERE_REFUSALS
