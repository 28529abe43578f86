"""Mail that went to many: how headers tell, and what of it may be wanted, before its source is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tracking.mail import Mail

_PERSONAL = frozenset({"", "no", "normal", "urgent"})


def by_name(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Headers as the APIs list them, by name in lower case; of several of a name the first.

    Raises KeyError, TypeError.
    """
    return {str(row["name"]).lower(): str(row["value"]) for row in reversed(list(rows))}


def is_mailing(headers: Mapping[str, str]) -> bool:
    """Whether the headers, as `by_name` gives them, say that it went to many or was sent by a machine."""
    if "list-unsubscribe" in headers or "list-id" in headers:
        return True
    marks = (headers.get(name, "").strip().lower() for name in ("precedence", "auto-submitted"))
    return any(mark not in _PERSONAL for mark in marks)


def may_be_wanted(mail: Mail, keeps: Callable[[Mail], bool]) -> bool:
    """Whether `keeps` a mailing, of which `mail` is no more than headers and first words.

    Its subject may say as little as that of a letter, where the title of a job is enough: what follows
    from the first words is not known.
    """
    subject = replace(mail, text="", snippet="", bulk=False, list_unsubscribe=False)
    return keeps(mail) or keeps(subject)
