"""http(s) targets of a message in order of appearance, with click-protection wrappers undone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit

MAX_LINKS: Final = 200
_URL: Final = re.compile(r"https?://[^\s<>\"'()\[\]{}|\\^`]{3,2000}", re.IGNORECASE)
_WRAPPERS: Final = {
    "safelinks.protection.outlook.com": "url",
    "google.com": "q",
    "slack-redir.net": "url",
    "linkprotect.cudasvc.com": "a",
}


def find_links(plain: str, html_links: Iterable[str]) -> tuple[str, ...]:
    """At most MAX_LINKS different targets; those of the HTML come first."""
    found: dict[str, None] = {}
    for link in html_links:
        if link[:4].lower() == "http" and len(found) < MAX_LINKS:
            found[unwrap(link)] = None
    for match in _URL.finditer(plain):
        if len(found) >= MAX_LINKS:
            break
        found[unwrap(match.group().rstrip(".,;:!?*_"))] = None
    return tuple(found)


def unwrap(link: str) -> str:
    """The target behind a known link-protection wrapper, else `link` itself."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return link
    for suffix, parameter in _WRAPPERS.items():
        if host == suffix or host.endswith("." + suffix):
            target = parse_qs(parts.query).get(parameter, [""])[0]
            return target if target.startswith(("http://", "https://")) else link
    return link
