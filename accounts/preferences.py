"""Where each user wants to hear of each kind of news: in the bell, by e-mail at once, once a day, or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import ByMail, Notification, NotificationPreference, User

Kind = Notification.Kind

MORNING = 8  # o'clock where the user is, when the daily e-mail goes out
GROUPING = timedelta(minutes=1)  # what follows within this comes in the same e-mail


@dataclass(frozen=True)
class Preference:
    bell: bool
    email: ByMail


DEFAULT = Preference(True, ByMail.DAILY)
DEFAULTS = {Kind.MAILBOX: Preference(True, ByMail.NEVER), Kind.PLAN: Preference(True, ByMail.NEVER)}

_gates: list[Callable[[User], bool]] = []


def at_once_if(gate: Callable[[User], bool]) -> None:
    """Have `gate` say whether a user's plan holds news at once. A higher floor knows the plans."""
    _gates.append(gate)


def may_hear_at_once(user: User) -> bool:
    """Whether e-mails may follow the news at once; else they come once a day."""
    return all(gate(user) for gate in _gates)


def preferences(user: User) -> dict[str, Preference]:
    """What `user` chose for every kind of news, with the defaults for the rest."""
    rows = NotificationPreference.objects.of(user)
    chosen = {row.kind: Preference(row.bell, ByMail(row.email)) for row in rows}
    return {kind.value: chosen.get(kind, DEFAULTS.get(kind, DEFAULT)) for kind in Kind}


def preference(user: User, kind: str) -> Preference:
    """What `user` chose for news of `kind`."""
    row = NotificationPreference.objects.of(user).filter(kind=kind).first()
    return Preference(row.bell, ByMail(row.email)) if row else DEFAULTS.get(Kind(kind), DEFAULT)


def prefer(user: User, chosen: Mapping[str, Preference]) -> None:
    """Keep what `user` chose, by kind. E-mails that wait and are not wanted any more are called off."""
    NotificationPreference.objects.bulk_create(
        [
            NotificationPreference(user=user, kind=kind, bell=p.bell, email=p.email)
            for kind, p in chosen.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["bell", "email"],
    )
    for kind, each in chosen.items():
        waiting = Notification.objects.of(user).filter(kind=kind, mail_at__isnull=False)
        waiting.exclude(mail_as=each.email).update(mail_at=None)


def stop_mail(user: User) -> None:
    """Send `user` no more e-mail with news, of any kind."""
    prefer(user, {kind: Preference(p.bell, ByMail.NEVER) for kind, p in preferences(user).items()})


def due(user: User, email: ByMail, at: datetime) -> tuple[ByMail, datetime | None]:
    """How and when the e-mail about news of `at` goes out; None where there is to be none."""
    if email == ByMail.NEVER:
        return email, None
    if email == ByMail.NOW and may_hear_at_once(user):
        return email, at + GROUPING
    return ByMail.DAILY, next_morning(user, at)


def next_morning(user: User, at: datetime) -> datetime:
    """The first morning after `at` where `user` is, whatever clocks are set forward or back meanwhile."""
    local = at.astimezone(user.zone)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)
