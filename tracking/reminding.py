"""An e-mail to whoever has not seen, a day after, that a mailbox of theirs is not read any more."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.letters import may_write_to
from tracking.models import Mailbox
from tracking.words import in_words

AFTER = timedelta(days=1)
AT_MOST = 200  # by one task

log = logging.getLogger("heardback.reminding")


def remind_of_lost(at: datetime) -> int:
    """Write once about each mailbox that lost access a day ago and still has none; give how many mails.

    Whoever claims a mailbox writes; a mail server out of order gives the claim back.
    """
    lost = Mailbox.objects.filter(
        state=Mailbox.State.NEEDS_RECONNECT, lost_at__lte=at - AFTER, lost_mailed_at=None
    )
    rows = list(lost.select_related("user").order_by("lost_at")[:AT_MOST])
    return sum(_claim(mailbox, at) and _write(mailbox, at) for mailbox in rows)


def _claim(mailbox: Mailbox, at: datetime) -> bool:
    """Whether the caller is the one to write: not if it was reconnected, taken away or written about."""
    still = Mailbox.objects.filter(
        pk=mailbox.pk,
        state=Mailbox.State.NEEDS_RECONNECT,
        lost_at=mailbox.lost_at,
        lost_mailed_at=None,
    )
    return bool(still.update(lost_mailed_at=at))


def _write(mailbox: Mailbox, at: datetime) -> bool:
    if not may_write_to(mailbox.user):
        return False
    try:
        compose(mailbox).send()
    except (smtplib.SMTPException, OSError) as error:
        log.warning("not written about mailbox %s: %s", mailbox.pk, type(error).__name__)
        Mailbox.objects.filter(pk=mailbox.pk, lost_mailed_at=at).update(lost_mailed_at=None)
        return False
    return True


def compose(mailbox: Mailbox) -> EmailMessage:
    """The e-mail about a lost mailbox: why, and what to do. Says nothing of any mail."""
    reason, next_step = in_words(mailbox.state_reason)
    context = {
        "mailbox": mailbox,
        "reason": reason,
        "next_step": next_step,
        "link": f"{settings.SITE_URL}{reverse('integrations')}",
    }
    subject = _("Heardback: reconnect %(provider)s") % {"provider": mailbox.get_provider_display()}
    return EmailMessage(
        subject,
        render_to_string("email/lost.txt", context),
        to=[mailbox.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
