"""Signs that a mail wants to deceive its reader or this program."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from tracking.mail import Known, Mail
from tracking.router.classify import Classification
from tracking.router.context import name_tokens
from tracking.router.domains import is_free_mail, registrable
from tracking.router.lexicon.phrases import find_hits
from tracking.router.lexicon.text import fold, sentences
from tracking.router.parse.text import tricks
from tracking.router.senders import platforms, sender_platform

_FEES: Final = re.compile(
    r"\b(?:registration|processing|training|security|refundable|screening|application|visa|equipment) (?:fee|deposit|charges?)\b"
    r"|\bpay(?:ment)? (?:of|a|the)\b.{0,40}\b(?:fee|deposit)\b|\bsum of\b|\bgift cards?\b|\bwestern union\b|\bbitcoin\b"
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
    if _FEES.search(judged.features.body.text):
        found["fees"] = None
    for mark in tricks(mail.text, mail.signature):
        found[mark] = None
    return tuple(found)


def _instructs(mail: Mail, judged: Classification) -> bool:
    """Words meant for a program, in any place that a program might read."""
    if any(hit.concept == "instructions" for hit in (*judged.features.hits, *judged.features.subject_hits)):
        return True
    asides = [mail.sender.name, mail.signature, *mail.attachments[:10]]
    asides += [f"{invite.summary} {invite.description} {invite.location}" for invite in mail.invites]
    asides.append(mail.quoted[:5_000])
    text = "\n".join(aside for aside in asides if aside)[:20_000]
    return any(hit.concept == "instructions" for hit in find_hits(sentences(fold(text)), "instructions"))


def _is_lookalike(mail: Mail, known: Known) -> bool:
    """A sender domain that is nearly, but not, that of a platform or a tracked company's name."""
    domain = mail.sender.domain
    if not domain or is_free_mail(domain) or sender_platform(mail.sender):
        return False
    if not domain.isascii() or "xn--" in domain:
        return True
    own = registrable(domain) or domain
    stems = {entry.rpartition("@")[2] for platform in platforms() for entry in platform.senders}
    for known_domain in stems:
        if known_domain in domain:  # stands inside, yet is not the registrable end: greenhouse-mail.io.evil.test
            return True
        if abs(len(known_domain) - len(own)) <= 1 and own[0] == known_domain[0] and _near(own, known_domain):
            return True
    return _imitates_company(own.partition(".")[0], known)


def _imitates_company(stem: str, known: Known) -> bool:
    plain = stem.replace("-", "")
    for candidate in known.candidates:
        name = "".join(name_tokens(candidate.company))
        swapped = plain.translate(str.maketrans("01345", "oleas")).replace("rn", "m").replace("vv", "w")
        if len(name) >= 6 and name.isascii() and plain != name and swapped in {name, name.replace("rn", "m")}:
            return True
        if len(name) >= 8 and plain != name and plain[:1] == name[:1] and abs(len(plain) - len(name)) <= 1 and _near(plain, name):
            return True
    return False


def _near(one: str, other: str) -> bool:
    return one != other and SequenceMatcher(None, one, other).ratio() >= 0.92
