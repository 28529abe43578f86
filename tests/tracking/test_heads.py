"""Listing what a mailbox received, against the stand-ins of the providers: newest first, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured

from accounts import grants
from accounts.grants import GOOGLE, MICROSOFT
from tests.factories import MailboxFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER, source
from tracking.models import Mailbox
from tracking.providers import NeedsReconnectError, OverBudgetError, ProviderError, TemporaryError, calling
from tracking.providers.budgets import Budget, budget_of
from tracking.providers.heads import PAGE_SIZE, Span, cut
from tracking.providers.imap import heads as imap_heads
from tracking.providers.registry import open_lister

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
WEEK = Span(NOW - timedelta(days=7), NOW)
PARCELS = {"sender": "Parcels <tracking@parcels.example>", "text": "It comes on Tuesday."}


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waiting between retries, noted instead of done."""
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


def granted(stand_in, user, key, address):
    session: dict[str, object] = {}
    back = stand_in.consent(grants.authorization_url(session, key, NOW))
    tokens = grants.exchange(grants.take_consent(session, back["state"], NOW), back["code"], NOW)
    return grants.keep(user, key, address, tokens)


@pytest.fixture
def gmail_box(gmail, user):
    grant = granted(gmail, user, GOOGLE, OWNER)
    return MailboxFactory(user=user, provider=Mailbox.Provider.GMAIL, address=OWNER, grant=grant)


@pytest.fixture
def outlook_box(outlook, user):
    grant = granted(outlook, user, MICROSOFT, OUTLOOK_OWNER)
    return MailboxFactory(user=user, provider=Mailbox.Provider.OUTLOOK, address=OUTLOOK_OWNER, grant=grant)


@pytest.fixture
def imap_box(dovecot, user):
    grant = grants.keep_login(user, dovecot.owner, dovecot.login())
    return MailboxFactory(user=user, provider=Mailbox.Provider.IMAP, address=dovecot.owner, grant=grant)


def page(mailbox, span=WEEK, cursor=None, stored=(), budget=None):
    """One page of a lister of its own, as every request has."""
    lister = open_lister(mailbox, lambda: NOW, budget or Budget())
    try:
        return lister.page(span, cursor or {}, lambda ids: set(stored) & set(ids))
    finally:
        lister.close()


def pages(mailbox, span=WEEK):
    """The subjects of each page, to the end."""
    found, cursor = [], {}
    while cursor is not None:
        listing = page(mailbox, span, cursor)
        found.append(subjects(listing))
        cursor = listing.following
        assert len(found) < 20
    return found


def subjects(listing):
    return [head.subject for head in listing.heads]


def all_once(found, names):
    """Whether the pages hold each of `names` once, in this order, none with more than one page's worth."""
    return [each for some in found for each in some] == names and max(map(len, found)) <= PAGE_SIZE + 1


class TestCut:
    def test_what_fits_is_one_page(self):
        entries = [NOW - timedelta(hours=n) for n in range(PAGE_SIZE)]
        assert cut(entries[::-1], lambda each: each) == (entries, None)

    def test_a_second_is_never_torn(self):
        """A page ends with its whole second, whatever that holds: nothing falls between two pages."""
        same = NOW - timedelta(hours=1)
        entries = (
            [NOW - timedelta(minutes=n) for n in range(PAGE_SIZE - 2)] + [same] * 5 + [NOW - 3 * (NOW - same)]
        )
        found, following = cut(entries, lambda each: each)
        assert found.count(same) == 5
        assert following == {"before": same.timestamp()}


class TestGmail:
    def test_what_came_in_the_period_and_was_received(self, gmail, gmail_box):
        gmail.deliver(NOW - timedelta(hours=2), subject="Your parcel", **PARCELS)
        gmail.deliver(NOW - timedelta(hours=1), subject="Archived", labels=["Label_7"], **PARCELS)
        gmail.deliver(NOW - timedelta(days=8), subject="Too old", **PARCELS)
        gmail.deliver(NOW + timedelta(hours=1), subject="Too new", **PARCELS)
        for label in ("SENT", "DRAFT", "CHAT", "TRASH", "SPAM"):
            gmail.deliver(NOW - timedelta(hours=3), subject=label, labels=[label], **PARCELS)
        listing = page(gmail_box)
        assert subjects(listing) == ["Archived", "Your parcel"]
        assert listing.following is None
        assert listing.heads[1].sender.email == "tracking@parcels.example"
        assert listing.heads[1].received_at == NOW - timedelta(hours=2)

    def test_all_pages_hold_all_once(self, gmail, gmail_box):
        for number in range(120):
            gmail.deliver(NOW - timedelta(minutes=number + 1), subject=f"{number}", **PARCELS)
        assert all_once(pages(gmail_box), [f"{number}" for number in range(120)])

    def test_what_is_stored_is_not_even_asked_for(self, gmail, gmail_box):
        kept = gmail.deliver(NOW - timedelta(hours=1), subject="Kept")
        gmail.deliver(NOW - timedelta(hours=2), subject="Skipped", **PARCELS)
        assert subjects(page(gmail_box, stored=[kept["id"]])) == ["Skipped"]
        assert gmail.calls()["get"] == 1

    def test_the_cost_of_a_page_is_bounded_and_charged(self, gmail, gmail_box):
        for number in range(PAGE_SIZE + 10):
            gmail.deliver(NOW - timedelta(minutes=number + 1), **PARCELS)
        budget = budget_of("gmail", gmail_box.pk)
        page(gmail_box, budget=budget)
        assert (budget.calls, budget.units) == (PAGE_SIZE + 1, 20 * PAGE_SIZE + 5)

    def test_a_budget_that_is_spent(self, gmail, gmail_box, settings, waits):
        settings.GMAIL_UNITS_PER_USER_MINUTE = 30
        for number in range(3):
            gmail.deliver(NOW - timedelta(minutes=number + 1), **PARCELS)
        with pytest.raises(OverBudgetError):
            page(gmail_box, budget=budget_of("gmail", gmail_box.pk))
        assert sum(waits) <= 2  # somebody waits for the page

    def test_words(self, gmail, gmail_box):
        gmail.deliver(NOW - timedelta(hours=1), subject="Your parcel is here", **PARCELS)
        gmail.deliver(NOW - timedelta(hours=2), subject="Lunch?", sender="Ana <ana@friends.example>")
        span = Span(WEEK.since, WEEK.before, ("parcel", "here"))
        assert subjects(page(gmail_box, span)) == ["Your parcel is here"]
        assert subjects(page(gmail_box, Span(*WEEK_ENDS, ('in:trash" {', "lunch")))) == []

    def test_a_page_too_old_begins_again(self, gmail, gmail_box):
        gmail.deliver(NOW - timedelta(hours=1), subject="Parcel", **PARCELS)
        assert subjects(page(gmail_box, cursor={"page": "long gone"})) == ["Parcel"]

    def test_access_that_was_taken_back(self, gmail, gmail_box):
        gmail.order("revoke", address=OWNER)
        gmail.order("expire_access")
        with pytest.raises(NeedsReconnectError):
            page(gmail_box)

    def test_a_token_that_ran_out_is_renewed(self, gmail, gmail_box):
        gmail.deliver(NOW - timedelta(hours=1), subject="Parcel", **PARCELS)
        gmail.order("expire_access")
        assert subjects(page(gmail_box)) == ["Parcel"]

    def test_a_provider_out_of_order(self, gmail, gmail_box):
        gmail.fail("list", status=503, times=20)
        with pytest.raises(TemporaryError, match="provider_down"):
            page(gmail_box)


WEEK_ENDS = (WEEK.since, WEEK.before)


class TestOutlook:
    def test_inbox_and_archive_and_nothing_else(self, outlook, outlook_box):
        outlook.deliver(NOW - timedelta(hours=3), subject="Your parcel", **PARCELS)
        outlook.deliver(NOW - timedelta(hours=2), subject="Archived", folder="archive", **PARCELS)
        outlook.deliver(NOW - timedelta(hours=1), subject="Newest", **PARCELS)
        for folder in ("junkemail", "sentitems", "deleteditems"):
            outlook.deliver(NOW - timedelta(hours=1), subject=folder, folder=folder, **PARCELS)
        outlook.deliver(NOW - timedelta(hours=1), subject="Draft", draft=True, **PARCELS)
        outlook.deliver(NOW - timedelta(days=8), subject="Too old", **PARCELS)
        listing = page(outlook_box)
        assert subjects(listing) == ["Newest", "Archived", "Your parcel"]
        assert listing.heads[0].sender.email == "tracking@parcels.example"

    def test_all_pages_hold_all_once_also_where_much_came_at_once(self, outlook, outlook_box):
        names = []
        for number in range(130):
            at = NOW - timedelta(minutes=1 + number // 7 * 7)  # seven within a second
            names.append(f"{number}")
            folder = "archive" if number % 3 else "inbox"
            outlook.deliver(
                at + timedelta(milliseconds=900 - number), subject=names[-1], folder=folder, **PARCELS
            )
        found = pages(outlook_box)
        assert sorted(each for some in found for each in some) == sorted(names)
        assert max(map(len, found)) <= PAGE_SIZE + 7

    def test_more_in_one_second_than_a_listing_holds_comes_to_an_end(self, outlook, outlook_box):
        for number in range(60):
            outlook.deliver(NOW - timedelta(hours=1), subject=f"{number}", **PARCELS)
        outlook.deliver(NOW - timedelta(hours=2), subject="Older", **PARCELS)
        found = pages(outlook_box)
        assert "Older" in found[-1]

    def test_what_is_stored_is_left_out(self, outlook, outlook_box):
        kept = outlook.deliver(NOW - timedelta(hours=1), subject="Kept")
        outlook.deliver(NOW - timedelta(hours=2), subject="Skipped", **PARCELS)
        assert subjects(page(outlook_box, stored=[kept["id"]])) == ["Skipped"]

    def test_two_calls_a_page(self, outlook, outlook_box):
        outlook.deliver(NOW - timedelta(hours=1), **PARCELS)
        budget = budget_of("outlook", outlook_box.pk)
        page(outlook_box, budget=budget)
        assert budget.calls == 2

    def test_a_mailbox_without_an_archive(self, outlook, outlook_box):
        outlook_box.cursor = {"folders": {"inbox": {}, "sentitems": {}}}
        outlook.deliver(NOW - timedelta(hours=1), subject="Parcel", **PARCELS)
        outlook.order("remove_folder", address=OUTLOOK_OWNER, folder="archive")
        assert subjects(page(outlook_box)) == ["Parcel"]

    def test_throttled(self, outlook, outlook_box, waits):
        outlook.refuse("list", 429, "TooManyRequests", times=20)
        with pytest.raises(TemporaryError, match="rate_limited"):
            page(outlook_box)
        assert sum(waits) <= 2


class TestImap:
    def test_inbox_and_archive_and_nothing_else(self, dovecot, imap_box):
        dovecot.deliver(NOW - timedelta(hours=3), subject="Your parcel", **PARCELS)
        dovecot.deliver(NOW - timedelta(hours=2), subject="Archived", folder="Archive", **PARCELS)
        dovecot.deliver(NOW - timedelta(hours=1), subject="Sent", folder="Sent", **PARCELS)
        dovecot.deliver(NOW - timedelta(days=8), subject="Too old", **PARCELS)
        listing = page(imap_box)
        assert subjects(listing) == ["Archived", "Your parcel"]
        assert listing.heads[0].received_at == NOW - timedelta(hours=2)
        assert listing.heads[0].sender.email == "tracking@parcels.example"
        assert "\\Seen" not in " ".join(dovecot.flags())

    def test_all_pages_hold_all_once_in_order_of_time(self, dovecot, imap_box):
        times = [NOW - timedelta(minutes=n + 1) for n in range(110)]
        mails = [(at, source(at, subject=f"{n}", **PARCELS)) for n, at in enumerate(times)]
        dovecot.deliver_all(mails[::2])  # as after an import: numbered in another order than received
        dovecot.deliver_all(mails[1::2])
        assert all_once(pages(imap_box), [f"{n}" for n in range(110)])

    def test_words_in_sender_and_subject(self, dovecot, imap_box):
        dovecot.deliver(NOW - timedelta(hours=1), subject="Größe des Pakets", **PARCELS)
        dovecot.deliver(NOW - timedelta(hours=2), subject="Lunch?", sender="Ana <ana@friends.example>")
        assert subjects(page(imap_box, Span(*WEEK_ENDS, ("größe",)))) == ["Größe des Pakets"]
        assert subjects(page(imap_box, Span(*WEEK_ENDS, ("ANA",)))) == ["Lunch?"]
        assert subjects(page(imap_box, Span(*WEEK_ENDS, ('a" UNSEEN (',)))) == []

    def test_more_than_can_be_looked_through(self, dovecot, imap_box, monkeypatch):
        monkeypatch.setattr(imap_heads, "MOST", 2)
        for number in range(3):
            dovecot.deliver(NOW - timedelta(hours=number + 1), **PARCELS)
        with pytest.raises(ProviderError, match="period_too_full"):
            page(imap_box)

    def test_the_connection_is_given_back(self, dovecot, imap_box, settings):
        settings.IMAP_CONNECTIONS_PER_MAILBOX = 1
        dovecot.deliver(NOW - timedelta(hours=1), subject="Parcel", **PARCELS)
        for _ in range(2):
            assert subjects(page(imap_box, budget=budget_of("imap", imap_box.pk))) == ["Parcel"]


class TestSample:
    def test_it_lists_what_it_received(self, user):
        mailbox = MailboxFactory(user=user, provider=Mailbox.Provider.SAMPLE)
        found = [each for some in pages(mailbox, Span(NOW - timedelta(days=60), NOW)) for each in some]
        assert "Your box is being packed" in found
        assert len(found) == 46  # without the three the user wrote
        boxes = Span(NOW - timedelta(days=60), NOW, ("BOX", "muddy"))
        assert subjects(page(mailbox, boxes)) == ["Your box is being packed"]

    def test_an_uploaded_file_is_not_kept(self, user):
        mailbox = MailboxFactory(user=user, provider=Mailbox.Provider.UPLOAD)
        assert open_lister(mailbox, lambda: NOW, Budget()) is None


def test_a_page_takes_no_more_than_the_budget_of_a_minute():
    assert 5 + 20 * PAGE_SIZE < configured.GMAIL_UNITS_PER_USER_MINUTE
