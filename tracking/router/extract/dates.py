"""Find days and times in folded text, resolved from the day on which the mail was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tracking.router.extract.calendar_words import HOURS, MONTHS, NUMBERS, WEEKDAYS, ZONES

_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_NAME: Final = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_YEAR: Final = r"(?:,? ?(?:de |del )?(?P<year>20\d\d))?"
_NAMED_DAY: Final = rf"(?:(?P<weekday>{_DAY_NAME})\b(?:\.|,)? ?(?:the |den |dem |le |el |il |de |dia |d\. )?)?"
_ORDINAL: Final = r"(?:st|nd|rd|th|\.|er|º|ª|o|°)?"

_PATTERNS: Final = tuple(
    re.compile(source)
    for source in (
        r"\b(?P<year>20\d\d)[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})\b",
        rf"{_NAMED_DAY}\b(?P<day>\d{{1,2}}){_ORDINAL} ?(?:of |de |del |d'|di |-)?(?P<name>{_MONTH})\b\.?{_YEAR}(?![-/:]\d)",
        rf"{_NAMED_DAY}\b(?P<name>{_MONTH})\b\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d| ?[ap]\.?m\b){_YEAR}",
        rf"{_NAMED_DAY}\b(?P<first>\d{{1,2}})(?P<mark>[/.])(?P<second>\d{{1,2}})(?:[/.](?P<year>20\d\d|\d\d)|(?P<dot>\.))?(?![\d/:%]|\.\d| ?[ap]\.?m\b| ?(?:uhr|uur|h\b|o'clock))",
        rf"\b(?P<weekday>{_DAY_NAME})\b,? (?:the |den |dem |le |el |il |dia |d\. )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?![\d:/h]|\.\d| ?(?:[ap]\.?m\b|uhr|h\b|-\d|min|people|hours))",
        r"\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)\b",
        rf"\b(?P<next>next |this |coming |nachsten |kommenden |proxim[oa] |prossim[oa] |volgende )?(?P<weekday>{_DAY_NAME})\b(?! ?(?:feira))(?P<later> next| prochain| que viene| prossimo)?",
        r"\b(?P<relative>day after tomorrow|tomorrow|tmrw|tmr|today|tonight|tonite|ubermorgen|morgen|heute|apres-demain|demain|aujourd'hui|pasado manana|(?<!la )manana|hoy|depois de amanha|amanha|hoje|dopodomani|domani|oggi|overmorgen|vandaag|jutro|dzis)\b",
    )
)
_HOUR: Final = "|".join(sorted(HOURS, key=len, reverse=True))
_CLOCK: Final = re.compile(
    rf"(?<![\d/.,$€£:-])(?:(?P<fraction>half(?: past)?|quarter past|quarter to) (?P<spoken>\d{{1,2}}|{_HOUR})\b"
    rf"|(?:\bat (?P<hourword>{_HOUR})\b(?! (?:of|to|people|min|days|weeks|hours))|\b(?P<oclock>\d{{1,2}}|{_HOUR}) o'clock)"
    r"|(?P<hour>\d{1,2})(?:(?::|\.|(?: ?[hu] ?))(?P<minute>\d\d))?(?:\s?(?P<half>[ap])\.?m\b\.?|(?P<mark> ?uhr| ?uur| ?h\b| ?hrs?\b)?)"
    r"|(?P<word>noon|midday|midnight|mittag|mitternacht|midi|minuit|mediodia|medianoche|meio-dia|mezzogiorno|middernacht)\b"
    r"|(?P<military>[01]\d[0-5]\d|2[0-3][0-5]\d)(?= ?(?:hrs?|hours|et|ct|mt|pt|est|edt|cst|cdt|pst|pdt|gmt|bst)\b))(?![\d/%])"
)
_ZONE: Final = re.compile(
    rf"^[\s(,-]*(?:[ap]\.?m\.?[\s(,]*)?(?:(?P<region>[a-z]+/[a-z_]+)|(?:utc|gmt) ?(?P<sign>[+-])(?P<hours>\d{{1,2}})(?::?(?P<minutes>\d\d))?"
    rf"|(?P<name>{'|'.join(sorted(ZONES, key=len, reverse=True))})\b)"
)
_AT: Final = re.compile(r"(?:\b(?:at|um|alle|a las|as|om|kl\.?|til)|@)\s?$")
_BARE: Final = re.compile(r"(?! ?%|-|,\d| (?:years|people|min|hours|days|of|\w+ (?:st|street|ave|avenue|road|rd|lane|ln|drive|dr|blvd|square|place|way|floor)\b))")
_RANGE: Final = re.compile(r"\s*(?:-|to|bis|a|as|until|till|tot|and|y|e|und)\s*(?P<end>\d{1,2})(?:[:.h]\d\d)?\s?(?P<half>[ap])?\.?(?:m\b)?(?P<mark>uhr|uur|h\b)?")
_WORDS: Final = {
    "noon": 12, "midday": 12, "mittag": 12, "midi": 12, "mediodia": 12, "meio-dia": 12, "mezzogiorno": 12,
    "midnight": 24, "mitternacht": 24, "minuit": 24, "medianoche": 24, "middernacht": 24,
}  # fmt: skip
_TOMORROW: Final = frozenset("tomorrow tmrw tmr morgen demain manana amanha domani jutro".split())
_AFTER: Final = frozenset({"day after tomorrow", "ubermorgen", "apres-demain", "pasado manana", "depois de amanha", "dopodomani", "overmorgen"})
REACH: Final = 48  # characters between a day and the time that belongs to it


@dataclass(frozen=True)
class Mention:
    """A day named from `start` to `end`; `clock` and `zone` where a time belongs to it."""

    day: date
    start: int
    end: int
    clock: time | None = None
    zone: tzinfo | None = None
    sure: bool = True  # False for a bare weekday or day of the month

    def moment(self, default: tzinfo) -> datetime | None:
        """The instant, in the zone named or else in `default`; None without a time."""
        return datetime.combine(self.day, self.clock, self.zone or default) if self.clock else None


@dataclass(frozen=True)
class Reader:
    """How to read: the local day of the mail, and whether 3/4 is the fourth of March."""

    today: date
    month_first: bool = False
    home: str = "UTC"
    now: datetime = datetime(1970, 1, 1)  # wall clock of the user when the mail came


def find_mentions(text: str, reader: Reader) -> list[Mention]:
    """Every day that `text` (folded) names, in order, with the times that belong to them."""
    taken: list[Mention] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            day = _resolve(match, reader)
            if day is not None:
                sure = "weekday" not in match.re.groupindex or bool(match.groupdict().get("day") or match.groupdict().get("first"))
                taken.append(Mention(day, match.start(), match.end(), sure=sure))
    taken.sort(key=lambda mention: mention.start)
    return _with_times(text, taken, reader)


def _resolve(match: re.Match[str], reader: Reader) -> date | None:
    found = match.groupdict()
    weekday = WEEKDAYS.get(found.get("weekday") or "")
    if found.get("relative"):
        word = found["relative"]
        return reader.today + timedelta(days=2 if word in _AFTER else 1 if word in _TOMORROW else 0)
    if found.get("first"):
        return _numeric(found, weekday, reader)
    if found.get("name") or found.get("month"):
        month = MONTHS[found["name"]] if found.get("name") else int(found["month"])
        return _dated(int(found["day"]), month, found.get("year"), reader)
    if found.get("day"):
        return _day_of_month(int(found["day"]), weekday, reader)
    return _weekday(weekday, bool(found.get("next") or found.get("later")), found.get("next") or "", reader)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _dated(day: int, month: int, year: str | None, reader: Reader) -> date | None:
    """A day with its month; without a year, the next time that it comes (a little past is past)."""
    if year:
        return _make(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    found = _make(reader.today.year, month, day)
    if found and found < reader.today - timedelta(days=60):
        found = _make(reader.today.year + 1, month, day)
    return found


def _numeric(found: dict[str, str], weekday: int | None, reader: Reader) -> date | None:
    first, second = int(found["first"]), int(found["second"])
    month_first = reader.month_first and found["mark"] == "/"
    orders = [(second, first), (first, second)] if month_first else [(first, second), (second, first)]
    readings = [_dated(day, month, found.get("year"), reader) for day, month in orders if 1 <= month <= 12]
    fitting = [day for day in readings if day and (weekday is None or day.weekday() == weekday)]
    if found["mark"] == "." and not (found.get("year") or found.get("dot") or weekday is not None or first > 23):
        return None  # 9.30 is a time
    return fitting[0] if fitting else None


def _day_of_month(day: int, weekday: int | None, reader: Reader) -> date | None:
    """The next such day of a month, with the weekday where one is named."""
    for ahead in range(0, 75):
        candidate = reader.today + timedelta(days=ahead)
        if candidate.day == day and (weekday is None or candidate.weekday() == weekday):
            return candidate
    return None


def _weekday(weekday: int | None, named_next: bool, word: str, reader: Reader) -> date | None:
    if weekday is None:
        return None
    ahead = (weekday - reader.today.weekday()) % 7 or 7
    if named_next and word.strip() in {"next", ""} and reader.today.weekday() + ahead <= 6 and ahead < 7:
        ahead += 7
    return reader.today + timedelta(days=ahead)


def _with_times(text: str, mentions: list[Mention], reader: Reader) -> list[Mention]:
    clocks = list(_clocks(text, mentions, reader))
    found = []
    for index, mention in enumerate(mentions):
        following = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
        before = mentions[index - 1].end if index else 0
        near = [clock for clock in clocks if mention.end <= clock[0] < min(following, mention.end + REACH)]
        near = near or [clock for clock in clocks if max(before, mention.start - 40) <= clock[0] < mention.start][-1:]
        if near:
            near = _first_of_range(text, clocks, near)
            found.append(Mention(mention.day, mention.start, max(mention.end, near[1]), near[2], near[3], mention.sure))
        else:
            found.append(mention)
    return found


Clock = tuple[int, int, time, tzinfo | None]


def _first_of_range(text: str, clocks: list[Clock], near: list[Clock]) -> Clock:
    """The start of "10:30 to 11:00", with the zone that may stand behind its end."""
    chosen = near[0]
    at = clocks.index(chosen)
    if at and re.fullmatch(r"\s*(?:-|to|bis|a|as|until|till|tot)\s*", text[clocks[at - 1][1] : chosen[0]]) and len(near) == 1:
        chosen, at = clocks[at - 1], at - 1
    if chosen[3] is None and at + 1 < len(clocks):
        following = clocks[at + 1]
        if re.fullmatch(r"\s*(?:-|to|bis|a|as|until|till|tot)\s*", text[chosen[1] : following[0]]):
            return (chosen[0], chosen[1], chosen[2], following[3])
    return chosen


def _clocks(text: str, mentions: list[Mention], reader: Reader) -> Iterator[Clock]:
    for match in _CLOCK.finditer(text):
        if any(mention.start <= match.start() < mention.end for mention in mentions):
            continue
        clock = _clock(match, text)
        if clock is not None:
            zone, end = _zone(text, match.end(), reader)
            yield match.start(), end, clock, zone


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
    if not (match["minute"] or half or match["mark"] and match["mark"].strip()):
        ranged = _RANGE.match(text, match.end())
        if ranged and (ranged["half"] or ranged["mark"]):
            half = _half_of_start(hour, int(ranged["end"]), ranged["half"])
        elif not _AT.search(text[max(0, match.start() - 8) : match.start()]) or not _BARE.match(text, match.end()):
            return None
    return _hour(hour, minute, half, bool(match["minute"]) and match["hour"][0] == "0" or bool((match["mark"] or "").strip()))


def _half_of_start(hour: int, end: int, half: str | None) -> str | None:
    """Of "11 to 1 pm" the start is in the morning, of "1 to 5 pm" in the afternoon."""
    return half if half != "p" or hour < end or end == 12 else "a"


def _spoken(hour: int, fraction: str) -> time | None:
    hour += 12 if 1 <= hour <= 6 else 0
    minute = 30 if fraction.startswith("half") else 15 if fraction == "quarter past" else 45 if fraction else 0
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


_SPAN: Final = re.compile(
    r"\b(?:(?P<number>\d{1,2})|(?P<word>[a-z]+))(?: ?\(\d+\))? (?P<business>business |working |work |calendar |werktagen?|jours ouvres|dias habiles|dias uteis|giorni lavorativi|werkdagen)? ?"
    r"(?P<unit>days?|weeks?|tagen?|wochen?|jours?|semaines?|dias?|semanas?|giorni|settiman[ae]|dagen|weken)?\b"
)


def find_span(text: str, start: int, reader: Reader) -> tuple[date, int] | None:
    """The day that a span such as "five working days" at `start` leads to, and where the span ends."""
    match = _SPAN.match(text, start)
    if not match or not (match["unit"] or match["business"]):
        return None
    count = int(match["number"]) if match["number"] else NUMBERS.get(match["word"] or "", 0)
    if not 0 < count <= 60:
        return None
    if (match["unit"] or "").startswith(("week", "woche", "semaine", "semana", "settiman", "weken")):
        return reader.today + timedelta(weeks=count), match.end()
    business = (match["business"] or "").strip() not in {"", "calendar"}
    return (_business(reader.today, count) if business else reader.today + timedelta(days=count)), match.end()


def _business(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day

