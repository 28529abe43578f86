"""A sync within its budget: it waits without harm, goes on, and tells what it has cost."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.grants import Login
from tests.standins.fixtures import OUTLOOK_OWNER
from tracking import connect
from tracking.models import Mailbox, Message, SyncRun
from tracking.providers import OverBudgetError, TemporaryError, calling
from tracking.providers.budgets import AtOnce, Budget
from tracking.providers.imap.api import ImapApi
from tracking.sync import sync

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GET, LIST, PROFILE, HISTORY = 20, 5, 1, 2
GMAIL, OUTLOOK = Mailbox.Provider.GMAIL, Mailbox.Provider.OUTLOOK


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


def connected(stand_in, user, provider):
    session: dict[str, object] = {}
    back = stand_in.consent(connect.consent_url(user, provider, session, NOW))
    return connect.connect_account(user, provider, session, back["code"], back["state"], NOW).mailbox


@pytest.fixture
def mailbox(gmail, user):
    for number in range(30):
        gmail.deliver(NOW - number * MINUTE, subject=f"Interview {number}")
    mailbox = connected(gmail, user, GMAIL)
    gmail.order("reset_counts")
    return mailbox


def cost(calls):
    prices = {"get": GET, "list": LIST, "profile": PROFILE, "history": HISTORY}
    return sum(prices[name] * count for name, count in calls.items() if name in prices)


class TestOverBudget:
    @pytest.fixture(autouse=True)
    def small(self, settings):
        settings.GMAIL_UNITS_PER_USER_MINUTE = 12 * GET

    def test_it_waits_and_goes_on_in_the_same_run(self, gmail, mailbox, waits):
        run = sync(mailbox.pk, lambda: NOW)
        mailbox.refresh_from_db()
        assert (run.state, run.error, run.finished_at) == ("waiting", "", None)
        assert NOW < mailbox.blocked_until <= NOW + timedelta(seconds=62)
        assert (mailbox.failures_in_a_row, mailbox.state) == (0, "active")
        assert sum(waits) <= calling.PATIENCE
        first, at, turns = run.pk, mailbox.blocked_until, 1
        while run.state == "waiting":
            assert turns < 20
            run = sync(mailbox.pk, lambda at=at: at)
            mailbox.refresh_from_db()
            at, turns = mailbox.blocked_until or at, turns + 1
        assert (run.pk, run.state, run.looked_at, run.duplicates) == (first, "completed", 30, 0)
        assert SyncRun.objects.count() == 1
        assert turns > 2

    def test_no_minute_costs_more_than_allowed(self, gmail, mailbox):
        at, spent = NOW, []
        while True:
            gmail.order("reset_counts")
            run = sync(mailbox.pk, lambda at=at: at)
            spent.append((at, cost(gmail.calls())))
            if run.state != "waiting":
                break
            mailbox.refresh_from_db()
            at = mailbox.blocked_until
        for begun, _ in spent:
            assert sum(units for at, units in spent if begun <= at < begun + MINUTE) <= 12 * GET

    def test_it_is_not_due_before(self, gmail, mailbox):
        sync(mailbox.pk, lambda: NOW)
        assert mailbox not in Mailbox.objects.due(NOW + timedelta(seconds=5))
        assert mailbox in Mailbox.objects.due(NOW + timedelta(seconds=62))

    def test_nobody_is_told_that_something_is_wrong(self, gmail, user, mailbox, client_of):
        sync(mailbox.pk, lambda: NOW)
        page = client_of(user).get("/inbox/runs/").content.decode()
        assert "Waiting to go on" in page
        assert "Failed</p>" not in page
        assert "notice error" not in page

    def test_another_mailbox_has_its_own(self, gmail, other, mailbox):
        sync(mailbox.pk, lambda: NOW)
        gmail.order("add_user", address="other@gmail.com")
        gmail.deliver(NOW, to="other@gmail.com", subject="Interview")
        session: dict[str, object] = {}
        back = gmail.consent(connect.consent_url(other, GMAIL, session, NOW), account="other@gmail.com")
        theirs = connect.connect_account(other, GMAIL, session, back["code"], back["state"], NOW).mailbox
        assert sync(theirs.pk, lambda: NOW).state == "completed"


class TestCost:
    def test_of_a_whole_sync(self, gmail, mailbox):
        run = sync(mailbox.pk, lambda: NOW)
        calls = {name: count for name, count in gmail.calls().items() if name != "token"}
        assert run.api_calls == sum(calls.values())
        assert run.quota_units == cost(calls)

    def test_nothing_new_costs_two_units(self, gmail, mailbox):
        sync(mailbox.pk, lambda: NOW)
        run = sync(mailbox.pk, lambda: NOW + MINUTE)
        run.refresh_from_db()
        assert (run.api_calls, run.quota_units) == (1, HISTORY)

    def test_it_survives_a_failure(self, gmail, mailbox):
        gmail.refuse("get", 503, "backendError", skip=10, times=1000)
        run = sync(mailbox.pk, lambda: NOW)
        assert run.state == "failed"
        calls = {name: count for name, count in gmail.calls().items() if name != "token"}
        assert (run.api_calls, run.quota_units) == (sum(calls.values()), cost(calls))

    def test_it_survives_a_page_that_is_rolled_back(self, gmail, mailbox, monkeypatch):
        def broken(*arguments):
            raise SystemExit

        monkeypatch.setattr("tracking.storing.take_in", broken)
        gmail.deliver(NOW, subject="Your application to Lumen Health")
        with pytest.raises(SystemExit):
            sync(mailbox.pk, lambda: NOW)
        run = SyncRun.objects.get()
        assert not Message.objects.exists()
        assert run.quota_units >= 25 * GET

    def test_of_outlook_it_is_the_requests(self, outlook, user):
        outlook.deliver(NOW, to=OUTLOOK_OWNER, subject="Interview")
        mailbox = connected(outlook, user, OUTLOOK)
        outlook.order("reset_counts")
        run = sync(mailbox.pk, lambda: NOW)
        calls = sum(count for name, count in outlook.calls().items() if name != "token")
        assert (run.api_calls, run.quota_units) == (calls, calls)


class TestConnections:
    """IMAP servers count connections instead of requests."""

    @pytest.fixture
    def name(self):
        return f"test:{uuid.uuid4()}"

    def api(self, name):
        return ImapApi(Login("localhost", 1, "sam", "secret"), Budget(at_once=[AtOnce(name, 1)]))

    def test_one_too_many_waits(self, name):
        with Budget(at_once=[AtOnce(name, 1)]).slot(timezone.now()), pytest.raises(OverBudgetError) as raised:
            self.api(name).folders()
        assert raised.value.until > timezone.now()

    def test_one_that_could_not_be_made_counts_no_more(self, name):
        for _ in range(3):
            with pytest.raises(TemporaryError) as raised:
                self.api(name).folders()  # nobody listens there
            assert not isinstance(raised.value, OverBudgetError)
