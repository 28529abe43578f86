"""Everything the stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from typing import Any

from tests.standins.gmail.accounts import Accounts, Clock
from tests.standins.gmail.mailboxes import MailAccount


class World:
    """All that the stand-in knows; one lock around it, since answers are quick."""

    def __init__(self, client_id: str, client_secret: str, redirect_uris: list[str]) -> None:
        self.lock = threading.Lock()
        self.clock = Clock()
        self.oauth = Accounts(client_id, client_secret, redirect_uris, self.clock)
        self.reset()

    def reset(self) -> None:
        self.clock.ahead = 0.0
        self.oauth.reset()
        self.mail: dict[str, MailAccount] = {}
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.last: dict[str, Any] = {}

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

    def do_reset(self) -> None:
        self.reset()

    def do_add_user(self, address: str) -> None:
        self.mail[address] = MailAccount(address)

    def do_add_message(
        self, address: str, raw: str, received_ms: int, labels: list[str], thread: str = ""
    ) -> dict[str, Any]:
        stored = self.mail[address].add(base64.b64decode(raw), received_ms, labels, thread)
        return {**stored.short(), "historyId": str(stored.history_id)}

    def do_delete_message(self, address: str, id: str) -> None:
        del self.mail[address].messages[id]

    def do_expire_history(self, address: str) -> None:
        self.mail[address].forgotten_before = self.mail[address].history_id + 1
        self.mail[address].history_id += 1000

    def do_revoke(self, address: str) -> None:
        self.oauth.revoke(address)

    def do_expire_access(self) -> None:
        self.oauth.expire_access()

    def do_advance(self, seconds: float) -> None:
        self.clock.ahead += seconds

    def do_fail(self, **failure: Any) -> None:
        """The next `times` of `call` (after `skip` good ones) give `status` and `body`, wait, or are cut."""
        self.failures.append({"times": 1, **failure})

    def do_reset_counts(self) -> None:
        self.counts.clear()
        for account in self.mail.values():
            account.calls.clear()

    def do_set_page_limit(self, size: int) -> None:
        """Give shorter pages than asked for, as Google may."""
        for account in self.mail.values():
            account.longest_page = size

    def do_history_id(self, address: str) -> dict[str, Any]:
        return {"historyId": str(self.mail[address].history_id)}

    def do_counts(self) -> dict[str, Any]:
        return dict(self.counts)

    def do_grants(self) -> dict[str, Any]:
        return {"grants": [each.address for each in self.oauth.consents], "refreshes": self.oauth.refreshes}

    def do_last(self) -> dict[str, Any]:
        return self.last
