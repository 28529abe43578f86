"""Where a host name leads, looked up once: what was checked is what is connected to.

Users name the host. Without a check they could have this site talk to machines inside its own network.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from django.conf import settings

from tracking.providers import TemporaryError

PORTS = frozenset({993, 143})
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of `host`, each of which may be connected to.

    Raises TemporaryError: for a host that leads into a private network, even with one address of
    several, and for ports that are not IMAP's. IMAP_ALLOW_PRIVATE_HOSTS allows both.
    """
    private_allowed = settings.IMAP_ALLOW_PRIVATE_HOSTS
    if port not in PORTS and not private_allowed:
        raise TemporaryError("port_refused")
    found = _look_up(host, port)
    if not private_allowed and not all(is_public(each) for each in found):
        raise TemporaryError("server_private")
    return found


def is_public(address: str) -> bool:
    """Whether `address` belongs to the open internet, also where it wraps another one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _wrapped(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST or ip.teredo is not None:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_private)


def _wrapped(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to (mapped, 6to4, NAT64)."""
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _look_up(host: str, port: int) -> list[str]:
    try:
        _ = _NAME.fullmatch(host) or ipaddress.ip_address(host)
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, ValueError):
        raise TemporaryError("server_unknown") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
