"""Signs that a mail wants to deceive its reader or this program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.classify import Classification
from tracking.router.context import name_tokens
from tracking.router.domains import is_free_mail, registrable
from tracking.router.lexicon.phrases import find_hits
from tracking.router.lexicon.text import fold, sentences
from tracking.router.lexicon.wordlists import word_list
from tracking.router.once import once
from tracking.router.parse.text import tricks
from tracking.router.senders import platforms, sender_platform

_FEES: Final = re.compile(
    r"\b(?:registration|processing|training|security|refundable|screening|application|visa"
    r"|equipment) (?:fee|deposit|charges?)\b"
    r"|\bpay(?:ment)? (?:of|a|the)\b.{0,40}\b(?:fee|deposit)\b|\bsum of\b|\bgift cards?\b"
    r"|\bwestern union\b|\bbitcoin\b"
)


def suspicions(mail: Mail, known: Known, judged: Classification) -> tuple[str, ...]:
    """Codes: auth_fail, hidden_text, instructions, lookalike, homoglyph, bidi, zero_width, padding, fees."""
    if mail.sent:
        return ()
    found = dict.fromkeys(mail.marks)
    if mail.auth == "fail":
        found["auth_fail"] = None
    if mail.hidden_text:
        found["hidden_text"] = None
    if _instructs(mail, judged):
        found["instructions"] = None
    if _is_lookalike(mail, known):
        found["lookalike"] = None
    if judged.about_job >= 0.5 and _asks_for_money(judged):
        found["fees"] = None
    for mark in tricks(mail.text, mail.signature):
        found[mark] = None
    return tuple(found)


def _asks_for_money(judged: Classification) -> bool:
    """Whether somebody who applies is to pay; "we never charge a fee" is the opposite."""
    body = judged.features.body
    for match in _FEES.finditer(body.text):
        sentence = body.sentence(body.index(match.start()))
        if not re.search(
            r"\b(?:not|never|no|none|without|free of|n't|refund\w*|reimburs\w*|cover|pay for your|we pay)\b",
            sentence,
        ):
            return True
    return False


def _instructs(mail: Mail, judged: Classification) -> bool:
    """Words meant for a program, in any place that a program might read."""
    if any(hit.concept == "instructions" for hit in (*judged.features.hits, *judged.features.subject_hits)):
        return True
    asides = [mail.sender.name, mail.signature, *mail.attachments[:10]]
    asides += [f"{invite.summary} {invite.description} {invite.location}" for invite in mail.invites]
    asides.append(mail.quoted[:5_000])
    text = "\n".join(aside for aside in asides if aside)[:20_000]
    return any(hit.concept == "instructions" for hit in find_hits(sentences(fold(text)), "instructions"))


@lru_cache(maxsize=1)
def _platform_domains() -> frozenset[str]:
    return frozenset(entry.rpartition("@")[2] for platform in platforms() for entry in platform.senders)


def _is_lookalike(mail: Mail, known: Known) -> bool:
    """A sender domain that is nearly, but not, that of a platform or a tracked company's name."""
    domain = mail.sender.domain
    if not domain or is_free_mail(domain) or sender_platform(mail.sender):
        return False
    if not domain.isascii() or "xn--" in domain:
        return True
    own = registrable(domain) or domain
    stem = own.partition(".")[0]
    return _imitates_platform(domain, own, stem) or _imitates_company(stem, known)


@lru_cache(maxsize=5000)
def _imitates_platform(domain: str, own: str, stem: str) -> bool:
    if any(run in _platform_domains() for run in _inside(domain)):  # greenhouse-mail.io.evil.test
        return True
    hung_on = "-" in stem
    for known_stem in _platform_stems():
        if hung_on and (f"-{known_stem}-" in f"-{stem}" or stem.endswith(f"-{known_stem}")):
            return True
        if len(known_stem) >= 7 and stem[0] == known_stem[0] and _near(stem, known_stem):
            return True
    return False


def _inside(domain: str) -> Iterator[str]:
    """Every run of whole labels of a domain."""
    labels = domain.split(".")
    for start in range(len(labels)):
        yield from (".".join(labels[start:end]) for end in range(start + 1, len(labels) + 1))


@lru_cache(maxsize=1)
def _platform_stems() -> tuple[str, ...]:
    stems = {entry.rpartition(".")[0].rpartition(".")[2] for entry in _platform_domains()}
    return tuple(sorted(stem for stem in stems if len(stem) >= 6))


@dataclass(frozen=True)
class _Names:
    """Tracked companies' names by what an imitation has in common with them."""

    swapped: dict[str, set[str]]  # by their spelling with "rn" for "m"
    shapes: dict[tuple[str, int], list[str]]  # long ones by first letter and length
    leading: dict[str, list[tuple[str, bool]]]  # by the spelling of leading words, and if they are all


@once(16)
def _names(candidates: tuple[Candidate, ...]) -> _Names:
    found = _Names({}, {}, {})
    for name, words in dict.fromkeys(filter(None, (_spelled_words(each.company) for each in candidates))):
        found.swapped.setdefault(name.replace("rn", "m"), set()).add(name)
        if len(name) >= 8:
            found.shapes.setdefault((name[0], len(name)), []).append(name)
        for size in range(1, len(words) + 1):
            part = _spelled("".join(words[:size]))
            found.leading.setdefault(part, []).append((name, part == name))
    return found


def _spelled_words(company: str) -> tuple[str, tuple[str, ...]] | None:
    words = name_tokens(company)
    name = _spelled("".join(words))
    return (name, words) if len(name) >= 5 else None


def _imitates_company(stem: str, known: Known) -> bool:
    """The name of a tracked company with letters swapped, or with a word about hiring hung on to it."""
    plain, names = _spelled(stem), _names(known.candidates)
    swapped = plain.translate(_SWAPS).replace("rn", "m").replace("vv", "w")
    if swapped != plain and names.swapped.get(swapped, set()) - {plain}:
        return True
    alike = [name for more in (-1, 0, 1) for name in names.shapes.get((plain[:1], len(plain) + more), ())]
    if any(_near(plain, name) for name in alike):
        return True
    return "-" in stem and _hangs_on(stem, plain, names)


_SWAPS: Final = str.maketrans("01345", "oleas")
_HUNG_ON = word_list("hung_on")


def _hangs_on(stem: str, plain: str, names: _Names) -> bool:
    """ "acme-hr-team": the name and, behind a hyphen, only words about hiring or safety."""
    parts = stem.split("-")
    for cut in range(1, len(parts)):
        joined = "".join(parts[:cut])
        whole = any(
            name != plain and (len(joined) >= 6 or is_all)
            for name, is_all in names.leading.get(_spelled(joined), ())
        )
        if whole and all(part in _HUNG_ON for part in parts[cut:]):
            return True
    return False


def _spelled(text: str) -> str:
    """Letters only, umlauts and their spellings made one."""
    return text.replace("-", "").replace("ae", "a").replace("oe", "o").replace("ue", "u")


_NEAR: Final = 0.92


def _near(one: str, other: str) -> bool:
    if one == other or 2 * min(len(one), len(other)) < _NEAR * (len(one) + len(other)):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _NEAR
