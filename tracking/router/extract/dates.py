"""Find days and times in folded text, resolved from the day on which the mail was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from tracking.router.extract.calendar_words import MONTHS, NUMBERS, WEEKDAYS
from tracking.router.extract.clocks import Reader, find_clocks, first_of_range

_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_NAME: Final = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_YEAR: Final = r"(?:(?:,? ?(?:de |del )?|[-/])(?P<year>20\d\d))?"
_NAMED_DAY: Final = (
    rf"(?:(?P<weekday>{_DAY_NAME})\b(?:\.|,)? ?(?:the |den |dem |le |el |il |de |dia |d\. )?)?"
)
_ORDINAL: Final = r"(?:st|nd|rd|th|\.|er|º|ª|o|°)?"

_PATTERNS: Final = tuple(
    re.compile(source)
    for source in (
        r"\b(?P<year>20\d\d)[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})\b",
        rf"{_NAMED_DAY}\b(?P<day>\d{{1,2}}){_ORDINAL} ?(?:of |de |del |d'|di "
        rf"|-)?(?P<name>{_MONTH})\b\.?{_YEAR}(?![-/:]\d)",
        rf"{_NAMED_DAY}\b(?P<name>{_MONTH})\b\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d"
        rf"| ?[ap]\.?m\b){_YEAR}",
        rf"{_NAMED_DAY}\b(?P<first>\d{{1,2}})(?P<mark>[/.])(?P<second>\d{{1,2}})(?:[/.](?P<year>20\d\d"
        rf"|\d\d)|(?P<dot>\.))?(?![\d/%]|[.:]\d| ?[ap]\.?m\b| ?(?:uhr|uur|h\b|o'clock))",
        rf"\b(?P<weekday>{_DAY_NAME})\b,? (?:the |den |dem |le |el |il |dia "
        rf"|d\. )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?![\d:/h]|\.\d| ?(?:[ap]\.?m\b|uhr|h\b|-\d|min"
        rf"|people|hours))",
        r"\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)\b",
        rf"\b(?P<next>next |this |coming |nachsten |kommenden |proxim[oa] |prossim[oa] "
        rf"|volgende )?(?P<weekday>{_DAY_NAME})\b(?! ?(?:feira))(?P<later> next| prochain| que viene"
        rf"| prossimo)?",
        r"\b(?P<relative>day after tomorrow|tomorrow|tmrw|tmr|today|tonight|tonite|ubermorgen|morgen"
        r"|heute|apres-demain|demain|aujourd'hui|pasado manana|(?<!la )manana|hoy|depois de amanha"
        r"|amanha|hoje|dopodomani|domani|oggi|overmorgen|vandaag|jutro|dzis)\b",
    )
)
_TOMORROW: Final = frozenset(
    ["tomorrow", "tmrw", "tmr", "morgen", "demain", "manana", "amanha", "domani", "jutro"]
)
_TODAY: Final = frozenset(
    ["today", "tonight", "tonite", "heute", "aujourd'hui", "hoy", "hoje", "oggi", "vandaag", "dzis"]
)
_AFTER: Final = frozenset(
    {
        "day after tomorrow",
        "ubermorgen",
        "apres-demain",
        "pasado manana",
        "depois de amanha",
        "dopodomani",
        "overmorgen",
    }
)
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


def find_mentions(text: str, reader: Reader) -> list[Mention]:
    """Every day that `text` (folded) names, in order, with the times that belong to them."""
    taken: list[Mention] = []
    for pattern in _worth_trying(text):
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            day = _resolve(match, reader)
            if day is not None:
                sure = "weekday" not in match.re.groupindex or bool(
                    match.groupdict().get("day") or match.groupdict().get("first")
                )
                taken.append(Mention(day, match.start(), match.end(), sure=sure))
    taken.sort(key=lambda mention: mention.start)
    return _with_times(text, taken, reader) if taken else []


_WORD: Final = re.compile(r"[a-z]+")
_NUMERIC: Final = re.compile(r"\d[-/.]\d")
_TH: Final = re.compile(r"the \d")
_RELATIVE: Final = frozenset(
    word for phrase in (*_TOMORROW, *_AFTER, *_TODAY) for word in _WORD.findall(phrase)
)


def _worth_trying(text: str) -> list[re.Pattern[str]]:
    """The patterns that may match: most texts name no month, or no day."""
    words = set(_WORD.findall(text))
    numeric, month, weekday = (
        bool(_NUMERIC.search(text)),
        not words.isdisjoint(MONTHS),
        not words.isdisjoint(WEEKDAYS),
    )
    may = (
        numeric,
        month,
        month,
        numeric,
        weekday,
        bool(_TH.search(text)),
        weekday,
        not words.isdisjoint(_RELATIVE),
    )
    return [pattern for pattern, worth in zip(_PATTERNS, may, strict=True) if worth]


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
    if (first, second) == (24, 7) and not found.get("year"):
        return None  # around the clock
    month_first = reader.month_first and found["mark"] == "/"
    orders = [(second, first), (first, second)] if month_first else [(first, second), (second, first)]
    readings = [_dated(day, month, found.get("year"), reader) for day, month in orders if 1 <= month <= 12]
    fitting = [day for day in readings if day and (weekday is None or day.weekday() == weekday)]
    if found["mark"] == "." and not (
        found.get("year") or found.get("dot") or weekday is not None or first > 23
    ):
        return None  # 9.30 is a time
    return fitting[0] if fitting else None


def _day_of_month(day: int, weekday: int | None, reader: Reader) -> date | None:
    """The next such day of a month, with the weekday where one is named."""
    for ahead in range(75):
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
    clocks = find_clocks(text, [(mention.start, mention.end) for mention in mentions], reader)
    found = []
    for index, mention in enumerate(mentions):
        following = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
        before = mentions[index - 1].end if index else 0
        near = [clock for clock in clocks if mention.end <= clock[0] < min(following, mention.end + REACH)]
        near = (
            near
            or [clock for clock in clocks if max(before, mention.start - 40) <= clock[0] < mention.start][-1:]
        )
        if near:
            first = first_of_range(text, clocks, near)
            found.append(
                Mention(
                    mention.day, mention.start, max(mention.end, first[1]), first[2], first[3], mention.sure
                )
            )
        else:
            found.append(mention)
    return found


_SPAN: Final = re.compile(
    r"\b(?:(?P<number>\d{1,2})|(?P<word>[a-z]+))(?: ?\(\d+\))? (?:more )?(?P<business>business |working "
    r"|work |calendar |werktagen?|jours ouvres|dias habiles|dias uteis|giorni lavorativi|werkdagen)? ?"
    r"(?P<unit>days?|weeks?|tagen?|wochen?|jours?|semaines?|dias?|semanas?|giorni|settiman[ae]|dagen"
    r"|weken)?\b"
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
