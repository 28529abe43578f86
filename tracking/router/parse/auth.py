"""What the receiving provider found out about the sender (RFC 8601)."""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Auth
from tracking.router.domains import registrable
from tracking.router.parse.headers import Headers

_COMMENT: Final = re.compile(r"\([^()]*\)")
_RESULT: Final = re.compile(r"^\s*(dmarc|dkim|spf)\s*=\s*(\w+)", re.IGNORECASE)
_SIGNER: Final = re.compile(r"header\.(?:d|i)\s*=\s*\"?(?:[^\s@;\"]*@)?([^\s;\"]+)", re.IGNORECASE)


def authentication(headers: Headers, domain: str, trusted: tuple[str, ...]) -> Auth:
    """Pass, fail or none for the From `domain`, by the topmost results header of a trusted host."""
    hosts = {host.lower() for host in trusted}
    for value in headers.all("Authentication-Results"):
        host, _, results = _COMMENT.sub(" ", value.replace("\n", " ").replace("\r", " ")).partition(";")
        if host.split()[:1] and host.split()[0].lower() in hosts:
            return _verdict(results, domain)
    return "none"


def _verdict(results: str, domain: str) -> Auth:
    found: dict[str, set[str]] = {"dmarc": set(), "dkim": set(), "spf": set()}
    aligned = False
    for clause in results.split(";"):
        match = _RESULT.match(clause)
        if not match:
            continue
        method, result = match.group(1).lower(), match.group(2).lower()
        found[method].add(result)
        aligned = aligned or (method == "dkim" and result == "pass" and _aligned(clause, domain))
    if "fail" in found["dmarc"]:
        return "fail"
    if "pass" in found["dmarc"] or aligned:
        return "pass"
    failed = "fail" in found["dkim"] and "pass" not in found["dkim"] and found["spf"] & {"fail", "softfail"}
    return "fail" if failed else "none"


def _aligned(clause: str, domain: str) -> bool:
    own = registrable(domain)
    return bool(own) and any(registrable(signer) == own for signer in _SIGNER.findall(clause))
