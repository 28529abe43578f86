"""The mail of the accounts: folders, messages, and what changed in each folder."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Any

from tests.standins.outlook.odata import GraphError

CALLS, CALL_SECONDS = 10_000, 600  # of one app for one mailbox
KEPT_GENERATIONS = 6
LONGEST_FILTERED = 5000
WELL_KNOWN = ("inbox", "archive", "junkemail", "sentitems", "drafts", "deleteditems")
RECEIVED_BY = "String 0x5D07"


@dataclass
class Stored:
    id: str  # the immutable one
    conversation: str
    raw: bytes
    received_at: datetime  # with fractions of a second, which answers do not show
    folder: str
    draft: bool
    version: int = 1

    def id_for(self, immutable: bool) -> str:
        """Without asking for the immutable id one gets another in every folder."""
        return self.id if immutable else f"AQMk{self.folder}{self.id}"

    def shown(self, names: set[str], immutable: bool, as_text: bool) -> dict[str, Any]:
        mail = message_from_bytes(self.raw, policy=default)
        assert isinstance(mail, EmailMessage)
        body, is_html = _body(mail)
        content = re.sub(r"<[^>]+>", " ", body) if is_html and as_text else body
        known = {
            "id": self.id_for(immutable),
            "conversationId": self.conversation,
            "receivedDateTime": self.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "isDraft": self.draft,
            "hasAttachments": any(part.get_content_disposition() == "attachment" for part in mail.walk()),
            "internetMessageId": str(mail.get("Message-ID", "")),
            "subject": str(mail.get("Subject", "")),
            "from": next(iter(_recipients(mail, "From")), None),
            "replyTo": _recipients(mail, "Reply-To"),
            "toRecipients": _recipients(mail, "To"),
            "bodyPreview": " ".join(re.sub(r"<[^>]+>", " ", body).split())[:255],
            "body": {"contentType": "text" if as_text or not is_html else "html", "content": content},
            "parentFolderId": folder_id(self.folder),
            "internetMessageHeaders": [{"name": name, "value": str(value)} for name, value in mail.items()],
        }
        if self.folder == "sentitems":
            del known["internetMessageHeaders"]  # what was written there came through no other server
        told = {name: known[name] for name in names if name in known}
        answer = {"@odata.etag": f'W/"CQAAABYAAAA{self.version}"', **told}
        if any(part.get_content_type() == "text/calendar" for part in mail.walk()):
            answer["@odata.type"] = "#microsoft.graph.eventMessageRequest"
        return answer


@dataclass
class MailAccount:
    """One user's mail. `log` is what happened in the folders: number, folder, message, kind."""

    address: str
    has_profile: bool = False
    has_mailbox: bool = True
    folders: list[str] = field(default_factory=lambda: list(WELL_KNOWN))
    messages: dict[str, Stored] = field(default_factory=dict)
    log: list[tuple[int, str, str, str]] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    generation: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)  # folders whose links have all ended
    longest_filtered: int = LONGEST_FILTERED

    def spend(self, at: float) -> None:
        """Count one call. Raises GraphError beyond the limit."""
        self.calls = [when for when in self.calls if when > at - CALL_SECONDS]
        if len(self.calls) >= CALLS:
            error = GraphError(
                429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."
            )
            error.headers = {"Retry-After": "60"}
            raise error
        self.calls.append(at)

    def add(self, raw: bytes, at: datetime, folder: str, conversation: str, draft: bool) -> Stored:
        number = len(self.log) + 1
        identifier = f"AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A{number:08d}_w=="
        stored = Stored(identifier, conversation or f"AAQkConversation{number}=", raw, at, folder, draft)
        self.messages[identifier] = stored
        self.note(folder, identifier, "created")
        return stored

    def move(self, identifier: str, folder: str) -> None:
        stored = self.messages[identifier]
        self.note(stored.folder, identifier, "deleted")
        stored.folder = folder
        self.note(folder, identifier, "created")

    def note(self, folder: str, identifier: str, kind: str) -> None:
        self.log.append((len(self.log) + 1, folder, identifier, kind))

    def folder(self, name: str) -> str:
        """The well-known name of a folder, given so or by its id. Raises GraphError."""
        found = [each for each in self.folders if name in {each, folder_id(each)}]
        if not found:
            message = "The specified folder could not be found in the store."
            raise GraphError(404, "ErrorItemNotFound", message)
        return found[0]

    def message(self, identifier: str) -> Stored:
        found = [each for each in self.messages.values() if identifier in {each.id, each.id_for(False)}]
        if not found:
            raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found[0]

    def within(self, folder: str) -> list[Stored]:
        """Its messages, newest first."""
        found = [each for each in self.messages.values() if each.folder == folder]
        return sorted(found, key=lambda each: (each.received_at, each.id), reverse=True)


def folder_id(name: str) -> str:
    return f"AQMkADYAAAIB{name}AAAA="


def from_ms(received_ms: int) -> datetime:
    return datetime.fromtimestamp(received_ms / 1000, UTC)


def _body(mail: EmailMessage) -> tuple[str, bool]:
    """The text of the body, and whether it is HTML; of both, Outlook keeps the HTML."""
    part = mail.get_body(("html", "plain"))
    if part is None:
        return "", False
    return str(part.get_content()), part.get_content_subtype() == "html"


def _recipients(mail: EmailMessage, name: str) -> list[dict[str, Any]]:
    pairs = getaddresses([str(value) for value in mail.get_all(name, [])])
    return [{"emailAddress": {"name": shown or address, "address": address}} for shown, address in pairs]
