"""What codes of errors and states mean to the user: a sentence, and what to do next ("" where nothing)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

_RECONNECT = _("Reconnect it to go on; what was read so far stays.")
_LATER = _("Nothing is lost: it is tried again by itself.")
_AGAIN = _("Connect it once more.")
_OPERATOR = _("We are on it: there is nothing for you to do, and nothing is lost.")
_ADMINISTRATOR = _("Ask your administrator to allow it, or upload a file of your mail instead.")
_AT_THE_PROVIDER = _("If it was an app password, remove it at your mail provider as well.")
_OTHER_FILE = _("Choose an .mbox, an .eml, or a .zip of them.")

WORDS: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    "": ("", ""),
    # The provider has a bad moment
    "rate_limited": (_("The mail provider asks us to slow down."), _LATER),
    "provider_down": (_("The mail provider has a fault at the moment."), _LATER),
    "provider_timeout": (_("The mail provider did not answer in time."), _LATER),
    "provider_unreachable": (_("The mail provider could not be reached."), _LATER),
    "call_refused": (_("The mail provider did not accept a request."), _LATER),
    # Access is gone
    "access_refused": (_("The mail provider no longer lets us read this mailbox."), _RECONNECT),
    "grant_revoked": (
        _("Access to this mailbox was withdrawn, has expired, or ended with a change of its password."),
        _RECONNECT,
    ),
    "grant_ended_after_a_week": (
        _("Google ended the access after seven days, as it does while an app is still in testing."),
        _("Reconnect it; the operator of this site can end this by publishing the app at Google."),
    ),
    "domain_policy": (
        _("The administrator of this Google account does not allow other apps to read its mail."),
        _("Ask the administrator to allow it, or upload a file of your mail instead."),
    ),
    "api_disabled": (_("The Gmail API is switched off for this site."), _OPERATOR),
    "client_refused": (_("The mail provider does not accept this site's credentials."), _OPERATOR),
    "not_configured": (_("This kind of mailbox is not set up on this site."), _OPERATOR),
    "not_available": (
        _("Mailboxes of this kind cannot be connected here."),
        _("Upload a file of your mail instead."),
    ),
    # The same at Microsoft, as it tells them apart
    "grant_invalid": (_("Microsoft does not accept our access to this mailbox any more."), _RECONNECT),
    "grant_expired": (_("Our access at Microsoft has expired, or was withdrawn."), _RECONNECT),
    "grant_idle": (_("Our access at Microsoft ended because it was not used for a long time."), _RECONNECT),
    "consent_missing": (_("Your consent at Microsoft is missing, or was withdrawn."), _RECONNECT),
    "scope_refused": (_("Microsoft does not let us ask for mail of this kind of account."), _ADMINISTRATOR),
    "directory_unknown": (_("Your organisation does not know Microsoft's mail service."), _ADMINISTRATOR),
    "password_changed": (
        _("The password of this account at Microsoft was changed, which ended our access."),
        _RECONNECT,
    ),
    "account_closed": (
        _("This account is switched off at Microsoft."),
        _("Ask your administrator, or disconnect it if you no longer use it."),
    ),
    "second_factor_needed": (
        _("Your organisation asks for a second factor when signing in."),
        _("Connect it once more, and confirm the sign-in."),
    ),
    "second_factor_missing": (
        _("Your organisation asks you to set up a second factor first."),
        _("Connect it once more, and follow what Microsoft says."),
    ),
    "security_check_needed": (
        _("Your organisation asks for a further check when signing in."),
        _("Connect it once more, and follow what Microsoft says."),
    ),
    "admin_approval_needed": (
        _("Your organisation lets its administrator alone allow other apps to read mail."),
        _ADMINISTRATOR,
    ),
    "admin_consent_missing": (
        _("Neither you nor your administrator has allowed this app at Microsoft."),
        _ADMINISTRATOR,
    ),
    "mailbox_missing": (
        _("This account has no mailbox at Microsoft that can be read."),
        _("Connect another account, or upload a file of your mail."),
    ),
    "client_secret_wrong": (_("Microsoft does not accept this site's client secret."), _OPERATOR),
    "client_secret_expired": (_("This site's client secret at Microsoft has expired."), _OPERATOR),
    # A mail server that the user named, and its password
    "password_refused": (
        _("The mail server does not accept this user name and password."),
        _("Where your provider offers app passwords, make one and enter it here."),
    ),
    "app_password_needed": (
        _("The mail server does not take your usual password."),
        _("Make an app password in your account's security settings there, and enter it here."),
    ),
    "password_expired": (_("The mail server says that this password has expired."), _("Enter a new one.")),
    "password_not_taken": (
        _("This mail server lets no program in with a password."),
        _("Connect the mailbox in another way, or upload a file of your mail."),
    ),
    "web_sign_in_needed": (
        _("The mail server wants you to sign in on its website first."),
        _("Sign in there, then enter the password here."),
    ),
    "server_unknown": (
        _("A mail server of this name could not be found."),
        _("Your provider's help pages name it; it often begins with imap."),
    ),
    "server_private": (
        _("This server is in a private network, where we do not connect to."),
        _("Name a server on the internet."),
    ),
    "port_refused": (_("Mail servers are reached on port 993 or 143 only."), _("Leave the port empty.")),
    "certificate_refused": (
        _("The mail server's certificate is not valid for this name, so the password was not sent."),
        _("Compare the name with your provider's help pages; a certificate that ran out is theirs to renew."),
    ),
    "tls_failed": (
        _("The mail server did not begin an encrypted connection, so the password was not sent."),
        _("Choose the other encryption, or compare server and port with your provider's help pages."),
    ),
    "starttls_missing": (
        _("The mail server offers no encryption there, so the password was not sent."),
        _("Choose TLS from the start."),
    ),
    "too_many_connections": (_("The mail server has too many connections at the moment."), _LATER),
    "inbox_missing": (
        _("There is no inbox that can be read there."),
        _("Compare the user name and the server."),
    ),
    "folder_renumbered": (_("The mail server has rebuilt a folder while it was read."), _LATER),
    # Connecting
    "access_denied": (
        _("You did not allow access, so nothing was connected."),
        _("If that was not meant, connect it once more. We only ever read."),
    ),
    "scope_missing": (
        _("We were given no access to your mail, because its box was not ticked."),
        _("Connect it once more and allow reading your mail, at Google by ticking the box for it."),
    ),
    "state_unknown": (
        _("This answer does not belong to anything you began here, or was used before."),
        _AGAIN,
    ),
    "state_expired": (_("It took more than ten minutes, so the request has expired."), _AGAIN),
    "code_refused": (_("The provider did not accept the answer: it was used before, or too old."), _AGAIN),
    "refresh_token_missing": (
        _("The provider gave access for an hour only."),
        _("Remove Heardback among the apps of your account there, then connect it once more."),
    ),
    "code_used": (_("Microsoft's answer was used before."), _AGAIN),
    "address_unknown": (
        _("We could not see whose mailbox it is, because it holds no mail yet."),
        _("Send it a message, then connect it once more."),
    ),
    "exchange_failed": (_("The provider did not finish the connection."), _AGAIN),
    # Files
    "file_empty": (_("The file is empty."), _OTHER_FILE),
    "file_not_mail": (_("The file holds no mail."), _OTHER_FILE),
    "file_too_large": (_("The file is too large."), _("Export a shorter period, or only some labels.")),
    "file_missing": (_("No file was chosen."), _OTHER_FILE),
    "choice_missing": (
        _("Nothing was disconnected."),
        _("Say first whether applications made from its mail stay."),
    ),
    "span_unknown": (_("That is not one of the choices."), _("Choose how far back from the list.")),
    "zip_damaged": (_("The .zip is damaged."), _("Download it again, then upload it once more.")),
    "zip_without_mail": (_("There is no .mbox or .eml in the .zip."), _OTHER_FILE),
    "zip_too_large": (
        _("The .zip unpacks to far more than it should."),
        _("Upload the .mbox files one by one."),
    ),
    "message_cut": (
        _("The last message of the file is cut off."),
        _("Download the file again and upload it."),
    ),
    "upload_again": (_("This message is no longer here."), _("Upload its file once more.")),
    # Single messages
    "message_gone": (_("The message was deleted before it could be read."), ""),
    "message_too_large": (_("The message is too large to read."), ""),
    "message_refused": (_("The mail provider would not hand the message over."), _LATER),
    "message_damaged": (_("The message came damaged from the mail provider."), _LATER),
    "message_crashes": (_("Reading the message made our reader stop."), _("It waits until we can read it.")),
    "unreadable": (_("The message could not be read."), _LATER),
    # Runs and states
    "internal": (_("Something went wrong on our side."), _LATER),
    "worker_lost": (_("The sync was interrupted."), _("The next one went on where it stopped.")),
    "taken_over": (_("The mailbox was paused, changed or disconnected meanwhile."), ""),
    "plan": (_("Your plan does not include mail sync, so it is paused."), _("Everything read so far stays.")),
    "nothing_read": (_("None of the messages could be read."), _LATER),
    "paced": (_("We read as fast as the mail provider allows."), _("It goes on by itself in a moment.")),
    # A look at skipped mail
    "looks_at_once": (_("Another look at skipped mail is still going on."), ""),
    "looks_too_often": (_("You have looked many times within a minute."), ""),
    "period_too_full": (_("More mail came in this period than can be looked through at once."), ""),
    "by_user": (_("You paused it."), _("Resume it whenever you like.")),
}


# What only the operator of this site can set right, and how; no user is asked to reconnect for it.
FOR_OPERATORS = {
    "api_disabled": "enable the Gmail API in the Google Cloud project of the OAuth client",
    "client_refused": "compare the client's id and secret with those at the provider",
    "client_secret_expired": "make a new secret at Microsoft Entra and set OUTLOOK_OAUTH_CLIENT_SECRET",
    "client_secret_wrong": "set OUTLOOK_OAUTH_CLIENT_SECRET to the secret's value, not its id",
    "not_configured": "set the client's id and secret",
}


def in_words(code: str) -> tuple[str, str]:
    """What `code` means, and what the user can do about it; each a sentence, or empty."""
    sentence, next_step = WORDS.get(code, (_("Something went wrong."), _LATER))
    return str(sentence), str(next_step)


@dataclass(frozen=True)
class Company:
    """Who runs a mail provider, whether an app can give access back there, and where users take it back."""

    name: str
    takes_back: bool
    removal: StrOrPromise


COMPANIES = {
    "gmail": Company("Google", True, _("at myaccount.google.com/permissions")),
    "outlook": Company(
        "Microsoft",
        False,
        _("at account.live.com/consent/Manage, or for an account of work or school at myapps.microsoft.com"),
    ),
}


def after_disconnecting(provider: str, revoked: bool | None, *, is_pending: bool = False) -> str:
    """What became of our access at the provider; "" where there was none."""
    if provider == "imap":
        return " ".join([gettext("The password is deleted here."), str(_AT_THE_PROVIDER)])
    company = COMPANIES.get(provider)
    if company is None:
        return ""
    if not company.takes_back:
        return " ".join([gettext("Our keys are deleted."), no_way_back(provider)])
    named = {"company": company.name, "where": company.removal}
    if is_pending:
        words = gettext(
            "%(company)s has not confirmed yet that our access is ended. We try again for a day; "
            "until then the key is kept, encrypted, for that alone."
        )
        return words % named
    if revoked is False:
        words = gettext(
            "Our keys are deleted, but %(company)s did not confirm it: remove Heardback %(where)s as well."
        )
        return words % named
    return gettext("Access was taken back at %(company)s.") % named if revoked else ""


def no_way_back(provider: str) -> str:
    """What users must do themselves where a provider lets no app give its access back; "" elsewhere."""
    if provider == "imap":
        return str(_AT_THE_PROVIDER)
    company = COMPANIES.get(provider)
    if company is None or company.takes_back:
        return ""
    words = gettext(
        "%(company)s has no way for an app to give its access back: to end it there too, "
        "remove Heardback %(where)s."
    )
    return words % {"company": company.name, "where": company.removal}
