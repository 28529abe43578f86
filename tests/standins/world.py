"""What every stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from tests.standins.calling_back import Call, post
from tests.standins.oauth import Accounts, Clock


class BaseWorld:
    """All that a stand-in knows; one lock around it, since answers are quick."""

    accounts: type[Accounts] = Accounts

    def __init__(self, client_id: str, client_secret: str, redirect_uris: list[str]) -> None:
        self.lock = threading.Lock()
        self.clock = Clock()
        self.oauth = self.accounts(client_id, client_secret, redirect_uris, self.clock)
        self.mail: dict[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        self.clock.ahead = 0.0
        self.oauth.reset()
        self.mail = {}
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.latency = 0.0  # seconds before each answer
        self.last: dict[str, Any] = {}
        self.outbox: list[Call] = []

    def failure(self, method: str) -> dict[str, Any] | None:
        """The failure ordered for this call of `method`, if it is its turn."""
        for each in self.failures:
            if each["call"] != method:
                continue
            if each.get("skip", 0) > 0:
                each["skip"] -= 1
                return None
            each["times"] -= 1
            if each["times"] <= 0:
                self.failures.remove(each)
            return each
        return None

    def control(self, order: dict[str, Any]) -> dict[str, Any]:
        return dict(getattr(self, "do_" + order.pop("do"))(**order) or {})

    def send(self) -> dict[str, Any]:
        """Make the calls that orders have led to, without holding the lock; how each was answered."""
        with self.lock:
            calls, self.outbox = self.outbox, []
        return {"pushed": [post(call)[0] for call in calls]} if calls else {}

    def do_reset(self) -> None:
        self.reset()

    def do_delete_message(self, address: str, id: str) -> None:
        del self.mail[address].messages[id]

    def do_revoke(self, address: str) -> None:
        self.oauth.revoke(address)

    def do_expire_access(self) -> None:
        self.oauth.expire_access()

    def do_advance(self, seconds: float) -> None:
        self.clock.ahead += seconds

    def do_fail(self, **failure: Any) -> None:
        """The next `times` of `call` (after `skip` good ones) give `status` and `body`, wait, or are cut."""
        self.failures.append({"times": 1, **failure})

    def do_clear_failures(self) -> None:
        self.failures = []

    def do_set_latency(self, seconds: float) -> None:
        self.latency = seconds

    def do_reset_counts(self) -> None:
        self.counts.clear()
        for account in self.mail.values():
            account.calls.clear()

    def do_counts(self) -> dict[str, Any]:
        return dict(self.counts)

    def do_grants(self) -> dict[str, Any]:
        return {"grants": [each.address for each in self.oauth.consents], "refreshes": self.oauth.refreshes}

    def do_last(self) -> dict[str, Any]:
        return self.last
