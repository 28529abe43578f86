"""Mail providers that are known: where their IMAP server is, how to get a password, whom to believe."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import compat32

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from tracking.providers.mbox import trusted_authserv
from tracking.router.domains import registrable

HEADERS = 200_000  # bytes, in which they end
_APP = _("It does not take your usual password: make one for Heardback there first.")


@dataclass(frozen=True)
class Server:
    """One provider. `hint` is what a user must know before, `password_url` where an app password is made.

    `refuses` says that it lets no other program in with a password. `verdict_by` names whose
    Authentication-Results may be believed: a host, or (with a dot before it) the hosts of a domain.
    """

    name: str
    domains: tuple[str, ...]
    host: str
    hint: StrOrPromise = ""
    password_url: str = ""
    refuses: bool = False
    verdict_by: str = ""


SERVERS = (
    Server(
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        "imap.mail.me.com",
        _APP,
        "https://account.apple.com/account/manage",
        verdict_by="dmarc.icloud.com",
    ),
    Server(
        "Yahoo",
        (
            *("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it", "yahoo.ca"),
            *("yahoo.com.br", "yahoo.com.ar", "yahoo.com.mx", "yahoo.com.au", "yahoo.co.in", "yahoo.in"),
            *("yahoo.ie", "ymail.com", "rocketmail.com"),
        ),
        "imap.mail.yahoo.com",
        _APP,
        "https://login.yahoo.com/account/security",
        verdict_by=".yahoo.com",
    ),
    Server(
        "AOL",
        ("aol.com", "aim.com", "aol.de", "aol.co.uk", "aol.fr"),
        "imap.aol.com",
        _APP,
        "https://login.aol.com/account/security",
        verdict_by=".yahoo.com",
    ),
    Server(
        "Fastmail",
        ("fastmail.com", "fastmail.fm", "messagingengine.com", "fastmail.co.uk", "fastmail.de", "sent.com"),
        "imap.fastmail.com",
        _APP,
        "https://app.fastmail.com/settings/security",
        verdict_by=".messagingengine.com",
    ),
    Server(
        "GMX",
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        "imap.gmx.net",
        _("Allow POP3 and IMAP in its settings first. With two-factor sign-in, make an app password there."),
        "https://www.gmx.net/mail/",
    ),
    Server(
        "GMX",
        ("gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr", "gmx.es"),
        "imap.gmx.com",
        _("Allow POP3 and IMAP in its settings first. With two-factor sign-in, make an app password there."),
        "https://www.gmx.com/",
    ),
    Server(
        "WEB.DE",
        ("web.de",),
        "imap.web.de",
        _("Allow POP3 and IMAP in its settings first. With two-factor sign-in, make an app password there."),
        "https://web.de/",
    ),
    Server(
        "Zoho Mail",
        ("zoho.com", "zohomail.com"),
        "imap.zoho.com",
        _("Allow IMAP in its settings first. With two-factor sign-in, make an app password."),
        "https://accounts.zoho.com/home#security/app_password",
    ),
    Server(
        "Zoho Mail",
        ("zoho.eu", "zohomail.eu"),
        "imap.zoho.eu",
        _("Allow IMAP in its settings first. With two-factor sign-in, make an app password."),
        "https://accounts.zoho.eu/home#security/app_password",
    ),
    Server(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        "imap.gmail.com",
        _("Connecting Gmail under Integrations needs no password. This takes an app password of Google's."),
        "https://myaccount.google.com/apppasswords",
        verdict_by="mx.google.com",
    ),
    Server("mailbox.org", ("mailbox.org",), "imap.mailbox.org"),
    Server("Posteo", ("posteo.de", "posteo.net", "posteo.eu"), "posteo.de"),
    Server(
        "T-Online",
        ("t-online.de", "magenta.de"),
        "secureimap.t-online.de",
        _("It takes the password for e-mail programs, which you set in its customer centre."),
    ),
    Server("freenet", ("freenet.de",), "mx.freenet.de"),
    Server("Orange", ("orange.fr", "wanadoo.fr"), "imap.orange.fr"),
    Server("Free", ("free.fr",), "imap.free.fr"),
    Server("Libero", ("libero.it",), "imapmail.libero.it"),
    Server(
        "Outlook",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.co.uk", "hotmail.fr"),
        "outlook.office365.com",
        _("Microsoft lets no other program in with a password. Connect Outlook instead, or upload a file."),
        refuses=True,
    ),
    Server(
        "Proton Mail",
        ("proton.me", "protonmail.com", "pm.me"),
        "",
        _("Proton Mail offers IMAP only on your own computer. Export your mail there, and upload the file."),
        refuses=True,
    ),
)
_BY_DOMAIN = {domain: server for server in SERVERS for domain in server.domains}


def server_of(address: str) -> Server | None:
    """The provider of a mail address, by its domain; None where it is not known."""
    return _BY_DOMAIN.get(address.rpartition("@")[2].strip().lower())


def trusted_hosts(host: str, content: bytes) -> tuple[str, ...]:
    """Whose verdict on the sender may be believed in mail read from the server `host`.

    A verdict stands in the message, where any sender can write one. It counts only where the server is of a
    provider that puts its own above all others, known by its certificate; everywhere else mail is taken as
    not authenticated, and so moves no status by itself.
    """
    by = next((each.verdict_by for each in SERVERS if each.host == host.lower() and each.verdict_by), "")
    if not by.startswith("."):
        return (by,) if by else ()
    headers = BytesHeaderParser(policy=compat32).parsebytes(content[:HEADERS])
    return tuple(each for each in trusted_authserv(headers) if registrable(each) == by[1:])
