"""Which employer a mail is about: not the tracking system, not the agency where the employer is named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.context import Context, name_tokens
from tracking.router.domains import is_free_mail, registrable
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.words import HIRING, NOT_NAMES, Token, is_head, plain_word, tokens_of
from tracking.router.senders import platforms, sender_platform, tenant_slug

CERTAIN: Final = 5.0  # weight from which a name counts as named in so many words
_LEAD: Final = 1.5
_LEAST: Final = 1.9  # below it, the sender's domain tells more

_WORD: Final = r"(?:[A-ZÀ-ÖØ-ÝŁŚŻ0-9][\w&'’.+-]*)"
_LINK: Final = r"(?:of|de|der|des|du|del|della|di|da|do|la|le|el|and|und|et|y|e|the|for|für|von|van|den|het|&|\+)"
_NAME: Final = rf"(?P<name>{_WORD}(?:[ \u00a0]+(?:{_WORD}|&|{_LINK}(?=[ \u00a0]+(?:{_WORD}|{_LINK}[ \u00a0]+{_WORD})))){{0,6}})"
_LEADS: Final = (
    (3.5, r"(?i:\bappl(?:y|ying|ied|ication|ications)(?: \w+){0,2}? (?:to|with|at)(?: the| our friends at)?) "),
    (3.0, r"(?i:\b(?:interest|interested) in (?:a career (?:at|with) |joining |working (?:at|for|with) |the \w+ (?:team|role|position) (?:at|with) )?)(?i:the )?"),
    (3.0, r"(?i:\b(?:interview|conversation|call|chat|offer|discussion|meeting|employment|candidacy|application|career|careers|position|role|job|opportunity|opening|vacancy|team|internship|life|invitation|invited|shared|forwarded|submitted|place) (?:with|at|from|by|to|for|@)|working (?:at|for|with)|work (?:at|for|with)) (?i:the )?"),
    (3.0, r"(?i:\b(?:here at|all of us at|everyone at|everybody at|on behalf of|greetings from|welcome to|hello from|regards from|joining|join|client,? (?:is )?|choosing|considering|considered|thinking of|role in|position in|employed by)) (?i:the )?"),
    (2.5, r"(?i:\b(?:i am|i'm|this is|it's|my name is|soy|sou|sono|ich bin|je suis|ik ben)) [\w .'’-]{2,30}? (?i:(?:from|with|at|of|de|da|von|di|van|w/)) (?i:the )?"),
    (2.0, r"(?i:\b(?:at|@)) (?i:the )?"),
    (2.0, r"(?i:\b(?:bei(?: der| dem| den)?|chez|presso|bij|hos|ved|dla|firmy|w firmie|la société|l'entreprise|empresa|empresa|azienda)) "),
    (1.2, r"(?i:\b(?:en|na|no|da|do|from|with|w)) "),
)
_TRAILS: Final = (
    (5.0, r" (?i:(?:has |have )?(?:invited|requested|invites|asks|asked|ordered|initiated|te convidou|te invita|vous invite|t'invite|hat (?:sie|dich) eingeladen|la invita|ti invita|nodigt|has selected)) (?i:you|that you|references|a |te|to)\b"),
    (3.0, r" (?i:(?:has|have) (?:selected|shared|decided|received|moved|viewed|referred))\b"),
    (2.5, r" (?i:(?:invites|requests|asks|wants|uses|thanks|received|ordered|opened|viewed|would (?:like|be)|is (?:inviting|requesting|hiring|looking|delighted|pleased)|now holds))\b"),
    (2.5, r"(?:['’]s)? (?i:(?:hiring|recruiting|recruitment|talent|people|careers|hr)(?: team| acquisition| ops| & culture| operations)?)\b"),
    (1.5, r" (?i:(?:team|crew|gmbh|inc\.?|llc|ltd|limited|plc|s\.?a\.?|s\.?l\.?|ag|bv|b\.v\.|nv|oy|ab|aps|a/s|as|srl|s\.r\.l\.|spa|s\.p\.a\.|pty))\b"),
)
_PATTERNS: Final = tuple((weight, re.compile(lead + _NAME)) for weight, lead in _LEADS) + tuple(
    (weight, re.compile(_NAME + trail)) for weight, trail in _TRAILS
)
_VENDORS: Final = frozenset(
    "checkr sterling hireright certn xref fit2work goodhire docusign zoom google microsoft teams calendly cal apple android"
    " whatsapp telegram facebook instagram youtube twitter slack github skype webex dropbox adobe hellosign pandadoc"
    " concentra quest labcorp surehire applitrack tenstreet neogov governmentjobs clearancejobs harri xing new prelude"
    " civil gc nhs trac varbi traffit powered greenhouse lever ashby workday".split()
)
_AGENCY: Final = re.compile(r"recruit|staffing|talent|search|headhunt|personnel|people\.|exec|selection|interim|placement|hunter|hr\.|jobs\.|partners")
_VIA: Final = re.compile(r"[\s(](?:via|über|through|par|vía|tramite|przez|on behalf of)\s", re.IGNORECASE)
_ORG_WORDS: Final = frozenset(
    "inc llc ltd gmbh ag sa labs lab group bank college university school hospital health clinic council city county state"
    " department ministry agency trust foundation services solutions systems software technologies studio studios media foods"
    " energy partners capital insurance logistics consulting staffing security university institute society association hotel"
    " restaurant cafe kitchen bakery market store shop club centre center house works company co transport motors airlines"
    " industries international global digital data cloud games biosciences therapeutics bio pharma medical care homes board"
    " district commission authority museum theatre church union federation network press news radio stadt gemeente ville mairie"
    " banco grupo gruppe klinik klinikum hochschule universitat universidad universite universita ajuntament ayuntamiento".split()
)
_PREFIXES: Final = frozenset(
    "city university department county office ministry bank college museum board institute state town school district gemeente"
    " stadt ville maison hotel banco grupo cooperativa coop ajuntament ayuntamiento clinique klinikum klinik familie restaurant"
    " cafe universidad universite universita hochschule stadtwerke landkreis prefeitura comune azienda studio casa centre chateau"
    " saint st the royal new great groupe gruppe".split()
)
_SPLIT: Final = re.compile(r"\s*(?:[|·•–—]|\s-\s|,|:|<>|\bx\b|/|\()\s*")


def company_of(mail: Mail, known: Known, context: Context) -> tuple[str | None, bool]:
    """The employer as the mail names it, and whether it is named beyond doubt."""
    ballot = Ballot()
    _tracked(ballot, mail, context)
    _display_name(ballot, mail)
    _phrases(ballot, mail)
    _under_titles(ballot, mail)
    if not _VIA.search(mail.sender.name):
        _domain(ballot, mail)
    _ends(ballot, mail, known)
    spelled = next((named.candidate.company for named in context.named if named.place == "sender"), None)
    if spelled:
        ballot.add(_bare(spelled), key_of(spelled), 2.6, tracked=True)
    winner, lead = ballot.winner()
    if winner is None or winner.weight < _LEAST:
        return _from_address(mail) or (winner.text if winner else None), False
    return winner.text, winner.weight >= CERTAIN and lead >= _LEAD


def _bare(company: str) -> str:
    """A tracked name without what its user put in brackets."""
    return re.sub(r"\s*\([^)]*\)", "", company).strip() or company


def _places(mail: Mail) -> list[tuple[str, str]]:
    text = mail.text if len(mail.text) < 12_000 else mail.text[:8_000] + "\n" + mail.text[-4_000:]
    invites = " ".join(invite.summary for invite in mail.invites)
    return [("sender", mail.sender.name), ("subject", mail.subject), ("body", text), ("signature", mail.signature[:1500]), ("subject", invites)]


def key_of(text: str) -> tuple[str, ...]:
    """Two names with one key are one name."""
    return tuple(plain_word(token) for token in name_tokens(text))


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


def _own_form(company: str, places: list[tuple[str, list[Token], str]]) -> tuple[str, tuple[str, ...], float] | None:
    """The longest leading part of `company` that stands in the mail, and how much of it that is (0..1)."""
    wanted = key_of(company)
    best: tuple[int, str] = (0, "")
    for _, tokens, text in places:
        for at, token in enumerate(tokens):
            if token.plain != wanted[0]:
                continue
            size = 1
            while size < len(wanted) and at + size < len(tokens) and tokens[at + size].plain == wanted[size]:
                size += 1
            if size > best[0]:
                best = (size, text[token.start : tokens[at + size - 1].end])
    if not best[0]:
        return None
    return best[1], wanted[: best[0]], best[0] / len(wanted)


def _display_name(ballot: Ballot, mail: Mail) -> None:
    name = mail.sender.name.strip(" '\"")
    if not name or "@" in name:
        return
    platform = sender_platform(mail.sender)
    for part, weight in _parts_of(name):
        bare = _without_hiring(part)
        if not bare or _is_platform(bare):
            continue
        said_hiring = len(bare) < len(part)
        if not said_hiring and is_person(bare, mail.sender.email):
            continue
        ballot.add(bare, key_of(bare), weight * _worth(bare, mail, said_hiring, platform is not None))


def _worth(bare: str, mail: Mail, said_hiring: bool, platform: bool) -> float:
    """What a display name tells: little where two or three plain words may be somebody's name."""
    words = [plain_word(word) for word in bare.split()]
    letters = re.sub(r"[^a-z0-9]", "", "".join(words))
    stem = _stem(mail)
    related = len(stem) > 3 and (stem in letters or letters in stem)
    nameless = 2 <= len(words) <= 3 and not set(words) & _ORG_WORDS and not related and "&" not in bare
    if said_hiring or related:
        return 3.0
    if nameless:
        return 2.2 if platform and not _VIA.search(mail.sender.name) else 0.7
    return 3.0 if platform else 2.2


def _parts_of(name: str) -> Iterator[tuple[str, float]]:
    """Pieces of a display name that may be the employer, with how telling their place is."""
    via = re.match(r"(.+?)[\s(]+(?:via|über|through|par|vía|tramite|przez|on behalf of|for)\s+(.+?)\)?$", name, re.IGNORECASE)
    if via:
        yield via.group(1), 1.3
        return
    at = re.match(r"(.+?)\s+(?:at|@|from|bei|chez|of)\s+(.+)$", name, re.IGNORECASE)
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


def _without_hiring(part: str) -> str:
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
    return 2 <= len(words) <= 3 and plain[-1] in letters or is_free_mail(domain) and len(words) <= 3


def _is_platform(name: str) -> bool:
    words = key_of(name)
    return bool(words) and (words[0] in _VENDORS and len(words) <= 2 or " ".join(words) in _platform_names())


@lru_cache(maxsize=1)
def _platform_names() -> frozenset[str]:
    return frozenset(" ".join(key_of(platform.name)) for platform in platforms())


def _phrases(ballot: Ballot, mail: Mail) -> None:
    for place, text in _places(mail)[1:3]:
        factor = 1.2 if place == "subject" else 1.0
        for weight, pattern in _PATTERNS:
            for count, match in enumerate(pattern.finditer(text)):
                if count >= 4:
                    break
                name = _trimmed(match["name"])
                if name and not _is_platform(name) and not _is_title(name):
                    ballot.add(name, key_of(name), weight * factor / (1 + count))


def _trimmed(name: str) -> str:
    """A captured name without the words around it that are none of its own."""
    words = name.replace("\u00a0", " ").split()
    for at, word in enumerate(words):
        if at and (plain_word(word) in {"hiring", "careers", "recruiting", "recruitment", "talent", "team", "hr"} or words[at - 1].endswith((".", "!", "?")) and len(words[at - 1]) > 3):
            words = words[:at]
            break
    while words and plain_word(words[0]) in NOT_NAMES:
        words.pop(0)
    while words and (plain_word(words[-1]) in NOT_NAMES or re.fullmatch(_LINK, words[-1])):
        words.pop()
    joined = " ".join(words).strip(" .,;:!?'’-")
    joined = re.sub(r"['’]s$", "", joined)
    return "" if joined[:1].isdigit() and not re.search(r"[A-Za-z]{3}", joined) or len(joined) < 2 else joined


def _is_title(name: str) -> bool:
    words = [plain_word(word) for word in name.split()]
    return is_head(words[-1]) or is_head(words[0]) and len(words) > 1


def _domain(ballot: Ballot, mail: Mail) -> None:
    """Words of the mail that spell the sender's domain or tenant."""
    stem = _stem(mail)
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
                if (token.is_capital or place == "sender") and "\n" not in name and not _is_platform(name):
                    ballot.add(name, key_of(name), weight * sure * (1.0 if place != "signature" else 0.8))
                    break


def _with_prefix(tokens: list[Token], at: int, text: str) -> int:
    """Where the name starts, with "City of", "Gemeente" and the like in front."""
    linked = at >= 2 and tokens[at - 1].plain in {"of", "de", "del", "di", "for", "the"} and tokens[at - 2].plain in _PREFIXES
    if linked and "\n" not in text[tokens[at - 2].start : tokens[at].start]:
        return at - 2
    plain = at >= 1 and tokens[at - 1].plain in _PREFIXES and tokens[at - 1].is_capital and tokens[at - 1].plain != "the"
    return at - 1 if plain and text[tokens[at - 1].end : tokens[at].start] == " " else at


def _stem(mail: Mail) -> str:
    if sender_platform(mail.sender):
        stem = tenant_slug(mail.sender)
    else:
        domain = registrable(mail.sender.domain)
        stem = "" if is_free_mail(domain) else domain.partition(".")[0]
    return re.sub(r"(?:-?(?:careers?|jobs?|hr|recruiting|talent|hq|team|mail|inc|group))$", "", stem).replace("-", "") or stem


def _spelled(tokens: list[Token], at: int, stem: str) -> tuple[int, float] | None:
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
    for above, line in zip(lines, lines[1:], strict=False):
        title = above.split()
        if 1 <= len(title) <= 8 and len(line) < 90 and title[0][:1].isupper() and any(is_head(plain_word(word)) for word in title):
            name = re.split(r"\s*(?:[·•–|,]|\s-\s)\s*", line)[0].strip()
            if _looks_like_name(name, ()) and not is_person(name, mail.sender.email):
                ballot.add(name, key_of(name), 2.5 if sender_platform(mail.sender) else 1.0)


_PREFIX: Final = re.compile(r"^(?:[A-Za-z]{1,4}\s*:\s*)+")


def _ends(ballot: Ballot, mail: Mail, known: Known) -> None:
    """Names in the last lines, where people say who they are, and in the pieces of the subject."""
    lines = [line for line in f"{mail.text[-600:]}\n{mail.signature[:400]}".split("\n") if line.strip()][-9:]
    pieces = [piece for line in lines if len(line) < 90 for piece in _SPLIT.split(line)]
    own = set(key_of(known.person.name))
    for weight, found in ((0.8, pieces), (1.0, _SPLIT.split(_PREFIX.sub("", mail.subject)))):
        for piece in found:
            name = _without_hiring(piece.strip(" .,!)"))
            if _looks_like_name(name, own) and not is_person(name, mail.sender.email):
                ballot.add(name, key_of(name), weight + (0.8 if len(name) < len(piece.strip(" .,!)")) else 0.0))


def _looks_like_name(name: str, own: Iterable[str]) -> bool:
    words = name.split()
    if not 1 <= len(words) <= 6 or not words[0][:1].isupper() or len(name) < 3 or _is_platform(name):
        return False
    plain = [plain_word(word) for word in words]
    small = [word for word in words if not word[:1].isupper() and not re.fullmatch(_LINK, word)]
    return not small and plain[0] not in NOT_NAMES and not set(plain) & set(own) and not any(map(is_head, plain)) and not plain[0].isdigit()


def _from_address(mail: Mail) -> str | None:
    """The name that the sender's own domain spells, where the mail names nobody."""
    domain = registrable(mail.sender.domain)
    if not domain or is_free_mail(domain) or sender_platform(mail.sender) or mail.sent:
        return None
    return domain.partition(".")[0].replace("-", " ").title()
