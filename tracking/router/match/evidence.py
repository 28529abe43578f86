"""What a mail holds for and against each candidate, as named values that the weights turn into bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log, log1p

from applications.status import CLOSED, Status, after
from tracking.mail import Kind, Known, Mail, Reading
from tracking.router.match.fits import domain_fits, label_fits
from tracking.router.match.mentions import mentions
from tracking.router.match.prepared import Index, Prepared
from tracking.router.match.sender import Origin
from tracking.router.match.stated_title import StatedTitle, own_words
from tracking.router.names import Name, name, plain, similarity

Places = Mapping[int, float]

# Bits of each sign of the company; the strongest counts in full, the others in part, for they lean on it.
IDENTITY = {
    "domain": 5.0,
    "domain_unproven": 3.0,
    "reply_domain": 4.0,
    "tenant": 5.0,
    "display": 4.0,
    "subject": 4.0,
    "named": 4.0,
    "link_domain": 2.0,
    "signature": 2.5,
    "invite": 3.0,
    "body": 2.0,
}
_OF_THE_SENDER = frozenset({"domain", "domain_unproven", "reply_domain", "tenant"})
_STATUS_KINDS = frozenset(
    {
        Kind.INTERVIEW_INVITATION,
        Kind.INTERVIEW_UPDATE,
        Kind.ASSESSMENT,
        Kind.NEXT_ROUND,
        Kind.OFFER,
        Kind.REJECTION,
    }
)
_POINTING = frozenset(
    {
        "title_same",
        "title_like",
        "title_named",
        "title_words",
        "key",
        "key_unproven",
        "memory_sender",
        "memory_domain",
        "memory_name",
    }
)
SHOWN = 20_000  # characters of the body in which a stated name is looked for
SAYABLE = 0.5  # bits from which a sign of the company is worth telling the user
OWNED = 0.8  # fit from which a domain or tenant is taken for the company's own
SHARED_MEMORY = (
    0.7  # part of what is remembered of a sender that tells of the company's other applications too
)
_ADVANCING = _STATUS_KINDS - {Kind.REJECTION}
OF_A_RELAY = 0.3  # part of what is remembered of an impersonal address that is not the company's own
DAY = 86_400.0
YEAR = log(366)  # what a year of silence counts as
_EARLY = frozenset({Status.SAVED, Status.APPLIED})


@dataclass
class Signs:
    """All that is known of one mail against one candidate: values 0..1 by code."""

    values: dict[str, float] = field(default_factory=dict)
    identity: dict[str, float] = field(default_factory=dict)  # bits of each sign of the company

    def note(self, code: str, value: float) -> None:
        """Keep `value` under `code` if it is more than nothing."""
        if value > 0:
            self.values[code] = value

    def remember(self, code: str, value: float) -> None:
        """As `note`, but what says more stands."""
        self.note(code, max(value, self.values.get(code, 0.0)))

    @property
    def strong_identities(self) -> int:
        """How many sides point here beyond doubt: the sender, earlier decisions, the words, the title."""
        identity, values = self.identity, self.values
        sides = (
            self.sender_is_theirs,
            values.get("domain_fit", 0) >= OWNED and self.remembered,
            any(identity.get(code, 0) >= 2.6 for code in ("display", "subject", "named", "invite")),
            values.get("title_same", 0) > 0 or values.get("title_named", 0) >= 1,
        )
        return sum(sides)

    @property
    def names_anything(self) -> bool:
        """Whether anything at all of the mail points at this candidate; dates and status alone do not."""
        named = max(self.identity.values(), default=0.0) >= SAYABLE
        return named or bool(self.values.keys() & _POINTING)

    @property
    def remembered(self) -> bool:
        """Whether the user has decided before that mail from this sender or domain belongs here."""
        return max(self.values.get("memory_sender", 0), self.values.get("memory_domain", 0)) >= 0.7

    @property
    def sender_is_theirs(self) -> bool:
        """Whether the authenticated sender, not only what the mail claims, points at this company."""
        owned = self.values.get("domain_fit", 0) >= OWNED
        return owned or self.values.get("memory_sender", 0) >= 0.7 or self.values.get("platform", 0) > 0


class SignsByPlace(dict[int, Signs]):
    """The signs of candidates by place. Those that nothing in the mail points at are made when asked for."""

    def __init__(self, among: Index, at: float, kind: Kind) -> None:
        super().__init__()
        self.among, self.at, self.kind = among, at, kind

    def __missing__(self, place: int) -> Signs:
        each = self.among.prepared[place]
        self[place] = Signs(values_of_time(each, self.at) | values_of_status(each.status, self.kind))
        return self[place]


def gather(reading: Reading, mail: Mail, known: Known, among: Index, origin: Origin) -> SignsByPlace:
    """The signs for every candidate of `among`."""
    signs = SignsByPlace(among, mail.received_at.timestamp(), reading.kind)
    for code, places in _company_places(reading, mail, among, origin).items():
        for place, value in places.items():
            signs[place].identity[code] = _scaled(code, value, among.prepared[place].company.rarity)
    named = frozenset(signs)
    _note_fit(signs, among, origin)
    titles = StatedTitle(reading, mail)
    for place in named:
        _weigh_company(signs[place])
        signs[place].values.update(titles.of(among.prepared[place]))
        signs[place].note("platform", float(origin.on_platform and origin.authenticated))
    for place, found in titles.met(among):
        signs[place].values.update(found)
    for place, value in own_words(mail, among, named).items():
        signs[place].note("title_words", value)
    _weigh_memory(signs, known, among, origin)
    return signs


def _note_fit(signs: SignsByPlace, among: Index, origin: Origin) -> None:
    """How well the sender's own domain or tenant spells the company, however common its name is."""
    if not origin.authenticated:
        return
    fits = _best(
        [domain_fits(origin.domain, among), *(label_fits(tenant, among) for tenant in origin.tenants)]
    )
    for place, fit in fits.items():
        signs[place].note("domain_fit", fit)


def _scaled(code: str, value: float, rarity: float) -> float:
    floor = 0.7 if code in _OF_THE_SENDER else 0.45
    return IDENTITY[code] * value * (floor + (1 - floor) * rarity)


def _company_places(reading: Reading, mail: Mail, among: Index, origin: Origin) -> dict[str, Places]:
    proven = "domain" if origin.authenticated else "domain_unproven"
    invites = " \n".join(f"{each.summary}\n{each.description}" for each in mail.invites)
    return {
        proven: domain_fits(origin.domain, among) if origin.domain else {},
        "reply_domain": _best(domain_fits(domain, among) for domain in origin.other_domains),
        "tenant": _best(label_fits(tenant, among) for tenant in origin.tenants)
        if origin.authenticated
        else {},
        "display": mentions(origin.name, among) if origin.name else {},
        "subject": mentions(mail.subject, among),
        "named": _named(reading, mail, among),
        "link_domain": _best(domain_fits(domain, among) for domain in origin.link_domains),
        "signature": mentions(mail.signature, among) if mail.signature else {},
        "invite": mentions(invites, among) if invites else {},
        "body": mentions(mail.text, among),
    }


def _best(all_places: Iterable[Places]) -> dict[int, float]:
    merged: dict[int, float] = {}
    for places in all_places:
        for place, value in places.items():
            merged[place] = max(value, merged.get(place, 0.0))
    return merged


def _named(reading: Reading, mail: Mail, among: Index) -> dict[int, float]:
    """Candidates whose company the mail names as the employer; what earlier mail tells does not count."""
    if not reading.company:
        return {}
    stated = name(reading.company)
    if not _stands_in(mail, stated):
        return {}
    found: dict[int, float] = {}
    for place in among.sharing(stated):
        likeness = max(similarity(stated, one) for one in among.prepared[place].company.names)
        if likeness >= 0.4:
            found[place] = likeness
    return found


def _stands_in(mail: Mail, stated: Name) -> bool:
    """Whether a name begins anywhere in the visible mail, or in the sender's domain."""
    shown = f"{mail.sender.name} {mail.sender.domain}\n{mail.subject}\n{mail.text[:SHOWN]}\n{mail.signature}"
    return bool(stated.words) and stated.words[0] in plain(shown).lower()


def _weigh_company(sign: Signs) -> None:
    bits = sorted(sign.identity.values(), reverse=True)
    if bits:
        sign.note("company", bits[0] / 5)
        sign.note("company_again", (sum(bits[1:2]) + 0.4 * sum(bits[2:4])) / 5)


def values_of_time(each: Prepared, at: float) -> dict[str, float]:
    """Signs of time; `at` is when the mail came, in seconds since 1970."""
    quiet, fresh, earlier = times(each, at)
    values = {"quiet": quiet, "fresh": fresh, "earlier": earlier}
    return {code: value for code, value in values.items() if value}


def times(each: Prepared, at: float) -> tuple[float, float, float]:
    """How long nothing has happened, whether something just has, and how far the mail is too early: 0..1."""
    if each.since is None:
        return 0.0, 0.0, 0.0
    quiet = fresh = earlier = 0.0
    days = (at - each.since) / DAY
    if days > 7:
        quiet = min(1.0, log1p(days - 7) / YEAR)
    elif -1.5 <= days <= 3:
        fresh = 1.0
    if each.applied is not None and each.applied - at > 2 * DAY:
        earlier = min(1.0, ((each.applied - at) / DAY - 2) / 10)
    return quiet, fresh, earlier


@cache  # of a few kinds and statuses
def _of_status(status: Status, kind: Kind) -> tuple[tuple[str, float], ...]:
    found = {}
    if status in CLOSED:
        found["closed"] = 1.0
        if kind in _ADVANCING and after(status, kind) == status:
            found["implausible"] = 0.5
    if kind == Kind.APPLICATION_RECEIVED and status not in _EARLY:
        found["implausible"] = 1.0
    if status == Status.SAVED and kind in _STATUS_KINDS:
        found["not_applied"] = 1.0
    return tuple(found.items())


def values_of_status(status: Status, kind: Kind) -> dict[str, float]:
    """Signs of what the mail would do to an application of that status."""
    return dict(_of_status(status, kind))


def _weigh_memory(signs: SignsByPlace, known: Known, among: Index, origin: Origin) -> None:
    for kind, key in origin.memory_keys:
        for application, (alpha, beta) in known.recall(kind, key).items():
            each = among.by_id.get(application)
            if each is None:
                continue
            trust = (alpha - beta) / (alpha + beta + 0.3)
            if trust > 0 and origin.is_shared and signs[each.place].values.get("domain_fit", 0) < 0.5:
                trust *= OF_A_RELAY
            signs[each.place].remember(f"unmatched_{kind}", -trust)
            signs[each.place].remember(f"memory_{kind}", trust)
            for sibling in among.siblings[each.place]:
                signs[sibling].remember(f"memory_{kind}", SHARED_MEMORY * trust)
