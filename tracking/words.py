"""What codes of errors and states mean to the user: a sentence, and what to do next ("" where nothing)."""

from __future__ import annotations

from dataclasses import dataclass

_RECONNECT = "Reconnect it to go on; what was read so far stays."
_LATER = "Nothing is lost: it is tried again by itself."
_AGAIN = "Connect it once more."
_OPERATOR = "We are on it: there is nothing for you to do, and nothing is lost."
_ADMINISTRATOR = "Ask your administrator to allow it, or upload a file of your mail instead."
_AT_THE_PROVIDER = "If it was an app password, remove it at your mail provider as well."
_OTHER_FILE = "Choose an .mbox, an .eml, or a .zip of them."

WORDS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    # The provider has a bad moment
    "rate_limited": ("The mail provider asks us to slow down.", _LATER),
    "provider_down": ("The mail provider has a fault at the moment.", _LATER),
    "provider_timeout": ("The mail provider did not answer in time.", _LATER),
    "provider_unreachable": ("The mail provider could not be reached.", _LATER),
    "call_refused": ("The mail provider did not accept a request.", _LATER),
    # Access is gone
    "access_refused": ("The mail provider no longer lets us read this mailbox.", _RECONNECT),
    "grant_revoked": (
        "Access to this mailbox was withdrawn, has expired, or ended with a change of its password.",
        _RECONNECT,
    ),
    "grant_ended_after_a_week": (
        "Google ended the access after seven days, as it does while an app is still in testing.",
        "Reconnect it; the operator of this site can end this by publishing the app at Google.",
    ),
    "domain_policy": (
        "The administrator of this Google account does not allow other apps to read its mail.",
        "Ask the administrator to allow it, or upload a file of your mail instead.",
    ),
    "api_disabled": ("The Gmail API is switched off for this site.", _OPERATOR),
    "client_refused": ("The mail provider does not accept this site's credentials.", _OPERATOR),
    "not_configured": ("This kind of mailbox is not set up on this site.", _OPERATOR),
    "not_available": (
        "Mailboxes of this kind cannot be connected here.",
        "Upload a file of your mail instead.",
    ),
    # The same at Microsoft, as it tells them apart
    "grant_invalid": ("Microsoft does not accept our access to this mailbox any more.", _RECONNECT),
    "grant_expired": ("Our access at Microsoft has expired, or was withdrawn.", _RECONNECT),
    "grant_idle": ("Our access at Microsoft ended because it was not used for a long time.", _RECONNECT),
    "consent_missing": ("Your consent at Microsoft is missing, or was withdrawn.", _RECONNECT),
    "scope_refused": ("Microsoft does not let us ask for mail of this kind of account.", _ADMINISTRATOR),
    "directory_unknown": ("Your organisation does not know Microsoft's mail service.", _ADMINISTRATOR),
    "password_changed": (
        "The password of this account at Microsoft was changed, which ended our access.",
        _RECONNECT,
    ),
    "account_closed": (
        "This account is switched off at Microsoft.",
        "Ask your administrator, or disconnect it if you no longer use it.",
    ),
    "second_factor_needed": (
        "Your organisation asks for a second factor when signing in.",
        "Connect it once more, and confirm the sign-in.",
    ),
    "second_factor_missing": (
        "Your organisation asks you to set up a second factor first.",
        "Connect it once more, and follow what Microsoft says.",
    ),
    "security_check_needed": (
        "Your organisation asks for a further check when signing in.",
        "Connect it once more, and follow what Microsoft says.",
    ),
    "admin_approval_needed": (
        "Your organisation lets its administrator alone allow other apps to read mail.",
        _ADMINISTRATOR,
    ),
    "admin_consent_missing": (
        "Neither you nor your administrator has allowed this app at Microsoft.",
        _ADMINISTRATOR,
    ),
    "mailbox_missing": (
        "This account has no mailbox at Microsoft that can be read.",
        "Connect another account, or upload a file of your mail.",
    ),
    "client_secret_wrong": ("Microsoft does not accept this site's client secret.", _OPERATOR),
    "client_secret_expired": ("This site's client secret at Microsoft has expired.", _OPERATOR),
    # A mail server that the user named, and its password
    "password_refused": (
        "The mail server does not accept this user name and password.",
        "Where your provider offers app passwords, make one and enter it here.",
    ),
    "app_password_needed": (
        "The mail server does not take your usual password.",
        "Make an app password in your account's security settings there, and enter it here.",
    ),
    "password_expired": ("The mail server says that this password has expired.", "Enter a new one."),
    "password_not_taken": (
        "This mail server lets no program in with a password.",
        "Connect the mailbox in another way, or upload a file of your mail.",
    ),
    "web_sign_in_needed": (
        "The mail server wants you to sign in on its website first.",
        "Sign in there, then enter the password here.",
    ),
    "server_unknown": (
        "A mail server of this name could not be found.",
        "Your provider's help pages name it; it often begins with imap.",
    ),
    "server_private": (
        "This server is in a private network, where we do not connect to.",
        "Name a server on the internet.",
    ),
    "port_refused": ("Mail servers are reached on port 993 or 143 only.", "Leave the port empty."),
    "certificate_refused": (
        "The mail server's certificate is not valid for this name, so the password was not sent.",
        "Compare the name with your provider's help pages; a certificate that ran out is theirs to renew.",
    ),
    "tls_failed": (
        "The mail server did not begin an encrypted connection, so the password was not sent.",
        "Choose the other encryption, or compare server and port with your provider's help pages.",
    ),
    "starttls_missing": (
        "The mail server offers no encryption there, so the password was not sent.",
        "Choose TLS from the start.",
    ),
    "too_many_connections": ("The mail server has too many connections at the moment.", _LATER),
    "inbox_missing": ("There is no inbox that can be read there.", "Compare the user name and the server."),
    "folder_renumbered": ("The mail server has rebuilt a folder while it was read.", _LATER),
    # Connecting
    "access_denied": (
        "You did not allow access, so nothing was connected.",
        "If that was not meant, connect it once more. We only ever read.",
    ),
    "scope_missing": (
        "We were given no access to your mail, because its box was not ticked.",
        "Connect it once more and allow reading your mail, at Google by ticking the box for it.",
    ),
    "state_unknown": (
        "This answer does not belong to anything you began here, or was used before.",
        _AGAIN,
    ),
    "state_expired": ("It took more than ten minutes, so the request has expired.", _AGAIN),
    "code_refused": ("The provider did not accept the answer: it was used before, or too old.", _AGAIN),
    "refresh_token_missing": (
        "The provider gave access for an hour only.",
        "Remove Heardback among the apps of your account there, then connect it once more.",
    ),
    "code_used": ("Microsoft's answer was used before.", _AGAIN),
    "address_unknown": (
        "We could not see whose mailbox it is, because it holds no mail yet.",
        "Send it a message, then connect it once more.",
    ),
    "exchange_failed": ("The provider did not finish the connection.", _AGAIN),
    # Files
    "file_empty": ("The file is empty.", _OTHER_FILE),
    "file_not_mail": ("The file holds no mail.", _OTHER_FILE),
    "file_too_large": ("The file is too large.", "Export a shorter period, or only some labels."),
    "file_missing": ("No file was chosen.", _OTHER_FILE),
    "choice_missing": (
        "Nothing was disconnected.",
        "Say first whether applications made from its mail stay.",
    ),
    "span_unknown": ("That is not one of the choices.", "Choose how far back from the list."),
    "zip_damaged": ("The .zip is damaged.", "Download it again, then upload it once more."),
    "zip_without_mail": ("There is no .mbox or .eml in the .zip.", _OTHER_FILE),
    "zip_too_large": ("The .zip unpacks to far more than it should.", "Upload the .mbox files one by one."),
    "message_cut": ("The last message of the file is cut off.", "Download the file again and upload it."),
    "upload_again": ("This message is no longer here.", "Upload its file once more."),
    # Single messages
    "message_gone": ("The message was deleted before it could be read.", ""),
    "message_too_large": ("The message is too large to read.", ""),
    "message_refused": ("The mail provider would not hand the message over.", _LATER),
    "message_damaged": ("The message came damaged from the mail provider.", _LATER),
    "message_crashes": ("Reading the message made our reader stop.", "It waits until we can read it."),
    "unreadable": ("The message could not be read.", _LATER),
    # Runs and states
    "internal": ("Something went wrong on our side.", _LATER),
    "worker_lost": ("The sync was interrupted.", "The next one went on where it stopped."),
    "taken_over": ("The mailbox was paused, changed or disconnected meanwhile.", ""),
    "plan": ("Your plan does not include mail sync, so it is paused.", "Everything read so far stays."),
    "nothing_read": ("None of the messages could be read.", _LATER),
    "paced": ("We read as fast as the mail provider allows.", "It goes on by itself in a moment."),
    "by_user": ("You paused it.", "Resume it whenever you like."),
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
    return WORDS.get(code, ("Something went wrong.", _LATER))


@dataclass(frozen=True)
class Company:
    """Who runs a mail provider, whether an app can give access back there, and where users take it back."""

    name: str
    takes_back: bool
    removal: str


COMPANIES = {
    "gmail": Company("Google", True, "at myaccount.google.com/permissions"),
    "outlook": Company(
        "Microsoft",
        False,
        "at account.live.com/consent/Manage, or for an account of work or school at myapps.microsoft.com",
    ),
}


def after_disconnecting(provider: str, revoked: bool | None, *, is_pending: bool = False) -> str:
    """What became of our access at the provider; "" where there was none."""
    if provider == "imap":
        return f"The password is deleted here. {_AT_THE_PROVIDER}"
    company = COMPANIES.get(provider)
    if company is None:
        return ""
    if not company.takes_back:
        return f"Our keys are deleted. {no_way_back(provider)}"
    if is_pending:
        return (
            f"{company.name} has not confirmed yet that our access is ended. We try again for a day; "
            "until then the key is kept, encrypted, for that alone."
        )
    if revoked is False:
        return (
            f"Our keys are deleted, but {company.name} did not confirm it: "
            f"remove Heardback {company.removal} as well."
        )
    return f"Access was taken back at {company.name}." if revoked else ""


def no_way_back(provider: str) -> str:
    """What users must do themselves where a provider lets no app give its access back; "" elsewhere."""
    if provider == "imap":
        return _AT_THE_PROVIDER
    company = COMPANIES.get(provider)
    if company is None or company.takes_back:
        return ""
    return (
        f"{company.name} has no way for an app to give its access back: to end it there too, "
        f"remove Heardback {company.removal}."
    )
