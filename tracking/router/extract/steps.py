"""What the person is asked to do next, in the mail's own sentences."""

from __future__ import annotations

import re
from typing import Final

from tracking.router.classify import Classification

MAX_STEPS: Final = 3
MAX_LENGTH: Final = 200
_ASKING: Final = (
    "security_code", "incomplete", "docs_needed", "assessment", "offer_answer", "pick_time", "questions"
)  # fmt: skip
# A sentence that holds a code, password or link is not quoted: it would outlive the mail's own text.
_SECRET: Final = re.compile(
    r"https?:|www\.|\b(?=[A-Za-z-]*\d)[A-Za-z\d]{2,}(?:-[A-Za-z\d]{2,})+\b|\b(?=\w*\d)(?=\w*[A-Za-z])\w{6,}\b|\b\d{5,}\b"
    r"|\b(?:passwor[dt]|passcode|pin|contraseña|senha|wachtwoord|mot de passe)\b",
    re.IGNORECASE,
)


def next_steps_of(judged: Classification) -> tuple[str, ...]:
    """At most three sentences (folded) that ask for something, in order of appearance."""
    body = judged.features.body
    asking = sorted(
        {hit.sentence for hit in judged.features.hits if hit.concept in _ASKING and not hit.conditional}
    )
    steps = (" ".join(body.sentence(index).split())[:MAX_LENGTH] for index in asking)
    return tuple(step for step in steps if len(step) > 12 and not _SECRET.search(step))[:MAX_STEPS]
