"""Registrable domains by the public suffix list."""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The part of `domain` that somebody registered ("mail.acme.co.uk" -> "acme.co.uk"); "" if none."""
    host = domain.strip().strip(".").lower()
    if not host or len(host) > 253:
        return ""
    return _suffixes().privatesuffix(host) or ""


def is_within(domain: str, suffix: str) -> bool:
    """Whether `domain` is `suffix` or a sub-domain of it, by whole labels."""
    domain, suffix = domain.lower().strip("."), suffix.lower().strip(".")
    return bool(suffix) and (domain == suffix or domain.endswith("." + suffix))


FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com "
    "aol.com gmx.de gmx.net gmx.at web.de t-online.de freenet.de posteo.de mailbox.org proton.me "
    "protonmail.com pm.me fastmail.com zoho.com mail.com yandex.ru mail.ru qq.com 163.com 126.com naver.com "
    "orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it tiscali.it uol.com.br bol.com.br "
    "terra.com.br hotmail.fr hotmail.es hotmail.it hotmail.co.uk yahoo.co.uk yahoo.fr yahoo.es yahoo.de "
    "yahoo.it yahoo.co.in yahoo.com.br outlook.de outlook.fr outlook.es ziggo.nl kpnmail.nl planet.nl "
    "comcast.net verizon.net att.net sbcglobal.net btinternet.com sky.com rediffmail.com hey.com duck.com".split()
)


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there, so that the domain names no employer."""
    return domain.lower() in FREE_MAIL
