"""How dates in one mail are read, and the days that it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tracking.mail import Kind, Known, Mail
from tracking.router.classify import Classification
from tracking.router.extract.clocks import Reader
from tracking.router.extract.dates import Mention, find_mentions

SURE: Final = 0.65  # mail hardly about a job binds nobody to a day
ACTING: Final = frozenset(
    {Kind.ACTION_REQUIRED, Kind.OFFER, Kind.ASSESSMENT, Kind.INTERVIEW_INVITATION, Kind.NEXT_ROUND}
)
MEETING: Final = frozenset({Kind.INTERVIEW_INVITATION, Kind.INTERVIEW_UPDATE, Kind.NEXT_ROUND})
_MONTH_FIRST: Final = ("America/",)
_DAY_FIRST: Final = (
    "America/Sao_Paulo",
    "America/Argentina",
    "America/Mexico",
    "America/Bogota",
    "America/Santiago",
    "America/Lima",
)


def reader_for(mail: Mail, known: Known) -> tuple[Reader, tzinfo]:
    """How dates in `mail` are to be read: its day where the user is, and the order of day and month."""
    home = zone_of(known.person.timezone)
    name = known.person.timezone
    month_first = name.startswith(_MONTH_FIRST) and not name.startswith(_DAY_FIRST)
    now = mail.received_at.astimezone(home)
    return Reader(now.date(), month_first, name, now.time()), home


def zone_of(name: str) -> tzinfo:
    """The zone of that name, UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def mentions_of(judged: Classification, subject: str, reader: Reader) -> list[Mention]:
    """Days named in the body; where it names none with a time, those of the subject."""
    if judged.kind not in ACTING | MEETING:
        return []
    text = judged.features.body.text
    clipped = text if len(text) < 20_000 else text[:12_000] + "\n" + text[-8_000:]
    found = find_mentions(clipped, reader)
    if any(mention.clock for mention in found):
        return found
    extra = [
        replace(mention, start=len(text) + mention.start, end=len(text) + mention.end)
        for mention in find_mentions(subject, reader)
    ]
    return found + [mention for mention in extra if mention.clock]
