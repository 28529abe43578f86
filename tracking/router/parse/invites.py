"""text/calendar parts: the method and the first event of each (RFC 5545), read leniently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from tracking.mail import CalendarInvite
from tracking.router.parse.text import clean

MAX_INVITES: Final = 5
_STAMP: Final = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?)?(Z)?")
_DURATION: Final = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_OFFSET: Final = re.compile(r"^([+-])(\d\d)(\d\d)")
_ESCAPE: Final = re.compile(r"\\([nN,;\\])")

Properties = dict[str, tuple[str, str]]  # name -> (parameters, value)


def read_invites(calendars: Iterable[str]) -> tuple[CalendarInvite, ...]:
    """One invite per calendar part that holds an event; anything else is passed over."""
    found = (_invite(text) for text in list(calendars)[:MAX_INVITES])
    return tuple(invite for invite in found if invite is not None)


def _invite(text: str) -> CalendarInvite | None:
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    outer, event, zone = _sections(lines)
    if not event:
        return None
    method = outer.get("METHOD", ("", ""))[1] or (
        "CANCEL" if _value(event, "STATUS") == "CANCELLED" else "PUBLISH"
    )
    start = _when(event.get("DTSTART"), zone)
    return CalendarInvite(
        method=method.strip().upper(),
        uid=_value(event, "UID"),
        sequence=int(_value(event, "SEQUENCE")) if _value(event, "SEQUENCE").isdigit() else 0,
        summary=_value(event, "SUMMARY")[:500],
        description=_value(event, "DESCRIPTION")[:20_000],
        location=_value(event, "LOCATION")[:500],
        organizer=_value(event, "ORGANIZER").lower().removeprefix("mailto:"),
        starts_at=start,
        ends_at=_when(event.get("DTEND"), zone) or _end(start, _value(event, "DURATION")),
    )


def _sections(lines: list[str]) -> tuple[Properties, Properties, tzinfo | None]:
    """Properties of the calendar, of its first event, and the offset of its own zone definition."""
    outer: Properties = {}
    event: Properties = {}
    zone: tzinfo | None = None
    inside: list[str] = []
    for line in lines[:5000]:
        head, _, value = line.partition(":")
        name, _, parameters = head.partition(";")
        name = name.strip().upper()
        if name == "BEGIN":
            inside.append(value.strip().upper())
        elif name == "END":
            if value.strip().upper() == "VEVENT":
                break
            del inside[-1:]
        elif inside[-1:] == ["VEVENT"]:
            event.setdefault(name, (parameters, value))
        elif name == "TZOFFSETTO":
            zone = zone or _offset(value)
        elif inside[-1:] == ["VCALENDAR"]:
            outer.setdefault(name, (parameters, value))
    return outer, event, _named(outer.get("X-WR-TIMEZONE", ("", ""))[1]) or zone


def _value(event: Properties, name: str) -> str:
    raw = event.get(name, ("", ""))[1]
    return clean(_ESCAPE.sub(lambda match: "\n" if match.group(1) in "nN" else match.group(1), raw))


def _when(field: tuple[str, str] | None, fallback: tzinfo | None) -> datetime | None:
    """An aware time with the zone as stated; None for a date alone or a time without any zone."""
    match = _STAMP.match(field[1].strip()) if field else None
    if not field or not match or match.group(4) is None:
        return None
    year, month, day, hour, minute = (int(match.group(index)) for index in range(1, 6))
    named = re.search(r"TZID=\"?([^\";:]+)", field[0])
    zone = UTC if match.group(7) else _named(named.group(1)) if named else None
    zone = zone or fallback
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone) if zone else None
    except ValueError:
        return None


def _end(start: datetime | None, duration: str) -> datetime | None:
    match = _DURATION.match(duration)
    if not start or not match:
        return None
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return start + timedelta(days=days, hours=hours, minutes=minutes)


def _named(name: str) -> tzinfo | None:
    name = name.strip().strip("/")
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name)) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset(value: str) -> tzinfo | None:
    match = _OFFSET.match(value.strip())
    if not match:
        return None
    sign = -1 if match.group(1) == "-" else 1
    minutes = min(int(match.group(2)) * 60 + int(match.group(3)), 23 * 60)
    return timezone(sign * timedelta(minutes=minutes))
