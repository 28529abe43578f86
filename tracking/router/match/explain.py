"""The evidence for a match in words that a user understands, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator

from tracking.mail import Evidence, Mail, Reading, gettext_noop
from tracking.router.match.evidence import SAYABLE, Signs
from tracking.router.match.exact import Hit
from tracking.router.match.prepared import Prepared
from tracking.router.match.score import WEIGHTS
from tracking.router.match.sender import Origin

MAX_PIECES = 5
_KEYS = {
    "thread": gettext_noop("It belongs to a conversation that is already with this application"),
    "message": gettext_noop("It answers a message that is already with this application"),
    "uid": gettext_noop("It is about a calendar event that is already with this application"),
    "job": gettext_noop("It links to the job posting of this application"),
    "req": gettext_noop("It gives this application's requisition number"),
    "reply": gettext_noop("It uses the reply address of this application"),
}
_UNPROVEN = {
    "thread": gettext_noop(
        "It claims to belong to a conversation of this application, but its sender is not known there"
    ),
    "message": gettext_noop(
        "It claims to answer a message of this application, but its sender is not known there"
    ),
    "uid": gettext_noop(
        "It claims to be about a calendar event of this application, but its sender is not known there"
    ),
    "job": gettext_noop(
        "It links to the job posting of this application, but its sender is not known to have to do with it"
    ),
    "req": gettext_noop(
        "It gives this application's requisition number, but its sender is not known to have to do with it"
    ),
    "reply": gettext_noop(
        "It uses the reply address of this application, but its sender is not known to have to do with it"
    ),
}
_COMPANY = {
    "domain": gettext_noop("The sender's domain is %(domain)s, which fits %(company)s"),
    "domain_unproven": gettext_noop(
        "The sender's domain is %(domain)s, which fits %(company)s, but it could not be verified"
    ),
    "reply_domain": gettext_noop("Answers go to an address of %(company)s"),
    "tenant": gettext_noop("It was sent for %(company)s by its applicant-tracking system"),
    "display": gettext_noop("The sender's name says %(company)s"),
    "subject": gettext_noop("The subject names %(company)s"),
    "named": gettext_noop("The mail names %(company)s as the employer"),
    "link_domain": gettext_noop("It links to the website of %(company)s"),
    "signature": gettext_noop("It is signed for %(company)s"),
    "invite": gettext_noop("The calendar event names %(company)s"),
    "body": gettext_noop("The text names %(company)s"),
}
_WRITTEN_TO = gettext_noop("You wrote to an address of %(company)s")
_TITLE = {
    "title_same": gettext_noop("The title is the same: %(own)s"),
    "title_named": gettext_noop("It mentions your title: %(own)s"),
    "title_like": gettext_noop("The title is similar: %(title)s, yours is %(own)s"),
    "title_words": gettext_noop("It has words of your title only: %(own)s"),
    "title_other": gettext_noop("The title differs: %(title)s, yours is %(own)s"),
}
_CIRCUMSTANCES = {
    "memory_sender": gettext_noop("Earlier mail from %(sender)s was about this application"),
    "memory_domain": gettext_noop("Earlier mail from this sender's domain was about this application"),
    "memory_name": gettext_noop("Earlier mail from this sender was about this application"),
    "unmatched_sender": gettext_noop("You took mail from this sender off this application before"),
    "unmatched_domain": gettext_noop("You took mail from this domain off this application before"),
    "unmatched_name": gettext_noop("You took mail from this sender off this application before"),
    "fresh": gettext_noop("It came right after something happened on this application"),
    "quiet": gettext_noop("Nothing has happened on this application for a long time"),
    "earlier": gettext_noop("It is older than this application"),
    "closed": gettext_noop("This application is closed"),
    "implausible": gettext_noop("It would be unusual for where this application stands"),
    "not_applied": gettext_noop("You have only saved this application so far"),
}


def explain(
    sign: Signs, each: Prepared, hits: list[Hit], reading: Reading, mail: Mail, origin: Origin
) -> tuple[Evidence, ...]:
    """Two to five reasons for and against this candidate; at least what speaks most."""
    pieces = list(_of_keys(hits))
    pieces += _of_company(sign, each, mail, origin)
    pieces += _of_title(sign, each, reading)
    pieces += _of_circumstances(sign, mail)
    pieces.sort(key=lambda piece: -abs(piece.weight))
    return tuple(pieces[:MAX_PIECES])


def _of_keys(hits: list[Hit]) -> Iterator[Evidence]:
    for kind in dict.fromkeys(hit.kind for hit in hits):
        if any(hit.trusted for hit in hits if hit.kind == kind):
            yield Evidence(kind, _KEYS[kind], WEIGHTS["key"])
        else:
            yield Evidence(f"{kind}_unproven", _UNPROVEN[kind], WEIGHTS["key_unproven"])


def _of_company(sign: Signs, each: Prepared, mail: Mail, origin: Origin) -> Iterator[Evidence]:
    values = {"domain": origin.domain, "company": each.candidate.company}
    for code, bits in sign.identity.items():
        if bits >= SAYABLE:
            words = _WRITTEN_TO if mail.sent and code == "reply_domain" else _COMPANY[code]
            yield Evidence(code, words, round(bits, 1), values)


def _of_title(sign: Signs, each: Prepared, reading: Reading) -> Iterator[Evidence]:
    code = next((code for code in _TITLE if code in sign.values), "")
    if code:
        bits = WEIGHTS[code] * (sign.values[code] if code == "title_other" else 1.0)
        values = {"title": reading.title or "", "own": each.candidate.title}
        yield Evidence(code, _TITLE[code], round(bits, 1), values)


def _of_circumstances(sign: Signs, mail: Mail) -> Iterator[Evidence]:
    for code, words in _CIRCUMSTANCES.items():
        if abs(bits := WEIGHTS[code] * sign.values.get(code, 0.0)) >= 0.3:
            yield Evidence(code, words, round(bits, 1), {"sender": mail.sender.email})
