"""E-mails with news: what is due is gathered into one letter a user, and each letter is sent once.

Gathering takes the news out of what is due in the transaction that makes the letter, so no news is in two.
Sending claims the letter by moving its next attempt on, in one conditional update: of several workers one
gets it. Should a worker be killed in the very moment between the mail server's answer and the note of it,
the letter goes again under the same Message-ID, by which mail programs know it.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ByMail, Letter, Notification, User

SALT = "heardback.unsubscribe"
AT_MOST = 30  # lines in one letter; the rest is a number
CLAIM = timedelta(minutes=10)  # after which a worker that took a letter counts as lost
ATTEMPTS = 8  # the pause doubles with each: about a day in all
KEPT = timedelta(days=30)

log = logging.getLogger("heardback.letters")


def gather(at: datetime, limit: int = 500) -> list[Letter]:
    """Make a letter for each user, and each way of mailing, that has news due at `at`."""
    waiting = Notification.objects.filter(mail_at__lte=at, user__is_active=True)
    users = waiting.order_by().values_list("user_id", flat=True).distinct()[:limit]
    return [letter for user_id in users for letter in _gather_for(user_id, at)]


def pending(at: datetime, limit: int = 500) -> list[UUID]:
    """The letters to be sent at `at`, oldest first."""
    rows = Letter.objects.filter(closed_at=None, due_at__lte=at)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def send(letter_id: UUID | str, at: datetime) -> bool:
    """Send one letter if nobody else does; give whether it went out. A failure puts it off."""
    if not _claim(letter_id, at):
        return False
    letter = Letter.objects.select_related("user").get(pk=letter_id)
    # News that was renewed since it was gathered is told by the letter that comes next.
    news = list(letter.notifications.filter(happened_at__lte=letter.made_at).order_by("-happened_at"))
    if not news or not may_write_to(letter.user):
        return _close(letter, at, sent=False)
    try:
        compose(letter, news).send()
    except (smtplib.SMTPException, OSError) as error:
        log.warning("letter %s not sent: %s", letter.pk, type(error).__name__)
        return _put_off(letter, at)
    return _close(letter, at, sent=True)


def compose(letter: Letter, news: list[Notification]) -> EmailMultiAlternatives:
    """The e-mail itself: text and HTML that say the same, nothing fetched from anywhere."""
    stop = f"{settings.SITE_URL}{reverse('unsubscribe')}?token={token_for(letter.user)}"
    context = {
        "letter": letter,
        "news": news[:AT_MOST],
        "more": max(0, len(news) - AT_MOST),
        "site": settings.SITE_URL,
        "stop": stop,
    }
    with timezone.override(letter.user.zone):
        text = render_to_string("email/news.txt", context)
        html = render_to_string("email/news.html", context)
    headers = {
        "Message-ID": f"<{letter.pk}@{urlsplit(settings.SITE_URL).hostname}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(_subject(letter, news), text, to=[letter.user.email], headers=headers)
    mail.attach_alternative(html, "text/html")
    return mail


def may_write_to(user: User) -> bool:
    """Whether the address is known to be the user's own: news goes to nobody else's."""
    if not user.is_active:
        return False
    if settings.ACCOUNT_EMAIL_VERIFICATION == "none":
        return True
    addresses = EmailAddress.objects.filter(user=user, email__iexact=user.email)
    return bool(addresses.filter(verified=True).exists())


def token_for(user: User) -> str:
    """What an unsubscribe link carries; it lets its holder stop the e-mails and nothing else."""
    return signing.Signer(salt=SALT).sign(str(user.pk))


def user_of(token: str) -> User | None:
    """Whose e-mails `token` may stop; None if it is none of ours."""
    try:
        return User.objects.filter(pk=signing.Signer(salt=SALT).unsign(token)).first()
    except signing.BadSignature:
        return None


def forget(before: datetime) -> int:
    """Drop the rows of letters closed before then; they hold no text, but nobody needs them."""
    return Letter.objects.filter(closed_at__lt=before).delete()[0]


def _gather_for(user_id: UUID, at: datetime) -> list[Letter]:
    made: list[Letter] = []
    with transaction.atomic():
        if not _alone_with(user_id):
            return made
        due = Notification.objects.filter(user_id=user_id, mail_at__lte=at)
        rows = list(due.select_for_update())
        for mail_as in (ByMail.NOW, ByMail.DAILY):
            fit = [row for row in rows if row.mail_as == mail_as and _is_news(row)]
            if fit:
                made.append(Letter.objects.create(user_id=user_id, mail_as=mail_as, made_at=at, due_at=at))
                _put_into(made[-1], fit, at)
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail_at=None)
    return made


def _alone_with(user_id: UUID) -> bool:
    """Whether no other worker gathers for this user, so that what belongs together goes together."""
    rows = User.objects.select_for_update(skip_locked=True, no_key=True)
    return rows.filter(pk=user_id).exists()


def _is_news(row: Notification) -> bool:
    """What the user has read on the site meanwhile is not sent after them; a day's summary is whole."""
    return row.mail_as == ByMail.DAILY or row.read_at is None


def _put_into(letter: Letter, rows: Iterable[Notification], at: datetime) -> None:
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(letter=letter, mailed_at=at)


def _claim(letter_id: UUID | str, at: datetime) -> bool:
    free = Letter.objects.filter(pk=letter_id, closed_at=None, due_at__lte=at)
    return bool(free.update(due_at=at + CLAIM, attempts=F("attempts") + 1))


def _close(letter: Letter, at: datetime, *, sent: bool) -> bool:
    Letter.objects.filter(pk=letter.pk).update(closed_at=at, sent_at=at if sent else None)
    return sent


def _put_off(letter: Letter, at: datetime) -> bool:
    if letter.attempts >= ATTEMPTS:
        log.error("letter %s given up after %d attempts", letter.pk, letter.attempts)
        return _close(letter, at, sent=False)
    Letter.objects.filter(pk=letter.pk).update(due_at=at + CLAIM * 2 ** (letter.attempts - 1))
    return False


def _subject(letter: Letter, news: list[Notification]) -> str:
    count = {"count": len(news)}
    if letter.mail_as == ByMail.DAILY:
        day = ngettext(
            "Heardback: your day, %(count)d update", "Heardback: your day, %(count)d updates", len(news)
        )
        return day % count
    if len(news) == 1:
        return _("Heardback: %(news)s") % {"news": " ".join(news[0].outward.split())}
    return ngettext("Heardback: %(count)d update", "Heardback: %(count)d updates", len(news)) % count
