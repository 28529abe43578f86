"""Who a mail comes from, as far as that tells the employer: domains, tenant at a platform, names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracking.mail import Address, Known, Mail
from tracking.router.domains import is_free_mail, registrable
from tracking.router.match.platforms import is_platform_host, split
from tracking.router.names import forms, label_splits, label_words, name
from tracking.router.senders import sender_platform

_IMPERSONAL = re.compile(
    r"^(?:no|do|not|donot|dont)?[-_.]?(?:reply|respond|noreply|notify|notifications?|mail(?:er)?|info|support|hello|"
    r"team|system|careers?|jobs?|recruiting|recruitment|talent|hr|hiring|alerts?|messages?|autoreply|email|updates?)$"
)
_SPLIT = re.compile(r"[+._]")
MAX_LINKS = 60
VOUCHED = 0.8  # fit of a domain to a company's name from which it is taken for its own


@dataclass(frozen=True)
class Origin:
    """The sender's side of a mail. Domains are registrable; those of platforms and free mail are left out."""

    authenticated: bool
    on_platform: bool
    is_shared: bool  # an impersonal address, which may write for many
    name: str
    address: str
    domain: str  # the sender's own; "" where it is a platform's or anybody's
    other_domains: tuple[
        str, ...
    ]  # of Reply-To, calendar organizers; of the recipients of the user's own mail
    link_domains: tuple[str, ...]
    tenants: tuple[str, ...]
    memory_keys: tuple[tuple[str, str], ...]


def origin(mail: Mail, known: Known) -> Origin:
    """Read who sent `mail`. For the user's own mail the recipients take the sender's place."""
    if mail.sent:
        return _own(mail)
    platform = sender_platform(mail.sender) is not None
    domain = "" if platform else _telling_domain(mail.sender.domain)
    others = _domains([address.domain for address in _others(mail)])
    return Origin(
        authenticated=mail.auth == "pass",
        on_platform=platform,
        is_shared=platform or bool(_IMPERSONAL.match(mail.sender.email.partition("@")[0].lower())),
        name=mail.sender.name,
        address=mail.sender.email.lower(),
        domain=domain,
        other_domains=tuple(each for each in others if each != domain),
        link_domains=_domains(split(link).hostname or "" for link in mail.links[:MAX_LINKS]),
        tenants=tuple(dict.fromkeys(_tenants(mail.sender))) if platform else (),
        memory_keys=tuple(memory_keys(mail)) if mail.auth == "pass" else (),
    )


def _own(mail: Mail) -> Origin:
    domains = _domains(address.domain for address in mail.recipients)
    keys = tuple(("sender", address.email.lower()) for address in mail.recipients)
    return Origin(True, False, False, "", "", "", domains, (), (), keys)


def _others(mail: Mail) -> Iterator[Address]:
    if mail.reply_to is not None:
        yield mail.reply_to
    for invite in mail.invites:
        yield Address("", invite.organizer.lower().removeprefix("mailto:"))


def _domains(hosts: Iterable[str]) -> tuple[str, ...]:
    found = (_telling_domain(host) for host in hosts if host and not is_platform_host(host))
    return tuple(dict.fromkeys(domain for domain in found if domain))


def _telling_domain(host: str) -> str:
    return "" if is_free_mail(host) else registrable(host)


def _tenants(sender: Address) -> Iterator[str]:
    """Names of employers that an address at a platform may hold: sub-domains and parts of the local part."""
    local = sender.email.partition("@")[0].lower()
    labels = sender.domain.split(".")[: -len(registrable(sender.domain).split("."))]
    for part in (*labels, local, *_SPLIT.split(local)):
        if len(part) >= 3 and not _IMPERSONAL.match(part):
            yield part


def vouches_for(mail: Mail, company: str) -> bool:
    """Whether an authenticated sender may speak for an employer: its own domain, or a platform's."""
    if mail.auth != "pass":
        return False
    if sender_platform(mail.sender) is not None:
        return True
    label = _telling_domain(mail.sender.domain).partition(".")[0]
    spelled = dict(sorted(forms(name(company)), key=lambda pair: pair[1]))
    fits = [factor * spelled.get(part, 0.0) for part, factor in label_splits(label)]
    return max([label_words(label, name(company)), *fits]) >= VOUCHED if label else False


def memory_keys(mail: Mail) -> Iterator[tuple[str, str]]:
    """(kind, key) by which a user's decisions about mail like this one are remembered.

    The caller hashes the keys; kinds are "sender" (an address) and "domain" (an employer's own).
    Addresses that a platform shares among employers are no key, but with a name before them they are.
    """
    address = mail.sender.email.lower()
    if sender_platform(mail.sender) is not None:
        yield "name", f"{mail.sender.name.strip().lower()}|{address}"
        return
    yield "sender", address
    domain = _telling_domain(mail.sender.domain)
    if domain:
        yield "domain", domain
