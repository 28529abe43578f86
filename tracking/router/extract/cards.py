"""Cards in mail made by platforms: a line that is a job's title, and below it the employer and the place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tracking.mail import Mail
from tracking.router.extract.title_phrases import trimmed
from tracking.router.extract.words import plain_word
from tracking.router.lexicon.jobs import names_work
from tracking.router.lexicon.text import fold
from tracking.router.senders import sender_platform

LONGEST: Final = 90  # characters of a line of a card
_BELOW: Final = re.compile(r"\s*(?:[·•|]|\s[-–—]\s)\s*")


@dataclass(frozen=True)
class Card:
    """`announced` says that the title also stands in the subject, `sure` that the sender makes such cards."""

    title: str
    company: str
    announced: bool
    sure: bool


def cards(mail: Mail) -> tuple[Card, ...]:
    """The cards of a mail from an authenticated platform, in order; none for any other sender."""
    if mail.auth != "pass" or sender_platform(mail.sender) is None:
        return ()
    lines = [line.strip() for line in mail.text[:4000].split("\n") if line.strip()]
    subject = fold(mail.subject)
    found = [_card(above, line, subject) for above, line in pairwise(lines)]
    return tuple(card for card in found if card is not None)


def _card(above: str, line: str, subject: str) -> Card | None:
    """The card whose title is `above` and whose employer leads `line`; None where they are none."""
    company, *rest = _BELOW.split(line)
    if not rest or len(line) > LONGEST or not _names_work(above) or not company[:1].isupper():
        return None
    title = trimmed(above)
    announced = bool(title) and fold(title) in subject
    return Card(title, company.strip(), announced, announced or fold(company.strip()) in subject)


def _names_work(line: str) -> bool:
    words = line.split()
    return (
        1 <= len(words) <= 9
        and words[0][:1].isupper()
        and not line.endswith((".", "!", "?", ":"))
        and any(names_work(plain_word(word.strip("(),"))) for word in words)
    )
