"""Whether a mail may concern a job application at all.

Recall first: what is dropped here is never seen again, what is kept is still judged by the reader.
"""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Known, Mail, Screening
from tracking.router.context import Context, context_of
from tracking.router.domains import is_within, registrable
from tracking.router.lexicon.jobs import is_head
from tracking.router.lexicon.text import fold, folded
from tracking.router.senders import link_platforms, sender_platform

SCANNED: Final = 60_000  # characters at each end of a long body

_WORDS: Final = re.compile(
    r"\b(?:interview\w*|appl(?:y|ying|ied|ication|ications|icants?)|candida\w+|recruit\w*|hiring|hired?"
    r"|vacanc\w+|job|jobs|career\w*|resume|cv"
    r"|positions?|role|roles|offer|offers|offered|salary|onboarding|screening|assessment\w*"
    r"|shortlist\w*|next steps?|references?|referees?|background check"
    r"|talent|headhunt\w*|opportunit\w+|opening|openings|start date|first day|notice period|employment"
    r"|employer|staffing|hr|human resources|trial shift"
    r"|coding|take-?home|hackerrank|codility|codesignal|technical round|onsite|panel|superday"
    r"|phone screen|intro call|probation|contract|payroll"
    r"|requisition|withdraw\w*|background screening|drug (?:test|screen)|w-?4|i-?9|crew|shift"
    r"|apprentice\w*|intern|internship|trainee|placement|scheme|programme"
    r"|bewerb\w*|vorstellungs\w*|kennenlern\w*|stelle|stellen\w*|lebenslauf|arbeitsvertrag|vertrag\w*"
    r"|absage|zusage|gehalt\w*|personalabteilung|kennziffer|probearbeit\w*"
    r"|probezeit|einstellung\w*|unterlagen|ausbildung\w*|praktik\w*"
    r"|candidature\w*|entretien\w*|poste|embauch\w*|recrutement|emploi|cabinet|contrat|stage|alternance"
    r"|entrevue|curriculum|offre"
    r"|candidatura\w*|entrevista\w*|puesto|empleo|vacante\w*|seleccion\w*|oferta\w*|contrato|curriculo"
    r"|sueldo|incorpora\w*|proceso|trabajo|bolsa"
    r"|vaga|vagas|emprego|processo seletivo|selecao|proposta|admissao|trabalho|bate-?papo|estagio|teste"
    r"|colloqui\w*|selezion\w*|assunzione|posizione|lavoro|offerta|concorso|tirocinio|contratto|ruolo"
    r"|sollicit\w*|vacature\w*|gesprek|functie|kennismak\w*|aanbod|arbeids\w*|aanstelling|stage"
    r"|opdrachtgever|werkgever|meeloop\w*"
    r"|rekrut\w*|aplikacj\w*|stanowisk\w*|rozmow\w*|praca|pracy|kandydat\w*|oferte|umow\w*|etap"
    r"|ansogning\w*|jobsamtale|stilling\w*|soknad\w*|intervju\w*|ansokan|tjanst\w*|hakemus\w*"
    r"|haastattelu\w*|tyopaik\w*)\b"
)
# Words that say little in mailings, but much in a letter from one person to another.
_PERSONAL: Final = re.compile(
    r"\b(?:profile|linkedin|client|mandate|retained|search\w*|looking for|we need|i need|hire|team"
    r"|coffee|call you|quick call|call|chat|zoom|teams|video|phone|meet you|meeting"
    r"|meet|appointment|schedul\w*|resched\w*|your (?:work|talk|thesis|background|experience|message"
    r"|letter|interest)|expression of interest|relocation|confidential|in the running"
    r"|decision|process|profil|parcours|client|telephoner|telefonier\w*|anrufen|wir suchen|suche\w*"
    r"|appeler|appel|recherche|perfil|cliente|llamada|llamarte|charlar|buscamos|busco"
    r"|conversar|ligar|procura\w*|cerchiamo|cerco|chiamata|chiacchier\w*|nome|profiel|bellen|zoeken"
    r"|koffie|szukam\w*|zadzwoni\w*|ringe|soger|soker|dossier|concours|convocat\w*)\b"
)
_WORD: Final = re.compile(r"[a-z][a-z-]+")
_INVITE: Final = re.compile(
    r"interview|\bx\b|<>|/|intro|chat|call|screen|gesprach|entretien|entrevista|colloquio|gesprek"
    r"|rozmowa|samtale|meet|round|panel|talk",
    re.I,
)


def screen(mail: Mail, known: Known) -> Screening:
    """Judge one mail. `reason` is a code such as "thread", "platform", "company", "words"."""
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
        return "sent" if context.named or _says(mail) or _is_personal(mail) else ""
    if sender_platform(mail.sender) or any(link_platforms(link) for link in mail.links[:40]):
        return "platform"
    return _by_content(mail, context)


def _by_content(mail: Mail, context: Context) -> str:
    if context.named:
        return "company"
    if any(_INVITE.search(fold(invite.summary)) for invite in mail.invites):
        return "invite"
    if _says(mail):
        return "words"
    return "letter" if _is_letter(mail) and _is_personal(mail) else ""


def _is_letter(mail: Mail) -> bool:
    """Whether it was written to one person, as far as the headers tell."""
    return not (mail.list_unsubscribe or mail.bulk)


def _is_personal(mail: Mail) -> bool:
    text = fold(f"{mail.subject}\n{mail.text[:6_000]}")
    return bool(_PERSONAL.search(text)) or any(is_head(word) for word in _WORD.findall(text))


def _is_allowed(mail: Mail, known: Known) -> bool:
    """Whether the user once pulled in mail of this address or domain."""
    address, domain = mail.sender.email.lower(), mail.sender.domain
    return (
        address in known.allowed_senders
        or registrable(domain) in known.allowed_senders
        or any(is_within(domain, entry) for entry in known.allowed_senders if "@" not in entry)
    )


def _says(mail: Mail) -> bool:
    """Whether subject, sender or text hold a word of applications in any of the languages."""
    text = mail.text if len(mail.text) <= 2 * SCANNED else f"{mail.text[:SCANNED]}\n{mail.text[-SCANNED:]}"
    invites = " ".join(f"{invite.summary} {invite.description}" for invite in mail.invites)
    if _WORDS.search(fold(f"{mail.subject}\n{mail.sender.name} {mail.sender.email}\n{invites}")):
        return True
    return bool(_WORDS.search(folded(text)) or _WORDS.search(fold(mail.signature[:2000])))
