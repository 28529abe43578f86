"""Which hosts are a platform's rather than an employer's own."""

from __future__ import annotations

from functools import lru_cache

from tracking.mail import Address
from tracking.router.senders import link_platforms, sender_platform


@lru_cache(maxsize=4096)
def is_platform_host(host: str) -> bool:
    """Whether a host of a link or address belongs to a platform that many employers share."""
    return bool(link_platforms(f"https://{host}/") or sender_platform(Address("", f"x@{host}")))
