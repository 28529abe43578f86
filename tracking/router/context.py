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
from tracking.router.lexicon.text import fold
from tracking.router.lexicon.wordlists import word_list

_WORD: Final = re.compile(r"[\w']+")
_DOTTED: Final = re.compile(r"\b(?:\w\.){2,}")
_LEGAL: Final = word_list("legal_form")
_ORDINARY: Final = word_list("ordinary")
MAX_NAMED: Final = 6


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
    """Prepared once for each tuple of candidates: names in folded tokens, by first token."""

    names: dict[str, tuple[tuple[tuple[str, ...], Candidate], ...]]
    masked: frozenset[str]
    by_id: dict[str, Candidate]


_last: list[tuple[tuple[Candidate, ...], str, _Index]] = []


def _index(known: Known) -> _Index:
    """The index of these candidates; the last few are kept, found by identity (hashing 200 costs more)."""
    for candidates, person, index in _last:
        if candidates is known.candidates and person == known.person.name:
            return index
    index = _build(known)
    _last.insert(0, (known.candidates, known.person.name, index))
    del _last[4:]
    return index


def _build(known: Known) -> _Index:
    names: dict[str, list[tuple[tuple[str, ...], Candidate]]] = {}
    masked = set(_words(known.person.name)) | set(_words(known.person.email.partition("@")[0]))
    for candidate in known.candidates:
        for name in (candidate.company, *candidate.aliases):
            tokens = name_tokens(name)
            if tokens:
                names.setdefault(tokens[0], []).append((tokens, candidate))
                masked.update(tokens)
        masked.update(_words(candidate.title))
    return _Index(
        names={first: tuple(rows) for first, rows in names.items()},
        masked=frozenset(token for token in masked if len(token) > 2 and not classes_of(token)),
        by_id={candidate.id: candidate for candidate in known.candidates},
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


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
    index = _index(known)
    linked = (
        next(
            (
                index.by_id[known.links[key]]
                for key in exact_keys(mail)
                if known.links.get(key) in index.by_id
            ),
            None,
        )
        if known.links
        else None
    )
    domain = registrable(mail.sender.domain)
    stem = "" if is_free_mail(domain) else domain.partition(".")[0]
    named: list[Named] = list(_by_domain(known, mail, stem))
    for place, text in (
        ("sender", mail.sender.name),
        ("subject", mail.subject),
        ("body", mail.text[:20_000] + "\n" + mail.signature),
    ):
        seen = {found.candidate.id for found in named}
        named.extend(Named(item, place) for item in _find(text, index) if item.id not in seen)
    parties = [mail.sender, *mail.recipients] if mail.sent else [mail.sender]
    return Context(
        linked=linked,
        named=tuple(named[:MAX_NAMED]),
        masked=index.masked | frozenset(_sender_words(mail)),
        correspondent=any(party.email.lower() in known.correspondents for party in parties),
    )


def _sender_words(mail: Mail) -> Iterable[str]:
    name, stem = fold(mail.sender.name), registrable(mail.sender.domain).partition(".")[0]
    return (token for token in _WORD.findall(f"{name} {stem}") if len(token) > 2 and not classes_of(token))


def _by_domain(known: Known, mail: Mail, stem: str) -> Iterable[Named]:
    if len(stem) < 3:
        return
    compact = stem.replace("-", "")
    for candidate in known.candidates:
        joined = "".join(name_tokens(candidate.company))
        if len(joined) >= 3 and (
            joined == compact
            or (
                len(joined) >= 5
                and (compact.startswith(joined) or (joined.startswith(compact) and len(compact) >= 5))
            )
        ):
            yield Named(candidate, "sender")


def _find(text: str, index: _Index) -> list[Candidate]:
    """Candidates whose name, or its telling first token, stands in `text` in whole tokens."""
    tokens = [token.replace("'", "") for token in _words(text)]
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
