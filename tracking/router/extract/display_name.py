"""The employer in a display name, and whether a name is a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from tracking.mail import Mail
from tracking.router.context import name_tokens
from tracking.router.domains import is_free_mail, registrable
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.words import HIRING, plain_word
from tracking.router.lexicon.jobs import names_work
from tracking.router.lexicon.wordlists import word_list
from tracking.router.senders import platforms, sender_platform, tenant_slug

_VENDORS: Final = word_list("vendor")


VIA: Final = re.compile(r"[\s(](?:via|über|through|par|vía|tramite|przez|on behalf of)\s", re.IGNORECASE)


_ORG_WORDS: Final = word_list("organisation")


def key_of(text: str) -> tuple[str, ...]:
    """Two names with one key are one name."""
    return tuple(plain_word(token) for token in name_tokens(text))


def display_name(ballot: Ballot, mail: Mail) -> None:
    name = mail.sender.name.strip(" '\"")
    if not name or "@" in name:
        return
    platform = sender_platform(mail.sender)
    for part, weight in _parts_of(name):
        bare = without_hiring(part)
        if not bare or is_platform(bare) or _is_role(bare) or _has_role(bare, mail.text):
            continue
        said_hiring = len(bare) < len(part)
        if not said_hiring and not _is_tenant(bare, mail) and is_person(bare, mail.sender.email):
            continue
        ballot.add(bare, key_of(bare), weight * _worth(bare, mail, said_hiring, platform is not None))


def _is_role(bare: str) -> bool:
    """Whether nothing but a kind of work is left ("Director")."""
    return all(names_work(plain_word(word)) for word in bare.split())


def _has_role(bare: str, text: str) -> bool:
    """Whether the text has the name on a line of its own and a role below it, as people sign."""
    if set(map(plain_word, bare.split())) & _ORG_WORDS:
        return False
    lines = [line.strip() for line in text[:4000].split("\n") if line.strip()]
    below = (line[:60] for above, line in pairwise(lines) if above.strip(" ,") == bare)
    return any(names_work(plain_word(word)) for line in below for word in re.split(r"[\s,]+", line))


def _is_tenant(bare: str, mail: Mail) -> bool:
    """Whether a name is spelled out by the employer's own part of a platform's address."""
    letters = re.sub(r"[^a-z0-9]", "", "".join(plain_word(word) for word in bare.split()))
    return len(letters) > 3 and letters == domain_stem(mail) and sender_platform(mail.sender) is not None


def _worth(bare: str, mail: Mail, said_hiring: bool, platform: bool) -> float:
    """What a display name tells: little where two or three plain words may be somebody's name."""
    words = [plain_word(word) for word in bare.split()]
    letters = re.sub(r"[^a-z0-9]", "", "".join(words))
    stem = domain_stem(mail)
    related = len(stem) > 3 and (stem in letters or letters in stem)
    nameless = 2 <= len(words) <= 3 and not set(words) & _ORG_WORDS and not related and "&" not in bare
    if said_hiring or related:
        return 3.0
    if nameless:
        return 2.2 if platform and not VIA.search(mail.sender.name) else 0.7
    return 3.0 if platform else 2.2


def _parts_of(name: str) -> Iterator[tuple[str, float]]:
    """Pieces of a display name that may be the employer, with how telling their place is."""
    via = re.match(
        r"(.+?)[\s(]+(?:via|über|through|par|vía|tramite|przez|on behalf of|for)\s+(.+?)\)?$",
        name,
        re.IGNORECASE,
    )
    if via:
        yield via.group(1), 1.3
        return
    at = re.match(r"(.+?)\s+(?:at|@|from|bei|chez)\s+(.+)$", name, re.IGNORECASE)
    if at:
        yield at.group(2), 1.5
        return
    inside = re.match(r"(.+?)\s*\((.+)\)$", name)
    if inside:
        yield inside.group(2), 1.3
        yield inside.group(1), 0.8
        return
    pieces = [piece for piece in re.split(r"\s*(?:,|\||·|\s[-–—/]\s)\s*", name) if piece]
    if len(pieces) == 2 and all(len(piece.split()) == 1 for piece in pieces) and "," in name:
        return  # "Purcell, Dean"
    for piece in pieces:
        yield piece, 1.0


def without_hiring(part: str) -> str:
    """ "Acme Talent Team" -> "Acme"; "" where nothing else is left."""
    words = part.split()
    while words and plain_word(words[-1].strip("&,")) in HIRING | {"", "and", "&"}:
        words.pop()
    while words and plain_word(words[0].strip("&,")) in HIRING | {"", "and", "&"}:
        words.pop(0)
    return " ".join(words)


def is_person(name: str, address: str) -> bool:
    """Whether a name is a person's, judged by its shape and by the local part of the address."""
    words = [word for word in re.split(r"[\s.]+", name) if len(word) > 1]
    local, _, domain = address.lower().partition("@")
    plain = [plain_word(word) for word in words]
    stem = registrable(domain).partition(".")[0].replace("-", "")
    if plain and "".join(plain)[:5] == stem[:5] and len(stem) > 3:
        return False
    letters = re.sub(r"[^a-z]", "", local)
    if any(len(word) > 2 and word in letters for word in plain):
        return len(words) <= 4
    if len(words) == 1:
        return is_free_mail(domain) or letters[:1] == plain[0][:1] if plain else False
    return (2 <= len(words) <= 3 and plain[-1] in letters) or (is_free_mail(domain) and len(words) <= 3)


def is_platform(name: str) -> bool:
    words = key_of(name)
    return bool(words) and (
        (words[0] in _VENDORS and len(words) <= 2) or " ".join(words) in _platform_names()
    )


@lru_cache(maxsize=1)
def _platform_names() -> frozenset[str]:
    return frozenset(" ".join(key_of(platform.name)) for platform in platforms())


def domain_stem(mail: Mail) -> str:
    if sender_platform(mail.sender):
        stem = tenant_slug(mail.sender)
    else:
        domain = registrable(mail.sender.domain)
        stem = "" if is_free_mail(domain) else domain.partition(".")[0]
    return (
        re.sub(r"(?:-?(?:careers?|jobs?|hr|recruiting|talent|hq|team|mail|inc|group))$", "", stem).replace(
            "-", ""
        )
        or stem
    )
