"""Times of day with their zones, in folded text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tracking.router.extract.calendar_words import HOURS, ZONES

_HOUR: Final = "|".join(sorted(HOURS, key=len, reverse=True))


_CLOCK: Final = re.compile(
    rf"(?<![\d/.,$€£:-])(?:(?P<fraction>half(?: past)?|quarter past|quarter to) (?P<spoken>\d{{1,2}}"
    rf"|{_HOUR})\b"
    rf"|(?:\bat (?P<hourword>{_HOUR})\b(?! (?:of|to|people|min|days|weeks|hours))"
    rf"|\b(?P<oclock>\d{{1,2}}|{_HOUR}) o'clock)"
    r"|(?P<hour>\d{1,2})(?:(?::|\.|(?: ?[hu] ?))(?P<minute>\d\d))?(?:\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?P<mark> ?uhr| ?uur| ?h\b| ?hrs?\b)?)"
    r"|(?P<word>noon|midday|midnight|mittag|mitternacht|midi|minuit|mediodia|medianoche|meio-dia"
    r"|mezzogiorno|middernacht)\b"
    r"|(?P<military>[01]\d[0-5]\d|2[0-3][0-5]\d)(?= ?(?:hrs?|hours|et|ct|mt|pt|est|edt|cst|cdt|pst|pdt"
    r"|gmt|bst)\b))(?![\d/%])"
)


_ZONE: Final = re.compile(
    rf"^[\s(,-]*(?:[ap]\.?m\.?[\s(,]*)?(?:(?P<region>[a-z]+/[a-z_]+)|(?:utc"
    rf"|gmt) ?(?P<sign>[+-])(?P<hours>\d{{1,2}})(?::?(?P<minutes>\d\d))?"
    rf"|(?P<name>{'|'.join(sorted(ZONES, key=len, reverse=True))})\b)"
)


_AT: Final = re.compile(r"(?:\b(?:at|um|alle|a las|as|om|kl\.?|til)|@)\s?$")


_BARE: Final = re.compile(
    r"(?! ?%|-|,\d| (?:years|people|min|hours|days|of|\w+ (?:st|street|ave|avenue|road|rd|lane|ln|drive"
    r"|dr|blvd|square|place|way|floor)\b))"
)


_RANGE: Final = re.compile(
    r"\s*(?:-|to|bis|a|as|until|till|tot|and|y|e"
    r"|und)\s*(?P<end>\d{1,2})(?:[:.h]\d\d)?\s?(?:(?P<half>[ap])(?:\.?m)?\b)?(?P<mark>uhr|uur|h\b)?"
)


_WORDS: Final = {
    "noon": 12, "midday": 12, "mittag": 12, "midi": 12, "mediodia": 12, "meio-dia": 12, "mezzogiorno": 12,
    "midnight": 24, "mitternacht": 24, "minuit": 24, "medianoche": 24, "middernacht": 24,
}  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """How to read: the local day of the mail, and whether 3/4 is the fourth of March."""

    today: date
    month_first: bool = False
    home: str = "UTC"
    clock: time = time(0)  # of the user when the mail came


Clock = tuple[int, int, time, tzinfo | None]


def first_of_range(text: str, clocks: list[Clock], near: list[Clock]) -> Clock:
    """The start of "10:30 to 11:00", with the zone that may stand behind its end."""
    chosen = near[0]
    at = clocks.index(chosen)
    if (
        at
        and re.fullmatch(r"\s*(?:-|to|bis|a|as|until|till|tot)\s*", text[clocks[at - 1][1] : chosen[0]])
        and len(near) == 1
    ):
        chosen, at = clocks[at - 1], at - 1
    if chosen[3] is None and at + 1 < len(clocks):
        following = clocks[at + 1]
        if re.fullmatch(r"\s*(?:-|to|bis|a|as|until|till|tot)\s*", text[chosen[1] : following[0]]):
            return (chosen[0], chosen[1], chosen[2], following[3])
    return chosen


def find_clocks(text: str, taken: Sequence[tuple[int, int]], reader: Reader) -> list[Clock]:
    """Every time of day in `text`, in order, outside of the places already `taken` by dates."""
    found: list[Clock] = []
    for match in _CLOCK.finditer(text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        clock = _clock(match, text)
        if clock is not None:
            zone, end = _zone(text, match.end(), reader)
            found.append((match.start(), end, clock, zone))
    return found


def _clock(match: re.Match[str], text: str) -> time | None:
    if match["word"]:
        hour = _WORDS[match["word"]]
        return time(23, 59) if hour == 24 else time(hour)
    if match["military"]:
        return time(int(match["military"][:2]), int(match["military"][2:]))
    spoken = match["spoken"] or match["hourword"] or match["oclock"]
    if spoken:
        return _spoken(HOURS.get(spoken) or int(spoken), match["fraction"] or "")
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = match["half"]
    if not (match["minute"] or half or (match["mark"] and match["mark"].strip())):
        ranged = _RANGE.match(text, match.end())
        if ranged and (ranged["half"] or ranged["mark"]):
            half = _half_of_start(hour, int(ranged["end"]), ranged["half"])
        elif not _AT.search(text[max(0, match.start() - 8) : match.start()]) or not _BARE.match(
            text, match.end()
        ):
            return None
    return _hour(
        hour,
        minute,
        half,
        (bool(match["minute"]) and match["hour"][0] == "0") or bool((match["mark"] or "").strip()),
    )


def _half_of_start(hour: int, end: int, half: str | None) -> str | None:
    """Of "11 to 1 pm" the start is in the morning, of "1 to 5 pm" in the afternoon."""
    return half if half != "p" or hour < end or end == 12 else "a"


def _spoken(hour: int, fraction: str) -> time | None:
    hour += 12 if 1 <= hour <= 6 else 0
    minute = (
        30 if fraction.startswith("half") else 15 if fraction == "quarter past" else 45 if fraction else 0
    )
    hour -= fraction == "quarter to"
    return time(hour, minute) if 0 <= hour < 24 else None


def _hour(hour: int, minute: int, half: str | None, exact: bool) -> time | None:
    """A time of day; a small hour without "am" is in the afternoon: nobody meets at 2:30 in the night."""
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif not exact and 1 <= hour <= 6:
        hour += 12
    if not (0 <= hour <= 24 and minute < 60):
        return None
    return time(23, 59) if hour == 24 else time(hour, minute)


def _zone(text: str, end: int, reader: Reader) -> tuple[tzinfo | None, int]:
    match = _ZONE.match(text[end : end + 40])
    if not match:
        return None, end
    if match["sign"]:
        minutes = int(match["hours"]) * 60 + int(match["minutes"] or 0)
        return _fixed(-minutes if match["sign"] == "-" else minutes), end + match.end()
    if match["region"]:
        return _region(match["region"]), end + match.end()
    if match["name"] == "est" and not reader.home.startswith("America/"):
        return None, end  # a French or Latin "is"
    name = ZONES[match["name"]]
    if match["name"] == "ist" and reader.home == "Europe/Dublin":
        name = reader.home
    return ZoneInfo(name), end + match.end()


def _fixed(minutes: int) -> tzinfo | None:
    return timezone(timedelta(minutes=minutes)) if abs(minutes) < 24 * 60 else None


def _region(name: str) -> tzinfo | None:
    proper = "/".join("_".join(word.capitalize() for word in part.split("_")) for part in name.split("/"))
    try:
        return ZoneInfo(proper)
    except (KeyError, ValueError, OSError):
        return None
