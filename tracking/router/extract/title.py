"""Which job a mail is about, in the mail's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.context import Context
from tracking.router.extract.cards import cards
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.title_phrases import CODE, PATTERNS, POSSESSED, likeness, trimmed
from tracking.router.extract.title_scan import heads, initials, title_key
from tracking.router.extract.words import NOT_NAMES, Token, plain_word, tokens_of
from tracking.router.lexicon.jobs import is_rank, names_work
from tracking.router.lexicon.literals import may_match
from tracking.router.once import once

CERTAIN: Final = 4.5
_LEAST: Final = 1.2

_SPLIT: Final = re.compile(
    r"\s*(?:[|·•–—]|\s-\s|:|<>|//|\bat\b|@|\bfor\b|\bfür\b|\bals\b|\bpour\b|\bpara\b)\s*"
)


def title_of(mail: Mail, known: Known, context: Context) -> tuple[str | None, bool]:
    """The job's title as the mail states it, and whether it is stated beyond doubt."""
    ballot = Ballot()
    places = [(place, text, tokens_of(text)) for place, text in _texts(mail)]
    _tracked(ballot, context, known, places)
    for place, text, _ in places:
        _phrases(ballot, text, 1.2 if place == "subject" else 1.0)
    _lines(ballot, mail)
    for card in cards(mail):
        if card.sure:
            ballot.add(card.title, title_key(card.title), 3.4 * likeness(card.title))
    heads(ballot, places[1][1], places[1][2])
    initials(ballot, context, places)
    winner, lead = ballot.winner()
    if winner is None or winner.weight < _LEAST:
        return None, False
    title = _closed(
        CODE.sub("", POSSESSED.sub("", winner.text)) or winner.text, f"{mail.subject}\n{mail.text}"
    )
    return title, winner.weight >= CERTAIN and lead >= 1.0


def _closed(title: str, source: str) -> str:
    """`title` with the bracket closed that was cut off, or without it where it holds a number."""
    if title.count("(") <= title.count(")"):
        return title
    bare, _, inside = title.rpartition("(")
    if f"{title})" in source and not re.search(r"\d{3}", inside):
        return f"{title})"
    return bare.strip(" ,-–") or title


def _texts(mail: Mail) -> list[tuple[str, str]]:
    text = mail.text if len(mail.text) < 12_000 else mail.text[:8_000] + "\n" + mail.text[-4_000:]
    return [("subject", _PREFIX.sub("", mail.subject)), ("body", text)]


_PREFIX: Final = re.compile(r"^(?:(?:[Rr][Ee]|[Ff][Ww][Dd]?|AW|WG|SV|Vs|VS|TR|R|RV|Odp|Antw)\s*:\s*)+")


def _tracked(
    ballot: Ballot, context: Context, known: Known, places: list[tuple[str, str, tuple[Token, ...]]]
) -> None:
    """Titles of tracked applications as far as they stand in the mail, grown to the mail's own form."""
    near = {named.candidate.id for named in context.named}
    if context.linked:
        near.add(context.linked.id)
    where = [_positions(tokens) for _, _, tokens in places]
    runs = {(one.plain, other.plain) for _, _, tokens in places for one, other in pairwise(tokens)}
    for candidate in _worth_trying(known.candidates, near, runs):
        bonus = 1.0 if candidate.id in near else 0.0
        if context.linked and candidate.id == context.linked.id:
            bonus += 0.5
        form = _own_form(_words_of(candidate.title), places, where, bool(bonus))
        if form:
            text, share, heads = form
            worth = 2.0 * share + (0.8 if heads else 0.0) + (bonus if heads or share > 0.5 else 0.5 * bonus)
            ballot.add(text, title_key(text), worth if bonus or share == 1.0 else 0.5 * worth, tracked=True)


@dataclass(frozen=True)
class _Titles:
    """Tracked titles: places of the candidates by each two words that follow each other, and by id."""

    by_run: dict[tuple[str, str], list[int]]
    by_id: dict[str, int]


@once(16)
def _titles(candidates: tuple[Candidate, ...]) -> _Titles:
    found = _Titles({}, {each.id: place for place, each in enumerate(candidates)})
    for place, each in enumerate(candidates):
        for run in set(pairwise(_words_of(each.title))):
            found.by_run.setdefault(run, []).append(place)
    return found


def _worth_trying(
    candidates: tuple[Candidate, ...], near: set[str], runs: set[tuple[str, str]]
) -> list[Candidate]:
    """Those that the mail names, and those whose title has two words in a row in common with it."""
    index = _titles(candidates)
    places = {place for run in index.by_run.keys() & runs for place in index.by_run[run]}
    places.update(index.by_id[each] for each in near if each in index.by_id)
    return [candidates[place] for place in sorted(places)]


@lru_cache(maxsize=5000)
def _words_of(title: str) -> tuple[str, ...]:
    return tuple(token.plain for token in tokens_of(title))


def _positions(tokens: tuple[Token, ...]) -> dict[str, list[int]]:
    """Where each word stands: most titles share no word with a mail and are passed over at once."""
    found: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        found.setdefault(token.plain, []).append(at)
    return found


def _own_form(
    wanted: tuple[str, ...],
    places: list[tuple[str, str, tuple[Token, ...]]],
    where: list[dict[str, list[int]]],
    near: bool,
) -> tuple[str, float, bool] | None:
    """The longest run of the title's words in the mail, its share of them, and whether it names a job."""
    best: tuple[float, str, int, bool] | None = None
    firsts = set(wanted)
    for (place, text, tokens), positions in zip(places, where, strict=True):
        for at in sorted(at for word in firsts for at in positions.get(word, ())):
            token = tokens[at]
            start = wanted.index(token.plain)
            size = 1
            while (
                at + size < len(tokens)
                and start + size < len(wanted)
                and tokens[at + size].plain == wanted[start + size]
            ):
                size += 1
            run = wanted[start : start + size]
            heads = any(map(names_work, run))
            stands_out = near and _stands_out(token, place, text)
            if (size < 2 and not heads and len(wanted) > 1 and not stands_out) or (
                not near and size < max(2, len(wanted) - 1)
            ):
                continue
            score = (
                size
                + (0.5 if heads else 0.0)
                + (0.3 if place == "subject" else 0.0)
                + (0.2 if token.is_capital else 0)
            )
            if best is None or score > best[0]:
                first, last = _grown(tokens, at, at + size - 1, text)
                best = (score, text[tokens[first].start : tokens[last].end], size, heads)
    return (best[1], best[2] / max(1, len(wanted)), best[3]) if best else None


def _stands_out(token: Token, place: str, text: str) -> bool:
    """Whether one word of a title is set off from the words around it: as a name, or in the subject."""
    if len(token.plain) < 3 or is_rank(token.plain) or token.plain in NOT_NAMES:
        return False
    return place == "subject" or (token.is_capital and not _ends_sentence(text, token.start))


def _grown(tokens: tuple[Token, ...], first: int, last: int, text: str) -> tuple[int, int]:
    """The run widened by the capitalised words on either side that belong to the title."""
    while first > 0:
        before = tokens[first - 1]
        gap = text[before.end : tokens[first].start]
        capital = (
            (before.is_capital and tokens[first].is_capital)
            or is_rank(before.plain)
            or names_work(before.plain)
        )
        gaps = {" ", "-", "/", " & ", " - ", ", "} if names_work(before.plain) else {" ", "-", "/", " & "}
        if sum(map(str.isdigit, before.plain)) > 2 or before.plain in {
            "r",
            "jr",
            "req",
            "job",
            "competition",
            "stelle",
            "oferta",
            "vaga",
        }:
            break
        if (
            gap not in gaps
            or not capital
            or before.plain in NOT_NAMES
            or (_ends_sentence(text, before.start) and not is_rank(before.plain))
        ):
            break
        first -= 1
    while last + 1 < len(tokens):
        after = tokens[last + 1]
        gap = text[tokens[last].end : after.start]
        if (
            gap not in {" ", "-", "/", " & ", ", ", " (", " - "}
            or not (after.is_capital or names_work(after.plain))
            or after.plain in NOT_NAMES
        ):
            break
        if gap in {", ", " - "} and not (names_work(after.plain) or is_rank(after.plain)):
            break
        last += 1
    return first, last


def _ends_sentence(text: str, start: int) -> bool:
    return start == 0 or text[:start].rstrip(" ")[-1:] in {".", "!", "?", "\n", ":", ","}


def _phrases(ballot: Ballot, text: str, factor: float) -> None:
    lowered = text.lower()
    for turn in PATTERNS:
        if not may_match(turn.needed, lowered):
            continue
        for count, match in enumerate(turn.pattern.finditer(text)):
            if count >= 4:
                break
            title = trimmed(match["title"])
            if title:
                ballot.add(
                    title, title_key(title), turn.weight * factor * likeness(title) / (1 + 0.5 * count)
                )


def _lines(ballot: Ballot, mail: Mail) -> None:
    """Pieces of the subject, and lines of the body that are nothing but a title."""
    for piece in _SPLIT.split(_PREFIX.sub("", mail.subject)):
        for title in _pieces(piece):
            ballot.add(title, title_key(title), 2.2 * likeness(title))
    lines = [line.strip() for line in mail.text[:5000].split("\n")]
    for above, line in pairwise(["", *lines]):
        short = re.split(r"\s*(?:[|·•]|\s[-–—]\s)\s*", line)[0].strip()
        signed = bool(above) and above.split()[0] in mail.sender.name.split()
        if not signed and _stands_alone(short, line):
            ballot.add(trimmed(short), title_key(trimmed(short)), 1.3 * likeness(short))


def _stands_alone(short: str, line: str) -> bool:
    """Whether a line is nothing but a title: few words, no sentence, and one names a kind of work."""
    words = short.split()
    if not 1 <= len(words) <= 7 or not short[:1].isupper() or short.endswith((".", "!", "?", ",", ":")):
        return False
    return any(names_work(plain_word(word)) for word in words) and not re.search(r"[!?]", line)


def _pieces(piece: str) -> Iterator[str]:
    title = trimmed(
        re.sub(
            r"\((?!.*\w{4}).*?\)|\b(?:REQ|JR|R)[-_ ]?\d{3,}\b|#?\b\d{4,}\b|\([^)]*\d{3}[^)]*\)", " ", piece
        ).strip()
    )
    if title and any(names_work(plain_word(word.strip("(),"))) for word in title.split()):
        yield re.sub(
            r"^(?i:your|thank you|application|applying|interview|invitation|offer|update|candidature"
            r"|bewerbung|candidatura|our|the)\s+",
            "",
            title,
        )
