"""The two dates that matter: by when the person must act, and when an interview takes place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tracking.mail import Kind, Known, Mail
from tracking.router.classify import Classification
from tracking.router.extract.clocks import Reader
from tracking.router.extract.dates import Mention, find_mentions, find_span
from tracking.router.lexicon.text import Sentences

SURE: Final = 0.65  # mail hardly about a job binds nobody to a day
ACTING: Final = 0.4  # least probability of a kind that asks the person to act
_ACTING: Final = frozenset(
    {Kind.ACTION_REQUIRED, Kind.OFFER, Kind.ASSESSMENT, Kind.INTERVIEW_INVITATION, Kind.NEXT_ROUND}
)
_MEETING: Final = frozenset({Kind.INTERVIEW_INVITATION, Kind.INTERVIEW_UPDATE, Kind.NEXT_ROUND})
_TAIL: Final = (
    r"(?:(?:the|den|dem|le|el|il|dia|o|a|this|coming|next|kommenden|proximo|on|am|at|um|of|end|day|and"
    r"|in|\w+day|montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi"
    r"|mercredi|jeudi|vendredi|lunes|martes|miercoles|jueves|viernes|segunda|terca|quarta|quinta|sexta"
    r"|lunedi|martedi|mercoledi|giovedi|venerdi|maandag|dinsdag|woensdag"
    r"|donderdag|vrijdag|piatku|noon|midnight|midday|\(?\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?"
    r"|[(a-z]{2,4}\)|[ecmp][sd]?t|uk time\)?|gmt|uur|uhr|h)[\s,()]+)*"
)
_CUE: Final = re.compile(
    r"(?<!come )(?<!coming )(?<!stop )(?<!drop )(?<!swing )(?<!pop )\b(?P<cue>by|before|no later than"
    r"|not later than|until|till|til|due(?: on| by| date)?|deadline(?: is| of| for \w+)?|expir(?:es?"
    r"|y)(?: date| on| at)?"
    r"|clos(?:es?|ing)(?: on| at| date)?|ends?(?: on| at)?|latest|lapses?(?: on)?|goes away(?: on)?"
    r"|switches off(?: at| on)?|shuts off(?: at| on)?|runs out(?: on)?|last (?:date|day)(?: to \w+)?"
    r"|on or before|prior to"
    r"|valid (?:till|until|through)|through|hold until|cob|eod|close of business|end of (?:business"
    r"|day)|availability"
    r"|bis(?: zum| zu| spatestens| spatestens zum)?|spatestens(?: am| bis| zum| bis zum)?|frist"
    r"|letzter tag|avant(?: le)?|d'ici(?: le| au)?|au plus tard(?: le)?|jusqu'au|pour le|date limite"
    r"|antes de[l]?|hasta(?: el)?|a mas tardar(?: el)?|como muy tarde(?: el)?|plazo|ate(?: o dia| dia"
    r"| a| o)?|prazo|entro(?: il| le| e non oltre il)?|non oltre(?: il)?|scade(?: il)?|scadenza"
    r"|uiterlijk|tot(?: en met)?|voor|do(?: dnia)?|wygasa|senast|innen)"
    r"\b[\s:,(-]*" + _TAIL + "$"
)
_WEAK: Final = frozenset(["before", "voor", "ends", "end", "through", "pour", "until"])
_POLISH: Final = re.compile(r"\b(?:prosze|prosimy|prosi|jest|oraz|nie|sie|pani|panu|wgraj|decyzje)\b")
_AFTER_CUE: Final = re.compile(
    r"^[\s,]*(?:at (?:the )?)?(?:latest|deadline|or (?:earlier|sooner|before)|spatestens|au plus tard"
    r"|a mas tardar|tops)\b"
)
_NOT_MINE: Final = re.compile(
    r"\b(?:we|they|he|she|board|committee|team|panel|i) (?:will|expect|hope|aim|plan|should|would|are"
    r"|intend|have|can|want|am)\b(?! (?:need|ask|require|like|want|love|appreciate|be grateful"
    r"|not (?:have )?hear)\b)[^.]{0,60}$"
    r"|\b(?:hear (?:from|back)|start(?:ing|s)?|joining|begin|(?<!your )decision|decide|answer you|(?:vacancy"
    r"|posting|applications?|position) closes|closing date|in touch|back to you|update you|know more"
    r"|(?:my|our|their|own) deadline|available|free|out of office|away|published|fiscal|meets?)\b[^.]{0,30}$"
)
_REQUEST: Final = re.compile(
    r"\b(?:please|pls|kindly|need|must|should|require|send|return|sign|submit|complete|finish|reply"
    r"|respond|let (?:me|us) know|confirm|accept|answer|upload|provide|book|pick|choose|get (?:it|them"
    r"|this)|back|you have|your|link|test|offer|expires?|deadline|due|could you|would you|can you|may i"
    r"|yours|stands|bitte|ruckmeldung|bescheid|antwort|unterschr\w*|merci|accord|reponse|favor|confirma"
    r"|gustaria|gentil|per favore|laat|laten weten|rond|lever|stuur|graag)\b"
)
_END_WEEK: Final = re.compile(
    r"\b(?:by|before|until|back|know|over|to)\b[^.\n]{0,20}\b(?:(?P<week>end of (?:the |this )?week"
    r"|fin de semaine|ende der woche)|(?P<weekend>(?:this |the )?(?:weekend|wknd))"
    r"|(?P<month>end of (?:the |this )?month))\b"
)
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


def deadline_of(
    judged: Classification, mentions: list[Mention], reader: Reader, home: tzinfo
) -> tuple[datetime | None, str]:
    """By when the person must act, as an instant and in ISO form as stated; (None, "") if it is not said."""
    acting = sum(judged.probabilities.get(kind, 0.0) for kind in _ACTING)
    if judged.kind not in _ACTING or judged.about_job < SURE or acting < ACTING:
        return None, ""
    body = judged.features.body
    unfinished = any(hit.concept == "incomplete" for hit in judged.features.hits)
    found = [
        mention
        for mention in mentions
        if _is_deadline(body, mention) and (unfinished or not _closes_vacancy(body, mention))
    ]
    found += _spans(body, reader)
    if not found:
        found = _loose(body, reader)
    if not found:
        return None, ""
    chosen = min(found, key=lambda mention: (mention.day < reader.today, mention.start))
    if chosen.day < reader.today:
        return None, ""
    moment = chosen.moment(home)
    if moment is not None:
        return moment, moment.isoformat()
    return datetime.combine(chosen.day, time(23, 59), home), chosen.day.isoformat()


_CLOSING: Final = re.compile(
    r"\b(?:(?:vacancy|posting|applications?|position|advert\w*|competition) (?:will )?clos\w+"
    r"|closing date)\b[^.\n]{0,25}$"
)


def _closes_vacancy(body: Sentences, mention: Mention) -> bool:
    """Whether it is the day on which others can no longer apply; it binds who has not applied yet."""
    return bool(_CLOSING.search(body.text[max(0, mention.start - 60) : mention.start]))


def _is_deadline(body: Sentences, mention: Mention) -> bool:
    before = body.text[max(0, mention.start - 70) : mention.start].rpartition("\n\n")[2]
    after = body.text[mention.end : mention.end + 20]
    match = _CUE.search(before)
    if not match and not _AFTER_CUE.match(after):
        return False
    lead = before[: match.start()] if match else before
    sentence = body.sentence(body.index(mention.start))
    if _NOT_MINE.search(lead.rpartition("\n")[2].rpartition(". ")[2]):
        return False
    if match and match["cue"].startswith("do"):
        return bool(_POLISH.search(sentence))
    return not match or match["cue"].split()[0] not in _WEAK or bool(_REQUEST.search(sentence))


_HOURS: Final = re.compile(r"(\d{2,3}) ?(?:hours?|hrs?|stunden|heures|horas|ore|uur)\b")
_WITHIN: Final = re.compile(
    r"\b(?:within(?: the next)?|you have(?: got)?|works for|good for|expires|lapses in|in the next"
    r"|over the next|valid for|expires? in|active for|open for|innerhalb von|binnen|sous|dans les"
    r"|en un plazo de|en los proximos|no prazo de|nos proximos|entro) "
)


def _spans(body: Sentences, reader: Reader) -> list[Mention]:
    found = []
    for match in _WITHIN.finditer(body.text):
        span = find_span(body.text, match.end(), reader)
        sentence = body.sentence(body.index(match.start()))
        hours = _HOURS.match(body.text, match.end())
        if hours and int(hours.group(1)) >= 24 and _REQUEST.search(sentence):
            ends = datetime.combine(reader.today, reader.clock) + timedelta(hours=int(hours.group(1)))
            found.append(Mention(ends.date(), match.start(), hours.end(), ends.time().replace(second=0)))
        if (
            span
            and _REQUEST.search(sentence)
            and not re.search(
                r"\b(?:we|our|they|usually|normally|typically|(?:gets?|comes?|writes?|calls?) back)\b[^.]*$",
                body.text[max(0, match.start() - 50) : match.start()],
            )
        ):
            found.append(Mention(span[0], match.start(), span[1]))
    return found


def _loose(body: Sentences, reader: Reader) -> list[Mention]:
    """Ends of a week, a weekend or a month."""
    found = []
    for match in _END_WEEK.finditer(body.text):
        if match["month"]:
            following = (reader.today.replace(day=28) + timedelta(days=4)).replace(day=1)
            day = following - timedelta(days=1)
        else:
            last = 6 if match["weekend"] and "before" not in match.group() else 4
            day = reader.today + timedelta(days=(last - reader.today.weekday()) % 7)
        if _REQUEST.search(body.sentence(body.index(match.start()))):
            found.append(Mention(day, match.start(), match.end()))
    return found


def interview_of(
    mail: Mail, judged: Classification, mentions: list[Mention], deadline: datetime | None, home: tzinfo
) -> datetime | None:
    """When the interview takes place, where the mail fixes one time; None for options or none."""
    for invite in mail.invites[:1]:
        if invite.starts_at and judged.kind in _MEETING:
            return None if invite.method == "CANCEL" else invite.starts_at
    if judged.kind not in _MEETING:
        return None
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
    r"\b(?:after|before|past|between|from|ab|nach|vor|zwischen|entre|apres|despues de|a partir de"
    r"|depois das|dopo|na|tussen|around|about|any ?time)\s*(?:the )?$"
)


def _is_past(text: str, mention: Mention) -> bool:
    """Whether it is the old time of a meeting that was moved."""
    return bool(_OLD.search(text[max(0, mention.start - 30) : mention.start]))


def _is_open(text: str, timed: list[Mention], mentions: list[Mention]) -> bool:
    """Whether the one time is one of several ("Tuesday or Wednesday at 2", "any time after 4")."""
    for mention in timed:
        for other in mentions:
            low, high = sorted((mention, other), key=lambda item: item.start)
            between = text[low.end : high.start]
            if (
                other.day != mention.day
                and len(between) < 40
                and re.search(r"\b(?:or|oder|ou|lub|of|and|und)\b|/", between)
            ):
                return True
        if re.match(
            r"[^.\n]{0,14}\b(?:or|oder|ou|lub)\b(?! (?:so|later|before|via|by|call|email|text|reply|if))",
            text[mention.end : mention.end + 30],
        ):
            return True
        clock = _CLOCK_IN.search(text, mention.start, mention.end)
        if (
            clock
            and _VAGUE.search(text[max(0, clock.start() - 16) : clock.start()])
            and "noon" not in clock.group()
        ):
            return True
        if clock and re.search(
            r"\b(?:before|between|after)\s*$", text[max(0, clock.start() - 12) : clock.start()]
        ):
            return True
    return False


_CLOCK_IN: Final = re.compile(r"\b(?:\d{1,2}(?:[:.h]\d\d)? ?(?:[ap]\.?m|uhr|uur|h)?|noon)\b(?=[^\d]*$)")


def mentions_of(judged: Classification, subject: str, reader: Reader) -> list[Mention]:
    """Days named in the body; where it names none with a time, those of the subject."""
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


__all__ = ["date", "deadline_of", "interview_of", "mentions_of", "reader_for"]
