"""What a first sync asks Gmail for: general words about applications, platforms, and the user's own names.

Braces mean "any of these".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from tracking.providers import Scope
from tracking.providers.terms import TERMS
from tracking.router.senders import platforms

LONGEST = 1500  # characters of one query
KINDS = frozenset({"ats", "assessment", "scheduling"})  # what boards send about applications has the words

_FAR = datetime(2200, 1, 1, tzinfo=UTC)


def build_queries(scope: Scope) -> list[str]:
    """Searches that together find the mail of `scope`: of the user's own names, by words, of platforms."""
    own = [
        *(f"from:{_plain(person)}" for person in scope.people if "@" in person),
        *(f"from:{_plain(domain)}" for domain in scope.domains),
        *(f'"{name}"' for company in scope.companies if len(name := _plain(company)) >= 2),
    ]
    terms = dict.fromkeys(term for term in (*own, *TERMS, *_platform_terms()) if not term.endswith(":"))
    until = f" before:{int(scope.before.timestamp())}" if scope.before else ""
    return [f"{_since(scope.since)}{until} {{{group}}}" for group in _grouped(terms)]


def resync_query(since: datetime) -> str:
    """All mail since then: what following the history would have given."""
    return _since(since)


def received_query(since: datetime, before: datetime, words: Iterable[str] = ()) -> str:
    """All mail received in a period that holds all of `words`, without what the user sent."""
    quoted = "".join(f' "{plain}"' for word in words if (plain := _plain(word)))
    return f"{_since(since)} before:{int(before.timestamp())} -in:sent{quoted}"


def _since(moment: datetime) -> str:
    return f"after:{int(moment.timestamp())} -in:chats -in:drafts"


def _platform_terms() -> Iterable[str]:
    for platform in platforms():
        if platform.kind in KINDS:
            wanted = (sender for sender in platform.senders if sender not in platform.alerts)
            yield from (f"from:{sender}" for sender in wanted if not _within(sender, platform.senders))


def _within(sender: str, senders: tuple[str, ...]) -> bool:
    """Whether another of the domains finds this one too, as a domain finds its sub-domains."""
    return any(sender.endswith((f".{other}", f"@{other}")) for other in senders)


def _grouped(terms: Iterable[str]) -> list[str]:
    room = LONGEST - len(_since(_FAR)) - len(f" before:{int(_FAR.timestamp())}") - len(" {}")
    groups: list[list[str]] = []
    used = 0
    for term in terms:
        if not groups or used + 1 + len(term) > room:
            groups.append([])
            used = 0
        groups[-1].append(term)
        used += 1 + len(term)
    return [" ".join(group) for group in groups]


def _plain(text: str) -> str:
    """`text` without what means something in a search."""
    return re.sub(r'[\s"(){}]+', " ", text).strip()[:100]
