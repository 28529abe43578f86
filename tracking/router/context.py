"""What the user's own data says about a mail: which of their applications it may touch, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.domains import is_free_mail, registrable
from tracking.router.keys import exact_keys
from tracking.router.lexicon.classes import classes_of
from tracking.router.lexicon.text import fold, folded
from tracking.router.lexicon.wordlists import word_list
from tracking.router.once import once

_WORD: Final = re.compile(r"[\w']+")
_DOTTED: Final = re.compile(r"\b(?:\w\.){2,}")
_LEGAL: Final = word_list("legal_form")
_ORDINARY: Final = word_list("ordinary")
MAX_NAMED: Final = 6
_SHORTEST: Final = 3  # letters of a name that a domain may be
_START: Final = 5  # letters from which a name may lead a domain, or the other way round


@dataclass(frozen=True)
class Named:
    """A candidate whose company stands in the mail, and where: "sender", "subject" or "body"."""

    candidate: Candidate
    place: str


@dataclass(frozen=True)
class Context:
    """`linked` is the candidate of a linked thread or key; `named` those whose company is named."""

    linked: Candidate | None = None
    named: tuple[Named, ...] = ()
    masked: frozenset[str] = frozenset()
    correspondent: bool = False

    @property
    def likely(self) -> Candidate | None:
        """The one application that the mail most likely touches; None where two companies compete."""
        if self.linked is not None:
            return self.linked
        for place in ("sender", "subject", "body"):
            found = [named.candidate for named in self.named if named.place == place]
            if found:
                return found[0] if len({candidate.company for candidate in found}) == 1 else None
        return None


@dataclass(frozen=True)
class _Index:
    """Prepared once for each tuple of candidates.

    `names` has names in folded tokens by first token; `joined` places of candidates by their name
    written as one word, `by_start` those words by their first letters, for names and domains that go on.
    """

    candidates: tuple[Candidate, ...]
    names: dict[str, tuple[tuple[tuple[str, ...], Candidate], ...]]
    joined: dict[str, list[int]]
    by_start: dict[str, list[str]]
    masked: frozenset[str]
    by_id: dict[str, Candidate]


@once(16)
def _index(candidates: tuple[Candidate, ...]) -> _Index:
    names: dict[str, list[tuple[tuple[str, ...], Candidate]]] = {}
    joined: dict[str, list[int]] = {}
    masked: set[str] = set()
    for place, candidate in enumerate(candidates):
        for name in (candidate.company, *candidate.aliases):
            tokens = name_tokens(name)
            if tokens:
                names.setdefault(tokens[0], []).append((tokens, candidate))
                masked.update(tokens)
        joined.setdefault("".join(name_tokens(candidate.company)), []).append(place)
        masked.update(_title_words(candidate.title))
    by_start: dict[str, list[str]] = {}
    for word in joined:
        by_start.setdefault(word[:_START], []).append(word)
    return _Index(
        candidates=candidates,
        names={first: tuple(rows) for first, rows in names.items()},
        joined=joined,
        by_start=by_start,
        masked=frozenset(filter(_is_telling, masked)),
        by_id={candidate.id: candidate for candidate in candidates},
    )


@lru_cache(maxsize=16)
def _words_of_person(name: str, email: str) -> frozenset[str]:
    return frozenset(filter(_is_telling, [*_words(name), *_words(email.partition("@")[0])]))


def _is_telling(token: str) -> bool:
    return len(token) > 2 and not classes_of(token)


@lru_cache(maxsize=5000)
def _title_words(title: str) -> tuple[str, ...]:
    return tuple(_words(title))


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


@lru_cache(maxsize=16)
def _bare_words(text: str) -> tuple[str, ...]:
    return tuple(token.replace("'", "") for token in _words(text))


@lru_cache(maxsize=5000)
def name_tokens(name: str) -> tuple[str, ...]:
    """The telling tokens of a company name, folded, without its legal form."""
    bare = _DOTTED.sub(lambda match: match.group().replace(".", "") + " ", re.sub(r"\([^)]*\)", " ", name))
    tokens = [token.replace("'", "") for token in _words(bare) if token.strip("'")]
    while len(tokens) > 1 and tokens[-1].strip(".") in _LEGAL:
        tokens.pop()
    while len(tokens) > 1 and tokens[0] in {"the", "die", "der", "la", "le", "el", "il"}:
        tokens.pop(0)
    return tuple(tokens)


def context_of(mail: Mail, known: Known) -> Context:
    """Look `mail` up among the user's applications."""
    index = _index(known.candidates)
    domain = registrable(mail.sender.domain)
    stem = "" if is_free_mail(domain) else domain.partition(".")[0]
    named = [Named(candidate, "sender") for candidate in _by_domain(index, stem)]
    for place, text in (
        ("sender", mail.sender.name),
        ("subject", mail.subject),
        ("body", mail.text[:20_000]),
        ("body", mail.signature),
    ):
        seen = {found.candidate.id for found in named}
        named.extend(Named(item, place) for item in _find(text, index) if item.id not in seen)
    parties = [mail.sender, *mail.recipients] if mail.sent else [mail.sender]
    return Context(
        linked=_linked(mail, known, index),
        named=tuple(named[:MAX_NAMED]),
        masked=index.masked.union(
            _words_of_person(known.person.name, known.person.email), _sender_words(mail)
        ),
        correspondent=any(party.email.lower() in known.correspondents for party in parties),
    )


def _linked(mail: Mail, known: Known, index: _Index) -> Candidate | None:
    """The candidate that the first key of `mail` that is known points at."""
    if not known.links:
        return None
    pointed_at = (index.by_id.get(known.links.get(key, "")) for key in exact_keys(mail))
    return next(filter(None, pointed_at), None)


def _sender_words(mail: Mail) -> Iterable[str]:
    name, stem = fold(mail.sender.name), registrable(mail.sender.domain).partition(".")[0]
    return (token for token in _WORD.findall(f"{name} {stem}") if len(token) > 2 and not classes_of(token))


def _by_domain(index: _Index, stem: str) -> Iterable[Candidate]:
    """Candidates whose name is the stem of a domain, or leads it, or is led by it."""
    if len(stem) < _SHORTEST:
        return ()
    compact = stem.replace("-", "")
    spelled = [compact] if len(compact) >= _SHORTEST else []
    if len(compact) >= _START:
        spelled += [
            name
            for name in index.by_start.get(compact[:_START], ())
            if name != compact and (compact.startswith(name) or name.startswith(compact))
        ]
    places = sorted(place for name in spelled for place in index.joined.get(name, ()))
    return [index.candidates[place] for place in places]


def _find(text: str, index: _Index) -> list[Candidate]:
    """Candidates whose name, or its telling first token, stands in `text` in whole tokens."""
    tokens = _bare_words(text)
    found: dict[str, Candidate] = {}
    for at, token in enumerate(tokens):
        for name, candidate in index.names.get(token, ()):
            whole = tuple(tokens[at : at + len(name)]) == name
            telling = len(token) >= 5 and token not in _ORDINARY and not classes_of(token)
            if (
                whole and (len(name) > 1 or telling or (len(token) >= 3 and not classes_of(token)))
            ) or telling:
                found.setdefault(candidate.id, candidate)
    return list(found.values())
