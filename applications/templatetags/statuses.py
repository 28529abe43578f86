"""What statuses and numbers of e-mails are called; every page may use it without loading it."""

from __future__ import annotations

from django import template
from django.utils.translation import ngettext

from applications.labels import status_label

register = template.Library()
register.filter(status_label)


@register.filter
def emails(count: int) -> str:
    """So many e-mails, in words. For lists: blocktranslate takes many times as long."""
    return ngettext("%(count)s e-mail", "%(count)s e-mails", count) % {"count": count}
