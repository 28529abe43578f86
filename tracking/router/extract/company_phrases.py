"""Turns of phrase that a company's name stands in, in several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracking.router.extract.words import NOT_NAMES, plain_word
from tracking.router.lexicon.jobs import names_work
from tracking.router.lexicon.literals import needed_literals

_WORD: Final = r"(?:[A-ZÀ-ÖØ-ÝŁŚŻ0-9][\w&'’.+-]*)"


LINK: Final = (
    r"(?:of|de|der|des|du|del|della|di|da|do|la|le|el|and|und|et|y|e|the|for|für|von|van|den|het|&|\+)"
)


_NAME: Final = (
    rf"(?P<name>{_WORD}(?:[ \u00a0]+(?:{_WORD}|&|{LINK}(?=[ \u00a0]+(?:{_WORD}"
    rf"|{LINK}[ \u00a0]+{_WORD})))){{0,6}})"
)


_LEADS: Final = (
    (
        4.0,
        r"(?i:(?:^|\n)[ \t]*(?:hiring |client )?(?:employer|company|organi[sz]ation|department|client"
        r"|arbeitgeber|unternehmen|entreprise|employeur|empresa|empregador|azienda|werkgever|firma)\s*:\s*)",
    ),
    (
        3.5,
        r"(?i:\bappl(?:y|ying|ied|ication|ications)(?: \w+){0,2}? (?:to|with|at)(?: the| our friends at)?) ",
    ),
    (
        3.0,
        r"(?i:\b(?:interest|interested) in (?:a career (?:at|with) |joining |working (?:at|for|with) "
        r"|the \w+ (?:team|role|position) (?:at|with) )?)(?i:the )?",
    ),
    (
        3.0,
        r"(?i:\b(?:interview|conversation|call|chat|offer|discussion|meeting|employment|candidacy"
        r"|application|career|careers|position|role|job|opportunity|opening|vacancy|team|internship"
        r"|life|invitation|invited|shared|forwarded|submitted|place) (?:with|at|from|by|to|for|@)"
        r"|working (?:at|for|with)|work (?:at|for|with)) (?i:the )?",
    ),
    (
        3.0,
        r"(?i:\b(?:here at|all of us at|everyone at|everybody at|on behalf of|greetings from|welcome to"
        r"|hello from|regards from|joining|join|client,? (?:is )?|choosing|considering|considered"
        r"|thinking of|role in|position in|employed by)) (?i:the )?",
    ),
    (3.0, r"(?i:\b(?:was|were|been|is|are) (?:sent|submitted|delivered|forwarded|passed on|handed) to )"),
    (
        2.5,
        r"(?i:\b(?:i am|i'm|this is|it's|my name is|soy|sou|sono|ich bin|je suis"
        r"|ik ben)) [\w .'’-]{2,30}? (?i:(?:from|with|at|of|de|da|von|di|van|w/)) (?i:the )?",
    ),
    (2.0, r"(?i:\b(?:at|@)) (?i:the )?"),
    (
        2.0,
        r"(?i:\b(?:bei(?: der| dem| den)?|chez|presso|bij|hos|ved|dla|firmy|w firmie|la société"
        r"|l'entreprise|empresa|empresa|azienda)) ",
    ),
    (1.2, r"(?i:\b(?:en|na|no|da|do|from|with|w)) "),
)


_TRAILS: Final = (
    (
        5.0,
        r" (?i:(?:has |have )?(?:invited|requested|invites|asks|asked|ordered|initiated|te convidou"
        r"|te invita|vous invite|t'invite|hat (?:sie|dich) eingeladen|la invita|ti invita|nodigt"
        r"|has selected)) (?i:you|that you|references|a |te|to)\b",
    ),
    (3.0, r" (?i:(?:has|have) (?:selected|shared|decided|received|moved|viewed|referred))\b"),
    (
        4.2,
        r" (?i:(?:has|have) (?:received |got |now got )?your (?:job )?(?:application|cv|resume|candidacy))\b",
    ),
    (
        2.5,
        r" (?i:(?:invites|requests|asks|wants|uses|thanks|received|ordered|opened|viewed|would (?:like"
        r"|be)|is (?:inviting|requesting|hiring|looking|delighted|pleased)|now holds))\b",
    ),
    (
        2.5,
        r"(?:['’]s)? (?i:(?:hiring|recruiting|recruitment|talent|people|careers|hr)(?: team"
        r"| acquisition| ops| & culture| operations)?)\b",
    ),
    (
        1.5,
        r" (?i:(?:team|crew|gmbh|inc\.?|llc|ltd|limited|plc|s\.?a\.?|s\.?l\.?|ag|bv|b\.v\.|nv|oy|ab|aps"
        r"|a/s|as|srl|s\.r\.l\.|spa|s\.p\.a\.|pty))\b",
    ),
)


@dataclass(frozen=True)
class Turn:
    """A turn of phrase with what it is worth; `needed` as `needed_literals` gives it."""

    weight: float
    pattern: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]


PATTERNS: Final = tuple(
    Turn(weight, re.compile(source), needed_literals(source))
    for weight, source in (
        *((weight, lead + _NAME) for weight, lead in _LEADS),
        *((weight, _NAME + trail) for weight, trail in _TRAILS),
    )
)


def trimmed(name: str) -> str:
    """A captured name without the words around it that are none of its own."""
    words = name.replace("\u00a0", " ").split()
    for at, word in enumerate(words):
        if at and (
            plain_word(word) in {"hiring", "careers", "recruiting", "recruitment", "talent", "team", "hr"}
            or (words[at - 1].endswith((".", "!", "?")) and len(words[at - 1]) > 3)
        ):
            words = words[:at]
            break
    while words and plain_word(words[0]) in NOT_NAMES:
        words.pop(0)
    while words and (plain_word(words[-1]) in NOT_NAMES or re.fullmatch(LINK, words[-1])):
        words.pop()
    joined = " ".join(words).strip(" .,;:!?'’-")
    joined = re.sub(r"['’]s$", "", joined)
    return (
        "" if (joined[:1].isdigit() and not re.search(r"[A-Za-z]{3}", joined)) or len(joined) < 2 else joined
    )


def is_title(name: str) -> bool:
    words = [plain_word(word) for word in name.split()]
    return names_work(words[-1]) or (names_work(words[0]) and len(words) > 1)
