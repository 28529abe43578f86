"""From signs to one calibrated confidence: bits, a softmax over the candidates and none, caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from applications.status import OPEN, Status
from tracking.mail import Kind, Reading
from tracking.router.match.evidence import Signs, SignsByPlace, times, values_of_status
from tracking.router.match.prepared import Index
from tracking.router.titles import similarity as title_similarity

# Bits that one unit of each sign is worth.
WEIGHTS = {
    "company": 5.0,
    "company_again": 2.0,
    "title_same": 3.0,
    "title_like": 2.0,
    "title_named": 2.0,
    "title_words": 3.0,
    "title_other": -3.5,
    "quiet": -1.5,
    "fresh": 0.7,
    "earlier": -3.0,
    "closed": -2.0,
    "implausible": -3.0,
    "not_applied": -0.7,
    "memory_sender": 6.0,
    "memory_domain": 2.5,
    "memory_name": 3.0,
    "unmatched_sender": -3.0,
    "unmatched_domain": -1.0,
    "unmatched_name": -2.0,
    "key": 12.0,
    "key_unproven": 3.0,
}
NONE = 4.0
NONE_OTHER_COMPANY = 2.5
NONE_OUTREACH = 4.0


@dataclass(frozen=True)
class Scored:
    """Candidates by place with their share of the belief, best first; `none` is what is left."""

    order: tuple[int, ...]
    bits: tuple[float, ...]
    shares: tuple[float, ...]
    none: float


def score(signs: SignsByPlace, reading: Reading, out: frozenset[int]) -> Scored:
    """Weigh every candidate against the others and against none of them; those of `out` are left aside."""
    bits = _bits(signs)
    kept = [place for place in range(len(bits)) if place not in out]
    order = tuple(sorted(kept, key=bits.__getitem__, reverse=True))
    none_bits = _none(signs, reading)
    top = max([none_bits, *(bits[place] for place in order[:1])])
    powers = [0.0 if place in out else 2.0 ** max(-60.0, each - top) for place, each in enumerate(bits)]
    none_power = 2.0 ** max(-60.0, none_bits - top)
    total = none_power + sum(powers)
    return Scored(order, tuple(bits), tuple(power / total for power in powers), none_power / total)


def _bits(signs: SignsByPlace) -> list[float]:
    """The bits of all candidates by place; those that nothing points at differ in time and status only."""
    at, kind = signs.at, signs.kind
    of_status = {status: _of_status(status, kind) for status in Status}
    found = []
    for each in signs.among.prepared:
        quiet, fresh, earlier = times(each, at)
        bits = WEIGHTS["quiet"] * quiet + WEIGHTS["fresh"] * fresh + WEIGHTS["earlier"] * earlier
        found.append(bits + of_status[each.status])
    for place, sign in signs.items():
        found[place] = _sum(sign.values)
    return found


def _sum(values: Mapping[str, float]) -> float:
    return sum([WEIGHTS[code] * value for code, value in values.items() if code in WEIGHTS])


@cache  # of a few kinds and statuses
def _of_status(status: Status, kind: Kind) -> float:
    return _sum(values_of_status(status, kind))


def _none(signs: SignsByPlace, reading: Reading) -> float:
    bits = NONE
    bits += NONE_OUTREACH * outreach_share(reading)
    named = max((sign.identity.get("named", 0.0) for sign in signs.values()), default=0.0)
    if reading.company and named < 1.5:
        bits += NONE_OTHER_COMPANY
    return bits


def outreach_share(reading: Reading) -> float:
    """How likely the mail is about a job that its reader did not apply to, 0..1."""
    stated = float(reading.kind == Kind.RECRUITER_OUTREACH)
    return reading.probabilities.get(Kind.RECRUITER_OUTREACH, stated)


def tied(scored: Scored, signs: SignsByPlace, among: Index) -> bool:
    """Whether the best candidate cannot be told from another application of the same company.

    The company tells nothing between them: it takes a key, or the title. An open one needs not be told
    from a closed one.
    """
    best = scored.order[0]
    if "key" in signs[best].values:
        return False
    rivals = [
        place for place in among.siblings[best] if place in scored.order and _is_rival(place, best, among)
    ]
    if rivals and not _is_told(signs[best]):
        return True
    return any(scored.bits[best] - scored.bits[rival] < _margin(best, rival, among) for rival in rivals)


def _is_rival(place: int, best: int, among: Index) -> bool:
    return _is_open(place, among) or not _is_open(best, among)


def _is_open(place: int, among: Index) -> bool:
    return Status(among.prepared[place].candidate.status) in OPEN


def _is_told(sign: Signs) -> bool:
    """Whether the mail has the title of this very application, or words that only its title has."""
    values = sign.values
    return "title_same" in values or "title_named" in values or values.get("title_words", 0.0) >= 0.5


def _margin(best: int, rival: int, among: Index) -> float:
    """Bits that must lie between two applications of one company: more where their titles are near."""
    likeness = title_similarity(among.prepared[best].title, among.prepared[rival].title)
    return 2.5 if likeness < 0.7 else 3.5
