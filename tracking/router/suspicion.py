"""Signs that a mail wants to deceive its reader or this program."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from tracking.mail import Known, Mail
from tracking.router.classify import Classification
from tracking.router.context import name_tokens
from tracking.router.domains import is_free_mail, registrable
from tracking.router.lexicon.phrases import find_hits
from tracking.router.lexicon.text import fold, sentences
from tracking.router.lexicon.wordlists import word_list
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
    for entry in _platform_domains():
        known_stem = entry.rpartition(".")[0].rpartition(".")[2]
        if f".{entry}." in f".{domain}.":  # inside, yet not at the end: greenhouse-mail.io.evil.test
            return True
        if len(known_stem) >= 6 and re.search(
            rf"(?:^|-){re.escape(known_stem)}-|-{re.escape(known_stem)}$", stem
        ):
            return True
        if len(known_stem) >= 7 and stem[0] == known_stem[0] and _near(stem, known_stem):
            return True
    return False


def _imitates_company(stem: str, known: Known) -> bool:
    """The name of a tracked company with letters swapped, or with a word about hiring hung on to it."""
    plain = _spelled(stem)
    for candidate in known.candidates:
        words = name_tokens(candidate.company)
        name = _spelled("".join(words))
        if len(name) < 5 or plain == name:
            continue
        swapped = plain.translate(_SWAPS).replace("rn", "m").replace("vv", "w")
        if swapped == name.replace("rn", "m") and swapped != plain:
            return True
        if len(name) >= 8 and plain[0] == name[0] and abs(len(plain) - len(name)) <= 1 and _near(plain, name):
            return True
        if _hangs_on(stem, words):
            return True
    return False


_SWAPS: Final = str.maketrans("01345", "oleas")
_HUNG_ON = word_list("hung_on")


def _hangs_on(stem: str, words: tuple[str, ...]) -> bool:
    """ "acme-hr-team": the name and, behind a hyphen, only words about hiring or safety."""
    parts = stem.split("-")
    for cut in range(1, len(parts)):
        joined = "".join(parts[:cut])
        leading = {_spelled("".join(words[:size])) for size in range(1, len(words) + 1)}
        whole = _spelled(joined) in leading and (
            len(joined) >= 6 or _spelled(joined) == _spelled("".join(words))
        )
        if whole and all(part in _HUNG_ON for part in parts[cut:]):
            return True
    return False


def _spelled(text: str) -> str:
    """Letters only, umlauts and their spellings made one."""
    return text.replace("-", "").replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _near(one: str, other: str) -> bool:
    return one != other and SequenceMatcher(None, one, other).ratio() >= 0.92
