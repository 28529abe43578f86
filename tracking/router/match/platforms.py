"""Which hosts are a platform's rather than an employer's own."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from tracking.mail import Address
from tracking.router.senders import link_platforms, sender_platform


@lru_cache(maxsize=4096)
def is_platform_host(host: str) -> bool:
    """Whether a host of a link or address belongs to a platform that many employers share."""
    return bool(link_platforms(f"https://{host}/") or sender_platform(Address("", f"x@{host}")))


def split(url: str) -> SplitResult:
    """The parts of an address, with or without a scheme; all empty where it is broken."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        _ = parts.hostname, parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
