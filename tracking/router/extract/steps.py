"""What the person is asked to do next, in the mail's own sentences."""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Mail
from tracking.router.classify import Classification
from tracking.router.lexicon.text import unaccented

MAX_STEPS: Final = 3
MAX_LENGTH: Final = 200
_ASKING: Final = (
    "security_code", "incomplete", "docs_needed", "assessment", "offer_answer", "pick_time", "questions"
)  # fmt: skip
# A sentence that holds a code, password or link is not quoted: it would outlive the mail's own text.
_WORD: Final = re.compile(r"[a-z0-9]+")
_SECRET: Final = re.compile(
    r"https?:|www\.|\b(?=[A-Za-z-]*\d)[A-Za-z\d]{2,}(?:-[A-Za-z\d]{2,})+\b|\b(?=\w*\d)(?=\w*[A-Za-z])\w{6,}\b|\b\d{5,}\b"
    r"|\b(?:passwor[dt]|passcode|pin|contraseña|senha|wachtwoord|mot de passe)\b",
    re.IGNORECASE,
)


# What folding has spelled out may be a contraction in the mail.
_JOINED: Final = {
    "not": r"(?:n?['’]t|not|\W+not)",
    "will": r"(?:['’]ll|\W+will)",
    "are": r"(?:['’]re|\W+are)",
    "have": r"(?:['’]ve|\W+have)",
    "would": r"(?:['’]d|\W+would)",
    "am": r"(?:['’]m|\W+am)",
}


def next_steps_of(judged: Classification, mail: Mail) -> tuple[str, ...]:
    """At most three sentences that ask for something, as the mail writes them, in order of appearance."""
    body = judged.features.body
    asking = sorted(
        {hit.sentence for hit in judged.features.hits if hit.concept in _ASKING and not hit.conditional}
    )
    steps = (_as_written(body.sentence(index), mail.text)[:MAX_LENGTH] for index in asking)
    return tuple(step for step in steps if len(step) > 12 and not _SECRET.search(step))[:MAX_STEPS]


def _as_written(sentence: str, text: str) -> str:
    """The words of `text` that were folded into `sentence`; where they cannot be found, the folded ones."""
    words = _WORD.findall(sentence)
    pattern = "".join(_JOINED.get(word, rf"\W+{word}") for word in words[1:])
    found = re.search(rf"\b{words[0]}{pattern}\b[.!?)]*", unaccented(text), re.IGNORECASE) if words else None
    step = " ".join((text[found.start() : found.end()] if found else sentence).split())
    return step[:1].upper() + step[1:]
