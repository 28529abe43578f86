"""Fold text so that one pattern fits many spellings, and cut it into sentences."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_SPECIAL: Final = str.maketrans(
    {
        "ß": "ss",
        "’": "'",
        "‘": "'",
        "´": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": " - ",
        "‑": "-",
        "…": ".",
        "ø": "o",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ı": "i",
        "\t": "\n",
    }
)
_MARKS: Final = re.compile(r"[\u0300-\u036f]")
_CONTRACTIONS: Final = (
    (re.compile(r"\b(?:won't|wont)\b"), "will not"),
    (re.compile(r"\b(?:can't|cant|cannot)\b"), "can not"),
    (re.compile(r"\bshan't\b"), "shall not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"(?<=[a-z])'re\b"), " are"),
    (re.compile(r"(?<=[a-z])'ve\b"), " have"),
    (re.compile(r"(?<=[a-z])'ll\b"), " will"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"(?<=[a-z])'d\b"), " would"),
)
_URL: Final = re.compile(r"(?:https?://|www\.)\S+")
_PARAGRAPH: Final = re.compile(r"\s*\n\s*\n\s*")
_WRAPPED: Final = re.compile(r"(?<=[a-z,0-9-])\n(?=[a-z(0-9])")
_SPACES: Final = re.compile(r"[ \n]*\n[ \n]*")
_BOUNDARY: Final = re.compile(r"[.!?:;]+(?=[\s\"')]|$)|\n")
_CONDITION: Final = re.compile(
    r"\b(?:if|unless|whether|in case|in the event|should (?:you|your|we|there)|(?:candidates|applicants"
    r"|people|those) (?:who|that|whose)"
    r"|only (?:shortlisted|selected|those|candidates|applicants|successful)|once (?:you|we|the)"
    r"|either way|whichever|when you"
    r"|falls|sofern|wenn sie|solltest?(?:en)? (?:sie|du|wir)|ob (?:sie|wir)|im falle|en cas|au cas"
    r"|dans le cas|si vous|si tu|si votre"
    r"|si nous|s'il|si no|si tu|si su|si usted|si te|en caso|en el caso|caso (?:voce|seu|nao|haja)"
    r"|se (?:voce|a vaga|for|houver)|qualora"
    r"|nel caso|se (?:lei|il suo|non|vuole|sei)|indien|mocht(?:en)?|als (?:je|u|wij|we)|jesli|solo los"
    r"|nur (?:bewerber|kandidaten)"
    r"|solo i candidati|seuls? les|apenas (?:os )?candidatos)\b"
)


def fold(text: str) -> str:
    """Lower case, no accents, plain quotes, contractions spelled out, addresses of links left out."""
    text = text.lower()
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_SPECIAL)))
    else:
        text = text.replace("\t", "\n")
    if "://" in text or "www." in text:
        text = _URL.sub(" ", text)
    if "'" in text:
        for pattern, plain in _CONTRACTIONS:
            text = pattern.sub(plain, text)
    elif "cannot" in text:
        text = text.replace("cannot", "can not")
    return _WRAPPED.sub(" ", _SPACES.sub("\n", text)) if "\n" in text else text


def unaccented(text: str) -> str:
    """`text` with letters that lost their accents; each character stays at its place."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else unicodedata.normalize("NFKD", each)[0] for each in text)


@lru_cache(maxsize=16)
def folded(text: str) -> str:
    """As `fold`, for the texts of one mail, which are read in several places."""
    return fold(text)


@dataclass(frozen=True)
class Sentences:
    """A folded text with the places where its sentences start."""

    text: str
    starts: tuple[int, ...]

    def index(self, position: int) -> int:
        """The number of the sentence that holds `position`."""
        return max(0, bisect_right(self.starts, position) - 1)

    def span(self, index: int) -> tuple[int, int]:
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        return self.starts[index], end

    def sentence(self, index: int) -> str:
        start, end = self.span(index)
        return self.text[start:end]

    def is_conditional(self, position: int, end: int) -> bool:
        """Whether the words from `position` to `end` stand under an "if": what might be, not what is."""
        start = self.span(self.index(position))[0]
        return bool(_CONDITION.search(self.text, start, end))


def sentences(folded: str) -> Sentences:
    """Cut a folded text at line ends and sentence ends."""
    starts = [0]
    for match in _BOUNDARY.finditer(folded):
        if match.end() < len(folded) and match.end() - starts[-1] > 2:
            starts.append(match.end())
    return Sentences(folded, tuple(starts))
