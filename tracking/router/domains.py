"""Registrable domains by the public suffix list."""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from tracking.router.lexicon.wordlists import word_list


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


FREE_MAIL = word_list("free_mail")


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there, so that the domain names no employer."""
    return domain.lower() in FREE_MAIL
