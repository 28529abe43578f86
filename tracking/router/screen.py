"""Whether a mail may concern a job application at all.

Recall first: what is dropped here is never seen again, what is kept is still judged by the reader.
"""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Known, Mail, Screening
from tracking.router.context import Context, context_of
from tracking.router.domains import is_within, registrable
from tracking.router.lexicon.text import fold
from tracking.router.senders import link_platforms, sender_platform

SCANNED: Final = 60_000  # characters at each end of a long body

_WORDS: Final = re.compile(
    r"\b(?:interview\w*|appl(?:y|ying|ied|ication|ications|icants?)|candida\w+|recruit\w*|hiring|hired?|vacanc\w+|job|jobs|career\w*|resume|cv"
    r"|positions?|role|roles|offer|offers|offered|salary|onboarding|screening|assessment\w*|shortlist\w*|next steps?|references?|referees?|background check"
    r"|talent|headhunt\w*|opportunit\w+|opening|openings|start date|first day|notice period|employment|employer|staffing|hr|human resources|trial shift"
    r"|coding|take-?home|hackerrank|codility|codesignal|technical round|onsite|panel|superday|phone screen|intro call|probation|contract|payroll"
    r"|requisition|withdraw\w*|background screening|drug (?:test|screen)|w-?4|i-?9|crew|shift|apprentice\w*|intern|internship|trainee|placement|scheme|programme"
    r"|bewerb\w*|vorstellungs\w*|kennenlern\w*|stelle|stellen\w*|lebenslauf|arbeitsvertrag|vertrag\w*|absage|zusage|gehalt\w*|personalabteilung|kennziffer|probearbeit\w*"
    r"|probezeit|einstellung\w*|unterlagen|ausbildung\w*|praktik\w*"
    r"|candidature\w*|entretien\w*|poste|embauch\w*|recrutement|emploi|cabinet|contrat|stage|alternance|entrevue|curriculum|offre"
    r"|candidatura\w*|entrevista\w*|puesto|empleo|vacante\w*|seleccion\w*|oferta\w*|contrato|curriculo|sueldo|incorpora\w*|proceso|trabajo|bolsa"
    r"|vaga|vagas|emprego|processo seletivo|selecao|proposta|admissao|trabalho|bate-?papo|estagio|teste"
    r"|colloqui\w*|selezion\w*|assunzione|posizione|lavoro|offerta|concorso|tirocinio|contratto|ruolo"
    r"|sollicit\w*|vacature\w*|gesprek|functie|kennismak\w*|aanbod|arbeids\w*|aanstelling|stage|opdrachtgever|werkgever|meeloop\w*"
    r"|rekrut\w*|aplikacj\w*|stanowisk\w*|rozmow\w*|praca|pracy|kandydat\w*|oferte|umow\w*|etap"
    r"|ansogning\w*|jobsamtale|stilling\w*|soknad\w*|intervju\w*|ansokan|tjanst\w*|hakemus\w*|haastattelu\w*|tyopaik\w*)\b"
)
_INVITE: Final = re.compile(r"interview|\bx\b|<>|/|intro|chat|call|screen|gesprach|entretien|entrevista|colloquio|gesprek|rozmowa|samtale|meet|round|panel|talk", re.I)


def screen(mail: Mail, known: Known) -> Screening:
    """Judge one mail. `reason` is a code: thread, correspondent, allowed, platform, company, invite, words, …"""
    reason = _reason(mail, known)
    return Screening(bool(reason), reason or "nothing")


def _reason(mail: Mail, known: Known) -> str:
    context = context_of(mail, known)
    if context.linked is not None:
        return "thread"
    if context.correspondent:
        return "correspondent"
    if _is_allowed(mail, known):
        return "allowed"
    if mail.sent:
        return "sent" if context.named or _says(mail) else ""
    if sender_platform(mail.sender) or any(link_platforms(link) for link in mail.links[:40]):
        return "platform"
    return _by_content(mail, context)


def _by_content(mail: Mail, context: Context) -> str:
    if context.named:
        return "company"
    if any(_INVITE.search(fold(invite.summary)) for invite in mail.invites):
        return "invite"
    return "words" if _says(mail) else ""


def _is_allowed(mail: Mail, known: Known) -> bool:
    """Whether the user once pulled in mail of this address or domain."""
    address, domain = mail.sender.email.lower(), mail.sender.domain
    return address in known.allowed_senders or registrable(domain) in known.allowed_senders or any(
        is_within(domain, entry) for entry in known.allowed_senders if "@" not in entry
    )


def _says(mail: Mail) -> bool:
    """Whether subject, sender or text hold a word of applications in any of the languages."""
    text = mail.text if len(mail.text) <= 2 * SCANNED else f"{mail.text[:SCANNED]}\n{mail.text[-SCANNED:]}"
    invites = " ".join(f"{invite.summary} {invite.description}" for invite in mail.invites)
    if _WORDS.search(fold(f"{mail.subject}\n{mail.sender.name} {mail.sender.email}\n{invites}")):
        return True
    return bool(_WORDS.search(fold(f"{text}\n{mail.signature[:2000]}")))
