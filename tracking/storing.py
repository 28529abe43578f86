"""One page of a sync into the database, with the cursor behind it and whatever one of its mails may do."""

from __future__ import annotations

import logging
from collections import Counter

from django.db import DatabaseError, DataError, transaction

from accounts.notifications import touch
from tracking import failures, runs
from tracking.failures import note_failure
from tracking.intake import Tray, judge, store, take_in
from tracking.lease import hold_with
from tracking.mail import RawMail
from tracking.models import Mailbox, Message
from tracking.providers import Page
from tracking.session import Session

log = logging.getLogger("heardback.sync")


def store_page(session: Session, page: Page) -> None:
    """One page in one transaction: its mail, its counters and the cursor behind it."""
    if session.is_careful:
        _store_carefully(session, page)
        return
    try:
        _store_together(session, page)
    except DataError:
        # One mail that the database refuses must not hold up the others.
        log.error("a page is stored singly in mailbox %s", session.mailbox.pk)
        session.knowledge.reload()
        _store_singly(session, page)


def _store_together(session: Session, page: Page) -> None:
    session.is_quiet = False
    mailbox = session.mailbox
    with transaction.atomic():
        hold_with(session.lease, session.clock(), **{session.part: page.cursor})
        counts = Counter({"looked_at": len(page.mails) + len(page.failed)})
        fresh = _not_stored(mailbox, page.mails)
        if fresh:
            counts += _take_all(session, fresh)
        counts["duplicates"] += len(page.mails) - len(fresh)
        for provider_id, error in page.failed:
            note_failure(mailbox, provider_id, error, session.clock())
            counts["failed"] += 1
        runs.count(session.run, counts, page, session.budget)
        touch(mailbox.user_id)


def _store_singly(session: Session, page: Page) -> None:
    """Each mail of `page` in a transaction of its own, the cursor with the last: a kill repeats nothing."""
    before = getattr(Mailbox.objects.get(pk=session.mailbox.pk), session.part)
    for raw in page.mails:
        try:
            _store_together(session, Page((raw,), before))
        except DataError:
            session.knowledge.reload()
            _store_together(session, Page((), before, failed=((raw.provider_id, "unreadable"),)))
    _store_together(session, Page((), page.cursor, page.failed, page.estimated_total))


def _store_carefully(session: Session, page: Page) -> None:
    """Each mail by itself, named before it is read: one that ends its worker is known to the next."""
    before, mailbox = getattr(Mailbox.objects.get(pk=session.mailbox.pk), session.part), session.mailbox
    for raw in page.mails:
        if failures.suspect(mailbox, raw.provider_id, session.clock()):
            _store_singly(session, Page((raw,), before))
            failures.clear(mailbox, raw.provider_id)
        else:
            _store_together(session, Page((), before, failed=((raw.provider_id, failures.CRASHES),)))
    _store_together(session, Page((), page.cursor, page.failed, page.estimated_total))


def _not_stored(mailbox: Mailbox, mails: tuple[RawMail, ...]) -> list[RawMail]:
    """Each of `mails` that is not in the mailbox yet, once."""
    by_id = {raw.provider_id: raw for raw in reversed(mails)}
    stored = Message.objects.filter(mailbox=mailbox, provider_id__in=by_id)
    known = set(stored.values_list("provider_id", flat=True)) if mails else set()
    return [raw for raw in mails if raw.provider_id not in known and by_id[raw.provider_id] is raw]


def _take_all(session: Session, mails: list[RawMail]) -> Counter[str]:
    """Judge each message and store what is kept; give how many count as what."""
    tray = Tray(session.mailbox, session.run, session.knowledge, mails)
    named = [_take(session, raw, tray) for raw in mails]
    return Counter(filter(None, named)) + store(tray)


def _take(session: Session, raw: RawMail, tray: Tray) -> str:
    """Put one message into the tray (""), or give the counter it adds to. No message stops the others."""
    try:
        verdict = judge(raw, session.knowledge.known, session.permissions, session.thresholds)
        if verdict is None:
            return "ignored"
        take_in(verdict, tray)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one mail does, the rest must get through
        # Only where and what kind: the message of an exception may quote the mail.
        log.error("message not taken in: %s in mailbox %s", type(error).__name__, session.mailbox.pk)
        note_failure(session.mailbox, raw.provider_id, "unreadable", session.clock())
        return "failed"
    return ""
