"""Which part of the Tracking Inbox is looked at, as its address says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, F
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from tracking.models import Mailbox, Message
from tracking.models.messages import KINDS

TABS = {
    "review": gettext_lazy("Review"),
    "orphans": gettext_lazy("Orphans"),
    "decided": gettext_lazy("Decided"),
}
STATES: dict[str, list[str]] = {
    "review": [Message.State.REVIEW],
    "orphans": [Message.State.ORPHAN],
    "decided": [Message.State.LINKED, Message.State.IGNORED],
}
TAB_OF = {state: tab for tab, states in STATES.items() for state in states}
BANDS = {"likely": (80, 100), "possible": (50, 79), "unlikely": (0, 49)}  # percent, both ends included
BAND_NAMES = {
    "likely": gettext_lazy("80 % and more"),
    "possible": gettext_lazy("50 to 79 %"),
    "unlikely": gettext_lazy("Under 50 %"),
}


@dataclass(frozen=True)
class Filters:
    """A tab, and what narrows it. Values that mean nothing are dropped. Days are the user's."""

    tab: str = "review"
    q: str = ""
    mailbox: str = ""
    kind: str = ""
    band: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1

    @classmethod
    def of(cls, data: QueryDict) -> Filters:
        """The filters that a query string names."""
        tab, kind, band, page = (data.get(name, "") for name in ("tab", "kind", "band", "page"))
        return cls(
            tab=tab if tab in TABS else "review",
            q=words(data.get("q", "")),
            mailbox=uuid(data.get("mailbox", "")),
            kind=kind if kind in dict(KINDS) else "",
            band=band if band in BANDS else "",
            since=_day(data.get("since", "")),
            until=_day(data.get("until", "")),
            page=number(page),
        )

    @property
    def label(self) -> str:
        """What the tab is called."""
        return str(TABS[self.tab])

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.hidden)

    @property
    def hidden(self) -> int:
        """How many filters are set beside the search."""
        return sum(map(bool, (self.mailbox, self.kind, self.band, self.since, self.until)))

    @property
    def query(self) -> str:
        """The filters as a query string, without what is as always."""
        tab = "" if self.tab == next(iter(TABS)) else self.tab
        named = {"tab": tab, "q": self.q, "mailbox": self.mailbox, "kind": self.kind, "band": self.band}
        days = {name: day.isoformat() for name in ("since", "until") if (day := getattr(self, name))}
        page = {"page": str(self.page)} if self.page > 1 else {}
        return urlencode({name: value for name, value in {**named, **days, **page}.items() if value})

    def path(self, message_id: UUID | str | None = None, **changes: Any) -> str:
        """The address of the inbox under these filters, with `message_id` opened."""
        parts = [replace(self, **changes).query, f"m={message_id}" if message_id else ""]
        query = "&".join(filter(None, parts))
        return f"{reverse('inbox')}{f'?{query}' if query else ''}"

    def rows(self, user: User) -> Any:
        """The messages of `user` that pass, in the order in which they are shown."""
        rows = self._narrowed(user).filter(state__in=STATES[self.tab])
        newest = F("decided_at").desc(nulls_last=True) if self.tab == "decided" else F("received_at").desc()
        return rows.order_by(newest, "-id")

    def counts(self, user: User) -> dict[str, int]:
        """How many messages pass, by state, whatever the tab."""
        counted = self._narrowed(user).order_by().values_list("state").annotate(Count("pk"))
        return dict.fromkeys(Message.State.values, 0) | dict(counted)

    def _narrowed(self, user: User) -> Any:
        rows = Message.objects.of(user)
        if self.mailbox:
            rows = rows.filter(mailbox_id=self.mailbox)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.band:
            rows = rows.filter(confidence__range=BANDS[self.band])
        if self.since:
            rows = rows.filter(received_at__gte=datetime.combine(self.since, time.min, user.zone))
        if self.until:
            after = self.until + timedelta(days=1)
            rows = rows.filter(received_at__lt=datetime.combine(after, time.min, user.zone))
        return rows.matching(self.q) if self.q else rows


@dataclass(frozen=True)
class Set:
    """One filter that is set: what it says, and the address without it."""

    label: str
    without: str


def set_ones(filters: Filters, mailboxes: Iterable[Mailbox]) -> list[Set]:
    """The filters that are set beside the search, each to be taken away."""
    addresses = {str(mailbox.pk): mailbox.name for mailbox in mailboxes}
    said = {
        "kind": dict(KINDS).get(filters.kind, ""),
        "band": BAND_NAMES.get(filters.band, ""),
        "mailbox": addresses.get(filters.mailbox, _("Another mailbox")) if filters.mailbox else "",
        "since": _("From %(day)s") % {"day": date_format(filters.since, "j M Y")} if filters.since else "",
        "until": _("To %(day)s") % {"day": date_format(filters.until, "j M Y")} if filters.until else "",
    }
    empty = {"since": None, "until": None}
    return [
        Set(str(label), filters.path(page=1, **{name: empty.get(name, "")}))
        for name, label in said.items()
        if label
    ]


def back_to(request: HttpRequest) -> Filters:
    """The filters under which the page was that the form stood on."""
    data = request.POST if request.method == "POST" else request.GET
    return Filters.of(QueryDict(data.get("back", "")))


def words(text: str) -> str:
    """`text` as it is searched for: PostgreSQL takes no NUL."""
    return text.replace("\x00", "").strip()[:100]


def number(text: str) -> int:
    """The page that `text` names; the first where it names none."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


def uuid(text: str) -> str:
    """`text` if it is the id of a row, else ""."""
    try:
        return str(UUID(text))
    except (ValueError, TypeError, AttributeError):
        return ""


def _day(text: str) -> date | None:
    """The day that a date field holds, as far as calendars of this trade reach."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2100 else None
