"""Template tags that every page may use without loading them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache

from django import template
from django.contrib.messages.storage.base import Message
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.icons import drawings, version

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing static/icons/<name>.svg, hidden from screen readers."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    if name not in drawings():
        raise template.TemplateSyntaxError(f"There is no icon {name!r} in static/icons.")
    place = f"{reverse('icons')}?{version()}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', place)


@register.filter
def ago(when: datetime | None) -> str:
    """A <time> that says how long ago `when` was (or how soon it is), with the exact time behind it."""
    if when is None:
        return ""
    words = relative(when, timezone.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', _iso(when), exact(when), words)


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


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
    return format_html('<time datetime="{}" title="{}">{}</time>', _iso(when), exact(when), shown)


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
    """("decision" or "batch", its id), or ("path", where to POST), of a message that offers an undo."""
    words = (message.extra_tags or "").split()
    return (words[1], words[2]) if len(words) == 3 and words[0] == "undo" else None


def relative(when: datetime, now: datetime) -> str:
    """How far `when` is from `now`, in a word or two; a date beyond a week."""
    seconds = (now - when).total_seconds()
    if seconds >= 0 and _is_today_alone(when, now):
        return _("today")
    if abs(seconds) < 60:
        return _("just now") if seconds >= 0 else _("in a moment")
    if abs(seconds) < 86_400:
        return _within_a_day(seconds)
    return _distant(when, now)


def _is_today_alone(when: datetime, now: datetime) -> bool:
    """Whether `when` is today's very beginning, which stands for a day without an hour."""
    local = timezone.localtime(when)
    return local.time() == time.min and local.date() == timezone.localtime(now).date()


def _within_a_day(seconds: float) -> str:
    minutes, hours = int(abs(seconds) // 60), int(abs(seconds) // 3600)
    if hours:
        return (_("%(hours)dh ago") if seconds > 0 else _("in %(hours)dh")) % {"hours": hours}
    return (_("%(minutes)d min ago") if seconds > 0 else _("in %(minutes)d min")) % {"minutes": minutes}


def _distant(when: datetime, now: datetime) -> str:
    days = (timezone.localtime(now).date() - timezone.localtime(when).date()).days
    if abs(days) <= 1:
        return _("yesterday") if days > 0 else _("tomorrow")
    if abs(days) <= timedelta(days=6).days:
        if days > 0:
            return _("%(days)dd ago") % {"days": days}
        return ngettext("in %(days)d day", "in %(days)d days", -days) % {"days": -days}
    return day(when)
