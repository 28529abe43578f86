"""Structural features: who sends, how, to whom, and what the text holds besides words."""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Mail
from tracking.router.context import Context
from tracking.router.domains import is_free_mail, registrable
from tracking.router.lexicon.jobs import is_head
from tracking.router.senders import link_platforms, sender_platform

_CLOCK: Final = re.compile(
    r"\b\d{1,2}(?::|\.|h ?)\d\d\b|\b\d{1,2} ?(?:am|pm|a\.m|p\.m|uhr|h)\b|\bnoon\b|\bum \d{1,2}\b"
    r"|\bat \d{1,2}\b|\balle \d|\ba las \d|\bas \d{1,2}h|\bom \d"
)
_DATE: Final = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d{1,2}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th|\.)? (?:of |de |di )?(?:jan|feb|mar|marz|apr|avr|abr|may|mai|mag|jun"
    r"|juin|giu|jul|juil|lug|aug|aou|ago|sep|oct|okt|out|ott|nov|dec|dez|dic)\w*\b"
)
_MONEY: Final = re.compile(
    r"[$€£₹₱₦]\s?\d|\d\s?[€£]|\b\d{2,3}k\b|\b(?:usd|eur|gbp|chf|inr|ngn|nok|sek|cad|lpa|brutto|bruto|brut)\b"
)
_NO_REPLY: Final = re.compile(
    r"no-?_?reply|do-?_?not-?_?reply|notifications?|noreply|alerts?|mailer|system@|automated", re.I
)
_HIRING_ADDRESS: Final = re.compile(
    r"recruit|career|karriere|job|talent|hiring|\bhr\b|people|personal|candidat|bewerb|rrhh|\brh\b"
    r"|selezion|vaga|empleo|sollicit|staffing|apply",
    re.I,
)
_MARKETING_ADDRESS: Final = re.compile(
    r"deals|offers?@|news|marketing|promo|orders?@|billing|support@|hello@|alerts?@|updates?@|events?@"
    r"|info@|digest|community|e\.|mail\.|shop|store|sales@",
    re.I,
)
_REPLY: Final = re.compile(r"^(?:re|aw|sv|vs|antw|res|odp|r|tr|rv)\s*:", re.IGNORECASE)
_HIRING_NAME: Final = re.compile(
    r"recruit|career|karriere|talent|hiring|\bhr\b|human resources|people (?:team|ops|operations|&|and)"
    r"|personal(?:abteilung|amt)|rrhh|\brh\b|staffing|early careers|jobs",
    re.I,
)


def structural(mail: Mail, context: Context, body: str, subject: str) -> dict[str, float]:
    """Named features of everything but the words; `body` and `subject` are folded."""
    named = dict.fromkeys(_sender(mail), 1.0)
    named.update(dict.fromkeys(_relation(mail, context), 1.0))
    named.update(dict.fromkeys(_content(mail, body, subject), 1.0))
    return named


def _sender(mail: Mail) -> list[str]:
    platform = sender_platform(mail.sender)
    address, name = mail.sender.email, mail.sender.name
    found = [f"auth:{mail.auth}", f"platform:{platform.kind if platform else 'none'}"]
    if platform and platform.sends_only_alerts(mail.sender):
        found.append("alerts_only")
    if is_free_mail(mail.sender.domain):
        found.append("free_mail")
    for code, pattern, text in (
        ("no_reply", _NO_REPLY, address),
        ("hiring_address", _HIRING_ADDRESS, address),
        ("marketing_address", _MARKETING_ADDRESS, address),
        ("hiring_name", _HIRING_NAME, name),
    ):
        if pattern.search(text):
            found.append(code)
    if _is_person(name):
        found.append("person")
    return found


def _is_person(name: str) -> bool:
    words = name.split()
    return (
        2 <= len(words) <= 4 and all(word[:1].isupper() for word in words) and not _HIRING_NAME.search(name)
    )


def _relation(mail: Mail, context: Context) -> list[str]:
    found = []
    if context.linked:
        found += ["linked", f"linked:{context.linked.status}"]
    likely = context.likely
    if likely:
        found.append(f"status:{likely.status}")
    places = {named.place for named in context.named}
    found += [f"company_in:{place}" for place in places] or ["no_company"]
    companies = len({named.candidate.company for named in context.named})
    found.append(f"companies:{min(companies, 3)}")
    if context.correspondent:
        found.append("correspondent")
    if mail.in_reply_to or _REPLY.match(mail.subject):
        found.append("reply")
    if mail.quoted:
        found.append("quoted")
    own = registrable(mail.sender.domain)
    if any(named.place == "sender" for named in context.named) and own:
        found.append("from_company")
    return found


_WORD: Final = re.compile(r"[a-z][a-z-]{2,}")


def _heads(place: str, text: str) -> list[str]:
    """How many words of `text` name a kind of work: none, one, or several."""
    count = len({word for word in _WORD.findall(text) if is_head(word)})
    return [f"heads_in_{place}:{min(count, 3)}"]


_APPLIED: Final = re.compile(
    r"\b(?:appl(?:y|ied|ying|ications?)|resume|cv|candidacy|expressions? of interest|considered|consideration"
    r"|bewerbung|beworben|candidature|candidatura|inscrito|postul\w+|sollicitatie|aplikacj\w+|zgloszenie|ansogning"
    r"|ansokan|soknad)\b[^.\n]{0,30}?(?:\b(?:for|as|to be|to become|in|zum|zur|als|pour|comme|au poste de"
    r"|para|como|a|per|come|voor|na|som|till)\b|[:,-])(?P<work>(?: [\w'/&()+,-]+){1,9})"
)


def _applies_for_work(text: str) -> bool:
    """Whether an application for something that names a kind of work is spoken of."""
    return any(is_head(word) for match in _APPLIED.finditer(text) for word in _WORD.findall(match["work"]))


def _content(mail: Mail, body: str, subject: str) -> list[str]:
    found = [f"method:{invite.method}" for invite in mail.invites[:1]]
    if mail.invites and mail.invites[0].sequence > 0:
        found.append("resent_invite")
    if mail.list_unsubscribe:
        found.append("list_unsubscribe")
    if mail.bulk:
        found.append("bulk")
    for code, pattern in (("clock", _CLOCK), ("date", _DATE), ("money", _MONEY)):
        if pattern.search(body):
            found.append(code)
        if pattern.search(subject):
            found.append(f"{code}_in_subject")
    found += _heads("subject", subject) + _heads("body", body[:6000])
    if _applies_for_work(f"{subject}\n{body[:6000]}"):
        found.append("applied_for_work")
    found.append(f"length:{min(len(body), 4000).bit_length()}")
    found.append(f"questions:{min(body.count('?'), 3)}")
    if "!" in subject:
        found.append("shouting")
    kinds = {platform.kind for link in mail.links[:30] for platform in link_platforms(link)}
    found += [f"links:{kind}" for kind in kinds]
    found.append(f"link_count:{min(len(mail.links), 15).bit_length()}")
    if mail.attachments:
        found.append("attachment")
    return found
