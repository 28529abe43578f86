"""One attack, the positions it can be sent from, and its source."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.header import Header
from typing import Any

from tracking.mail import Candidate

TRUSTED = "mx.mail.test"
SECRET = "k7-PINE-4411"
NORTHWIND = Candidate(
    "a1",
    "Northwind Robotics",
    "Data Engineer",
    "interviewing",
    applied_at=datetime(2026, 8, 20, tzinfo=UTC),
    url="https://boards.greenhouse.io/northwind/jobs/5518204",
)
SABLE = Candidate(
    "a2", "Sable Therapeutics", "Lab Manager", "applied", applied_at=datetime(2026, 9, 1, tzinfo=UTC)
)
KNOWN_MESSAGE = "<known@northwindrobotics.com>"  # of the conversation that is with the first application
CORRESPONDENT = "kim@northwindrobotics.com"

OFFER = "We are pleased to offer you the position of Data Engineer at Northwind Robotics."
REJECTION = "Unfortunately we will not be moving forward with your application for Data Engineer."
WITHDRAWN = "As you asked, we have withdrawn your application for Data Engineer at Northwind Robotics."
INVITATION = "We would like to invite you to an interview for the Data Engineer position."
VERDICTS = (OFFER, REJECTION, WITHDRAWN, INVITATION)


def passing(domain: str) -> str:
    """The receiving provider's finding that the mail is from `domain`."""
    return f"{TRUSTED}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"


FORGED = f"{TRUSTED}; dmarc=fail"
UNKNOWN = f"{TRUSTED}; spf=none; dkim=none; dmarc=none"


@dataclass(frozen=True)
class Attack:
    """One message as it reaches the mailbox; headers are given as they stand in the source."""

    idea: str
    text: str = "Dear Ada, we regret to inform you that you have not been selected. Northwind Robotics"
    html: str = ""
    sender: str = "Northwind Robotics <hr@northwindrobotics.com>"
    subject: str = "Your application: Data Engineer at Northwind Robotics"
    results: str = FORGED
    headers: tuple[str, ...] = ()
    calendar: str = ""
    attachment: str = ""
    candidates: tuple[Candidate, ...] = (NORTHWIND, SABLE)
    thread: str = ""  # the provider's conversation; "" is a new one
    transfer: str = "base64"  # how the body is encoded


STRANGER = "Hiring <hr@careers-portal.test>"
SENDERS = (  # authenticated, with their own domains in order, and with nothing to do with the user
    STRANGER,
    "Northwind Robotics <talent@careers-portal.test>",
    "Dana Whitlock <dana.whitlock@gmail.com>",
    '"Northwind Robotics Recruiting" <notifications@peoplehub.test>',
    "kim@northwindrobotics.com <kim.northwindrobotics@outlook.com>",
)


def from_stranger(idea: str, text: str, /, **changes: Any) -> Attack:
    """An authenticated stranger: a sender whose own domain is in order but who has to do with nobody."""
    base = Attack(idea, f"Northwind Robotics, Data Engineer.\n{text}", sender=STRANGER)
    found = replace(base, **changes)
    return (
        found if "results" in changes else replace(found, results=passing(address(found.sender).domain_part))
    )


def forged(idea: str, text: str, /, **changes: Any) -> Attack:
    """Somebody who writes the company's own address into the sender line; the provider notices."""
    return replace(Attack(idea, text), **changes)


def in_turn(idea: str, texts: tuple[str, ...], **changes: Any) -> list[Attack]:
    """Each text once, sent from one position after another: strangers, a forger, an unknown sender."""
    found = []
    for number, text in enumerate(texts):
        place = number % (len(SENDERS) + 2)
        if place < len(SENDERS):
            found.append(from_stranger(idea, text, **{"sender": SENDERS[place], **changes}))
        else:
            found.append(
                forged(idea, text, **{"results": (FORGED, UNKNOWN)[place - len(SENDERS)], **changes})
            )
    return found


@dataclass(frozen=True)
class _Parsed:
    name: str
    local_part: str
    domain_part: str


def address(sender: str) -> _Parsed:
    """The parts of a sender line."""
    name, _, rest = sender.rpartition("<")
    local, _, domain = rest.rstrip(">").rpartition("@")
    return _Parsed(name.strip(), local, domain)


def source(attack: Attack, number: int = 0) -> bytes:
    """The RFC 822 source of an attack; `number` makes its Message-ID its own."""
    head = [
        f"Authentication-Results: {attack.results}",
        *attack.headers,
        f"From: {_sender_line(attack.sender)}",
        "To: Ada Brook <ada@example.com>",
        f"Subject: {Header(attack.subject, 'utf-8', maxlinelen=900).encode()}",
        "Date: Mon, 14 Sep 2026 09:00:00 +0000",
        f"Message-ID: <attack-{number}@evil.test>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + "".join(_parts(attack)) + "--b--\r\n").encode()


def _sender_line(sender: str) -> str:
    if sender.isascii():
        return sender
    return f"{Header(address(sender).name, 'utf-8', maxlinelen=900).encode()} <{sender.rpartition('<')[2]}"


def _parts(attack: Attack) -> list[str]:
    parts = [("text/html", attack.html)] if attack.html else []
    parts += [("text/plain", attack.text)] if attack.text or not attack.html else []
    if attack.calendar:
        parts.append(("text/calendar; method=REQUEST", attack.calendar))
    found = [_part(kind, content, attack.transfer) for kind, content in parts]
    if attack.attachment:
        found.append(
            "--b\r\nContent-Type: application/pdf\r\n"
            f'Content-Disposition: attachment; filename="{attack.attachment}"'
            "\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
        )
    return found


def _part(kind: str, content: str, transfer: str) -> str:
    body = base64.encodebytes(content.encode()).decode() if transfer == "base64" else content
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}"
    return f"--b\r\n{head}\r\n\r\n{body}\r\n"
