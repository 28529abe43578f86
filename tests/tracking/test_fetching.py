"""Fetching several messages at once: order, errors in the middle, tokens, and nothing asked for twice."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from tracking.providers import MessageError, NeedsReconnectError, TemporaryError
from tracking.providers.fetching import Fetcher, HeldToken


class Provider:
    """Answers with the name itself, or with the error set for it; waits where it is told to.

    Where `opens_after` is set, the gates open a moment after so many were asked for.
    """

    def __init__(self, opens_after: int = 0, **errors: Exception) -> None:
        self.errors, self.asked, self.opens_after = errors, Counter(), opens_after
        self.gates: dict[str, threading.Event] = {}
        self.together = self.most = 0
        self.lock = threading.Lock()

    def get(self, name: str) -> str:
        with self.lock:
            self.asked[name] += 1
            self.together += 1
            self.most = max(self.most, self.together)
            if self.asked.total() == self.opens_after:
                threading.Timer(0.05, self.let_go).start()
        if name in self.gates:
            assert self.gates[name].wait(60)
        with self.lock:
            self.together -= 1
        if name in self.errors:
            raise self.errors[name]
        return f"source of {name}"

    def let_go(self) -> None:
        for gate in self.gates.values():
            gate.set()


@pytest.fixture
def opened():
    """Fetchers that are closed after the test."""
    made = []

    def make(get, at_once=4):
        made.append(Fetcher(get, str, at_once))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()


def names(count):
    return [f"m{number}" for number in range(count)]


def found(batch):
    return [entry for entry, _ in batch.found]


def test_results_come_in_order_whichever_is_first(opened):
    provider = Provider(opens_after=6)
    provider.gates["m0"] = threading.Event()
    batch = opened(provider.get).batch(names(6), 6)
    assert batch.found == [(name, f"source of {name}") for name in names(6)]
    assert batch.left == []


def test_at_most_so_many_at_once(opened):
    provider = Provider(opens_after=3)
    provider.gates = {name: threading.Event() for name in names(3)}
    opened(provider.get, at_once=3).batch(names(20), 20)
    assert provider.most == 3


def test_the_next_page_is_asked_for_ahead_and_not_again(opened):
    provider, pending, seen = Provider(), names(25), []
    fetcher = opened(provider.get)
    while pending:
        batch = fetcher.batch(pending, 10)
        seen.append(found(batch))
        pending = batch.left
    assert [len(page) for page in seen] == [10, 10, 5]
    assert [name for page in seen for name in page] == names(25)
    assert set(provider.asked.values()) == {1}


def test_one_bad_message_does_not_stop_the_others(opened):
    provider = Provider(m2=MessageError("message_refused"), m3=MessageError("message_gone"))
    batch = opened(provider.get).batch(names(5), 5)
    assert found(batch) == ["m0", "m1", "m4"]
    assert (batch.failed, batch.left, batch.problem) == ([("m2", "message_refused")], [], None)


@pytest.mark.parametrize("error", [TemporaryError("rate_limited"), NeedsReconnectError("grant_revoked")])
def test_a_problem_in_the_middle_lets_none_overtake_another(opened, error):
    """As many threads as messages: all the others have come when the error is seen."""
    provider = Provider(opens_after=6, m2=error)
    provider.gates = {"m2": threading.Event()}
    fetcher = opened(provider.get, at_once=6)
    batch = fetcher.batch(names(6), 4)
    assert found(batch) == ["m0", "m1"]
    assert (batch.left, batch.problem) == (["m2", "m3", "m4", "m5"], error)
    provider.errors.clear()
    assert found(fetcher.batch(batch.left, 4)) == batch.left


def test_after_a_problem_what_was_not_begun_is_called_off(opened):
    provider = Provider(m0=TemporaryError("rate_limited"))
    provider.gates["m1"] = threading.Event()
    fetcher = opened(provider.get, at_once=1)
    batch = fetcher.batch(names(30), 10)
    provider.let_go()
    fetcher.close()
    assert batch.problem is not None
    assert (found(batch), batch.left) == ([], names(30))
    assert set(provider.asked) <= {"m0", "m1"}


def test_closing_waits_for_what_is_on_its_way_and_calls_the_rest_off(opened):
    provider = Provider()
    provider.gates["m5"] = threading.Event()
    fetcher = opened(provider.get, at_once=1)
    fetcher.batch(names(10), 5)
    fetcher._running["m9"].add_done_callback(lambda _: provider.let_go())  # the last to be called off
    fetcher.close()
    assert provider.together == 0
    assert not {"m6", "m7", "m8", "m9"} & set(provider.asked)


def test_it_can_be_used_again_after_closing(opened):
    fetcher = opened(Provider().get)
    fetcher.batch(names(2), 2)
    fetcher.close()
    assert found(fetcher.batch(names(2), 2)) == names(2)


class TestHeldToken:
    def test_only_its_own_thread_asks_for_a_token(self, opened):
        asked = []

        def token(refused):
            asked.append((refused, threading.get_ident()))
            return f"token {len(asked)}"

        held = HeldToken(token)
        assert held(False) == "token 1"
        batch = opened(lambda name: held(False)).batch(names(3), 3)
        assert [answer for _, answer in batch.found] == ["token 1"] * 3
        assert asked == [(False, threading.get_ident())]

    def test_what_is_refused_elsewhere_is_fetched_here_with_a_new_one(self, opened):
        current = ["old"]

        def token(refused):
            if refused:
                current[0] = "new"
            return current[0]

        held = HeldToken(token)
        held(False)

        def get(name):
            given = held(False)
            return given if given == "new" else held(True)

        batch = opened(get).batch(names(8), 8)
        assert [answer for _, answer in batch.found] == ["new"] * 8
