"""Exact keys: what ties a mail to an application without any weighing.

Forms: "thread:…", "message:<id>", "uid:…", "job:platform:id", "req:NUMBER", "reply:address".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tracking.mail import Address, Mail
from tracking.router.once import once
from tracking.router.parse.links import unwrap
from tracking.router.senders import link_platforms, sender_platform

MAX_KEYS: Final = 60
_SCANNED: Final = 20_000

_REQUISITION: Final = re.compile(r"(?<![\w/-])(?:JR|REQ|R)[-_ ]?\d{3,}(?:-\d{1,4})?(?![\w-])")
_NUMBERED: Final = re.compile(
    r"\b(?:job|requisition|req|position|vacancy|posting|role|application|registration|reference|ref"
    r"|stellen|kennziffer"
    r"|referenz|bewerbungs|référence|réf|referencia|oferta|processo|vaga|riferimento|vacature|vacaturenummer"
    r"|kandidatur|candidature|annonce)\b[\s-]*"
    r"(?:id|number|no\.?|nr\.?|num\.?|nummer|code|numéro|número|numero|n[º°o]\.?"
    r"|ref(?:erence)?\.?(?: (?:no|number)\.?)?|\#)?"
    r"\s*(?:is|ist|:|\#|=|-|–)*\s*[(\[]?\#?([A-Z0-9][A-Z0-9]*(?:[-/_.][A-Z0-9]+)*)(?![\w@])",
    re.IGNORECASE,
)
_GENERIC_TOKEN: Final = re.compile(
    r"^(?:19|20)\d\d$|^\d{1,3}$|^\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?$", re.IGNORECASE
)


@once(8)
def exact_keys(mail: Mail) -> tuple[str, ...]:
    """Every exact key of `mail`, each once, threads and messages first."""
    found = dict.fromkeys(_all_keys(mail))
    return tuple(found)[:MAX_KEYS]


def _all_keys(mail: Mail) -> Iterator[str]:
    if mail.thread_id:
        yield f"thread:{mail.thread_id}"
    for identifier in (mail.message_id, mail.in_reply_to, *reversed(mail.references)):
        if identifier:
            yield f"message:{identifier}"
    for invite in mail.invites:
        if invite.uid:
            yield f"uid:{invite.uid}"
    for key in job_keys(mail):
        yield f"job:{key}"
    for number in requisitions(mail):
        yield f"req:{number}"
    for address in reply_addresses(mail):
        yield f"reply:{address}"


def job_key(url: str) -> str | None:
    """ "job:platform:id" of a link to a posting or application; None where it shows none."""
    pair = _platform_and_id(url)
    return f"job:{pair}" if pair else None


@once(8)
def job_keys(mail: Mail) -> tuple[str, ...]:
    """ "platform:id" of every link of `mail` that shows one, in order of appearance."""
    found = (_platform_and_id(link) for link in mail.links)
    return tuple(dict.fromkeys(pair for pair in found if pair))


def _platform_and_id(url: str) -> str | None:
    url = unwrap(url)
    for platform in link_platforms(url):
        match = platform.job_id.search(url[:2000]) if platform.job_id else None
        if match:
            return f"{platform.key}:{match.group(1).lower()}"
    embedded = re.search(r"[?&](gh_jid|ashby_jid)=([\w-]{5,})", url[:2000])
    if embedded:
        return f"{'greenhouse' if embedded.group(1) == 'gh_jid' else 'ashby'}:{embedded.group(2).lower()}"
    return None


@once(8)
def requisitions(mail: Mail) -> tuple[str, ...]:
    """Requisition, posting and application numbers in subject and body, in upper case."""
    found: dict[str, None] = {}
    for text in (mail.subject, mail.text[:_SCANNED]):
        for match in _REQUISITION.finditer(text):
            found[_normal(match.group())] = None
        for match in _NUMBERED.finditer(text):
            if _is_number(match.group(1)):
                found[_normal(match.group(1))] = None
    return tuple(found)[:10]


def _normal(number: str) -> str:
    return re.sub(r"[\s_]+", "-", number.strip(".-/_")).upper()


def _is_number(token: str) -> bool:
    digits = sum(map(str.isdigit, token))
    return digits >= 3 and len(token) <= 30 and not _GENERIC_TOKEN.match(token)


def reply_addresses(mail: Mail) -> tuple[str, ...]:
    """Per-application addresses of a platform, where the message comes from or wants replies sent to."""
    found: dict[str, None] = {}
    for address in (mail.sender, mail.reply_to, *mail.recipients[:10]):
        if address and _is_token(address):
            found[address.email.lower()] = None
    return tuple(found)


def _is_token(address: Address) -> bool:
    platform = sender_platform(address)
    return bool(platform and platform.reply and platform.reply.fullmatch(address.email))
