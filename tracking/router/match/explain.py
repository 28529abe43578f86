"""The evidence for a match in words that a user understands, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator

from tracking.mail import Evidence, Mail, Reading
from tracking.router.match.evidence import SAYABLE, Signs
from tracking.router.match.exact import Hit
from tracking.router.match.prepared import Prepared
from tracking.router.match.score import WEIGHTS
from tracking.router.match.sender import Origin

MAX_PIECES = 5
_KEYS = {
    "thread": "It belongs to a conversation that is already with this application",
    "message": "It answers a message that is already with this application",
    "uid": "It is about a calendar event that is already with this application",
    "job": "It links to the job posting of this application",
    "req": "It gives this application's requisition number",
    "reply": "It uses the reply address of this application",
}


def explain(
    sign: Signs, each: Prepared, hits: list[Hit], reading: Reading, mail: Mail, origin: Origin
) -> tuple[Evidence, ...]:
    """Two to five reasons for and against this candidate; at least what speaks most."""
    pieces = list(_of_keys(hits))
    pieces += _of_company(sign, each, mail, origin)
    pieces += _of_title(sign, each, reading)
    pieces += _of_circumstances(sign, each, mail)
    pieces.sort(key=lambda piece: -abs(piece.weight))
    return tuple(pieces[:MAX_PIECES])


def _of_keys(hits: list[Hit]) -> Iterator[Evidence]:
    for kind in dict.fromkeys(hit.kind for hit in hits):
        trusted = any(hit.trusted for hit in hits if hit.kind == kind)
        code = kind if trusted else f"{kind}_unproven"
        words = _KEYS.get(kind, "It carries a key of this application")
        doubt = "" if trusted else ", but the sender is not known to have to do with it"
        yield Evidence(code, words + doubt, WEIGHTS["key" if trusted else "key_unproven"])


def _of_company(sign: Signs, each: Prepared, mail: Mail, origin: Origin) -> Iterator[Evidence]:
    company = each.candidate.company
    sender = f"The sender's domain is {origin.domain}, which fits {company}"
    wordings = {
        "domain": sender,
        "domain_unproven": f"{sender}, but it could not be verified",
        "reply_domain": f"Answers go to an address of {company}",
        "tenant": f"It was sent for {company} by its applicant-tracking system",
        "display": f"The sender's name says {company}",
        "subject": f"The subject names {company}",
        "named": f"The mail names {company} as the employer",
        "link_domain": f"It links to the website of {company}",
        "signature": f"It is signed for {company}",
        "invite": f"The calendar event names {company}",
        "body": f"The text names {company}",
    }
    if mail.sent:
        wordings["reply_domain"] = f"You wrote to an address of {company}"
    for code, bits in sign.identity.items():
        if bits >= SAYABLE:
            yield Evidence(code, wordings[code], round(bits, 1))


def _of_title(sign: Signs, each: Prepared, reading: Reading) -> Iterator[Evidence]:
    own, values = each.candidate.title, sign.values
    if "title_same" in values:
        yield Evidence("title_same", f"The title is the same: {own}", WEIGHTS["title_same"])
    elif "title_named" in values:
        yield Evidence("title_named", f"It mentions your title: {own}", WEIGHTS["title_named"])
    elif "title_like" in values:
        yield Evidence(
            "title_like", f"The title is similar: {reading.title}, yours is {own}", WEIGHTS["title_like"]
        )
    elif "title_words" in values:
        yield Evidence("title_words", f"It has words of your title only: {own}", WEIGHTS["title_words"])
    elif "title_other" in values:
        text = f"The title differs: {reading.title}, yours is {own}"
        yield Evidence("title_other", text, round(WEIGHTS["title_other"] * values["title_other"], 1))


def _of_circumstances(sign: Signs, each: Prepared, mail: Mail) -> Iterator[Evidence]:
    wordings = {
        "memory_sender": f"Earlier mail from {mail.sender.email} was about this application",
        "memory_domain": "Earlier mail from this sender's domain was about this application",
        "memory_name": "Earlier mail from this sender was about this application",
        "unmatched_sender": "You took mail from this sender off this application before",
        "unmatched_domain": "You took mail from this domain off this application before",
        "unmatched_name": "You took mail from this sender off this application before",
        "fresh": "It came right after something happened on this application",
        "quiet": "Nothing has happened on this application for a long time",
        "earlier": "It is older than this application",
        "closed": "This application is closed",
        "implausible": f"It would be unusual for an application that is {_state(each)}",
        "not_applied": "You have only saved this application so far",
    }
    for code, words in wordings.items():
        if abs(bits := WEIGHTS[code] * sign.values.get(code, 0.0)) >= 0.3:
            yield Evidence(code, words, round(bits, 1))


def _state(each: Prepared) -> str:
    return each.candidate.status.replace("_", " ")
