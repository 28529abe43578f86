"""What the address of a tracked posting tells: the employer's domain or tenant, keys and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tracking.router import keys
from tracking.router.domains import registrable
from tracking.router.match.platforms import is_platform_host, split

_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_HOSTING = re.compile(
    r"^(?:www|jobs?|careers?|apply|recruiting|talent|wd\d+|boards|job-boards|eu|us|en|hire)$"
)


@dataclass(frozen=True)
class Site:
    """`domain` is the employer's own, `tenant` its name at a platform; what cannot be told is ""."""

    domain: str
    tenant: str
    job_key: str
    numbers: frozenset[str]  # of the posting: requisition and ids in its address


@lru_cache(maxsize=8192)
def site(url: str, requisition: str) -> Site:
    """What a posting's address and requisition number, as its user gave them, tell of the employer."""
    return Site(*employer_site(url), keys.job_key(url) or "", posting_numbers(url, requisition))


def posting_numbers(url: str, requisition: str) -> frozenset[str]:
    """Runs of four and more digits in the requisition number and the address of the posting."""
    parts = split(url)
    found = _NUMBER.findall(f"{requisition} {parts.path} {parts.query} {parts.fragment}")
    return frozenset(number for number in found if not re.fullmatch(r"(?:19|20)\d\d", number))


def employer_site(url: str) -> tuple[str, str]:
    """(the employer's own domain, its tenant name at a platform) as an application's address tells.

    A platform's address gives a tenant, any other a domain; what cannot be told is "".
    """
    parts = split(url)
    host = (parts.hostname or "").lower()
    if not host or "." not in host:
        return "", ""
    if not is_platform_host(host):
        return registrable(host), ""
    labels = [label for label in host.split(".")[:-2] if not _HOSTING.match(label)]
    if labels:
        return "", re.sub(r"^(?:careers?|jobs)-", "", labels[0])
    return "", next(
        (part for part in parts.path.split("/") if len(part) > 1 and not _HOSTING.match(part)), ""
    )
