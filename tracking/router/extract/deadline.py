"""By when the person must act."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from tracking.mail import Kind
from tracking.router import sayings
from tracking.router.classify import Classification
from tracking.router.extract.clocks import Reader
from tracking.router.extract.dates import Mention, find_span
from tracking.router.extract.when import ACTING, SURE
from tracking.router.lexicon.text import Sentences

ASKED: Final = 0.5  # how surely a sentence asks for something
LIKELY: Final = 0.4  # least probability of the kinds that ask the person to act
_TAIL: Final = (
    r"(?:(?:the|den|dem|le|el|il|dia|o|a|this|coming|next|kommenden|proximo|on|am|at|um|of|end|day|and"
    r"|in|\w+day|montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi"
    r"|mercredi|jeudi|vendredi|lunes|martes|miercoles|jueves|viernes|segunda|terca|quarta|quinta|sexta"
    r"|lunedi|martedi|mercoledi|giovedi|venerdi|maandag|dinsdag|woensdag"
    r"|donderdag|vrijdag|piatku|noon|midnight|midday|\(?\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?"
    r"|\(?[a-z]{2,9}(?: time)?\)|[ecmp][sd]?t|[bi]st|cest|utc|\w+ time\)?|eastern|central|mountain"
    r"|pacific|gmt|uur|uhr|h|noon|lunch(?:time)?|morning|afternoon|evening|night|mittag|abend|soir|midi"
    r"|mediodia)[\s,()]+)*"
)
_CUE: Final = re.compile(
    r"(?<!come )(?<!coming )(?<!stop )(?<!drop )(?<!swing )(?<!pop )\b(?P<cue>by|before|no later than"
    r"|not later than|until|till|til|due(?: on| by| date)?|deadline(?: is| of| for \w+)?|expir(?:es?"
    r"|y)(?: date| on| at)?"
    r"|clos(?:es?|ing)(?: on| at| date)?(?: in \w+ (?:days?|hours?|weeks?):?)?"
    r"|ends?(?: on| at)?|latest|lapses?(?: on)?|goes away(?: on)?"
    r"|switches off(?: at| on)?|shuts?(?: off| down)?(?: at| on)?|runs? out(?: on)?|stops?(?: on| at| working"
    r"(?: on)?)?|retires?(?: on)?|disappears?(?: on)?|vanish(?:es)?(?: on)?|good (?:until|till|through)"
    r"|any time before|ahead of|on or before|last (?:date|day)(?: to \w+)?"
    r"|(?:deleted|removed|locked|cancelled)(?: \w+)? on|up to|within|ultimately(?: on| by)?"
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
# Cues that may as well bound what others do, so that they need a request beside them.
_WEAK: Final = frozenset(["before", "voor", "ends", "end", "through", "pour", "until", "within", "up"])
_OPEN_UNTIL: Final = frozenset({"until", "through"})
# Cues that say themselves what ends, so that words before them cannot take it back.
_SAYS_WHAT_ENDS: Final = (
    "expir", "clos", "retires", "disappears", "vanish", "stops", "deadline", "lapse", "goes away", "switches",
    "shut", "runs out", "deleted", "removed", "locked", "cancelled", "frist", "date limite", "plazo", "prazo",
    "scade", "wygasa",
)  # fmt: skip
_POLISH: Final = re.compile(r"\b(?:prosze|prosimy|prosi|jest|oraz|nie|sie|pani|panu|wgraj|decyzje)\b")
_AFTER_CUE: Final = re.compile(
    r"^[\s,]*(?:(?:noon|evening|night|morning|soir|midi|matin|abend|mittag|noche|tarde|sera"
    r"|avond) )?(?:at (?:the )?)?(?:latest|deadline|or (?:earlier|sooner|before)|spatestens|au plus tard"
    r"|a mas tardar|tops)\b"
)
_OTHERS_ACT: Final = re.compile(
    r"(?<!may )(?<!can )(?<!could )(?<!if )(?<!once )\b(?:we|they|he|she|board|committee|team|panel|i) "
    r"(?:will|expect|hope|aim|plan|should|would|are|intend|have|can|want|am)\b"
    r"(?! (?:need|ask|require|like|want|love|appreciate|be grateful|not (?:have )?hear|you|that you"
    r"|for your|to hear from you)\b)[^.]{0,60}$"
)
_NOT_MINE: Final = re.compile(
    r"\b(?:hear (?:from|back)|start(?:ing|s)?(?! (?:the|your|now|here|when))|joining|begin"
    r"|(?<!your )decision|decide|answer you|(?:vacancy"
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


def deadline_of(
    judged: Classification, mentions: list[Mention], reader: Reader, home: tzinfo
) -> tuple[datetime | None, str]:
    """By when the person must act, as an instant and in ISO form as stated; (None, "") if it is not said."""
    acting = sum(judged.probabilities.get(kind, 0.0) for kind in ACTING)
    if judged.kind not in ACTING or judged.about_job < SURE or acting < LIKELY:
        return None, ""
    body = judged.features.body
    unfinished = any(hit.concept == "incomplete" for hit in judged.features.hits)
    testing = judged.kind is Kind.ASSESSMENT
    bounded = _WEAK if testing else _OPEN_UNTIL if judged.kind is Kind.OFFER else frozenset()
    found = [
        mention
        for mention in mentions
        if _is_deadline(body, mention, bounded) and (unfinished or not _closes_vacancy(body, mention))
    ]
    found += [*_spans(judged, reader), *_counted(body, reader)]
    found += _ends_of_windows(body, mentions) if testing else []
    if not found:
        found = _loose(judged, reader) or _asked_for(judged, mentions)
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


def _is_deadline(body: Sentences, mention: Mention, bounded: frozenset[str]) -> bool:
    """Whether it is a day by which the person must act; cues of `bounded` need no request beside them."""
    before = body.text[max(0, mention.start - 70) : mention.start].rpartition("\n\n")[2]
    after = body.text[mention.end : mention.end + 20]
    match = _CUE.search(before)
    if not match:
        return bool(_AFTER_CUE.match(after)) and not _is_of_others(before, "")
    cue = match["cue"]
    sentence = body.sentence(body.index(mention.start))
    if _is_of_others(before[: match.start()], cue):
        return False
    if cue.startswith("do"):
        return bool(_POLISH.search(sentence))
    first = cue.split()[0]
    return first not in _WEAK or first in bounded or bool(_REQUEST.search(sentence))


def _is_of_others(before: str, cue: str) -> bool:
    """Whether the words before a cue say that others act by then, or what else happens then."""
    lead = before.rpartition("\n")[2].rpartition(". ")[2]
    if _OTHERS_ACT.search(lead):
        return True
    return not cue.startswith(_SAYS_WHAT_ENDS) and bool(_NOT_MINE.search(lead))


_TO: Final = re.compile(
    r"\s*(?:to|through|thru|until|till|-|bis(?: zum)?|al|au|ate|tot|t/m)\s*(?:the |el |le )?"
)
_WINDOW: Final = re.compile(
    r"\b(?:window|open|opens|available|between|from|runs|\w*fenster|plazo)\b[^.]{0,30}$"
)


def _ends_of_windows(body: Sentences, mentions: list[Mention]) -> list[Mention]:
    """The last days of "the window runs from Monday to Sunday"."""
    return [
        last
        for first, last in pairwise(mentions)
        if _TO.fullmatch(body.text, first.end, last.start)
        and _WINDOW.search(body.text[max(0, first.start - 60) : first.start])
    ]


_HOURS: Final = re.compile(r"(\d{2,3}) ?(?:hours?|hrs?|h|stunden|heures|horas|ore|uur)\b")
_WITHIN: Final = re.compile(
    r"\b(?:within(?: the next)?|no later than|you have(?: got)?|works for|good for|expires|lapses in"
    r"|in the next|over the next|valid for|expires? in|active for|open for|innerhalb von|binnen|sous|dans les"
    r"|en un plazo de|en los proximos|no prazo de|nos proximos|entro|dispone de|tienes|tiene usted|vous avez"
    r"|tem|hai|(?:u|je) (?:hebt|heeft)|sie haben|keeps for|stays? (?:open|live|valid|active) for|lives for"
    r"|lapses? (?:in|after)|closes? (?:in|after)|expires? after|works? for|time limit of) "
)
# "ten days after receipt", "a week from today": what the days are counted from says that they are a limit
_COUNTED: Final = re.compile(
    r"\b(?:(?P<span>(?:\d{1,2}|[a-z]+)(?: \(\d+\))? (?:(?:more|working|business|calendar) )?"
    r"(?:days?|weeks?))|(?P<fortnight>(?:a )?fortnight)) (?:(?:counting )?from (?:today|now|receipt"
    r"|receiving|this|the date|when)"
    r"|after (?:receipt|receiving|you (?:get|receive)|this|getting)"
    r"|of (?:receipt|receiving|this (?:e-?mail|mail|message|letter|note)|getting)"
    r"|(?:left )?to (?:accept|answer|apply|complete|decide|do|finish|hand|reply|respond|return|send|sign"
    r"|submit))\b"
)
_ONE: Final = re.compile(r"^an?\b")


def _spans(judged: Classification, reader: Reader) -> list[Mention]:
    body = judged.features.body
    found = []
    for match in _WITHIN.finditer(body.text):
        span = find_span(body.text, match.end(), reader)
        sentence = body.sentence(body.index(match.start()))
        hours = _HOURS.match(body.text, match.end())
        if hours and int(hours.group(1)) >= 24 and _is_asked(judged, sentence):
            ends = datetime.combine(reader.today, reader.clock) + timedelta(hours=int(hours.group(1)))
            found.append(Mention(ends.date(), match.start(), hours.end(), ends.time().replace(second=0)))
        if (
            span
            and _is_asked(judged, sentence)
            and not re.search(
                r"\b(?:we|our|they|usually|normally|typically|(?:gets?|comes?|writes?|calls?) back)\b[^.]*$",
                body.text[max(0, match.start() - 50) : match.start()],
            )
        ):
            found.append(Mention(span[0], match.start(), span[1]))
    return found


def _counted(body: Sentences, reader: Reader) -> list[Mention]:
    """Limits counted from the mail's own day."""
    found = []
    for match in _COUNTED.finditer(body.text):
        span = find_span(_ONE.sub("1", match["span"] or "2 weeks"), 0, reader)
        if span and not _is_of_others(body.text[max(0, match.start() - 50) : match.start()], "within"):
            found.append(Mention(span[0], match.start(), match.end()))
    return found


# What is to be done by the reader of mail of these kinds has its day, where the mail names one at all.
_HAVE_DAYS: Final = frozenset({Kind.ACTION_REQUIRED, Kind.ASSESSMENT})
_STARTS: Final = re.compile(
    r"\b(?:start\w*|join\w*|begin\w*|commenc\w*|since|from|after|of|dated|sent|met|spoke|on your|interview\w*"
    r"|onboarding|first day|induction|opens?|opened|posted|received|applied|meets?|meeting|sits|decides?"
    r"|effective|beginn?t?|eintritt|ab dem|ab|seit|vom|nach|a partir|des le|depuis|desde|tras|dal|dopo|vanaf"
    r"|sinds|na)\b[^.\n]{0,30}$"
)


def _asked_for(judged: Classification, mentions: list[Mention]) -> list[Mention]:
    """Days in sentences that ask for something, without a word that says that they are a limit."""
    body = judged.features.body
    if judged.kind not in _HAVE_DAYS:
        return []
    found = []
    for mention in mentions:
        if mention.start >= len(body.text):
            continue
        index = body.index(mention.start)
        start = body.span(index)[0]
        before = body.text[start : mention.start]
        if _STARTS.search(before) or _is_of_others(before, ""):
            continue
        if _is_asked(judged, body.sentence(index)):
            found.append(mention)
    return found


def _is_asked(judged: Classification, sentence: str) -> bool:
    """Whether a sentence of a mail that has days wants something of its reader."""
    if _REQUEST.search(sentence):
        return True
    if judged.kind not in _HAVE_DAYS:
        return False
    model = sayings.load()
    said = dict(zip(model.names, model.shares(sentence), strict=True))
    return sum(said[name] for name in ("asks", "tests", "offers")) >= ASKED


def _loose(judged: Classification, reader: Reader) -> list[Mention]:
    """Ends of a week, a weekend or a month."""
    body = judged.features.body
    found = []
    for match in _END_WEEK.finditer(body.text):
        if match["month"]:
            following = (reader.today.replace(day=28) + timedelta(days=4)).replace(day=1)
            day = following - timedelta(days=1)
        else:
            last = 6 if match["weekend"] and "before" not in match.group() else 4
            day = reader.today + timedelta(days=(last - reader.today.weekday()) % 7)
        if _is_asked(judged, body.sentence(body.index(match.start()))):
            found.append(Mention(day, match.start(), match.end()))
    return found
