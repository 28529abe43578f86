"""Turns of phrase that a job title stands in, and what a title looks like."""

from __future__ import annotations

import re
from typing import Final

from tracking.router.extract.company_phrases import Turn
from tracking.router.extract.words import NOT_NAMES, plain_word
from tracking.router.lexicon.jobs import names_work
from tracking.router.lexicon.literals import needed_literals

MAX_WORDS: Final = 9


_WORDS: Final = r"(?P<title>[^\n.;:!?|\"“”<>]{3,110}?)"


_ENDS: Final = (
    r"(?=\s*(?:$|\n|[.;:!?|\"“”<>]|,(?! [A-Z][\w&/ ]{2,30}[,.\n]| ?\w{1,4}\b)|\s[-–—·]\s"
    r"|\b(?i:at|with|in our|on our|within|from|and (?:we|are|will|your|have|has|for|that|is"
    r"|the)|is|are|has|have|was|were|will|would|here|team|which|that|who|where|because|but"
    r"|so|if|as you|bei|chez|presso|bij|auf|hat|ist|sowie|a été|est|ha sido|foi|esta|este|e|è)\b))"
)


PATTERNS: Final = tuple(
    Turn(weight, re.compile(source), needed_literals(source))
    for weight, source in (
        (4.0, rf"(?i:\bapplication\s*[:–-]\s*){_WORDS}$"),
        (
            4.0,
            rf"(?i:\b(?:position|role|post|job|vacancy|opening|title|position title|job title|poste"
            rf"|puesto|vaga|cargo|posizione|ruolo|functie|vacature|stelle|stanowisko|competition"
            rf"|process|exam)\s*:\s*){_WORDS}(?=\s*(?:$|\n|[|;]|\.(?:\s|$)|\s[-–—·]\s))",
        ),
        (
            4.0,
            rf"(?i:\b(?:position|role|post|job|title|vacancy|opening) (?:of|as|titled|for)(?: an?| the"
            rf"| our)?) {_WORDS}{_ENDS}",
        ),
        (
            4.0,
            rf"(?i:\b(?:for|to|in|about|regarding|on|into|of|as|the) (?:the|our|this|an?"
            rf"|open)) {_WORDS}(?=[ ,]*(?i:\b(?:position|role|post|job|vacancy|opening|opportunity|team"
            rf"|search|spot|seat|slot|req|requisition|internship|programme|program|placement|class"
            rf"|shift|interview|application|candidacy|contract|posting|competition|reqs|gig|scheme)s?\b))",
        ),
        (
            3.5,
            rf"(?i:\b(?:appl(?:y|ying|ied)|application|candidacy|candidature|considered|consideration"
            rf"|interview(?:ed|ing)?|interest|hired?|offer(?:ed)?|bewerbung|beworben|postul\w+"
            rf"|candidatura|candidatou|sollicitatie|aplikacj\w+|selected|shortlisted|screening|test"
            rf"|assessment|process|join us|join the team|joining us|on board|employ\w+|employment"
            rf"|appoint\w*|engage you|welcome you|start)) (?i:for|as|to|in|als|zur?|zum|au poste de"
            rf"|pour(?: le poste de)?|como|come|comme|para(?: el puesto de| la vaga de| a vaga de)?"
            rf"|per(?: la posizione di| il ruolo di)?|voor(?: de functie(?: van)?)?|na stanowisko|till"
            rf"|som)(?: (?i:an?|the|our|next|der|die|das|eine?n?|un|una|le|la|de|een|o|os))* {_WORDS}{_ENDS}",
        ),
        (
            3.0,
            rf"(?i:\b(?:re|ref|betreff|betr|objet|asunto|oggetto|regarding|concerning"
            rf"|reference))\s*:?\s+{_WORDS}(?=\s*(?:$|\n|[|;:]|\s[-–—·]\s|\())",
        ),
        (
            2.5,
            rf"(?i:\b(?:as|als|como|come|comme|for|jako|som)(?: an?| our| the| ein\w*| una?"
            rf"| de)?) {_WORDS}{_ENDS}",
        ),
        (
            3.0,
            rf"(?i:\b(?:au poste de|poste de|puesto de|vaga de|posizione di|ruolo di|functie(?: van)?"
            rf"|stelle als|position als|pozycj[eę]|stanowisk[oa]|qualité de|emploi de)) {_WORDS}{_ENDS}",
        ),
    )
)


STAFF: Final = frozenset(["recruiter", "recruiting", "talent", "hiring", "sourcer", "hr"])


_GENERIC: Final = frozenset(
    [
        "same",
        "above",
        "following",
        "other",
        "this",
        "that",
        "open",
        "new",
        "next",
        "right",
        "ideal",
        "role",
        "position",
        "job",
        "post",
        "team",
        "company",
        "current",
        "perfect",
        "first",
        "best",
        "next-round",
        "your",
        "our",
        "my",
        "the",
        "candidate",
        "application",
        "interview",
        "software",
    ]
)


CODE: Final = re.compile(
    r"^(?:(?:JR|REQ|R|Job|Ref|Req|ID|Competition)?[-_ #.]*(?:[A-Z]{0,3}\d[\w/-]*)[\s:,–-]+)+(?=[A-Za-z])"
)


_WANTED: Final = re.compile(
    r"[\s,]+(?i:wanted|needed|required|gesucht|interviews?|roles?|recherchée?s?|gezocht)\b.*$"
)
POSSESSED: Final = re.compile(r"^(?i:(?:to|mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow)['’]s\s+")


def trimmed(text: str) -> str:
    """A captured piece cut down to what can be a title; "" where nothing is left."""
    text = re.split(
        r"\s(?:at|with|bei|chez|presso|bij|w|i|för|hos)\s(?=[A-ZÀ-Ý])|\s+[-–—·|]\s+|\s@\s",
        text.strip(" ,-–—*()'’"),
    )[0]
    text = re.split(
        r"\b(?:about|for|as|of|to be|be) (?:the|our|an?|your)\s|\b(?:position|role|post|function"
        r"|job) (?:of|as)\s",
        text,
    )[-1]
    text = CODE.sub("", text)
    text = re.sub(
        r"^(?i:(?:the|an?|our|your|this|open|new|above|vacant|advertised|der|die|das|den|eine?n?|le|la"
        r"|les|un|una|une|el|o|os|a|het|een|de|il|lo)\s+)+",
        "",
        text,
    )
    text = re.sub(
        r"\s+(?i:position|role|post|job|vacancy|opening|opportunity|req|requisition)s?$",
        "",
        text.strip(" ,-–—*'’"),
    )
    text = _WANTED.sub("", POSSESSED.sub("", text))
    words = text.split()
    if not words or len(words) > MAX_WORDS or plain_word(words[0]) in _GENERIC:
        return ""
    return text.strip(" ,")


def likeness(title: str) -> float:
    """How far a piece of text looks like a title (0..1)."""
    words = [plain_word(word.strip("(),/&")) for word in title.split()]
    heads = sum(map(names_work, words))
    capitals = sum(word[:1].isupper() for word in title.split())
    if not heads and len(words) == 1 and title.isupper() and 2 <= len(title) <= 5:
        return 0.6
    if not heads:
        return 0.45 if capitals == len(words) and 2 <= len(words) <= 5 else 0.1
    if words[0] in NOT_NAMES or (
        len(words) == 1
        and not title[:1].isupper()
        and words[0]
        in {
            "lead",
            "head",
            "staff",
            "associate",
            "assistant",
            "social",
            "worker",
            "host",
            "guard",
            "manager",
            "partner",
            "fellow",
            "principal",
        }
    ):
        return 0.3
    staff = set(words) & STAFF
    return (0.3 if staff else 1.0) if capitals or len(words) <= 5 else 0.6
