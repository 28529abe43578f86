"""The mail of the accounts: messages, search, history."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import compat32
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.standins.gmail.search import QueryError, Text, compile_query
from tests.standins.serving import AnswerError

if TYPE_CHECKING:
    from tests.standins.gmail.watches import Watch

QUOTA = {"profile": 1, "list": 5, "get": 20, "history": 2, "watch": 100, "stop": 50}  # units of each method
UNITS_A_MINUTE = 6000
FIRST_HISTORY = 90_071_992_547_409_931_177  # larger than what a double holds exactly


class ApiError(AnswerError):
    """An answer in Google's form of errors."""

    def __init__(self, status: int, message: str, reason: str, domain: str = "global", **more: str) -> None:
        errors = [{"message": message, "domain": domain, "reason": reason, **more}]
        error = {"code": status, "message": message, "errors": errors, "status": STATUS[status]}
        super().__init__(status, {"error": error})


STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}
NOT_FOUND = ("Requested entity was not found.", "notFound")


@dataclass
class Stored:
    id: str
    thread_id: str
    raw: bytes
    received_ms: int
    labels: list[str]
    history_id: int

    def short(self) -> dict[str, Any]:
        return {"id": self.id, "threadId": self.thread_id}

    def index(self) -> None:
        """Read its text now, not at the first search."""
        _ = self.text

    @cached_property
    def text(self) -> Text:
        """What a search looks at."""
        return Text.of(self.raw, self.received_ms, self.labels)


@dataclass
class MailAccount:
    """One user's mail."""

    address: str
    messages: dict[str, Stored] = field(default_factory=dict)
    added: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # history: (id, message)
    history_id: int = FIRST_HISTORY
    forgotten_before: int = 0
    longest_page: int = 500
    watch: Watch | None = None
    calls: list[tuple[float, int]] = field(default_factory=list)  # (when, units)
    units_a_minute: int = UNITS_A_MINUTE

    def spend(self, method: str, at: float) -> None:
        """Count one call against the user's quota. Raises ApiError beyond it."""
        self.calls = [(when, units) for when, units in self.calls if when > at - 60]
        if sum(units for _, units in self.calls) + QUOTA[method] > self.units_a_minute:
            raise ApiError(403, "User Rate Limit Exceeded", "userRateLimitExceeded", "usageLimits")
        self.calls.append((at, QUOTA[method]))

    def add(self, raw: bytes, received_ms: int, labels: list[str], thread_id: str = "") -> Stored:
        self.history_id += 7  # ids grow with gaps
        identifier = f"{0x18C0000000000000 + self.history_id % 10**15:x}"
        stored = Stored(identifier, thread_id or identifier, raw, received_ms, labels, self.history_id)
        self.messages[identifier] = stored
        self.added.append((self.history_id, {**stored.short(), "labelIds": list(labels)}))
        return stored

    def answer(self, method: str, identifier: str, query: dict[str, list[str]]) -> dict[str, Any]:
        match method:
            case "profile":
                return self.profile()
            case "list":
                return self.list(query)
            case "get":
                return self.get(identifier, query)
        return self.history(query)

    def profile(self) -> dict[str, Any]:
        return {
            "emailAddress": self.address,
            "messagesTotal": len(self.messages),
            "threadsTotal": len({each.thread_id for each in self.messages.values()}),
            "historyId": str(self.history_id),
        }

    def list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        size = _number(query, "maxResults", 100, self.longest_page)
        start = _page_start(query, "m")
        try:
            test = compile_query(query.get("q", [""])[0])
        except QueryError as error:
            raise ApiError(400, f"Stand-in: {error}", "badRequest") from None
        hidden = {"TRASH", "SPAM"} if query.get("includeSpamTrash", ["false"])[0] != "true" else set()
        found = [
            each
            for each in sorted(self.messages.values(), key=lambda each: (-each.received_ms, each.id))
            if not hidden & set(each.labels) and test(each.text)
        ]
        answer: dict[str, Any] = {"resultSizeEstimate": min(len(found), 201)}
        if page := found[start : start + size]:
            answer["messages"] = [each.short() for each in page]
        if start + size < len(found):
            answer["nextPageToken"] = f"m{start + size}"
        return answer

    def get(self, identifier: str, query: dict[str, list[str]]) -> dict[str, Any]:
        stored = self.messages.get(identifier)
        if stored is None:
            raise ApiError(404, *NOT_FOUND)
        answer = {
            **stored.short(),
            "labelIds": stored.labels,
            "snippet": stored.text.beginning,
            "historyId": str(stored.history_id),
            "internalDate": str(stored.received_ms),
            "sizeEstimate": len(stored.raw),
        }
        match query.get("format", ["full"])[0]:
            case "raw":
                return {**answer, "raw": base64.urlsafe_b64encode(stored.raw).decode()}
            case "minimal":
                return answer
            case "metadata" | "full":
                headers = message_from_bytes(stored.raw, policy=compat32).items()
                return {**answer, "payload": {"headers": [{"name": k, "value": str(v)} for k, v in headers]}}
        raise ApiError(400, "Invalid value at 'format'", "invalidArgument")

    def history(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start = query.get("startHistoryId", [""])[0]
        if not re.fullmatch(r"\d{1,21}", start):
            raise ApiError(400, "Missing/invalid parameter: startHistoryId", "invalidArgument")
        if int(start) < self.forgotten_before or int(start) > self.history_id:
            raise ApiError(404, *NOT_FOUND)
        if set(query.get("historyTypes", [])) - {
            "messageAdded",
            "messageDeleted",
            "labelAdded",
            "labelRemoved",
        }:
            raise ApiError(400, "Invalid value at 'history_types'", "invalidArgument")
        size, offset = _number(query, "maxResults", 100, self.longest_page), _page_start(query, "h")
        records = [(number, message) for number, message in self.added if number > int(start)]
        answer: dict[str, Any] = {"historyId": str(self.history_id)}
        if page := records[offset : offset + size]:
            answer["history"] = [
                {
                    "id": str(number),
                    "messages": [{key: message[key] for key in ("id", "threadId")}],
                    "messagesAdded": [{"message": message}],
                }
                for number, message in page
            ]
        if offset + size < len(records):
            answer["nextPageToken"] = f"h{offset + size}"
        return answer


def _number(query: dict[str, list[str]], name: str, standard: int, largest: int) -> int:
    text = query.get(name, [str(standard)])[0]
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, f"Invalid value at '{name}'", "invalidArgument")
    return min(int(text), largest)


def _page_start(query: dict[str, list[str]], prefix: str) -> int:
    token = query.get("pageToken", [f"{prefix}0"])[0]
    if not re.fullmatch(prefix + r"\d+", token):
        raise ApiError(400, "Invalid pageToken", "invalidArgument")
    return int(token[1:])
