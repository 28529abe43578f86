"""What codes of errors and states mean to the user: a sentence, and what to do next ("" where nothing)."""

from __future__ import annotations

_RECONNECT = "Reconnect it to go on; what was read so far stays."
_LATER = "Nothing is lost: it is tried again by itself."
_AGAIN = "Connect Gmail once more."
_OPERATOR = "The operator of this site has to set it right."
_OTHER_FILE = "Choose an .mbox, an .eml, or a .zip of them."

WORDS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    # The provider has a bad moment
    "rate_limited": ("Gmail asks us to slow down.", _LATER),
    "provider_down": ("The mail provider has a fault at the moment.", _LATER),
    "provider_timeout": ("The mail provider did not answer in time.", _LATER),
    "provider_unreachable": ("The mail provider could not be reached.", _LATER),
    "call_refused": ("The mail provider did not accept a request.", _LATER),
    # Access is gone
    "access_refused": ("Google no longer lets us read this mailbox.", _RECONNECT),
    "grant_revoked": ("Access to this mailbox was withdrawn, or has expired.", _RECONNECT),
    "grant_ended_after_a_week": (
        "Google ended the access after seven days, as it does while an app is still in testing.",
        "Reconnect it; the operator of this site can end this by publishing the app at Google.",
    ),
    "domain_policy": (
        "The administrator of this Google account does not allow other apps to read its mail.",
        "Ask the administrator to allow it, or upload a file of your mail instead.",
    ),
    "api_disabled": ("The Gmail API is switched off for this site.", _OPERATOR),
    "client_refused": ("Google does not accept this site's credentials.", _OPERATOR),
    "not_configured": ("Gmail is not set up on this site.", _OPERATOR),
    "not_available": ("Mailboxes of this kind cannot be connected yet.", "Connect Gmail, or upload a file."),
    # Connecting
    "access_denied": (
        "You did not allow access, so nothing was connected.",
        "If that was not meant, connect Gmail once more. We only ever read.",
    ),
    "scope_missing": (
        "Google gave us no access to your mail, because its box was not ticked.",
        "Connect Gmail once more and tick the box to view your e-mail messages.",
    ),
    "state_unknown": (
        "This answer from Google does not belong to anything you began here, or was used before.",
        _AGAIN,
    ),
    "state_expired": ("It took more than ten minutes, so the request has expired.", _AGAIN),
    "code_refused": ("Google did not accept the answer: it was used before, or too old.", _AGAIN),
    "refresh_token_missing": (
        "Google gave access for an hour only.",
        "Remove Heardback at myaccount.google.com/permissions, then connect Gmail once more.",
    ),
    "exchange_failed": ("Google did not finish the connection.", _AGAIN),
    # Files
    "file_empty": ("The file is empty.", _OTHER_FILE),
    "file_not_mail": ("The file holds no mail.", _OTHER_FILE),
    "file_too_large": ("The file is too large.", "Export a shorter period, or only some labels."),
    "file_missing": ("No file was chosen.", _OTHER_FILE),
    "choice_missing": (
        "Nothing was disconnected.",
        "Say first whether applications made from its mail stay.",
    ),
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
    "unreadable": ("The message could not be read.", _LATER),
    # Runs and states
    "internal": ("Something went wrong on our side.", _LATER),
    "worker_lost": ("The sync was interrupted.", "The next one went on where it stopped."),
    "taken_over": ("The mailbox was paused, changed or disconnected meanwhile.", ""),
    "plan": ("Your plan does not include mail sync, so it is paused.", "Everything read so far stays."),
    "by_user": ("You paused it.", "Resume it whenever you like."),
}


def in_words(code: str) -> tuple[str, str]:
    """What `code` means, and what the user can do about it; each a sentence, or empty."""
    return WORDS.get(code, ("Something went wrong.", _LATER))
