"""Mail that the screen skipped: listed live from its mailbox, never stored; and one of it pulled in."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import DatabaseError, DataError, transaction
from django.utils.translation import gettext as _

from accounts.notifications import touch
from tracking.allowed import allow
from tracking.backfill import scope_of
from tracking.connect import RefusedError, require_mail_sync
from tracking.fence import locked
from tracking.intake import Tray, judge_asked_for, store, take_in
from tracking.known import Knowledge
from tracking.lease import Lease
from tracking.mail import RawMail, Thresholds
from tracking.models import Mailbox, Message
from tracking.providers import Cursor, MessageError, NeedsReconnectError, OverBudgetError, ProviderError
from tracking.providers.budgets import AtOnce, Budget, Limit, budget_of
from tracking.providers.heads import Head, Lister, Listing, Span
from tracking.providers.registry import Clock, fetch_one, open_lister
from tracking.records import Verdict
from tracking.trouble import lose_access
from tracking.words import in_words

FEW, JOINED = 5, 3  # a page with fewer mails than that is joined with others, so many at most
PER_MINUTE = 20  # looks and mails pulled in, of one user
SECONDS = 60  # after which a look that never ended no longer counts as one at once
SEARCHABLE = frozenset({Mailbox.Provider.GMAIL, Mailbox.Provider.IMAP, Mailbox.Provider.SAMPLE})
FORM_SECONDS = 24 * 3600  # for which a mail of a page can be pulled in

log = logging.getLogger("heardback.skipped")


@dataclass(frozen=True)
class Reach:
    """What of a mailbox was screened: mail received from `since` on and before `before`."""

    since: datetime
    before: datetime

    def narrow(self, span: Span) -> Span:
        """The part of `span` that was screened; it may be empty."""
        return Span(max(span.since, self.since), min(span.before, self.before), span.words)


def reach_of(mailbox: Mailbox, at: datetime) -> Reach:
    """What was screened of the mailbox so far. Raises RefusedError where nothing was."""
    since = mailbox.read_since or at - timedelta(days=mailbox.backfill_days)
    if not mailbox.is_pulled:
        return Reach(since, at)
    if mailbox.last_success_at is None:
        raise RefusedError(_("The first sync is not done yet. What it skipped can be looked at after it."))
    return Reach(since, mailbox.last_success_at)


def look(mailbox: Mailbox, span: Span, cursor: Cursor, clock: Clock) -> Listing:
    """One page of what was skipped in `span`, from `cursor` on ({} = its newest).

    Raises RefusedError and LimitError with a sentence for the user, and ProviderError.
    """
    check_readable(mailbox)
    if span.since >= span.before:
        return Listing((), None)
    with (
        _asking(mailbox, clock) as budget,
        closing(_lister(mailbox, clock, budget)) as lister,
        _unquoted(mailbox),
    ):
        return _filled(mailbox, lister, span, cursor)


def _filled(mailbox: Mailbox, lister: Lister, span: Span, cursor: Cursor) -> Listing:
    """One page, joined with the next ones where nearly all of it is stored or the user's own."""
    own = {mailbox.address.lower(), mailbox.user.email.lower()}
    heads: list[Head] = []
    following: Cursor | None = cursor
    for _number in range(JOINED):
        listing = lister.page(span, following or {}, lambda ids: _stored(mailbox, ids))
        heads += [head for head in listing.heads if head.sender.email.lower() not in own]
        following = listing.following
        if len(heads) >= FEW or following is None:
            break
    return Listing(tuple(heads), following)


def pull_in(mailbox: Mailbox, provider_id: str, clock: Clock) -> tuple[Message, bool]:
    """Take one mail in as if the screen had kept it, and let later mail of its sender through.

    It waits for the user, whatever it says. Gives the message, and whether it is new: pulled in twice,
    it is there once. Raises RefusedError, LimitError, ProviderError, and Mailbox.DoesNotExist where the
    mailbox was disconnected meanwhile.
    """
    check_readable(mailbox)
    found = _message(mailbox, provider_id)
    if found is not None:
        return found, False
    with _asking(mailbox, clock) as budget:
        raw = fetch_one(mailbox, scope_of(mailbox, clock()), provider_id, clock, budget)
    knowledge = Knowledge(mailbox, clock())
    thresholds = Thresholds(settings.AUTO_LINK_THRESHOLD, settings.REVIEW_THRESHOLD)
    with _unquoted(mailbox):
        verdict = judge_asked_for(raw, knowledge.known, thresholds)
    try:
        return _take_in(mailbox, raw, verdict, knowledge, clock())
    except DataError:  # something in it that the database refuses; its words could quote the mail
        raise MessageError("unreadable") from None


def check_readable(mailbox: Mailbox) -> None:
    """Raises RefusedError or LimitError where the mailbox cannot be asked now."""
    if mailbox.provider == Mailbox.Provider.UPLOAD:
        raise RefusedError(
            _("An uploaded file is deleted as soon as it is read, so there is nothing left to look at.")
        )
    if mailbox.provider != Mailbox.Provider.SAMPLE:
        require_mail_sync(mailbox.user)
    if mailbox.state != Mailbox.State.ACTIVE:
        raise RefusedError(" ".join(in_words(mailbox.state_reason or "grant_revoked")))


def seal(mailbox: Mailbox, what: str, value: Any) -> str:
    """`value` for a form or an address of ours: it counts as this (`what`) in this mailbox alone."""
    return signing.dumps(value, salt=f"skipped:{what}:{mailbox.pk}")


def unseal(mailbox: Mailbox, what: str, sealed: str) -> Any:
    """What `seal` was given within the last day. Raises RefusedError where it was not."""
    try:
        return signing.loads(sealed, salt=f"skipped:{what}:{mailbox.pk}", max_age=FORM_SECONDS)
    except signing.BadSignature:
        raise RefusedError(_("This page is out of date. Look once more.")) from None


@contextmanager
def _asking(mailbox: Mailbox, clock: Clock) -> Iterator[Budget]:
    """Ask the provider within the mailbox's budget, one look at a time of each user and few of all.

    A web process must not be held up by slow providers. Access that is found to be lost is noted.
    """
    at, name = clock(), f"skipped:{mailbox.user_id}"
    places = [AtOnce(name, 1, SECONDS), AtOnce("skipped", settings.SKIPPED_LOOKS_AT_ONCE, SECONDS)]
    own = Budget([Limit(f"{name}:minute", PER_MINUTE, 60)], places)
    with own.slot(at) as has_room:
        if not has_room:
            raise OverBudgetError("looks_at_once")
        if own.reserve(1, at):
            raise OverBudgetError("looks_too_often")
        try:
            yield budget_of(mailbox.provider, mailbox.pk)
        except NeedsReconnectError as error:
            lose_access(mailbox, Lease(mailbox.pk, mailbox.lease_token), error.code, clock())
            raise


def _lister(mailbox: Mailbox, clock: Clock, budget: Budget) -> Lister:
    lister = open_lister(mailbox, clock, budget)
    assert lister is not None  # check_readable has seen to it
    return lister


def _stored(mailbox: Mailbox, ids: Sequence[str]) -> set[str]:
    found = Message.objects.filter(mailbox=mailbox, provider_id__in=ids)
    return set(found.values_list("provider_id", flat=True))


def _message(mailbox: Mailbox, provider_id: str) -> Message | None:
    return Message.objects.filter(mailbox=mailbox, provider_id=provider_id).first()


@contextmanager
def _unquoted(mailbox: Mailbox) -> Iterator[None]:
    """Keep what odd mail may lead to out of the log: the words of an exception can quote it."""
    try:
        yield
    except (ProviderError, DatabaseError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is named and told
        log.error("skipped mail not read: %s in mailbox %s", type(error).__name__, mailbox.pk)
        raise MessageError("unreadable") from None


def _take_in(
    mailbox: Mailbox, raw: RawMail, verdict: Verdict, knowledge: Knowledge, at: datetime
) -> tuple[Message, bool]:
    with transaction.atomic():
        held = locked(mailbox.user, mailbox.pk)  # as a sync holds it that stores a page
        check_readable(held)
        found = _message(held, raw.provider_id)
        if found is not None:
            return found, False
        tray = Tray(held, None, knowledge, [raw])
        take_in(verdict, tray)
        store(tray)
        message = tray.kept[0].message
        allow(message, at)
        held.failures.filter(provider_id=raw.provider_id).delete()
        touch(held.user_id)
    return message, True
