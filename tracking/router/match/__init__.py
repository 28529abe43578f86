"""Which application a mail belongs to: exact keys first, else the weighed evidence, then the caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracking.mail import IRRELEVANT_KINDS, Known, Mail, Match, Reading
from tracking.router.match.belief import belief, features
from tracking.router.match.evidence import Signs, SignsByPlace, gather
from tracking.router.match.exact import Hit, hits, lasting_keys
from tracking.router.match.explain import explain
from tracking.router.match.prepared import Index, index
from tracking.router.match.score import Scored, score, tied
from tracking.router.match.sender import Origin, memory_keys, origin, vouches_for

NOTHING = Match(application=None, confidence=0, evidence=())
WITHOUT_PROOF, UNAUTHENTICATED, TIE, DIGEST, NO_EVIDENCE = 94, 89, 80, 49, 25


@dataclass(frozen=True)
class Weighed:
    """All that matching found out about one mail, before confidence and caps; training reads it too."""

    among: Index
    origin: Origin
    hits: list[Hit]
    signs: SignsByPlace
    scored: Scored
    exact: int | None  # place of the candidate that trusted exact keys name, if they agree


def match(reading: Reading, mail: Mail, known: Known, weights: Sequence[float] | None = None) -> Match:
    """The application that `mail` belongs to, with a calibrated confidence from 0 to 100 and its evidence.

    `weights` are those of a calibration other than the shipped one. Gives no application where there is
    no candidate. Never raises on odd mail.
    """
    return decide(weigh(reading, mail, known), reading, mail, weights)


def decide(
    weighed: Weighed | None, reading: Reading, mail: Mail, weights: Sequence[float] | None = None
) -> Match:
    """The match that weighed evidence comes to: confidence, caps, evidence in words."""
    if weighed is None:
        return NOTHING
    first, *others = weighed.scored.order[:3]
    confidence, capped_by = _confidence(weighed, first, reading, mail, weights)
    shares = [(place, min(confidence, round(100 * weighed.scored.shares[place]))) for place in others]
    each = weighed.among.prepared[first]
    of_best = [hit for hit in weighed.hits if hit.place == first]
    second = shares[0] if shares else None
    return Match(
        application=each.candidate.id,
        confidence=confidence,
        evidence=explain(weighed.signs[first], each, of_best, reading, mail, weighed.origin),
        runner_up=weighed.among.prepared[second[0]].candidate.id if second else None,
        runner_up_confidence=second[1] if second else 0,
        ranked=tuple((weighed.among.prepared[p].candidate.id, c) for p, c in ((first, confidence), *shares)),
        exact=weighed.exact == first,
        capped_by=capped_by,
    )


def weigh(reading: Reading, mail: Mail, known: Known) -> Weighed | None:
    """The evidence of `mail` for every candidate, or None where there is no candidate left."""
    among = index(known.candidates)
    ruled_out = _ruled_out(mail, known)
    out = frozenset(among.by_id[each].place for each in ruled_out if each in among.by_id)
    if len(out) == len(among.prepared):
        return None
    sent_by = origin(mail, known)
    found = [hit for hit in hits(reading, mail, known, among, sent_by) if hit.place not in out]
    signs = gather(reading, mail, known, among, sent_by)
    found = [
        replace(hit, trusted=hit.trusted and _borne_out(hit, signs[hit.place], reading)) for hit in found
    ]
    exact = _agreed(found)
    for hit in found:
        certain = hit.trusted and exact == hit.place
        signs[hit.place].note("key" if certain else "key_unproven", 1.0)
    return Weighed(among, sent_by, found, signs, score(signs, reading, out), exact)


def _ruled_out(mail: Mail, known: Known) -> frozenset[str]:
    """Applications that this mail, or the conversation it is part of, was taken off for good."""
    identifiers = filter(None, (mail.message_id, mail.in_reply_to, *mail.references))
    by_id = known.excluded_by_id(tuple(dict.fromkeys(identifiers)))
    return known.excluded(mail.provider_id, mail.thread_id) | by_id


def _borne_out(hit: Hit, sign: Signs, reading: Reading) -> bool:
    """Whether a number or job link is backed by the company: two employers may use the same number."""
    if hit.kind not in ("job", "req"):
        return True
    backed = sum(sign.identity.values()) >= 1.5
    return backed or (not reading.company and len(hit.key) >= len("req:12345"))


def _agreed(found: list[Hit]) -> int | None:
    """The one candidate that the trusted keys name; a conversation outranks what a mail quotes."""
    trusted = [hit for hit in found if hit.trusted]
    for kinds in (("thread", "message"), ("uid", "reply"), ("job", "req")):
        places = {hit.place for hit in trusted if hit.kind in kinds}
        if places:
            return places.pop() if len(places) == 1 else None
    return None


def _confidence(
    weighed: Weighed, first: int, reading: Reading, mail: Mail, weights: Sequence[float] | None
) -> tuple[int, str]:
    """Confidence 0..100 in the best candidate, and the code of the cap that held it down ("" if none)."""
    sure = belief(features_of(weighed, reading, mail), weights)
    confidence = min(99, int(100 * sure))
    for code, limit in _caps(weighed, first, reading, mail):
        if confidence > limit:
            return limit, code
    return confidence, ""


def features_of(weighed: Weighed, reading: Reading, mail: Mail) -> list[float]:
    """The inputs of the calibration for the best candidate."""
    first = weighed.scored.order[0]
    return features(weighed.scored, weighed.signs[first], first, weighed.exact == first, reading, mail)


def _caps(weighed: Weighed, first: int, reading: Reading, mail: Mail) -> list[tuple[str, int]]:
    """The caps that apply to the best candidate, lowest first."""
    caps = []
    exact = weighed.exact == first
    if not weighed.signs[first].names_anything:
        caps.append(("no_evidence", NO_EVIDENCE))
    if is_digest(reading, mail) and not exact:
        caps.append(("digest", DIGEST))
    if not exact and tied(weighed.scored, weighed.signs, weighed.among):
        caps.append(("tie", TIE))
    if not mail.sent and mail.auth != "pass":
        caps.append(("unauthenticated", UNAUTHENTICATED))
    sign = weighed.signs[first]
    if not exact and not (sign.sender_is_theirs and sign.strong_identities >= 2):
        caps.append(("one_identity", WITHOUT_PROOF))
    return caps


def is_digest(reading: Reading, mail: Mail) -> bool:
    """Whether a mail names several employers and went to many, as alerts and newsletters do."""
    to_many = mail.list_unsubscribe or mail.bulk or reading.kind in IRRELEVANT_KINDS
    return reading.companies_named >= (2 if to_many else 4)


__all__ = [
    "Weighed",
    "decide",
    "features_of",
    "is_digest",
    "lasting_keys",
    "match",
    "memory_keys",
    "vouches_for",
    "weigh",
]
