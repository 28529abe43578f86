"""Template tags that every page may use without loading them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing static/icons/<name>.svg, inline and hidden from screen readers."""
    return _icon(name)


@lru_cache
def _icon(name: str) -> SafeString:
    path = finders.find(f"icons/{name}.svg")
    body = _BODY.search(Path(str(path)).read_text()) if path else None
    if body is None:
        raise template.TemplateSyntaxError(f"There is no icon {name!r} in static/icons.")
    svg = f'<svg class="icon" width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">{body[1]}</svg>'
    return mark_safe(svg)  # noqa: S308  (a file of ours)


@register.filter
def ago(when: datetime | None) -> str:
    """A <time> that says how long ago `when` was (or how soon it is), with the exact time behind it."""
    if when is None:
        return ""
    words = relative(when, timezone.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(), exact(when), words)


@register.filter
def exact(when: datetime | None) -> str:
    """`when` in full, in the current time zone."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    return f"{date_format(local, 'D j M Y, H:i')} ({timezone.get_current_timezone_name()})"


@register.filter
def full(when: datetime | None) -> str:
    """A <time> with the date and the clock, and how long ago that is where it is not long."""
    if when is None:
        return ""
    now, local = timezone.now(), timezone.localtime(when)
    words = f", {relative(when, now)}" if abs((now - when).days) < timedelta(days=6).days else ""
    shown = date_format(local, "D j M Y, H:i") + words
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(), exact(when), shown)


@register.filter
def day(when: datetime | date | None) -> str:
    """The day of `when`, with the year only where it is another one."""
    if when is None:
        return ""
    local = timezone.localtime(when) if isinstance(when, datetime) else when
    this_year = local.year == timezone.localdate().year
    return date_format(local, "j M" if this_year else "j M Y")


@register.filter
def undo(message: Message) -> tuple[str, str] | None:
    """("decision" or "batch", its id) of a message that offers to take something back."""
    words = (message.extra_tags or "").split()
    return (words[1], words[2]) if len(words) == 3 and words[0] == "undo" else None


def relative(when: datetime, now: datetime) -> str:
    """How far `when` is from `now`, in a word or two; a date beyond a week."""
    seconds = (now - when).total_seconds()
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    span = _span(abs(seconds))
    if span:
        return f"{span} ago" if seconds > 0 else f"in {span}"
    return _distant(when, now)


def _span(seconds: float) -> str:
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)}h" if seconds < 86_400 else ""


def _distant(when: datetime, now: datetime) -> str:
    days = (timezone.localtime(now).date() - timezone.localtime(when).date()).days
    if abs(days) <= 1:
        return "yesterday" if days > 0 else "tomorrow"
    if abs(days) <= timedelta(days=6).days:
        return f"{days}d ago" if days > 0 else f"in {-days} days"
    return day(when)
