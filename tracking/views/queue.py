"""What the Tracking Inbox shows: which messages, in which order, and what approving each would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, Q
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from applications.status import Status
from tracking import inbox
from tracking.models import Decision, Message
from tracking.models.messages import KINDS

PAGE_SIZE = 20
TABS = {"review": "Review", "orphans": "Orphans", "decided": "Decided"}
STATES: dict[str, list[str]] = {
    "review": [Message.State.REVIEW],
    "orphans": [Message.State.ORPHAN],
    "decided": [Message.State.LINKED, Message.State.IGNORED],
}
TAB_OF = {state: tab for tab, states in STATES.items() for state in states}
NEVER_PRESELECTED = frozenset({Status.REJECTED, Status.OFFER_EXTENDED})
LEAST_CONFIDENCE = 10  # of a candidate worth offering
FOUND = 8  # applications shown for a search in the picker


@dataclass(frozen=True)
class Filters:
    """Which part of the inbox is looked at. Values that mean nothing are dropped."""

    tab: str = "review"
    q: str = ""
    mailbox: str = ""
    kind: str = ""
    page: int = 1

    @classmethod
    def of(cls, data: QueryDict) -> Filters:
        """The filters that a query string names."""
        tab, kind, page = data.get("tab", ""), data.get("kind", ""), data.get("page", "")
        return cls(
            tab=tab if tab in TABS else "review",
            q=_words(data.get("q", "")),
            mailbox=_uuid(data.get("mailbox", "")),
            kind=kind if kind in dict(KINDS) else "",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.mailbox or self.kind)

    @property
    def query(self) -> str:
        """The filters as a query string, without what is as always."""
        named = {"tab": self.tab, "q": self.q, "mailbox": self.mailbox, "kind": self.kind}
        if self.page > 1:
            named["page"] = str(self.page)
        return urlencode({name: value for name, value in named.items() if value})

    def path(self, message_id: UUID | str | None = None, **changes: Any) -> str:
        """The address of the inbox under these filters, with `message_id` opened."""
        query = replace(self, **changes).query
        return f"{reverse('inbox')}?{query}{f'&m={message_id}' if message_id else ''}"

    def rows(self, user: User) -> Any:
        """The messages of `user` that pass, in the order in which they are shown."""
        rows = Message.objects.of(user).filter(state__in=STATES[self.tab])
        if self.mailbox:
            rows = rows.filter(mailbox_id=self.mailbox)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.q:
            rows = rows.filter(
                Q(subject__icontains=self.q)
                | Q(sender_name__icontains=self.q)
                | Q(sender_address__icontains=self.q)
            )
        newest = F("decided_at").desc(nulls_last=True) if self.tab == "decided" else F("received_at").desc()
        return rows.order_by(newest, "-id")


@dataclass
class Row:
    """One line of the list, with the status before and after approving it where that is known."""

    message: Any
    path: str
    application: Application | None = None
    before: Status | None = None
    after: Status | None = None
    decision: Decision | None = None

    @property
    def preselected(self) -> bool:
        """Whether a bulk decision may take it in by itself."""
        return self.after not in NEVER_PRESELECTED and not self.message.warning


@dataclass(frozen=True)
class Choice:
    """An application a message could go to, and what that would do to it."""

    application: Application
    before: Status
    after: Status
    confidence: int | None = None


class Queue:
    """One page of the inbox of `user` under `filters`, with a message opened.

    That is the one `chosen`, the first if that is "", none at all if it is None.
    Raises Message.DoesNotExist where it is not the user's.
    """

    def __init__(
        self, user: User, filters: Filters, chosen: str | None = "", find: str = "", size: int = PAGE_SIZE
    ) -> None:
        self.user, self.filters, self.find = user, filters, _words(find)
        start = (filters.page - 1) * size
        light = self._rows().defer("body", "quoted", "snippet", "evidence", "next_steps")
        found = list(light[start : start + size + 1])
        self.messages, self.has_more = found[:size], len(found) > size
        self.message = None if chosen is None else self._opened(chosen)

    def _rows(self) -> Any:
        rows = self.filters.rows(self.user).select_related("mailbox", "application", "suggestion")
        return rows.prefetch_related(_standing()) if self.filters.tab == "decided" else rows

    def _opened(self, chosen: str) -> Any:
        key = _uuid(chosen) or (self.messages[0].pk if self.messages else None)
        if chosen and not _uuid(chosen):
            raise Message.DoesNotExist
        if key is None:
            return None
        rows = Message.objects.of(self.user).select_related("mailbox", "thread", "application", "suggestion")
        return rows.annotate(taken_off=ArraySubquery(_taken_off())).get(pk=key)

    @cached_property
    def rows(self) -> list[Row]:
        return [self._row(message) for message in self.messages]

    def _row(self, message: Any) -> Row:
        row = Row(message, self.filters.path(message.pk))
        row.application = target_of(message)
        if self.filters.tab == "decided":
            row.decision = next(iter(message.standing), None)
        elif row.application is not None:
            row.before, row.after = inbox.preview(message, self._told[row.application.pk])
        return row

    @cached_property
    def open_row(self) -> Row | None:
        """The opened message as a row, with the decision on it if there is one."""
        if self.message is None:
            return None
        row = Row(self.message, self.filters.path(self.message.pk), target_of(self.message))
        if self.message.state in STATES["decided"]:
            row.decision = self.message.decisions.filter(undone_at=None).select_related("application").first()
        elif row.application is not None:
            row.before, row.after = inbox.preview(self.message, self._told[row.application.pk])
        return row

    @cached_property
    def _told(self) -> dict[UUID, Application]:
        """Every application that this page names, with its events, in two queries."""
        shown = [] if self.filters.tab == "decided" else self.messages
        wanted = {target.pk for each in shown if (target := target_of(each))}
        if self.message is not None:
            wanted |= {UUID(key) for key, _ in self.message.ranked if _uuid(key)}
            wanted |= {target.pk for target in [target_of(self.message)] if target}
        return with_events(self.user, wanted)

    @cached_property
    def choices(self) -> list[Choice]:
        """The best other candidates for the opened message, as matching ranked them: at most three."""
        if self.message is None:
            return []
        own = target_of(self.message)
        ranked = [(self._told.get(UUID(key)), int(c)) for key, c in self.message.ranked if _uuid(key)]
        out = {own.pk if own else None, *self.message.taken_off}
        ranked = [(each, c) for each, c in ranked if c >= LEAST_CONFIDENCE]
        others = [(each, c) for each, c in ranked if each is not None and each.pk not in out]
        return [Choice(each, *inbox.preview(self.message, each), confidence=c) for each, c in others[:3]]

    @cached_property
    def found(self) -> list[Choice]:
        """The applications that the search in the picker finds."""
        if self.message is None or not self.find:
            return []
        rows = Application.objects.of(self.user).prefetch_related("events")
        for word in self.find.split():
            rows = rows.filter(Q(company__icontains=word) | Q(title__icontains=word))
        return [Choice(each, *inbox.preview(self.message, each)) for each in rows[:FOUND]]

    @property
    def following(self) -> str:
        """The id of the message that is current once the opened one is decided; "" if none is left."""
        ids = [message.pk for message in self.messages]
        here = ids.index(self.message.pk) if self.message and self.message.pk in ids else -1
        rest = ids[here + 1 : here + 2] or ids[max(here - 1, 0) : max(here, 0)]
        return str(rest[0]) if rest else ""


def target_of(message: Any) -> Application | None:
    """The application a message is with, or would go to."""
    target: Application | None = message.application or message.suggestion
    return target


def with_events(user: User, ids: Iterable[UUID]) -> dict[UUID, Application]:
    """The user's applications among `ids`, each with its events loaded."""
    rows = Application.objects.of(user).filter(pk__in=set(ids)).prefetch_related("events")
    return {application.pk: application for application in rows}


def rows_of(user: User, ids: Iterable[str]) -> list[Row]:
    """Those of the user's messages `ids` that still wait, as rows, in the order of the inbox."""
    keys = {key for key in map(_uuid, ids) if key}
    messages = Message.objects.of(user).pending().filter(pk__in=keys)
    messages = list(messages.defer("body", "quoted").select_related("mailbox", "application", "suggestion"))
    told = with_events(user, {target.pk for each in messages if (target := target_of(each))})
    rows = []
    for message in messages:
        row = Row(message, "", target_of(message))
        if row.application is not None:
            row.before, row.after = inbox.preview(message, told[row.application.pk])
        rows.append(row)
    return rows


def decided_since_midnight(user: User, today: date) -> int:
    """How many messages were decided on `today`, the user's day."""
    start = datetime.combine(today, time.min, user.zone)
    decided = Message.objects.of(user).decided()
    return int(decided.filter(decided_at__gte=start, decided_at__lt=start + timedelta(days=1)).count())


def _standing() -> Prefetch[str, Any, str]:
    """The decision that stands, as the list `standing` of each message."""
    rows = Decision.objects.filter(undone_at=None).select_related("application")
    return Prefetch("decisions", queryset=rows, to_attr="standing")


def _taken_off() -> Any:
    """The applications from which a person took the message of the outer query."""
    unmatched = Decision.objects.filter(
        message=OuterRef("pk"), action=Decision.Action.UNMATCH, undone_at=None
    )
    return unmatched.exclude(application=None).values("application_id")


def _words(text: str) -> str:
    """`text` as it is searched for: PostgreSQL takes no NUL."""
    return text.replace("\x00", "").strip()[:100]


def _uuid(text: str) -> str:
    """`text` if it is the id of a row, else ""."""
    try:
        return str(UUID(text))
    except (ValueError, TypeError, AttributeError):
        return ""
