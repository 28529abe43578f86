"""Names of companies: normal forms, comparison by whole tokens, and how much a name tells.

Never a partial-ratio scorer: a name that merely begins like another (Meta, Metabase) is another name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from tracking.router.words import AFFIXES, GENERIC, HIRING, LEGAL_FORMS, ORDINARY

_WORD = re.compile(r"[^\W_]+")
_PARENTHESIS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_SEPARATE_NAMES = re.compile(r"\s+(?:/|\||dba|d/b/a|via|c/o|formerly|aka|a/k/a)\s+", re.IGNORECASE)
_DOTTED = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?")
_EMPTY_WORDS = frozenset(
    {"the", "and", "of", "for", "und", "et", "y", "e", "de", "la", "le", "der", "die", "das"}
)
_ABBREVIATIONS = {
    "intl": "international", "mgmt": "management", "mfg": "manufacturing", "svcs": "services",
    "svc": "service", "univ": "university", "dept": "department", "ctr": "center", "centre": "center",
    "saint": "st", "street": "st", "ft": "fort", "mt": "mount", "bros": "brothers", "natl": "national",
    "govt": "government", "tx": "therapeutics", "grp": "group", "hosp": "hospital",
    "assn": "association", "tech": "technology", "technologies": "technology", "labs": "lab",
    "laboratories": "lab", "laboratory": "lab", "cooperative": "coop", "systems": "system",
    "solutions": "solution", "services": "service", "partners": "partner", "studios": "studio",
    "foods": "food", "consultants": "consulting", "engineers": "engineering", "harbour": "harbor",
    "industries": "industry", "games": "game", "bio": "biosciences", "bioscience": "biosciences",
    "rx": "pharmacy", "cap": "capital",
}  # fmt: skip


def plain(text: str) -> str:
    """`text` without accents and apostrophes, in its own case; what all comparisons read."""
    if not text.isascii():
        text = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L")
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
        text = text.replace("’", "").replace("‘", "")
    return text.replace("'", "").replace("`", "")


def tokens(text: str) -> tuple[str, ...]:
    """The words of `text`, lower case, without accents; "and" and "&" drop out, "S.p.A." is one word."""
    undotted = _DOTTED.sub(lambda m: m[0].replace(".", "") + " ", plain(text)).replace("-op", "op")
    return tuple(word for word in _WORD.findall(undotted.lower()) if word != "and")


def expand(word: str) -> str:
    """The usual long or singular form of an abbreviated trade word; the word itself otherwise."""
    return _ABBREVIATIONS.get(word, word)


def telling(word: str) -> float:
    """How much one word of a name tells, 0..1: trade words little, everyday words some, the rest all."""
    if word in _EMPTY_WORDS or word in LEGAL_FORMS:
        return 0.1
    if word in GENERIC or expand(word) in GENERIC or len(word) == 1:
        return 0.3
    return 0.6 if word in ORDINARY or word.isdigit() or len(word) == 2 else 1.0


@dataclass(frozen=True)
class Name:
    """A company's name in the forms that comparison needs.

    `words` has no legal form and no leading article; `core` also lacks the trade words at its end.
    `rarity` (0..1) says how unlikely the name is to be met by chance.
    """

    raw: str
    words: tuple[str, ...]
    core: tuple[str, ...]
    rarity: float

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words if word not in _EMPTY_WORDS)


@lru_cache(maxsize=4096)
def name(raw: str) -> Name:
    """The normal form of a company's name as a person or a mail wrote it."""
    words = _without_legal_form(tokens(_PARENTHESIS.sub(" ", raw)) or tokens(raw))
    core = words
    while len(core) > 1 and telling(core[-1]) <= 0.3:
        core = core[:-1]
    return Name(raw, words, core, _rarity(words))


def _without_legal_form(words: tuple[str, ...]) -> tuple[str, ...]:
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words = words[:-1]
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def _rarity(words: Sequence[str]) -> float:
    missing = 1.0
    for word in words:
        missing *= 1 - 0.9 * telling(word)
    return round(1 - missing, 3)


def variants(raw: str) -> tuple[Name, ...]:
    """The names that one entry holds: "River Trust (Harcourt Lane)" names two; so does "A via B"."""
    inside = [part for part in _PARENTHESIS.findall(raw) if len(part) > 2]
    outside = _SEPARATE_NAMES.split(_PARENTHESIS.sub(" ", raw))
    found = [name(part.strip(" ,-")) for part in (*outside, *inside) if _WORD.search(part)]
    return tuple(dict.fromkeys(found)) or (name(raw),)


def same_word(a: str, b: str, first: bool) -> bool:
    """Whether two words of a name are one; a shortened word counts unless it leads the name."""
    if a == b or expand(a) == expand(b):
        return True
    short, long = sorted((a, b), key=len)
    return not first and len(short) >= 3 and long.startswith(short)


def similarity(a: Name, b: Name) -> float:
    """How surely two names are one company, 0..1, by whole words in order."""
    if not a.words or not b.words:
        return 0.0
    if a.words == b.words or a.joined == b.joined:
        return 1.0
    return max(_overlap(a, b), _acronym(a, b), _acronym(b, a), _joined_core(a, b))


def _joined_core(a: Name, b: Name) -> float:
    return 0.9 if "".join(a.core) == "".join(b.core) and _trades_agree(a, b) else 0.0


def _trades_agree(a: Name, b: Name) -> bool:
    return a.words == a.core or b.words == b.core


def _acronym(short: Name, long: Name) -> float:
    if len(short.words) != 1 or len(long.words) < 2 or short.words[0] != long.initials:
        return 0.0
    return 0.8 if len(short.words[0]) >= 3 else 0.5


def _overlap(a: Name, b: Name) -> float:
    pairs = _align(a.words, b.words)
    if not pairs:
        return 0.0
    shared = sum(max(telling(a.words[i]), telling(b.words[j])) for i, j in pairs)
    left_a, left_b = (_weight(a.words, {i for i, _ in pairs}), _weight(b.words, {j for _, j in pairs}))
    if pairs[0] == (0, 0) and (left_a == 0 or left_b == 0):
        return shared / (shared + 0.5 * (left_a + left_b))
    penalty = 1.0 if left_a == 0 or left_b == 0 else 2.0
    return shared / (shared + penalty * (left_a + left_b))


def _weight(words: Sequence[str], used: set[int]) -> float:
    return sum(telling(word) for i, word in enumerate(words) if i not in used)


def _align(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of equal words in order; an acronym pairs with the words it stands for."""
    pairs: list[tuple[int, int]] = []
    j = 0
    for i in range(len(a)):
        for k in range(j, len(b)):
            span = _span(a, i, b, k)
            if span:
                pairs.extend((i, k + n) for n in range(span))
                j = k + span
                break
    return pairs


def _span(a: Sequence[str], i: int, b: Sequence[str], k: int) -> int:
    if same_word(a[i], b[k], first=i == 0 or k == 0):
        return 1
    size = len(a[i])
    if 2 <= size <= 4 and i and "".join(word[0] for word in b[k : k + size]) == a[i] and k + size <= len(b):
        return size
    return 0


def forms(company: Name) -> Iterator[tuple[str, float]]:
    """The solid spellings of a name that a domain label or tenant slug may use, with their strength 0..1."""
    yield company.joined, 1.0
    yield "".join(map(expand, company.words)), 1.0
    yield "".join(word for word in company.words if word not in _EMPTY_WORDS), 1.0
    yield "".join(company.core), 0.95
    if len(company.words) > len(company.core):
        yield "".join(company.core) + "".join(w[0] for w in company.words[len(company.core) :]), 0.95
    if len(company.initials) >= 3:
        yield company.initials, 0.7
    telling_words = [word for word in company.words if telling(word) > 0.3]
    if telling_words:
        yield "".join(telling_words), 0.9
    if len(telling_words) > 1:
        yield telling_words[-1], 0.5 * telling(telling_words[-1])
    yield from _leading_forms(company)


def _leading_forms(company: Name) -> Iterator[tuple[str, float]]:
    total = sum(map(telling, company.words))
    for size in range(1, len(company.core)):
        share = sum(map(telling, company.words[:size])) / total
        solid = "".join(company.words[:size])
        if share >= 0.4 and len(solid) >= 4:
            rare = len(solid) >= 6 and telling(company.words[0]) == 1
            yield solid, round(max(0.8 * rare, 0.9 * share), 3)
            yield solid + "".join(word[0] for word in company.words[size:]), 0.85


def label_splits(label: str) -> Iterator[tuple[str, float]]:
    """The names that a domain label may stand for, each with how much of the label it explains.

    "northwindgroup" may be "northwind"; "northwind-careers" too, but a word about hiring at the end
    is how lookalikes are made, so it tells less.
    """
    solid = plain(label).lower().replace("-", "").replace(".", "")
    yield solid, 1.0
    if "and" in solid[2:-2]:
        yield solid.replace("and", "", 1), 1.0
    for cut in range(3, len(solid) - 1):
        start, rest = solid[:cut], solid[cut:]
        if rest in HIRING:
            yield start, 0.7
        elif rest in AFFIXES:
            yield start, 0.9
        elif rest in ORDINARY:
            yield start, 0.45
        if start in AFFIXES:
            yield rest, 0.85


@lru_cache(maxsize=20_000)
def label_words(label: str, company: Name) -> float:
    """How far the words of a name, in any order, explain a domain label, 0..1.

    "southerncoastmuseum" is explained by Museum of the Southern Coast, "willamettehistory" in part by
    Willamette Historical Society.
    """
    rest = plain(label).lower().replace("-", "")
    used = 0.0
    for word in sorted(company.words, key=len, reverse=True):
        if len(word) >= 3 and word in rest:
            rest = rest.replace(word, " ", 1)
            used += telling(word)
    share = used / (sum(map(telling, company.words)) or 1.0)
    unexplained = [
        part for part in rest.split() if part not in AFFIXES and not _begins_alike(part, company.words)
    ]
    if share < 0.4 or sum(map(len, unexplained)) > 4:
        return 0.0
    fit = 0.5 * share if unexplained else 0.9 * min(1.0, share + 0.2)
    return round(0.7 * fit if HIRING & set(rest.split()) else fit, 3)


def _begins_alike(part: str, words: Sequence[str]) -> bool:
    """Whether a part derives from a word (robots, robotics); one letter off, it imitates it."""
    alike = [word for word in words if len(part) >= 5 and word[:5] == part[:5]]
    return bool(alike) and all(OSA.distance(part, word) > 1 for word in alike)
