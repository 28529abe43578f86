"""The part of OData that Graph takes for messages; what it does not take is refused."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.standins.serving import AnswerError, Parameters

_CONDITION = re.compile(r"receivedDateTime (ge|gt|le|lt) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
PROPERTIES = {
    "id",
    "conversationId",
    "receivedDateTime",
    "isDraft",
    "hasAttachments",
    "internetMessageId",
    "subject",
    "from",
    "replyTo",
    "toRecipients",
    "bodyPreview",
    "body",
    "parentFolderId",
}
ON_REQUEST = {"internetMessageHeaders"}  # told only where it is selected, and only of a single message


class GraphError(AnswerError):
    """An answer in Graph's form of errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        inner = {"date": "2026-03-04T09:30:00", "request-id": "2ab4", "client-request-id": "2ab4"}
        super().__init__(status, {"error": {"code": code, "message": message, "innerError": inner}})


@dataclass(frozen=True)
class Filter:
    """Conditions on when a message was received, all to be met."""

    conditions: tuple[tuple[str, datetime], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        parts = text.split(" and ") if text else []
        found = [_CONDITION.fullmatch(part) for part in parts]
        if not all(found):
            raise GraphError(400, "ErrorInvalidUrlQueryFilter", f"Invalid filter clause: {text}")
        return cls(
            tuple((each[1], datetime.fromisoformat(each[2]).astimezone(UTC)) for each in found if each)
        )

    def __call__(self, received_at: datetime) -> bool:
        return all(_COMPARE[name](received_at, value) for name, value in self.conditions)


def only(query: Parameters, allowed: set[str]) -> dict[str, str]:
    """The parameters of `query`, each given once and known."""
    if unknown := sorted(query.keys() - allowed):
        raise GraphError(400, "BadRequest", f"Unsupported query parameter: {unknown[0]}")
    return {name: values[-1] for name, values in query.items()}


def selection(query: dict[str, str], of_one: bool = False) -> set[str]:
    names = set(query["$select"].split(",")) if query.get("$select") else set(PROPERTIES)
    if unknown := sorted(names - PROPERTIES - ON_REQUEST):
        message = f"Parsing OData Select and Expand failed: Could not find a property named '{unknown[0]}'"
        raise GraphError(400, "RequestBroker--ParseUri", message)
    return (names if of_one else names - ON_REQUEST) | {"id"}


def top(query: dict[str, str]) -> int:
    text = query.get("$top", "10")
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise GraphError(400, "ErrorInvalidUrlQuery", "The value of $top must be between 1 and 1000.")
    return int(text)


def newest_first(query: dict[str, str]) -> bool:
    """What `$orderby` says; what is ordered by must be filtered by, if there is a filter."""
    order = query.get("$orderby", "receivedDateTime desc")
    if order not in {"receivedDateTime desc", "receivedDateTime asc", "receivedDateTime"}:
        raise GraphError(400, "ErrorInvalidUrlQuery", f"Cannot order by {order}.")
    if "$orderby" in query and "$filter" in query and "receivedDateTime" not in query["$filter"]:
        message = "The restriction or sort order is too complex for this operation."
        raise GraphError(400, "InefficientFilter", message)
    return order.endswith("desc")
