"""What the cells of somebody else's spreadsheet mean: columns, statuses, dates, links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from applications.csvfile import HEADINGS
from applications.status import CHOICES, Status

# What others call our columns, with the words that may stand anywhere in a heading last.
_NAMES: dict[str, tuple[str, ...]] = {
    "company": ("company", "company name", "employer", "organisation", "organization", "firm", "firma"),
    "title": ("job title", "title", "position", "role", "job", "job role", "job name", "stelle", "poste"),
    "status": ("status", "stage", "state", "application status", "phase"),
    "applied_on": ("applied on", "date applied", "applied", "application date", "applied date", "date"),
    "location": ("location", "city", "town", "place", "office", "ort", "lieu"),
    "url": ("link to the job", "link", "url", "job url", "job link", "posting", "website", "job posting"),
    "requisition": ("requisition number", "requisition", "req id", "requisition id", "job id", "reference"),
    "notes": ("notes", "note", "comments", "comment", "remarks", "notizen"),
    "archived": ("archived",),
}
_STATUS_WORDS: dict[Status, tuple[str, ...]] = {
    Status.SAVED: ("saved", "wishlist", "bookmarked", "to apply", "interested", "not applied", "planned"),
    Status.APPLIED: (
        "applied",
        "submitted",
        "sent",
        "pending",
        "no response",
        "ghosted",
        "in review",
        "open",
    ),
    Status.INTERVIEWING: (
        "interviewing",
        "interview",
        "phone screen",
        "screening",
        "screen",
        "recruiter call",
    ),
    Status.TECHNICAL_ROUND: (
        "technical round",
        "technical",
        "assessment",
        "take home",
        "onsite",
        "final round",
    ),
    Status.OFFER_EXTENDED: ("offer extended", "offer", "offered", "offer received"),
    Status.ACCEPTED: ("accepted", "hired", "offer accepted", "signed"),
    Status.REJECTED: ("rejected", "declined", "rejection", "closed", "unsuccessful", "not selected"),
    Status.WITHDRAWN: ("withdrawn", "withdrew", "cancelled", "canceled", "offer declined"),
}
# Beginnings of words that decide where nothing above fits as a whole; the first line that has one wins.
_STATUS_HINTS: tuple[tuple[Status, tuple[str, ...]], ...] = (
    (Status.WITHDRAWN, ("withdr", "zurückgezogen", "retir", "cancel")),
    (
        Status.REJECTED,
        ("reject", "declin", "denied", "abgelehnt", "absage", "refus", "rechaz", "rifiut", "afgew"),
    ),
    (Status.ACCEPTED, ("accept", "hired", "signed", "angenommen", "embauch", "contrat")),
    (Status.OFFER_EXTENDED, ("offer", "angebot", "offre", "oferta", "aanbod", "proposta")),
    (
        Status.TECHNICAL_ROUND,
        ("techn", "assess", "coding", "onsite", "final", "challenge", "hackerrank", "test"),
    ),
    (
        Status.INTERVIEWING,
        (
            "interview",
            "screen",
            "phone",
            "call",
            "recruiter",
            "gespräch",
            "entretien",
            "entrevista",
            "colloquio",
        ),
    ),
    (Status.SAVED, ("wish", "bookmark", "saved", "interest", "draft", "planned", "gemerkt")),
    (
        Status.APPLIED,
        (
            "applied",
            "submit",
            "sent",
            "pending",
            "waiting",
            "review",
            "beworben",
            "postul",
            "enviad",
            "inviat",
        ),
    ),
)
_AGAINST = frozenset({"no", "not", "never", "nicht", "kein", "keine", "pas", "non", "sin", "geen"})
_YES = frozenset({"yes", "y", "true", "1", "x", "archived"})
_NUMBERS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y")
_NAMED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y")
_DAY_FIRST, _MONTH_FIRST = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"), ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y")
_SLASHED = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}")


def guess_columns(header: Iterable[str]) -> list[str]:
    """For each heading the field it stands for, "" where none does; no field twice."""
    keys = [_key(each) for each in header]
    guessed = [""] * len(keys)
    for name, words in _NAMES.items():
        for word in words:
            if name not in guessed and word in keys and not guessed[keys.index(word)]:
                guessed[keys.index(word)] = name
    return guessed


def guess_status(value: str) -> str:
    """The status that `value` means in other people's words; "" where it is none of them."""
    key = _key(value)
    if key in {label.casefold() for _, label in CHOICES} | set(Status):
        return key.replace(" ", "_")
    whole = next((str(status) for status, words in _STATUS_WORDS.items() if key in words), "")
    return whole or _hinted_status(key.split())


def guess_day_first(values: Iterable[str]) -> bool:
    """Whether dates such as 03/04/2026 begin with the day; the month, if none of them tells."""
    return any(int(found[1]) > 12 for value in values if (found := _SLASHED.match(value.strip())))


def is_ambiguous(values: Iterable[str]) -> bool:
    """Whether there are dates such as 03/04/2026 among `values`."""
    return any(_SLASHED.match(value.strip()) for value in values)


def day_of(value: str, day_first: bool) -> date | None:
    """The day that `value` names, without a time that may follow; None where it names none."""
    text = re.sub(r"[T ]\d{1,2}:\d{2}.*$", "", value.strip())
    text = re.sub(r"^[A-Za-z]{3,9}, +(?=\d)|(?<=\d)(?:st|nd|rd|th)\b|,", "", text)
    for form in (*_NUMBERS, *_NAMED, *(_DAY_FIRST if day_first else _MONTH_FIRST)):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day, not an instant)
        except ValueError:
            continue
    return None


def is_yes(value: str) -> bool:
    return _key(value) in _YES


def _hinted_status(words: list[str]) -> str:
    """The status that one of `words` hints at; "" where none does, or where something is negated."""
    if _AGAINST & set(words):
        return ""
    hinted = [status for status, starts in _STATUS_HINTS if any(word.startswith(starts) for word in words)]
    # Whose offer was declined, and by whom, only the owner knows.
    if {Status.OFFER_EXTENDED, Status.REJECTED} <= set(hinted):
        return ""
    return str(hinted[0]) if hinted else ""


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))


assert set(_NAMES) == set(HEADINGS)
