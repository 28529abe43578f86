"""Job titles: one normal form for the many ways to write a title, likeness and contradiction.

"Sr. SWE (m/f/d), Remote" and "Senior Software Engineer" are one title; "Senior" and "Junior" are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from tracking.router.names import plain
from tracking.router.words import TITLE_NOISE, TITLE_RANKS

_WORD = re.compile(r"[^\W_]+(?:\+\+|#)?")
_BRACKETS = re.compile(r"[(\[{][^)\]}]{0,80}[)\]}]")
_INCLUSIVE = re.compile(r"(?<=\w{3})(?:[:*/·_-](?:in|innen|e|a|ne|rice|euse)\b|\(in\)|\(e\))")
_GENDER = re.compile(r"\b[mfwdhxn]\s*[/|]\s*[mfwdhxn](?:\s*[/|]\s*[mfwdhxn*])?(?!\w)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:req(?:uisition)?|job|ref|id|nr|no)?[.#:\s-]*\b[a-z]{0,4}[-_]?\d{3,}[\w-]*", re.IGNORECASE
)

_LONG_FORMS = {
    "sr": "senior", "snr": "senior", "jr": "junior", "jnr": "junior", "swe": "software engineer",
    "sde": "software engineer", "sre": "site reliability engineer", "eng": "engineer",
    "engr": "engineer", "engg": "engineer", "engineering": "engineer", "dev": "developer",
    "mgr": "manager", "mngr": "manager", "mgmt": "management", "pm": "product manager",
    "tpm": "technical program manager", "rn": "registered nurse", "lpn": "licensed practical nurse",
    "cna": "certified nursing assistant", "csr": "customer service representative",
    "gm": "general manager", "tech": "technician", "asst": "assistant", "assoc": "associate",
    "dir": "director", "vp": "vice president", "svp": "senior vice president",
    "qa": "quality assurance", "ml": "machine learning", "ai": "artificial intelligence",
    "hr": "human resources", "admin": "administrator", "coord": "coordinator", "spec": "specialist",
    "rep": "representative", "reps": "representative", "supv": "supervisor", "acct": "account",
    "accts": "account", "mktg": "marketing", "ops": "operation", "exec": "executive", "fe": "frontend",
    "be": "backend", "ux": "user experience", "ui": "user interface", "cs": "customer success",
    "csm": "customer success manager", "sdr": "sales development representative",
    "dba": "database administrator", "bdr": "business development representative",
    "ae": "account executive", "ba": "business analyst", "ea": "executive assistant",
    "pa": "personal assistant", "cto": "chief technology officer", "tl": "team lead",
    "cfo": "chief financial officer", "coo": "chief operation officer",
    "ceo": "chief executive officer", "med": "medical", "surg": "surgical", "emerg": "emergency",
    "intl": "international", "dept": "department", "tchr": "teacher",
    "acad": "academic", "res": "research", "maint": "maintenance", "mech": "mechanical",
    "elec": "electrical", "infra": "infrastructure", "info": "information",
    "it": "information technology", "biz": "business", "comms": "communication",
    "communications": "communication", "prod": "production", "mfg": "manufacturing", "svc": "service",
    "svcs": "service", "chem": "chemical", "bio": "biology", "sci": "scientist", "proj": "project",
    "fullstack": "full stack", "postdoc": "postdoctoral", "prof": "professor",
    "ingenieur": "engineer", "ingenieurin": "engineer", "ingeniero": "engineer",
    "ingeniera": "engineer", "ingegnere": "engineer", "engenheiro": "engineer",
    "engenheira": "engineer", "entwickler": "developer", "entwicklerin": "developer",
    "desarrollador": "developer", "desarrolladora": "developer", "developpeur": "developer",
    "developpeuse": "developer", "sviluppatore": "developer", "leiter": "head", "leiterin": "head",
    "werkstudent": "student", "werkstudentin": "student", "praktikant": "intern",
    "praktikantin": "intern", "praktikum": "intern", "internship": "intern", "stage": "intern",
    "stagiaire": "intern", "becario": "intern", "analyste": "analyst", "analista": "analyst",
    "responsable": "manager", "gerente": "manager", "nurses": "nurse", 
    "programmer": "developer", "coop": "intern", "grad": "graduate",
}  # fmt: skip
_KEEP_AS_PHRASE = {
    "full stack": "fullstack", "front end": "frontend", "back end": "backend", "co op": "intern",
    "new grad": "junior", "entry level": "junior", "new graduate": "junior", "early career": "junior",
    "vice president": "vicepresident", "human resources": "humanresources", "team lead": "lead",
    "e commerce": "ecommerce", "fund raising": "fundraising", "day shift": "", "night shift": "",
}  # fmt: skip
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_GRADES = frozenset({"1", "2", "3", "4", "5"})
_INITIALS = range(2, 5)  # letters of an abbreviation that stands for as many words
ABBREVIATED = range(2, 6)  # letters of a title that is nothing but initials


@dataclass(frozen=True)
class Title:
    """A title in its normal form. `roles` are the words that name the work, `ranks` those of seniority."""

    raw: str
    words: tuple[str, ...]
    roles: tuple[str, ...]
    ranks: frozenset[str]
    initials: str
    solid: str  # all its words but grades, without spaces
    stems: frozenset[str]  # beginnings of its words: words that are alike have one in common
    shorts: frozenset[str]  # its words that may be initials of others
    runs: frozenset[str]  # initials of its neighbouring words


@lru_cache(maxsize=4096)
def title(raw: str) -> Title:
    """The normal form of a title as a person or a mail wrote it."""
    words = tuple(_normal(raw))
    roles = tuple(dict.fromkeys(word for word in words if word not in TITLE_RANKS))
    ranks = frozenset(word for word in words if word in TITLE_RANKS)
    spelled = _spelled(raw)
    initials = "".join(word[0] for word in spelled if word not in TITLE_NOISE)
    return Title(
        raw=raw,
        words=words,
        roles=roles or words,
        ranks=ranks,
        initials=initials,
        solid="".join(spelled),
        stems=frozenset(word[:4] for word in words),
        shorts=frozenset(word for word in words if len(word) in _INITIALS),
        runs=frozenset(_runs(roles or words)),
    )


def _runs(roles: tuple[str, ...]) -> Iterator[str]:
    letters = "".join(word[0] for word in roles)
    for size in _INITIALS:
        yield from (letters[start : start + size] for start in range(len(letters) - size + 1))


def words_of(text: str) -> frozenset[str]:
    """The words of running text, singular, to look for words of titles in."""
    return frozenset(_singular(word) for word in _WORD.findall(plain(text).lower()))


def _spelled(raw: str) -> list[str]:
    return [word for word in _WORD.findall(plain(raw).lower()) if _ROMAN.get(word, word) not in _GRADES]


def _normal(raw: str) -> list[str]:
    text = _GENDER.sub(" ", _INCLUSIVE.sub("", plain(raw).lower()))
    text = _NUMBER.sub(" ", _BRACKETS.sub(lambda m: m[0] if len(m[0]) > 12 else " ", text))
    long = " ".join(_LONG_FORMS.get(word, _ROMAN.get(word, word)) for word in _WORD.findall(text))
    for phrase, solid in _KEEP_AS_PHRASE.items():
        if phrase in long:
            long = re.sub(rf"\b{phrase}\b", solid, long)
    kept = [_singular(word) for word in long.split() if word not in TITLE_NOISE]
    return kept or [_singular(word) for word in long.split()]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-3] + "y" if word.endswith("ies") else word[:-1]
    return word


def similarity(a: Title, b: Title) -> float:
    """How surely two titles are one, 0..1. What a longer title adds counts less than what disagrees."""
    if not a.roles or not b.roles:
        return 0.0
    if a.words == b.words:
        return 1.0
    if not _may_share(a, b):
        return _unshared(a, b)
    a, b = _spelled_out(a, b), _spelled_out(b, a)
    if not set(a.roles) - TITLE_RANKS or not set(b.roles) - TITLE_RANKS:
        a, b = replace(a, roles=a.words), replace(b, roles=b.words)
    shared = _shared(a, b)
    shorter, longer = sorted((len(a.roles), len(b.roles)))
    if not shared:
        return _unshared(a, b)
    containment, union = shared / shorter, longer + shorter - shared
    likeness = 0.6 * containment + 0.4 * shared / union
    return round(likeness * _rank_factor(a, b), 3)


def _may_share(a: Title, b: Title) -> bool:
    """Whether any word of one may be alike to, or the initials of, words of the other; a quick look."""
    alike = not a.stems.isdisjoint(b.stems)
    return alike or not a.shorts.isdisjoint(b.runs) or not b.shorts.isdisjoint(a.runs)


def _unshared(a: Title, b: Title) -> float:
    return 0.85 if _is_acronym(a, b) or _is_acronym(b, a) else 0.0


def _spelled_out(a: Title, b: Title) -> Title:
    """`a` with each short word replaced by the words of `b` that it is the initials of ("pt", "me")."""
    roles = tuple(part for word in a.roles for part in (_stood_for(word, b.roles) or (word,)))
    return a if roles == a.roles else replace(a, roles=tuple(dict.fromkeys(roles)))


def _stood_for(short: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    size = len(short)
    runs = (roles[start : start + size] for start in range(len(roles) - size + 1) if size in _INITIALS)
    return next((run for run in runs if "".join(word[0] for word in run) == short), ())


def _shared(a: Title, b: Title) -> float:
    found = sum(max((_alike(word, other) for other in b.roles), default=0.0) for word in a.roles)
    return min(found, float(min(len(a.roles), len(b.roles))))


def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    if len(short) >= 4 and long.startswith(short):
        return 0.9
    common = len(short) if len(short) >= 6 and long[:5] == short[:5] else 0
    return 0.7 if common and long[: common - 2] == short[: common - 2] else 0.0


def _is_acronym(short: Title, long: Title) -> bool:
    return len(short.solid) in ABBREVIATED and long.initials.startswith(short.solid)


def _rank_factor(a: Title, b: Title) -> float:
    if contradictory_rank(a, b):
        return 0.4
    return 1.0 if a.ranks == b.ranks else 0.93


def contradictory_rank(a: Title, b: Title) -> bool:
    """Whether both titles state a seniority and the two cannot be one: Senior and Junior, II and III."""
    grades_a, grades_b = a.ranks & _GRADES, b.ranks & _GRADES
    if grades_a and grades_b and not grades_a & grades_b:
        return True
    levels_a, levels_b = _levels(a), _levels(b)
    return bool(levels_a and levels_b and not levels_a & levels_b)


def _levels(of: Title) -> frozenset[str]:
    return of.ranks - _GRADES


def contradicts(a: Title, b: Title, likeness: float | None = None) -> bool:
    """Whether two titles name different work or different seniority, rather than one being vaguer."""
    if _is_acronym(a, b) or _is_acronym(b, a) or not a.roles or not b.roles:
        return False
    return contradictory_rank(a, b) or (similarity(a, b) if likeness is None else likeness) < 0.45
