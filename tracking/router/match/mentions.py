"""Where a text names the companies of candidates: whole words only, everyday words only when capitalised."""

from __future__ import annotations

import re

from tracking.router.match.company import Phrase
from tracking.router.match.prepared import Index
from tracking.router.names import plain
from tracking.router.words import GENERIC, LEGAL_FORMS

_WORD = re.compile(r"[^\W_]+")
_NEXT = re.compile(r"[ \t]{1,2}(?:&[ \t])?([^\W_]+)")
_BEFORE = re.compile(r"([^\W_]+)[ \t]{1,2}$")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n\r])[\s\"'(*>-]*$")
MAX_TEXT = 20_000  # characters looked at from each end of a text


def mentions(text: str, among: Index) -> dict[int, float]:
    """How surely `text` names each candidate's company: {place: 0..1}, those it does not name left out."""
    if len(text) > 2 * MAX_TEXT:
        text = text[:MAX_TEXT] + "\n" + text[-MAX_TEXT:]
    text = plain(text)
    found: dict[int, float] = {}
    for word in among.by_word.keys() & set(_WORD.findall(text.lower())):
        for place, phrase in among.by_word[word]:
            if phrase.strength > found.get(place, 0.0):
                strength = _strength(phrase, text)
                if strength > found.get(place, 0.0):
                    found[place] = strength
    return found


def _strength(phrase: Phrase, text: str) -> float:
    best = 0.0
    for count, hit in enumerate(phrase.pattern.finditer(text)):
        best = max(best, phrase.strength * _context(phrase, text, hit))
        if best >= phrase.strength or count >= 8:
            break
    return best


def _context(phrase: Phrase, text: str, hit: re.Match[str]) -> float:
    """How far the words around an occurrence let it be this name rather than a part of another, 0..1."""
    before = text[max(0, hit.start() - 40) : hit.start()]
    capital = hit[0][0].isupper() or hit[0][0].isdigit()
    if phrase.ordinary and not capital:
        return 0.0
    after = _NEXT.match(text, hit.end())
    following = after[1] if after else ""
    factor = 1.0 if capital else 0.8
    if following[:1].isupper() and following.lower() not in GENERIC | LEGAL_FORMS:
        factor *= 0.75 if phrase.words > 1 else 0.55
    if phrase.words == 1 and _leans_on_previous(before):
        factor *= 0.6
    if phrase.ordinary and phrase.words == 1 and following[:1].islower() and _SENTENCE_START.search(before):
        factor *= 0.3
    return factor


def _leans_on_previous(before: str) -> bool:
    """Whether the word before is capitalised in mid-sentence, as the first half of a longer name is."""
    previous = _BEFORE.search(before)
    if previous is None or not previous[1][0].isupper() or len(previous[1]) < 3:
        return False
    return not _SENTENCE_START.search(before[: previous.start()])
