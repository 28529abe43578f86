"""What the header of every page shows. Each part is asked of the database only if it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Window
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Notification, User
from accounts.notifications import live_tag
from tracking.models import Mailbox, Message, SyncRun, Thread
from tracking.onboarding import Step, remaining
from tracking.words import in_words

NEWS = 5


@dataclass(frozen=True)
class Pill:
    """The state of the user's mailboxes in a word or two. `at` follows the words as a time."""

    state: str
    words: str
    path: str
    at: datetime | None = None


@dataclass(frozen=True)
class Lost:
    """A mailbox that needs reconnecting, why, and what to do."""

    mailbox: Mailbox
    reason: str
    next_step: str

    @property
    def path(self) -> str:
        """Where to reconnect it."""
        if self.mailbox.provider in {Mailbox.Provider.GMAIL, Mailbox.Provider.OUTLOOK}:
            return f"{reverse(f'{self.mailbox.provider}-start')}?mailbox={self.mailbox.pk}"
        return f"{reverse('integrations')}#mailbox-{self.mailbox.pk}"


class Header:
    """The bell, the pill and the counts of one user."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def tag(self) -> str:
        """Stands for all this; asked first, so that news arriving meanwhile is shown by the next poll."""
        return live_etag(self.user.pk)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many messages there are, by state."""
        rows = Message.objects.of(self.user).order_by().values_list("state").annotate(Count("pk"))
        return dict.fromkeys(Message.State.values, 0) | dict(rows)

    @property
    def pending(self) -> int:
        return self.counts[Message.State.REVIEW] + self.counts[Message.State.ORPHAN]

    @cached_property
    def news(self) -> list[Any]:
        unread = Window(Count("pk", filter=Q(read_at=None)))
        rows = Notification.objects.of(self.user).in_bell().annotate(unread=unread)
        return list(rows.order_by("-happened_at")[:NEWS])

    @property
    def unread(self) -> int:
        return self.news[0].unread if self.news else 0

    @property
    def unread_words(self) -> str:
        return "99+" if self.unread > 99 else str(self.unread)

    @cached_property
    def mailboxes(self) -> list[Any]:
        running = SyncRun.objects.filter(mailbox=OuterRef("pk")).open()
        return list(Mailbox.objects.of(self.user).connected().annotate(syncing=Exists(running)))

    @cached_property
    def first_steps(self) -> list[Step]:
        """What a newcomer has done and has still to do; nothing once all is done or put away."""
        return remaining(self.user)

    @property
    def lost(self) -> list[Lost]:
        """The mailboxes that wait for the user to give access again."""
        broken = [each for each in self.mailboxes if each.state == Mailbox.State.NEEDS_RECONNECT]
        return [Lost(each, *in_words(each.state_reason or "grant_revoked")) for each in broken]

    @property
    def next_sync_at(self) -> datetime | None:
        """When the first of the mailboxes is looked at again, if that is to come."""
        active = [each for each in self.mailboxes if each.state == Mailbox.State.ACTIVE and each.is_pulled]
        coming = [each.next_sync_at for each in active if each.next_sync_at and each.next_sync_at > now()]
        return min(coming, default=None)

    @cached_property
    def pill(self) -> Pill:
        integrations = reverse("integrations")
        if not self.mailboxes:
            return Pill("none", _("Connect a mailbox"), integrations)
        broken = [each for each in self.mailboxes if each.state == Mailbox.State.NEEDS_RECONNECT]
        if broken:
            return Pill("reconnect", _reconnect(broken[0]), integrations)
        if any(each.syncing for each in self.mailboxes):
            return Pill("syncing", self._syncing_words(), reverse("runs"))
        return self._resting(integrations)

    def _syncing_words(self) -> str:
        active = Thread.objects.of(self.user).active().count()
        if not active:
            return _("Syncing mail")
        words = ngettext("Syncing %(count)s active thread", "Syncing %(count)s active threads", active)
        return words % {"count": active}

    def _resting(self, integrations: str) -> Pill:
        if all(each.state == Mailbox.State.PAUSED for each in self.mailboxes):
            return Pill("paused", _("Sync is paused"), integrations)
        synced = [each.last_success_at for each in self.mailboxes if each.last_success_at]
        if not synced:
            return Pill("waiting", _("First sync is coming up"), reverse("runs"))
        return Pill("synced", _("Synced"), reverse("runs"), max(synced))


def _reconnect(mailbox: Mailbox) -> str:
    return _("Reconnect %(provider)s") % {"provider": mailbox.get_provider_display()}


def header(request: HttpRequest) -> dict[str, Any]:
    """What the header of every page of a signed-in user shows."""
    user = getattr(request, "user", None)
    return {"header": Header(user) if isinstance(user, User) else None}


def live_etag(user_id: object) -> str:
    """The entity tag of what the header of this user shows; differs whenever something changed."""
    return f'"{user_id}-{live_tag(user_id)}"'
