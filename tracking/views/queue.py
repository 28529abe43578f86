"""What the Tracking Inbox shows: which messages, in which order, and what approving each would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, Q, prefetch_related_objects

from accounts.models import User
from applications.models import Application
from applications.status import Status
from tracking import inbox
from tracking.models import Decision, Message
from tracking.views.filters import STATES, words
from tracking.views.filters import Filters as Filters
from tracking.views.filters import uuid as uuid_of

PAGE_SIZE = 10
HEAVY = ("body", "quoted", "snippet", "evidence", "next_steps", "search")  # not shown in a list
NEVER_PRESELECTED = frozenset({Status.REJECTED, Status.OFFER_EXTENDED})
LEAST_CONFIDENCE = 10  # of a candidate worth offering
FOUND = 5  # applications shown at once for a search in the picker


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
    Raises Message.DoesNotExist where it is not the user's. The list is read only if it is asked for.
    """

    def __init__(
        self,
        user: User,
        filters: Filters,
        chosen: str | None = "",
        find: str = "",
        part: int = 1,
        size: int = PAGE_SIZE,
    ) -> None:
        self.user, self.filters, self.size = user, filters, size
        self.find, self.part = words(find), part
        self.message = None if chosen is None else self._opened(chosen)

    @cached_property
    def messages(self) -> list[Any]:
        return self._found[: self.size]

    @property
    def has_more(self) -> bool:
        return len(self._found) > self.size

    @cached_property
    def _found(self) -> list[Any]:
        """The messages of the page, and one more if there is one."""
        rows = self.filters.rows(self.user).select_related("mailbox", "application", "suggestion")
        if self.filters.tab == "decided":
            rows = rows.prefetch_related(_standing())
        start = (self.filters.page - 1) * self.size
        return list(rows.defer(*HEAVY)[start : start + self.size + 1])

    def _opened(self, chosen: str) -> Any:
        if chosen and not uuid_of(chosen):
            raise Message.DoesNotExist
        key = uuid_of(chosen) or (self.messages[0].pk if self.messages else None)
        if key is None:
            return None
        rows = Message.objects.of(self.user).select_related("mailbox", "thread", "application", "suggestion")
        return rows.defer("search").annotate(taken_off=ArraySubquery(_taken_off())).get(pk=key)

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
        """Every application that this page names, with its events, in at most two queries."""
        shown = [] if self.filters.tab == "decided" else self.messages
        shown = [*shown, self.message] if self.message is not None else shown
        told = {target.pk: target for each in shown if (target := target_of(each))}
        ranked = self.message.ranked if self.message is not None else []
        missing = {UUID(key) for key, _ in ranked if uuid_of(key)} - told.keys()
        if missing:
            told |= Application.objects.of(self.user).in_bulk(missing)
        prefetch_related_objects(list(told.values()), "events")
        return told

    @cached_property
    def choices(self) -> list[Choice]:
        """The best other candidates for the opened message, as matching ranked them: at most three."""
        if self.message is None:
            return []
        own = target_of(self.message)
        ranked = [(self._told.get(UUID(key)), int(c)) for key, c in self.message.ranked if uuid_of(key)]
        out = {own.pk if own else None, *self.message.taken_off}
        ranked = [(each, c) for each, c in ranked if c >= LEAST_CONFIDENCE]
        others = [(each, c) for each, c in ranked if each is not None and each.pk not in out]
        return [Choice(each, *inbox.preview(self.message, each), confidence=c) for each, c in others[:3]]

    @property
    def nearest(self) -> Application | None:
        """The candidate that the reasons of the opened message compare it with."""
        ranked = self.message.ranked[:1] if self.message is not None else []
        best = {str(key) for key, _ in ranked}
        return next((each.application for each in self.choices if str(each.application.pk) in best), None)

    @cached_property
    def found(self) -> list[Choice]:
        """The applications that the search in the picker finds: its `part` of them."""
        message: Any = self.message
        return [Choice(each, *inbox.preview(message, each)) for each in self._fitting[:FOUND]]

    @property
    def earlier_found(self) -> str:
        """The address of the part of the search before this one; "" where there is none."""
        return self._path_of_part(self.part - 1) if self.part > 1 else ""

    @property
    def more_found(self) -> str:
        """The address of the part after it; "" where there is none."""
        return self._path_of_part(self.part + 1) if len(self._fitting) > FOUND else ""

    def _path_of_part(self, part: int) -> str:
        if self.message is None or not self.find:
            return ""
        return f"{self.filters.path(self.message.pk)}&{urlencode({'find': self.find, 'part': part})}"

    @cached_property
    def _fitting(self) -> list[Application]:
        """What the search finds, and one more if there is one."""
        if self.message is None or not self.find:
            return []
        rows = Application.objects.of(self.user).prefetch_related("events")
        for word in self.find.split():
            rows = rows.filter(Q(company__icontains=word) | Q(title__icontains=word))
        start = (self.part - 1) * FOUND
        return list(rows.order_by("-last_activity_at", "pk")[start : start + FOUND + 1])

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


def rows_of(user: User, ids: Iterable[str]) -> list[Row]:
    """Those of the user's messages `ids` that still wait, as rows, in the order of the inbox."""
    keys = {key for key in map(uuid_of, ids) if key}
    messages = Message.objects.of(user).pending().filter(pk__in=keys)
    messages = list(messages.defer(*HEAVY).select_related("mailbox", "thread", "application", "suggestion"))
    told = {target.pk: target for each in messages if (target := target_of(each))}
    prefetch_related_objects(list(told.values()), "events")
    rows = [Row(message, "", target_of(message)) for message in messages]
    for row in rows:
        if row.application is not None:
            row.before, row.after = inbox.preview(row.message, told[row.application.pk])
    return rows


@dataclass(frozen=True)
class Done:
    """What became of mail on one day: how many messages, and by which decisions that stand."""

    total: int
    approved: int
    created: int
    ignored: int
    automatic: int


def done_on(user: User, today: date) -> Done:
    """What was decided on `today`, the user's day."""
    start = datetime.combine(today, time.min, user.zone)
    made = Decision.objects.of(user).filter(made_at__gte=start, made_at__lt=start + timedelta(days=1))
    kinds = Decision.Action
    linked = Q(action__in=[kinds.APPROVE, kinds.LINK])
    counted = made.filter(undone_at=None).exclude(action=kinds.UNMATCH).order_by()
    return Done(
        **counted.aggregate(
            total=Count("message", distinct=True),
            approved=Count("message", filter=linked, distinct=True),
            created=Count("message", filter=Q(action=kinds.CREATE), distinct=True),
            ignored=Count("message", filter=Q(action=kinds.IGNORE), distinct=True),
            automatic=Count("message", filter=Q(by_user=False), distinct=True),
        )
    )


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
