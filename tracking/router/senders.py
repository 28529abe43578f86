"""The table of platforms that send job mail (applicant tracking, tests, scheduling, job boards).

A row proves nothing by itself: a sender is only believed where the message is authenticated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from tracking.mail import Address
from tracking.router.domains import is_within, registrable

PlatformKind = Literal["ats", "assessment", "scheduling", "jobboard"]
_TABLE: Final = Path(__file__).parent / "model" / "senders.tsv"
_TELLING: Final = 2  # letters that a sub-domain must have to be an employer's
_GENERIC_LOCAL: Final = re.compile(
    r"no-?_?reply|do-?_?not-?_?reply|notifications?|system|careers?|jobs?|hr|mail|info|support"
    r"|recruiting|team",
    re.I,
)


@dataclass(frozen=True)
class Platform:
    """One row of the table; domains are suffixes of whole labels, never sub-strings."""

    key: str
    name: str
    kind: PlatformKind
    senders: tuple[str, ...]
    alerts: tuple[str, ...]
    links: tuple[str, ...]
    job_id: re.Pattern[str] | None
    tenant: str
    reply: re.Pattern[str] | None

    def sends_only_alerts(self, sender: Address) -> bool:
        """Whether nothing but alerts and digests ever comes from this address."""
        return any(_is_sender(sender, entry) for entry in self.alerts)


@lru_cache(maxsize=1)
def platforms() -> tuple[Platform, ...]:
    """The whole table, read once."""
    rows = _TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return tuple(_platform(row.split("\t")) for row in rows if row)


def _platform(row: list[str]) -> Platform:
    key, name, kind, senders, alerts, links, job_id, tenant, reply = row
    return Platform(
        key=key,
        name=name,
        kind=cast(PlatformKind, kind),
        senders=tuple(senders.split() + alerts.split()),
        alerts=tuple(alerts.split()),
        links=tuple(links.split()),
        job_id=re.compile(job_id, re.IGNORECASE) if job_id else None,
        tenant=tenant,
        reply=re.compile(reply, re.IGNORECASE) if reply else None,
    )


@lru_cache(maxsize=1)
def _by_domain() -> tuple[dict[str, list[Platform]], dict[str, list[Platform]]]:
    """Platforms by registrable domain of their senders, and of their link hosts."""
    senders: dict[str, list[Platform]] = {}
    links: dict[str, list[Platform]] = {}
    for platform in platforms():
        for index, entries in ((senders, platform.senders), (links, platform.links)):
            for entry in entries:
                domain = entry.rpartition("@")[2]
                rows = index.setdefault(registrable(domain) or domain, [])
                if platform not in rows:
                    rows.append(platform)
    return senders, links


def _is_sender(sender: Address, entry: str) -> bool:
    local, _, domain = entry.rpartition("@")
    if local:
        return sender.email.lower() == entry
    return is_within(sender.domain, domain)


def sender_platform(sender: Address) -> Platform | None:
    """The platform that `sender` belongs to by domain (authentication is the caller's question)."""
    rows = _by_domain()[0].get(registrable(sender.domain), ())
    fitting = [platform for platform in rows if any(_is_sender(sender, entry) for entry in platform.senders)]
    return min(fitting, key=lambda platform: not platform.sends_only_alerts(sender), default=None)


def link_platforms(url: str) -> tuple[Platform, ...]:
    """The platforms whose hosts `url` leads to; empty for any other or a broken URL."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ()
    rows = _by_domain()[1].get(registrable(host), ())
    return tuple(row for row in rows if any(is_within(host, suffix) for suffix in row.links))


def tenant_slug(sender: Address) -> str:
    """The employer's own name at the platform, from the sender's sub-domain or local part; "" if none."""
    platform = sender_platform(sender)
    if platform is None or platform.tenant not in {"sub", "local"}:
        return ""
    slug = ""
    if platform.tenant == "sub":
        slug = sender.domain.removesuffix(registrable(sender.domain)).strip(".").split(".")[0]
    if platform.tenant == "local" or 0 < len(slug) < _TELLING:
        slug = re.split(r"[+@]", sender.email)[0].lower()
    return "" if not slug or _GENERIC_LOCAL.fullmatch(slug) else slug
