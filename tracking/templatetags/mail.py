"""How mail, and what was made of it, is written on a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from applications.status import Status
from tracking.evidence import READ, said

register = template.Library()

REASONS_FIRST = 4
LONGEST_LINK = 60
_LINK = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
_AFTER_LINK = ".,;:!?)]}»”’"
_WORDS = (
    (95, _("Almost certain %(percent)s\u202f%%")),
    (80, _("Likely %(percent)s\u202f%%")),
    (65, _("Probable %(percent)s\u202f%%")),
    (50, _("Possible %(percent)s\u202f%%")),
    (0, _("Unlikely %(percent)s\u202f%%")),
)


@register.filter
def confidence(percent: int) -> str:
    """A confidence of 0 to 100 as a word and a number."""
    return next(words for least, words in _WORDS if percent >= least) % {"percent": percent}


@register.filter
def mail_text(text: str) -> SafeString:
    """The visible text of a mail as paragraphs; each link shows the host it really leads to."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]
    return format_html_join("", "<p>{}</p>", ((_lines(block),) for block in blocks))


@register.filter
def plain_mail_text(text: str) -> SafeString:
    """As `mail_text`, for suspicious mail: no link can be followed."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]
    return format_html_join("", "<p>{}</p>", ((_broken(conditional_escape(block)),) for block in blocks))


register.filter("said", said)


@register.filter
def first_reasons(evidence: Sequence[Any]) -> Sequence[Any]:
    """The weightiest reasons, which come first."""
    return evidence[:REASONS_FIRST]


@register.filter
def other_reasons(evidence: Sequence[Any]) -> Sequence[Any]:
    return evidence[REASONS_FIRST:]


@register.filter
def of_the_mail(evidence: Sequence[Any]) -> Sequence[Any]:
    """What the mail says, whichever application it belongs to."""
    return [reason for reason in evidence if reason["code"] in READ]


@register.filter
def of_the_match(evidence: Sequence[Any]) -> Sequence[Any]:
    """What speaks for and against the likeliest application."""
    return [reason for reason in evidence if reason["code"] not in READ]


@register.inclusion_tag("_change.html")
def status_change(before: str | None, after: str | None) -> dict[str, Status | None]:
    """~~Applied~~ -> **Interviewing**, or the one status that stays."""
    return {"before": Status(before) if before else None, "after": Status(after) if after else None}


def _lines(block: str) -> SafeString:
    """Escaped text with its line breaks and links."""
    parts, end = [], 0
    for found in _LINK.finditer(block):
        url = found[0].rstrip(_AFTER_LINK)
        parts += [conditional_escape(block[end : found.start()]), _link(url)]
        end = found.start() + len(url)
    parts.append(conditional_escape(block[end:]))
    return _broken(mark_safe("".join(parts)))  # noqa: S308  (each part is escaped)


def _broken(escaped: str) -> SafeString:
    return mark_safe(escaped.strip("\n").replace("\n", "<br>"))  # noqa: S308  (escaped before)


def _link(url: str) -> SafeString:
    """A link whose text begins with the host that the browser will really go to."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        host = ""
    if not host:
        return conditional_escape(url)
    rest = f"{parts.path}{'?' if parts.query else ''}{parts.query}".rstrip("/")
    room = max(LONGEST_LINK - len(host), 8)
    shown = rest if len(rest) <= room else f"{rest[:room]}…"
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer nofollow"><b>{}</b>{}</a>', url, host, shown
    )
