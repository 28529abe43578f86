"""From one mail to the features of the classifier: hashed text, word classes, concepts, structure.

Names of people, companies and titles of the user are masked, so that the model cannot learn them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from zlib import crc32

from tracking.mail import Known, Mail
from tracking.router import sayings
from tracking.router.context import Context, context_of
from tracking.router.lexicon.classes import classes_of
from tracking.router.lexicon.phrases import Hit, find_hits
from tracking.router.lexicon.text import Sentences, fold, folded, sentences
from tracking.router.structure import structural

BUCKETS: Final = 2**15
HEAD, TAIL = 9_000, 6_000  # characters of a long body that are hashed
SCANNED: Final = 300_000  # characters of a long body in which concepts are looked for
SAID_GAIN: Final = {"says": 2.0, "subject_says": 1.0}
LEAST_SAID: Final = 0.05
NAMESPACES: Final = ("body", "subject", "sender", "chars")

_TOKEN: Final = re.compile(r"[a-z0-9$€£₹][\w'$€£-]*")
_TIME: Final = re.compile(r"^\d{1,2}(?:[:.h]\d\d)?(?:am|pm|h|uhr)?$")


@dataclass
class Features:
    """Hashed buckets by namespace, and named features with their values; `hits` explain them."""

    hashed: dict[str, list[int]] = field(default_factory=dict)
    named: dict[str, float] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    subject_hits: list[Hit] = field(default_factory=list)
    said: dict[str, float] = field(default_factory=dict)  # by some sentence, how surely
    body: Sentences = field(default_factory=lambda: Sentences("", (0,)))
    context: Context = field(default_factory=Context)


def featurise(mail: Mail, known: Known) -> Features:
    """Everything that the classifier looks at in `mail`."""
    context = context_of(mail, known)
    subject = sentences(fold(_bare_subject(mail.subject)))
    body = sentences(folded(_clipped(mail.text or _invite_text(mail))))
    result = Features(body=body, context=context)
    result.hits, result.subject_hits = find_hits(body), find_hits(subject)
    result.said = sayings.load().said(body)
    words = [_masked(token, context.masked) for token in _TOKEN.findall(_ends(body.text))]
    subject_words = [_masked(token, context.masked) for token in _TOKEN.findall(subject.text)]
    sender_words = [_masked(token, context.masked) for token in _TOKEN.findall(fold(mail.sender.name))]
    result.hashed = {
        "body": _grams("b", words),
        "subject": _grams("s", subject_words),
        "sender": _grams("n", sender_words),
        "chars": sorted({bucket for word in {*words, *subject_words} for bucket in _char_grams(word)}),
    }
    result.named = _named(result, subject)
    result.named.update(_sayings("says", result.said))
    result.named.update(_sayings("subject_says", sayings.load().said(subject)))
    result.named.update(structural(mail, context, body.text, subject.text))
    return result


_PREFIX: Final = re.compile(
    r"^(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv|res|enc|antw|odp|r|i)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)


def _bare_subject(subject: str) -> str:
    return _PREFIX.sub("", subject)


def _clipped(text: str) -> str:
    return text if len(text) <= SCANNED else text[: SCANNED // 2] + "\n" + text[-SCANNED // 2 :]


def _ends(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else text[:HEAD] + " " + text[-TAIL:]


def _invite_text(mail: Mail) -> str:
    return "\n".join(
        f"{invite.summary}\n{invite.description}\n{invite.location}" for invite in mail.invites[:1]
    )


def _masked(token: str, masked: frozenset[str]) -> str:
    if token in masked:
        return "_name_"
    if token[0].isdigit():
        return "_time_" if _TIME.match(token) else "_number_"
    return token


def _grams(prefix: str, words: list[str]) -> list[int]:
    """Buckets of the words and pairs of neighbours, each once: "b:first", "b:first second"."""
    found = set()
    start, before = crc32(f"{prefix}:".encode()), None
    for word in words:
        encoded = word.encode()
        if before is not None:
            found.add(crc32(encoded, before) % BUCKETS)
        alone = crc32(encoded, start)
        found.add(alone % BUCKETS)
        before = crc32(b" ", alone)
    return sorted(found)


@lru_cache(maxsize=20_000)
def _char_grams(word: str) -> tuple[int, ...]:
    """Buckets of the pieces of three to five characters of one word with its edges."""
    if word[0] == "_" or len(word) > 30:
        return ()
    edged = f"<{word}>"
    pieces = {edged[at : at + size] for size in (3, 4, 5) for at in range(len(edged) - size + 1)}
    return tuple(crc32(f"c:{piece}".encode()) % BUCKETS for piece in pieces)


def _sayings(prefix: str, said: dict[str, float]) -> dict[str, float]:
    """Each saying in tenths; they weigh more than other named features, for each sums up a sentence."""
    heard = {name: round(share, 1) for name, share in said.items() if share >= LEAST_SAID}
    return {f"{prefix}:{name}": SAID_GAIN[prefix] * share for name, share in heard.items()}


def _named(result: Features, subject: Sentences) -> dict[str, float]:
    named: dict[str, float] = {}
    _add_hits(named, result.hits, "c", len(result.body.starts))
    _add_hits(named, result.subject_hits, "cs", 0)
    for index in range(min(len(result.body.starts), 400)):
        _add_classes(named, _TOKEN.findall(result.body.sentence(index)), "w")
    _add_classes(named, _TOKEN.findall(subject.text), "ws")
    return named


def _add_hits(named: dict[str, float], hits: Iterable[Hit], prefix: str, length: int) -> None:
    for hit in hits:
        named[f"{prefix}{'?' if hit.conditional else ''}:{hit.concept}"] = 1.0
        if length > 5 and not hit.conditional and hit.sentence >= length - 3:
            named[f"{prefix}-end:{hit.concept}"] = 1.0


def _add_classes(named: dict[str, float], tokens: list[str], prefix: str) -> None:
    """The classes of one sentence, and which classes stand together in it."""
    present = sorted({name for token in tokens for name in classes_of(token)})
    for at, first in enumerate(present):
        named[f"{prefix}:{first}"] = 1.0
        for second in present[at + 1 :]:
            named[f"{prefix}:{first}+{second}"] = 0.5
