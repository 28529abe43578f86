"""Titles in running text: by the words that name a kind of work, and by initials."""

from __future__ import annotations

import re
from typing import Final

from tracking.router.context import Context
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.title_phrases import STAFF
from tracking.router.extract.words import NOT_NAMES, Token, tokens_of
from tracking.router.lexicon.jobs import names_work


def title_key(text: str) -> tuple[str, ...]:
    return tuple(token.plain for token in tokens_of(re.sub(r"\([^)]*\)", " ", text)) if token.plain)


_ARTICLES: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "our",
        "first",
        "your",
        "their",
        "next",
        "another",
        "new",
        "one",
        "two",
        "three",
        "four",
        "several",
        "some",
        "ein",
        "eine",
        "einen",
        "einer",
        "einem",
        "der",
        "die",
        "den",
        "la",
        "le",
        "el",
        "les",
        "un",
        "una",
        "une",
        "uno",
        "um",
        "uma",
        "o",
        "os",
        "de",
        "een",
        "het",
        "osobe",
        "osoby",
        "na",
        "for",
        "as",
        "als",
        "en",
        "como",
        "come",
    ]
)


def heads(ballot: Ballot, text: str, tokens: tuple[Token, ...]) -> None:
    """Kinds of work in running text, with what qualifies them: "a detection engineer", "Head of Product"."""
    found = 0
    for at, token in enumerate(tokens):
        if found >= 6 or not names_work(token.plain) or token.plain in STAFF:
            continue
        first = at
        while (
            first > 0
            and at - first < 4
            and text[tokens[first - 1].end : tokens[first].start] in {" ", "-", "/"}
        ):
            before = tokens[first - 1]
            if (
                before.plain in _ARTICLES
                or before.plain in NOT_NAMES
                or (before.is_capital != token.is_capital and not before.is_capital)
            ):
                break
            first -= 1
        led = (
            first > 0
            and tokens[first - 1].plain in _ARTICLES
            and text[tokens[first - 1].end : tokens[first].start] == " "
        )
        last = _following(tokens, at, text)
        if led:
            found += 1
            title = text[tokens[first].start : tokens[last].end]
            ballot.add(
                title,
                title_key(title),
                (1.5 if token.is_capital or first < at else 0.8) / (1 + 0.3 * (found - 1)),
            )


def _following(tokens: tuple[Token, ...], at: int, text: str) -> int:
    """The last word of a title whose head stands at `at`: "of Product", "SAP SD", "für Vertrieb"."""
    last = at
    while last + 1 < len(tokens) and last - at < 5:
        after = tokens[last + 1]
        if text[tokens[last].end : after.start] not in {" ", ", ", " (", " - "}:
            break
        linking = after.plain in {"of", "de", "di", "fur", "ds", "del", "da"} and last + 2 < len(tokens)
        if linking and (tokens[last + 2].is_capital or after.plain == "ds"):
            last += 2
        elif (
            after.is_capital and after.plain not in NOT_NAMES and text[tokens[last].end : after.start] == " "
        ):
            last += 1
        else:
            break
    return last


def initials(ballot: Ballot, context: Context, places: list[tuple[str, str, tuple[Token, ...]]]) -> None:
    """Titles that the mail shortens: "SSE" for Senior Software Engineer."""
    candidates = [named.candidate for named in context.named] + ([context.linked] if context.linked else [])
    for candidate in candidates:
        words = [
            token for token in tokens_of(candidate.title) if token.plain not in {"of", "and", "the", "for"}
        ]
        short = "".join(word.text[0] for word in words).upper()
        if len(short) < 2:
            continue
        for place, _, tokens in places:
            hit = next(
                (token for token in tokens if token.text in {short, short[:-1] if len(short) > 3 else short}),
                None,
            )
            if hit:
                ballot.add(hit.text, (hit.plain,), 2.4 if place == "subject" else 1.8, tracked=True)
                break
