"""Which job a mail is about, in the mail's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tracking.mail import Candidate, Known, Mail
from tracking.router.context import Context
from tracking.router.extract.proposals import Ballot
from tracking.router.extract.words import NOT_NAMES, Token, is_head, is_rank, plain_word, tokens_of

CERTAIN: Final = 4.5
_LEAST: Final = 1.2
MAX_WORDS: Final = 9

_WORDS: Final = r"(?P<title>[^\n.;:!?|\"“”<>]{3,110}?)"
_ENDS: Final = r"(?=\s*(?:$|\n|[.;:!?|\"“”<>]|,(?! [A-Z][\w&/ ]{2,30}[,.\n]| ?\w{1,4}\b)|\s[-–—·]\s|\b(?i:at|with|in our|on our|within|from|and (?:we|are|will|your|have|has|for|that|is|the)|is|are|has|have|was|were|will|would|here|team|which|that|who|where|because|but|so|if|as you|bei|chez|presso|bij|auf|hat|ist|sowie|a été|est|ha sido|foi|esta|este|e)\b))"
_PATTERNS: Final = tuple(
    (weight, re.compile(source))
    for weight, source in (
        (4.0, rf"(?i:\b(?:position|role|post|job|vacancy|opening|title|position title|job title|poste|puesto|vaga|cargo|posizione|ruolo|functie|vacature|stelle|stanowisko|competition|process|exam)\s*:\s*){_WORDS}(?=\s*(?:$|\n|[|;]|\s[-–—·]\s))"),
        (4.0, rf"(?i:\b(?:position|role|post|job|title|vacancy|opening) (?:of|as|titled|for)(?: an?| the| our)?) {_WORDS}{_ENDS}"),
        (4.0, rf"(?i:\b(?:for|to|in|about|regarding|on|into|of|as|the) (?:the|our|this|an?|open)) {_WORDS}(?=[ ,]*(?i:\b(?:position|role|post|job|vacancy|opening|opportunity|team|search|spot|seat|slot|req|requisition|internship|programme|program|placement|class|shift|interview|application|candidacy|contract|posting|competition|reqs|gig|scheme)s?\b))"),
        (3.5, rf"(?i:\b(?:appl(?:y|ying|ied)|application|candidacy|candidature|considered|consideration|interview(?:ed|ing)?|interest|hired?|offer(?:ed)?|bewerbung|beworben|postul\w+|candidatura|candidatou|sollicitatie|aplikacj\w+|selected|shortlisted|screening|test|assessment|process|join us|join the team|joining us|on board|employ\w+|employment|appoint\w*|engage you|welcome you|start)) (?i:for|as|to|in|als|zur?|zum|au poste de|pour(?: le poste de)?|como|para(?: el puesto de| la vaga de| a vaga de)?|per(?: la posizione di| il ruolo di)?|voor(?: de functie(?: van)?)?|na stanowisko|till|som)(?: (?i:an?|the|our|next|der|die|das|eine?n?|un|una|le|la|de|een|o|os))* {_WORDS}{_ENDS}"),
        (3.0, rf"(?i:\b(?:re|ref|betreff|betr|objet|asunto|oggetto|regarding|concerning|reference))\s*:?\s+{_WORDS}(?=\s*(?:$|\n|[|;:]|\s[-–—·]\s|\())"),
        (2.5, rf"(?i:\b(?:as|als|como|come|comme|for|jako|som)(?: an?| our| the| ein\w*| una?| de)?) {_WORDS}{_ENDS}"),
        (3.0, rf"(?i:\b(?:au poste de|poste de|puesto de|vaga de|posizione di|ruolo di|functie(?: van)?|stelle als|position als|pozycj[eę]|stanowisk[oa]|qualité de|emploi de)) {_WORDS}{_ENDS}"),
    )
)
_SPLIT: Final = re.compile(r"\s*(?:[|·•–—]|\s-\s|:|<>|//|\bat\b|@|\bfor\b|\bfür\b|\bals\b|\bpour\b|\bpara\b)\s*")
_STAFF: Final = frozenset("recruiter recruiting talent hiring sourcer hr".split())


def title_of(mail: Mail, known: Known, context: Context) -> tuple[str | None, bool]:
    """The job's title as the mail states it, and whether it is stated beyond doubt."""
    ballot = Ballot()
    places = [(place, text, tokens_of(text)) for place, text in _texts(mail)]
    _tracked(ballot, context, known, places)
    for place, text, _ in places:
        _phrases(ballot, text, 1.2 if place == "subject" else 1.0)
    _lines(ballot, mail)
    _heads(ballot, places[1][1], places[1][2])
    _initials(ballot, context, places)
    winner, lead = ballot.winner()
    if winner is None or winner.weight < _LEAST:
        return None, False
    return _CODE.sub("", winner.text) or winner.text, winner.weight >= CERTAIN and lead >= 1.0


def _texts(mail: Mail) -> list[tuple[str, str]]:
    text = mail.text if len(mail.text) < 12_000 else mail.text[:8_000] + "\n" + mail.text[-4_000:]
    return [("subject", _PREFIX.sub("", mail.subject)), ("body", text)]


_PREFIX: Final = re.compile(r"^(?:(?:[Rr][Ee]|[Ff][Ww][Dd]?|AW|WG|SV|Vs|VS|TR|R|RV|Odp|Antw)\s*:\s*)+")


def _key(text: str) -> tuple[str, ...]:
    return tuple(token.plain for token in tokens_of(re.sub(r"\([^)]*\)", " ", text)) if token.plain)


def _tracked(ballot: Ballot, context: Context, known: Known, places: list[tuple[str, str, list[Token]]]) -> None:
    """Titles of tracked applications as far as they stand in the mail, grown to the mail's own form."""
    near = {named.candidate.id for named in context.named}
    if context.linked:
        near.add(context.linked.id)
    for candidate in known.candidates:
        bonus = 1.0 if candidate.id in near else 0.0
        if context.linked and candidate.id == context.linked.id:
            bonus += 0.5
        form = _own_form(candidate, places, bool(bonus))
        if form:
            text, share, heads = form
            worth = 2.0 * share + (0.8 if heads else 0.0) + bonus
            ballot.add(text, _key(text), worth if bonus or share == 1.0 else 0.5 * worth, tracked=True)


def _own_form(
    candidate: Candidate, places: list[tuple[str, str, list[Token]]], near: bool
) -> tuple[str, float, bool] | None:
    """The longest run of the title's words in the mail, how much of the title that is, and whether it names a job."""
    wanted = [token.plain for token in tokens_of(candidate.title)]
    best: tuple[float, str, int, bool] | None = None
    firsts = set(wanted)
    for place, text, tokens in places:
        for at, token in enumerate(tokens):
            if token.plain not in firsts:
                continue
            start = wanted.index(token.plain)
            size = 1
            while at + size < len(tokens) and start + size < len(wanted) and tokens[at + size].plain == wanted[start + size]:
                size += 1
            run = wanted[start : start + size]
            heads = any(map(is_head, run))
            if size < 2 and not heads and len(wanted) > 1 or not near and size < max(2, len(wanted) - 1):
                continue
            score = size + (0.5 if heads else 0.0) + (0.3 if place == "subject" else 0.0) + (0.2 if token.is_capital else 0)
            if best is None or score > best[0]:
                first, last = _grown(tokens, at, at + size - 1, text)
                best = (score, text[tokens[first].start : tokens[last].end], size, heads)
    return (best[1], best[2] / max(1, len(wanted)), best[3]) if best else None


def _grown(tokens: list[Token], first: int, last: int, text: str) -> tuple[int, int]:
    """The run widened by the capitalised words on either side that belong to the title."""
    while first > 0:
        before = tokens[first - 1]
        gap = text[before.end : tokens[first].start]
        capital = before.is_capital and tokens[first].is_capital or is_rank(before.plain) or is_head(before.plain)
        gaps = {" ", "-", "/", " & ", " - ", ", "} if is_head(before.plain) else {" ", "-", "/", " & "}
        if sum(map(str.isdigit, before.plain)) > 2 or before.plain in {"r", "jr", "req", "job", "competition", "stelle", "oferta", "vaga"}:
            break
        if gap not in gaps or not capital or before.plain in NOT_NAMES or _ends_sentence(text, before.start) and not is_rank(before.plain):
            break
        first -= 1
    while last + 1 < len(tokens):
        after = tokens[last + 1]
        gap = text[tokens[last].end : after.start]
        if gap not in {" ", "-", "/", " & ", ", ", " (", " - "} or not (after.is_capital or is_head(after.plain)) or after.plain in NOT_NAMES:
            break
        if gap in {", ", " - "} and not (is_head(after.plain) or is_rank(after.plain)):
            break
        last += 1
    return first, last


def _ends_sentence(text: str, start: int) -> bool:
    return start == 0 or text[:start].rstrip(" ")[-1:] in {".", "!", "?", "\n", ":", ","}


def _phrases(ballot: Ballot, text: str, factor: float) -> None:
    for weight, pattern in _PATTERNS:
        for count, match in enumerate(pattern.finditer(text)):
            if count >= 4:
                break
            title = trimmed(match["title"])
            if title:
                ballot.add(title, _key(title), weight * factor * _likeness(title) / (1 + 0.5 * count))


_GENERIC: Final = frozenset(
    "same above following other this that open new next right ideal role position job post team company current perfect first"
    " best next-round your our my the candidate application interview software".split()
)


_CODE: Final = re.compile(r"^(?:(?:JR|REQ|R|Job|Ref|Req|ID|Competition)?[-_ #.]*(?:[A-Z]{0,3}\d[\w/-]*)[\s:,–-]+)+(?=[A-Za-z])")


def trimmed(text: str) -> str:
    """A captured piece cut down to what can be a title; "" where nothing is left."""
    text = re.split(r"\s(?:at|with|bei|chez|presso|bij|w|i|för|hos)\s(?=[A-ZÀ-Ý])|\s+[-–—·|]\s+|\s@\s", text.strip(" ,-–—*()'’"))[0]
    text = re.split(r"\b(?:about|for|as|of|to be|be) (?:the|our|an?|your)\s|\b(?:position|role|post|function|job) (?:of|as)\s", text)[-1]
    text = _CODE.sub("", text)
    text = re.sub(r"^(?i:(?:the|an?|our|your|this|open|new|above|vacant|advertised|der|die|das|den|eine?n?|le|la|les|un|una|une|el|o|os|a|het|een|de|il|lo)\s+)+", "", text)
    text = re.sub(r"\s+(?i:position|role|post|job|vacancy|opening|opportunity|req|requisition)s?$", "", text.strip(" ,-–—*'’"))
    words = text.split()
    if not words or len(words) > MAX_WORDS or plain_word(words[0]) in _GENERIC:
        return ""
    return text.strip(" ,")


def _likeness(title: str) -> float:
    """How far a piece of text looks like a title (0..1)."""
    words = [plain_word(word.strip("(),/&")) for word in title.split()]
    heads = sum(map(is_head, words))
    capitals = sum(word[:1].isupper() for word in title.split())
    if not heads and len(words) == 1 and title.isupper() and 2 <= len(title) <= 5:
        return 0.6
    if not heads:
        return 0.45 if capitals == len(words) and 2 <= len(words) <= 5 else 0.1
    if words[0] in NOT_NAMES or len(words) == 1 and not title[:1].isupper() and words[0] in {"lead", "head", "staff", "associate", "assistant", "social", "worker", "host", "guard", "manager", "partner", "fellow", "principal"}:
        return 0.3
    staff = set(words) & _STAFF
    return (0.3 if staff else 1.0) if capitals or len(words) <= 5 else 0.6


def _lines(ballot: Ballot, mail: Mail) -> None:
    """Pieces of the subject, and lines of the body that are nothing but a title."""
    for piece in _SPLIT.split(_PREFIX.sub("", mail.subject)):
        for title in _pieces(piece):
            ballot.add(title, _key(title), 2.2 * _likeness(title))
    lines = [line.strip() for line in mail.text[:5000].split("\n")]
    for at, line in enumerate(lines):
        short = re.split(r"\s*(?:[|·•]|\s[-–—]\s)\s*", line)[0].strip()
        signs = at > 0 and bool(lines[at - 1]) and lines[at - 1].split()[0] in mail.sender.name.split()
        if short and len(short.split()) <= 7 and short[:1].isupper() and not short.endswith((".", "!", "?", ",", ":")) and not signs:
            if any(is_head(plain_word(word)) for word in short.split()) and not re.search(r"[!?]", line):
                ballot.add(trimmed(short), _key(trimmed(short)), 1.3 * _likeness(short))


_ARTICLES: Final = frozenset(
    "a an the our first your their next another new one ein eine einen einer einem der die den la le el les un una une uno um uma o os de"
    " een het osobe osoby na for as als en como come".split()
)


def _heads(ballot: Ballot, text: str, tokens: list[Token]) -> None:
    """Kinds of work in running text, with what qualifies them: "a detection engineer", "Head of Product"."""
    found = 0
    for at, token in enumerate(tokens):
        if found >= 6 or not is_head(token.plain) or token.plain in _STAFF:
            continue
        first = at
        while first > 0 and at - first < 4 and text[tokens[first - 1].end : tokens[first].start] in {" ", "-", "/"}:
            before = tokens[first - 1]
            if before.plain in _ARTICLES or before.plain in NOT_NAMES or before.is_capital != token.is_capital and not before.is_capital:
                break
            first -= 1
        led = first > 0 and tokens[first - 1].plain in _ARTICLES and text[tokens[first - 1].end : tokens[first].start] == " "
        last = _following(tokens, at, text)
        if led:
            found += 1
            title = text[tokens[first].start : tokens[last].end]
            ballot.add(title, _key(title), (1.5 if token.is_capital or first < at else 0.8) / (1 + 0.3 * (found - 1)))


def _following(tokens: list[Token], at: int, text: str) -> int:
    """The last word of a title whose head stands at `at`: "of Product", "SAP SD", "für Vertrieb"."""
    last = at
    while last + 1 < len(tokens) and last - at < 5:
        after = tokens[last + 1]
        if text[tokens[last].end : after.start] not in {" ", ", ", " (", " - "}:
            break
        linking = after.plain in {"of", "de", "di", "fur", "ds", "del", "da"} and last + 2 < len(tokens)
        if linking and (tokens[last + 2].is_capital or after.plain == "ds"):
            last += 2
        elif after.is_capital and after.plain not in NOT_NAMES and text[tokens[last].end : after.start] == " ":
            last += 1
        else:
            break
    return last


def _initials(ballot: Ballot, context: Context, places: list[tuple[str, str, list[Token]]]) -> None:
    """Titles that the mail shortens: "SSE" for Senior Software Engineer."""
    candidates = [named.candidate for named in context.named] + ([context.linked] if context.linked else [])
    for candidate in candidates:
        words = [token for token in tokens_of(candidate.title) if token.plain not in {"of", "and", "the", "for"}]
        short = "".join(word.text[0] for word in words).upper()
        if len(short) < 2:
            continue
        for place, text, tokens in places:
            hit = next((token for token in tokens if token.text in {short, short[:-1] if len(short) > 3 else short}), None)
            if hit:
                ballot.add(hit.text, (hit.plain,), 2.4 if place == "subject" else 1.8, tracked=True)
                break


def _pieces(piece: str) -> Iterator[str]:
    title = trimmed(re.sub(r"\((?!.*\w{4}).*?\)|\b(?:REQ|JR|R)[-_ ]?\d{3,}\b|#?\b\d{4,}\b|\([^)]*\d{3}[^)]*\)", " ", piece).strip())
    if title and any(is_head(plain_word(word.strip("(),"))) for word in title.split()):
        yield re.sub(r"^(?i:your|thank you|application|applying|interview|invitation|offer|update|candidature|bewerbung|candidatura|our|the)\s+", "", title)
