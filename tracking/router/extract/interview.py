"""When an interview takes place."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

from tracking.mail import Kind, Mail
from tracking.router.classify import Classification
from tracking.router.extract.dates import Mention
from tracking.router.extract.when import MEETING, SURE


def interview_of(
    mail: Mail, judged: Classification, mentions: list[Mention], deadline: datetime | None, home: tzinfo
) -> datetime | None:
    """When the interview takes place, where the mail fixes one time; None for options or none."""
    if judged.kind not in MEETING or judged.about_job < SURE:
        return None
    for invite in mail.invites[:1]:
        if invite.starts_at:
            return None if invite.method == "CANCEL" else invite.starts_at
    text = judged.features.body.text
    cancelled = {
        hit.sentence
        for hit in judged.features.hits
        if hit.concept == "cancel_interview" and not hit.conditional
    }
    timed = [
        mention
        for mention in mentions
        if mention.clock
        and not _is_past(text, mention)
        and judged.features.body.index(mention.start) not in cancelled
    ]
    moments = dict.fromkeys(
        moment for mention in timed if (moment := mention.moment(home)) and moment != deadline
    )
    future = [moment for moment in moments if moment > mail.received_at - timedelta(hours=12)]
    if judged.kind is Kind.INTERVIEW_UPDATE:
        return future[0] if future else None
    if len(future) != 1 or _is_open(text, timed, mentions):
        return None
    return future[0]


_OLD: Final = re.compile(
    r"\b(?:instead of|rather than|not|was|originally|previously|moved from|from|no longer|statt"
    r"|au lieu d[eu]|en lugar de|em vez de|invece d[ei]l?|in plaats van|era"
    r"|can not (?:do|make)|annuler|cancel\w*)\b[^.\n]{0,25}$"
)
_VAGUE: Final = re.compile(
    r"\b(?:after|before|past|between|nach|vor|zwischen|entre|apres|despues de"
    r"|depois das|dopo|na|tussen|around|about|any ?time(?: from)?|(?:free|available|open) from)\s*(?:the )?$"
)
_BOUND: Final = re.compile(
    r"\b(?:by|until|till|til|no later than|not later than|deadline|latest|bis|hasta|ate|entro|avant"
    r"|uiterlijk)[\s:,]*(?:the |on |zum |el |le |il |dia )?$"
)


def _is_past(text: str, mention: Mention) -> bool:
    """Whether it is the old time of a meeting that was moved, or bounds something else."""
    before = text[max(0, mention.start - 30) : mention.start]
    inside = text[mention.start : mention.end]
    clock = _CLOCK_IN.search(inside)
    refused = clock is not None and _REFUSED.search(inside[: clock.start()])
    return bool(_OLD.search(before) or _BOUND.search(before) or refused)


_REFUSED: Final = re.compile(r"\b(?:can not|will not|not able|unable|no longer)\b[^.\n]{0,15}$")
_OR: Final = r"(?:,|/|&|or|and|oder|und|ou|et|o|y|e|of|en|lub|i)"
_LISTED_BEFORE: Final = re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s*{_OR}\s*(?:the |den |le |el |il )?$")
_LISTED_AFTER: Final = re.compile(
    rf"\s*{_OR}\s*(?:at |um |a |as |a las )?\d{{1,2}}(?:[:.h]\d\d|(?:[:.h]\d\d)? ?(?:[ap]\.?m|uhr|uur|h)\b)"
)


def _is_open(text: str, timed: list[Mention], mentions: list[Mention]) -> bool:
    """Whether the one time is one of several ("Tuesday or Wednesday at 2", "any time after 4")."""
    return any(
        _has_rival_day(text, mention, mentions) or _is_listed(text, mention) or _is_vague(text, mention)
        for mention in timed
    )


def _has_rival_day(text: str, mention: Mention, mentions: list[Mention]) -> bool:
    for other in mentions:
        low, high = sorted((mention, other), key=lambda item: item.start)
        between = text[low.end : high.start]
        if (
            other.day != mention.day
            and len(between) < 40
            and re.search(r"\b(?:or|oder|ou|lub|of|and|und)\b|/", between)
        ):
            return True
    return False


def _is_listed(text: str, mention: Mention) -> bool:
    """Whether other times or days of the month stand beside it ("9.30, 11.15 or 2", "22 or 23 May")."""
    before, after = text[max(0, mention.start - 20) : mention.start], text[mention.end : mention.end + 30]
    others = r"[^.\n]{0,14}\b(?:or|oder|ou|lub)\b(?! (?:so|later|before|via|by|call|email|text|reply|if))"
    return bool(re.match(others, after) or _LISTED_AFTER.match(after) or _LISTED_BEFORE.search(before))


def _is_vague(text: str, mention: Mention) -> bool:
    clock = _CLOCK_IN.search(text, mention.start, mention.end)
    if not clock or "noon" in clock.group():
        return bool(clock and re.search(r"\b(?:before|between|after)\s*$", text[: clock.start()][-12:]))
    return bool(_VAGUE.search(text[max(0, clock.start() - 16) : clock.start()]))


_CLOCK_IN: Final = re.compile(r"\b(?:\d{1,2}(?:[:.h]\d\d)? ?(?:[ap]\.?m|uhr|uur|h)?|noon)\b(?=[^\d]*$)")
