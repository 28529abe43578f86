"""Budgets of quota units in a real Redis, and calls that keep within them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tracking.providers import OverBudgetError, TemporaryError, budgets, calling
from tracking.providers.budgets import AtOnce, Budget, Limit, budget_of, connections_to
from tracking.providers.calling import PATIENCE, Calls, Refusal

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def name():
    """A limit that no other test counts on."""
    return f"test:{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def reachable(monkeypatch):
    monkeypatch.setitem(budgets._away, "until", 0.0)


@pytest.fixture
def waits(monkeypatch):
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


class TestReserve:
    def test_what_fits_goes_at_once(self, name):
        budget = Budget([Limit(name, 100, 60)])
        assert [budget.reserve(20, NOW) for _ in range(5)] == [0] * 5
        assert (budget.calls, budget.units) == (5, 100)

    def test_what_does_not_waits_until_the_first_is_a_minute_old(self, name):
        budget = Budget([Limit(name, 100, 60)])
        budget.reserve(100, NOW)
        assert budget.reserve(1, later(10)) == pytest.approx(51)
        assert budget.reserve(1, later(61)) == 0

    def test_it_waits_only_for_as_much_as_it_needs(self, name):
        budget = Budget([Limit(name, 100, 60)])
        budget.reserve(20, NOW)
        budget.reserve(80, later(30))
        assert budget.reserve(20, later(40)) == pytest.approx(21)
        assert budget.reserve(21, later(40)) == pytest.approx(51)

    def test_a_refusal_costs_nothing(self, name):
        budget = Budget([Limit(name, 100, 60)])
        budget.reserve(100, NOW)
        for _ in range(10):
            assert budget.reserve(50, later(1)) > 0
        assert budget.reserve(100, later(61)) == 0
        assert (budget.calls, budget.units) == (2, 200)

    def test_never_more_than_the_limit_in_any_minute(self, name):
        budget, granted = Budget([Limit(name, 50, 60)]), []
        for step in range(1200):
            at = later(step / 4)
            if budget.reserve(7, at) == 0:
                granted.append(at)
        for start in granted:
            assert 7 * sum(start <= at < start + timedelta(seconds=60) for at in granted) <= 50
        assert len(granted) >= 7 * 4  # and nearly as much as is allowed

    def test_all_limits_or_none(self, name):
        own, shared = Limit(f"{name}:own", 1000, 60), Limit(f"{name}:all", 100, 60)
        Budget([shared]).reserve(90, NOW)
        assert Budget([own, shared]).reserve(20, NOW) > 0
        assert Budget([own]).reserve(1000, NOW) == 0

    def test_workers_share_it(self, name):
        budgets = [Budget([Limit(name, 100, 60)]) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            waits = list(pool.map(lambda number: budgets[number % 8].reserve(5, NOW), range(80)))
        assert waits.count(0) == 20
        assert sum(budget.units for budget in budgets) == 100

    def test_a_call_dearer_than_the_limit_waits_for_an_empty_one(self, name):
        budget = Budget([Limit(name, 10, 60)])
        assert budget.reserve(20, NOW) == 0
        assert budget.reserve(20, later(1)) > 0
        assert budget.reserve(20, later(61)) == 0

    def test_zero_leaves_it_to_the_provider(self, name):
        budget = Budget([Limit(name, 0, 60)])
        assert budget.reserve(10_000_000, NOW) == 0
        assert budget.units == 10_000_000


class TestAtOnce:
    def test_no_more_than_that_many(self, name):
        first, second = (Budget(at_once=[AtOnce(name, 2)]) for _ in range(2))
        with first.slot(NOW) as one, second.slot(NOW) as two, first.slot(NOW) as three:
            assert (one, two, three) == (True, True, False)
        with first.slot(NOW) as again:
            assert again

    def test_a_call_that_never_ended_counts_no_longer_than_a_minute(self, name):
        budget = Budget(at_once=[AtOnce(name, 1)])
        lost = budget.slot(NOW)
        lost.__enter__()
        with budget.slot(later(59)) as has_room:
            assert not has_room
        with budget.slot(later(61)) as has_room:
            assert has_room

    def test_it_is_free_again_after_an_error(self, name):
        budget = Budget(at_once=[AtOnce(name, 1)])
        with pytest.raises(ValueError, match="broken"), budget.slot(NOW):
            raise ValueError("broken")
        with budget.slot(NOW) as has_room:
            assert has_room


class TestWithoutRedis:
    def test_all_is_let_through_and_told_once(self, name, settings, caplog):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        budget = Budget([Limit(name, 10, 60)], [AtOnce(name, 1)])
        with budget.slot(NOW) as one, budget.slot(NOW) as two:
            assert [budget.reserve(20, NOW) for _ in range(3)] == [0, 0, 0]
            assert (one, two) == (True, True)
        assert caplog.text.count("budgets are not kept") == 1
        assert budget.units == 60  # counted all the same

    def test_it_counts_again_once_redis_is_back(self, name, settings, monkeypatch):
        here = settings.REDIS_URL
        budget = Budget([Limit(name, 10, 60)])
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        budget.reserve(10, NOW)
        settings.REDIS_URL = here
        monkeypatch.setitem(budgets._away, "until", 0.0)
        assert budget.reserve(10, NOW) == 0
        assert budget.reserve(10, NOW) > 0


class TestOfMailboxes:
    def test_gmail_has_one_of_its_own_and_one_of_the_project(self, settings):
        settings.GMAIL_UNITS_PER_USER_MINUTE, settings.GMAIL_UNITS_PER_MINUTE = 6000, 1_200_000
        mailbox = uuid.uuid4()
        own, project = budget_of("gmail", mailbox).limits
        assert (own.units, own.seconds, project.units, project.seconds) == (6000, 60, 1_200_000, 60)
        assert str(mailbox) in own.name
        assert str(mailbox) not in project.name

    def test_graph_counts_requests_and_those_at_once(self, settings):
        settings.GRAPH_CALLS_PER_TEN_MINUTES, settings.GRAPH_CALLS_AT_ONCE = 10_000, 4
        budget = budget_of("outlook", uuid.uuid4())
        assert [(limit.units, limit.seconds) for limit in budget.limits] == [(10_000, 600)]
        assert [each.count for each in budget.at_once] == [4]

    def test_imap_counts_connections_of_a_mailbox_and_to_its_server(self, settings):
        settings.IMAP_CONNECTIONS_PER_MAILBOX, settings.IMAP_CONNECTIONS_PER_HOST = 3, 100
        assert [each.count for each in budget_of("imap", uuid.uuid4()).at_once] == [3]
        assert connections_to("IMAP.Example.org") == connections_to("imap.example.org")
        assert [each.count for each in connections_to("imap.example.org")] == [100]
        settings.IMAP_CONNECTIONS_PER_HOST = 0
        assert not connections_to("imap.example.org")

    @pytest.mark.parametrize("provider", ["sample", "upload"])
    def test_what_asks_nobody_has_none(self, provider):
        budget = budget_of(provider, uuid.uuid4())
        assert not budget.limits
        assert not budget.at_once


class TestCalls:
    def calls(self, budget, clock=lambda: NOW):
        return Calls(lambda refused: "token", clock, budget)

    def test_each_attempt_costs(self, name, waits):
        budget = Budget([Limit(name, 100, 60)])
        answers = iter([Refusal("busy", "provider_down"), Refusal("token", "access_refused"), "answer"])
        assert self.calls(budget).make(lambda token: next(answers), 20) == "answer"
        assert (budget.calls, budget.units) == (3, 60)

    def test_a_short_wait_is_waited(self, name, monkeypatch):
        now = [NOW]
        monkeypatch.setattr(
            calling, "wait", lambda seconds: now.__setitem__(0, now[0] + timedelta(seconds=seconds))
        )
        budget = Budget([Limit(name, 20, 60)])
        budget.reserve(20, NOW - timedelta(seconds=56))
        assert self.calls(budget, lambda: now[0]).make(lambda token: "answer", 20) == "answer"
        assert now[0] - NOW <= timedelta(seconds=PATIENCE)

    def test_a_long_one_is_left_to_a_later_sync(self, name, waits):
        budget, asked = Budget([Limit(name, 20, 60)]), []
        budget.reserve(20, NOW)
        with pytest.raises(OverBudgetError) as raised:
            self.calls(budget).make(asked.append, 20)
        assert raised.value.until == later(61)
        assert raised.value.code == "paced"
        assert (asked, waits) == ([], [])

    def test_too_many_at_once_wait_their_turn(self, name, waits):
        budget = Budget(at_once=[AtOnce(name, 1)])
        with budget.slot(NOW), pytest.raises(OverBudgetError):
            self.calls(budget).make(lambda token: "answer")
        assert waits
        assert self.calls(budget).make(lambda token: "answer") == "answer"

    def test_the_providers_own_limit_is_another_thing(self, name, waits):
        refusal = Refusal("busy", "rate_limited", later(60))
        with pytest.raises(TemporaryError) as raised:
            self.calls(Budget([Limit(name, 100, 60)])).make(lambda token: refusal)
        assert not isinstance(raised.value, OverBudgetError)

    def test_what_the_operator_must_set_right_is_no_loss_of_access(self, waits):
        with pytest.raises(TemporaryError, match="api_disabled"):
            self.calls(Budget()).make(lambda token: Refusal("operator", "api_disabled"))
        assert not waits
