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
        host, _, results = _plain(value).partition(";")
        if host.split()[:1] and host.split()[0].lower() in hosts:
            return _verdict(results, domain)
    return "none"


def exchange_authentication(headers: Headers, domain: str) -> Auth:
    """The same by Exchange Online's own header, for mail that was read from its mailbox.

    It names no host, and stands above all that came with the mail, so no other than the topmost counts.
    AuthAs says that the mail came from outside, where it is always checked; Exchange takes that header
    off whatever comes in (its header firewall), so that no sender can claim it.
    """
    origins = {value.strip().lower() for value in headers.all("X-MS-Exchange-Organization-AuthAs")}
    results = _plain(next(iter(headers.all("Authentication-Results")), ""))
    if origins != {"anonymous"} or not _RESULT.match(results):
        return "none"
    return _verdict(results, domain)


def _plain(value: str) -> str:
    """A header value in one line, without comments."""
    return _COMMENT.sub(" ", value.replace("\n", " ").replace("\r", " "))


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
