"""Gmail's search language, as far as a filter needs it: words, phrases, operators, OR, groups and "-".

Words match whole words of sender, recipients, subject and text. An operator that is not known here is
an error instead of silently matching nothing or everything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

Test = Callable[["Text"], bool]

_TOKEN = re.compile(r'\(|\)|\{|\}|-(?=[\w("{])|(?:[A-Za-z_]+:)?"[^"]*"|[A-Za-z_]+:(?=[({])|[^\s(){}"]+')
_WORD = re.compile(r"\w+")
_OPERATORS = {"after", "before", "from", "to", "subject", "in", "label"}


class QueryError(Exception):
    """The query uses what this stand-in does not know."""


@dataclass(frozen=True)
class Text:
    """What of a message is searched. `received_ms` is since the epoch."""

    received_ms: int
    labels: frozenset[str]
    sender: str
    recipients: str
    subject: str
    body: str
    beginning: str  # as it is written: what Gmail calls the snippet

    @classmethod
    def of(cls, raw: bytes, received_ms: int, labels: list[str]) -> Text:
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        recipients = " ".join(str(mail.get(name, "")) for name in ("To", "Cc"))
        parts = [_text_of(part) for part in mail.walk() if part.get_content_maintype() == "text"]
        return cls(
            received_ms,
            frozenset(labels),
            _spaced(str(mail.get("From", ""))),
            _spaced(recipients),
            _spaced(str(mail.get("Subject", ""))),
            _spaced(" ".join(parts)),
            html.escape(" ".join(" ".join(parts[:1]).split())[:200]),
        )


def compile_query(query: str) -> Test:
    """A test for the messages that `query` finds. Raises QueryError."""
    tokens = _TOKEN.findall(query)
    if re.sub(r"\s", "", "".join(tokens)) != re.sub(r"\s", "", query):
        raise QueryError("not understood: a quote or bracket is left open")
    parser = _Parser(tokens)
    test = parser.all_until("")
    if parser.tokens:
        raise QueryError(f"not understood at {parser.tokens[0]}")
    return test


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def all_until(self, end: str) -> Test:
        """Terms side by side must all match; OR binds the two beside it more tightly."""
        groups: list[list[Test]] = []
        joined = False
        while self.tokens and self.tokens[0] != end:
            if self.tokens[0] == "OR":
                if not groups:
                    raise QueryError("OR has nothing before it")
                self.tokens.pop(0)
                joined = True
                continue
            term = self.term()
            if joined:
                groups[-1].append(term)
            else:
                groups.append([term])
            joined = False
        self.close(end)
        return lambda text: all(any(test(text) for test in group) for group in groups)

    def any_until(self, end: str, operator: str = "") -> Test:
        tests = []
        while self.tokens and self.tokens[0] != end:
            tests.append(self.term(operator))
        self.close(end)
        return lambda text: any(test(text) for test in tests)

    def close(self, end: str) -> None:
        if end and not self.tokens:
            raise QueryError(f"{end} is missing")
        if end:
            self.tokens.pop(0)

    def term(self, operator: str = "") -> Test:
        token = self.tokens.pop(0)
        if token == "-":
            negated = self.term(operator)
            return lambda text: not negated(text)
        if token == "(":
            return self.all_until(")")
        if token == "{":
            return self.any_until("}", operator)
        if token in {")", "}"}:
            raise QueryError(f"{token} closes nothing")
        name, colon, value = token.partition(":")
        if colon and not token.startswith('"'):
            return self.operator(name.lower(), value)
        return _matcher(operator, token.strip('"'))

    def operator(self, name: str, value: str) -> Test:
        if name not in _OPERATORS:
            raise QueryError(f"operator {name}: is not known here")
        if value:
            return _matcher(name, value.strip('"'))
        if self.tokens and self.tokens[0] == "{":
            self.tokens.pop(0)
            return self.any_until("}", name)
        raise QueryError(f"{name}: needs a value")


def _matcher(operator: str, value: str) -> Test:
    if operator in {"after", "before"}:
        limit = _moment_ms(value)
        return lambda text: (text.received_ms >= limit) == (operator == "after")
    if operator in {"in", "label"}:
        label = {"chats": "CHAT", "drafts": "DRAFT"}.get(value.lower(), value.upper())
        return lambda text: label in text.labels
    wanted = _spaced(value)
    if not wanted.strip():
        raise QueryError("an empty term")
    fields = {
        "from": lambda text: (text.sender,),
        "to": lambda text: (text.recipients,),
        "subject": lambda text: (text.subject,),
    }
    read = fields.get(operator, lambda text: (text.sender, text.recipients, text.subject, text.body))
    return lambda text: any(wanted in each for each in read(text))


def _moment_ms(value: str) -> int:
    """Seconds since the epoch, or a date as 2026/03/31."""
    if value.isdigit():
        if len(value) > 10:
            raise QueryError("milliseconds where seconds belong")
        return int(value) * 1000
    try:
        day = datetime.strptime(value.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        raise QueryError(f"{value} is no date") from None
    return int(day.timestamp() * 1000)


def _spaced(text: str) -> str:
    """The words of `text` in lower case with one space around each."""
    return " ".join(["", *_WORD.findall(text.lower()), ""])


def _text_of(part: EmailMessage) -> str:
    try:
        content = str(part.get_content())
    except (LookupError, ValueError, KeyError):
        return ""
    return (
        html.unescape(re.sub(r"<[^>]*>", " ", content)) if part.get_content_subtype() == "html" else content
    )
