"""Which employer a mail is about: not the tracking system, not the agency where the employer is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.context import Context
from tracking.router.domains import is_free_mail, registrable
from tracking.router.extract.cards import cards
from tracking.router.extract.company_phrases import LINK, PATTERNS, is_title, trimmed
from tracking.router.extract.display_name import (
    VIA,
    display_name,
    domain_stem,
    is_person,
    is_platform,
    key_of,
    without_hiring,
)
from tracking.router.extract.earlier import bare_name, initials_in, is_worded, leading_in, of_earlier_mail
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.words import NOT_NAMES, Token, plain_word, tokens_of
from tracking.router.lexicon.jobs import names_work
from tracking.router.lexicon.literals import may_match
from tracking.router.lexicon.wordlists import word_list
from tracking.router.senders import sender_platform

CERTAIN: Final = 5.0  # weight from which a name counts as named in so many words
_LEAD: Final = 1.5
_FIRM: Final = 2.6  # below it, earlier mail of the conversation or sender tells more
_LEAST: Final = 1.9  # below it, the sender's domain tells more

_AGENCY: Final = re.compile(
    r"recruit|staffing|talent|search|headhunt|personnel|people\.|exec|selection|interim|placement"
    r"|hunter|hr\.|jobs\.|partners"
)
_PREFIXES: Final = word_list("prefix")
_SPLIT: Final = re.compile(r"\s*(?:[|·•–—]|\s-\s|,|:|<>|\bx\b|/|\()\s*")


def company_of(mail: Mail, known: Known, context: Context) -> tuple[str | None, bool]:
    """The employer as the mail names it, and whether it is named beyond doubt."""
    ballot = Ballot()
    _tracked(ballot, mail, context)
    display_name(ballot, mail)
    _phrases(ballot, mail)
    _under_titles(ballot, mail)
    _of_signer(ballot, mail)
    for card in cards(mail):
        if card.sure and not is_platform(card.company):
            ballot.add(card.company, key_of(card.company), 3.0)
    if not VIA.search(mail.sender.name):
        _domain(ballot, mail)
    _ends(ballot, mail, known)
    spelled = next((named.candidate.company for named in context.named if named.place == "sender"), None)
    if spelled:
        ballot.add(bare_name(spelled), key_of(spelled), 2.6, tracked=True)
    winner, lead = ballot.winner()
    remembered = of_earlier_mail(mail, known, context)
    if remembered and (winner is None or (winner.weight < _FIRM and not winner.tracked)):
        short = initials_in(mail, remembered)
        if short or not is_worded(domain_stem(mail), remembered):
            return short or bare_name(remembered), False
    if winner is None or winner.weight < _LEAST:
        leading = leading_in(domain_stem(mail), remembered) if remembered else ""
        return leading or _from_address(mail) or (winner.text if winner else None), False
    return winner.text, winner.weight >= CERTAIN and lead >= _LEAD


def _places(mail: Mail) -> list[tuple[str, str]]:
    text = mail.text if len(mail.text) < 12_000 else mail.text[:8_000] + "\n" + mail.text[-4_000:]
    invites = " ".join(invite.summary for invite in mail.invites)
    return [
        ("sender", mail.sender.name),
        ("subject", mail.subject),
        ("body", text),
        ("signature", mail.signature[:1500]),
        ("subject", invites),
    ]


def _tracked(ballot: Ballot, mail: Mail, context: Context) -> None:
    """The mail's own form of the names of tracked companies."""
    candidates: dict[str, tuple[Candidate, float]] = {}
    if context.linked:
        candidates[context.linked.company] = (context.linked, 4.0)
    for named in context.named:
        bonus = {"sender": 2.0, "subject": 1.5}.get(named.place, 0.5)
        candidates.setdefault(named.candidate.company, (named.candidate, bonus))
    places = [(place, tokens_of(text), text) for place, text in _places(mail)]
    for candidate, bonus in candidates.values():
        form = _own_form(candidate.company, places)
        if form:
            ballot.add(form[0], form[1], bonus + 3.5 * form[2], tracked=True)


def _own_form(
    company: str, places: list[tuple[str, tuple[Token, ...], str]]
) -> tuple[str, tuple[str, ...], float] | None:
    """The longest part of `company` that stands in the mail, and how much of it that is (0..1).

    A part that does not lead the name has at least two words of it, and half.
    """
    wanted = key_of(company)
    best: tuple[int, str, tuple[str, ...]] = (0, "", ())
    for first in (0, *range(1, len(wanted) // 2 + 1)):
        for _, tokens, text in places:
            for at, token in enumerate(tokens):
                if token.plain != wanted[first]:
                    continue
                size = _run(wanted, first, tokens, at)
                if size > best[0] and (not first or size >= max(2, len(wanted) / 2)):
                    form = text[token.start : tokens[at + size - 1].end]
                    best = (size, form, wanted[first : first + size])
    return (best[1], best[2], best[0] / len(wanted)) if best[0] else None


def _run(wanted: tuple[str, ...], first: int, tokens: tuple[Token, ...], at: int) -> int:
    """How many words of `wanted` from `first` follow each other in the mail from `at`."""
    size = 1
    while (
        first + size < len(wanted)
        and at + size < len(tokens)
        and tokens[at + size].plain == wanted[first + size]
    ):
        size += 1
    return size


def _phrases(ballot: Ballot, mail: Mail) -> None:
    for place, text in _places(mail)[1:3]:
        factor = 1.2 if place == "subject" else 1.0
        lowered = text.lower()
        for turn in PATTERNS:
            if not may_match(turn.needed, lowered):
                continue
            for count, match in enumerate(turn.pattern.finditer(text)):
                if count >= 4:
                    break
                name = trimmed(match["name"])
                if name and not is_platform(name) and not is_title(name):
                    ballot.add(name, key_of(name), turn.weight * factor / (1 + count))


def _domain(ballot: Ballot, mail: Mail) -> None:
    """Words of the mail that spell the sender's domain or tenant."""
    stem = domain_stem(mail)
    if len(stem) < 3:
        return
    sure = (1.0 if mail.auth == "pass" else 0.5) * (0.45 if _AGENCY.search(mail.sender.domain) else 1.0)
    for place, text in _places(mail):
        tokens = tokens_of(text)
        for at, token in enumerate(tokens):
            if not token.plain or not (stem.startswith(token.plain[:3]) or token.plain.startswith(stem)):
                continue
            found = _spelled(tokens, at, stem)
            if found:
                size, weight = found
                first = _with_prefix(tokens, at, text)
                name = text[tokens[first].start : tokens[at + size - 1].end]
                if (token.is_capital or place == "sender") and "\n" not in name and not is_platform(name):
                    ballot.add(name, key_of(name), weight * sure * (1.0 if place != "signature" else 0.8))
                    break


def _with_prefix(tokens: tuple[Token, ...], at: int, text: str) -> int:
    """Where the name starts, with "City of", "Gemeente" and the like in front."""
    linked = (
        at >= 2
        and tokens[at - 1].plain in {"of", "de", "del", "di", "for", "the"}
        and tokens[at - 2].plain in _PREFIXES
    )
    if linked and "\n" not in text[tokens[at - 2].start : tokens[at].start]:
        return at - 2
    plain = (
        at >= 1
        and tokens[at - 1].plain in _PREFIXES
        and tokens[at - 1].is_capital
        and tokens[at - 1].plain != "the"
    )
    return at - 1 if plain and text[tokens[at - 1].end : tokens[at].start] == " " else at


def _spelled(tokens: tuple[Token, ...], at: int, stem: str) -> tuple[int, float] | None:
    """How many words from `at` spell `stem`, and what that is worth; None where they do not."""
    joined = ""
    best: tuple[int, float] | None = None
    if "and" in stem[2:-2] and at + 1 < len(tokens) and tokens[at + 1].plain != "and":
        stem = stem[:2] + stem[2:].replace("and", "", 1)
    for size in range(1, min(7, len(tokens) - at + 1)):
        joined += re.sub(r"[^a-z0-9]", "", tokens[at + size - 1].plain)
        if joined == stem:
            return size, 3.5
        if stem.startswith(joined) and len(joined) >= max(4, 0.5 * len(stem)):
            best = (size, 2.0)
        elif joined.startswith(stem) and len(stem) >= 4:
            return size, 2.5
        elif not stem.startswith(joined):
            break
    return best


def _under_titles(ballot: Ballot, mail: Mail) -> None:
    """In mail made by platforms the line below the title names the employer, then the place."""
    lines = [line.strip() for line in mail.text[:4000].split("\n") if line.strip()]
    for above, line in pairwise(lines):
        title = above.split()
        if (
            1 <= len(title) <= 8
            and len(line) < 90
            and title[0][:1].isupper()
            and any(names_work(plain_word(word)) for word in title)
        ):
            name = re.split(r"\s*(?:[·•–|,]|\s-\s)\s*", line)[0].strip()
            if _looks_like_name(name, ()) and not is_person(name, mail.sender.email):
                ballot.add(name, key_of(name), 2.5 if sender_platform(mail.sender) else 1.0)


_ROLE_AT: Final = re.compile(r"(?:\s+(?:at|@|bei|chez|presso|bij|en)\s+|,\s+|\s[-–—|·]\s)")


def _of_signer(ballot: Ballot, mail: Mail) -> None:
    """The employer behind the role of who writes: "Jane Doe", and on the next line "Recruiter, Acme"."""
    signer = VIA.split(mail.sender.name)[0].strip(" (\"'").lower()
    text = f"{mail.text[:4000]}\n{mail.signature[:400]}"
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for above, line in pairwise(lines):
        if signer and above.lower().strip(" ,") == signer and len(line) < 90:
            role, *rest = _ROLE_AT.split(line)
            name = rest[-1].strip(" .,)") if rest else ""
            if any(names_work(plain_word(word)) for word in role.split()) and _looks_like_name(name, ()):
                ballot.add(name, key_of(name), 3.0 if sender_platform(mail.sender) else 1.5)
                return


_PREFIX: Final = re.compile(r"^(?:[A-Za-z]{1,4}\s*:\s*)+")


def _ends(ballot: Ballot, mail: Mail, known: Known) -> None:
    """Names in the last lines, where people say who they are, and in the pieces of the subject."""
    lines = [line for line in f"{mail.text[-600:]}\n{mail.signature[:400]}".split("\n") if line.strip()][-9:]
    pieces = [piece for line in lines if len(line) < 90 for piece in _SPLIT.split(line)]
    own = set(key_of(known.person.name))
    for weight, found in ((0.8, pieces), (1.0, _SPLIT.split(_PREFIX.sub("", mail.subject)))):
        for piece in found:
            name = without_hiring(piece.strip(" .,!)"))
            if _looks_like_name(name, own) and not is_person(name, mail.sender.email):
                ballot.add(
                    name, key_of(name), weight + (0.8 if len(name) < len(piece.strip(" .,!)")) else 0.0)
                )


def _looks_like_name(name: str, own: Iterable[str]) -> bool:
    words = name.split()
    if not 1 <= len(words) <= 6 or not words[0][:1].isupper() or len(name) < 3 or is_platform(name):
        return False
    plain = [plain_word(word) for word in words]
    small = [word for word in words if not word[:1].isupper() and not re.fullmatch(LINK, word)]
    return (
        not small
        and plain[0] not in NOT_NAMES
        and not set(plain) & set(own)
        and not any(map(names_work, plain))
        and not plain[0].isdigit()
    )


def _from_address(mail: Mail) -> str | None:
    """The name that the sender's own domain spells, where the mail names nobody."""
    domain = registrable(mail.sender.domain)
    if not domain or is_free_mail(domain) or sender_platform(mail.sender) or mail.sent:
        return None
    return domain.partition(".")[0].replace("-", " ").title()
