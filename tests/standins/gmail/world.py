"""Everything the stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import base64
from typing import Any

from tests.standins.gmail.accounts import GoogleAccounts
from tests.standins.gmail.mailboxes import MailAccount
from tests.standins.world import BaseWorld


class World(BaseWorld):
    accounts = GoogleAccounts
    oauth: GoogleAccounts
    mail: dict[str, MailAccount]

    def do_add_user(self, address: str) -> None:
        self.mail[address] = MailAccount(address)

    def do_add_message(
        self, address: str, raw: str, received_ms: int, labels: list[str], thread: str = ""
    ) -> dict[str, Any]:
        stored = self.mail[address].add(base64.b64decode(raw), received_ms, labels, thread)
        return {**stored.short(), "historyId": str(stored.history_id)}

    def do_expire_history(self, address: str) -> None:
        self.mail[address].forgotten_before = self.mail[address].history_id + 1
        self.mail[address].history_id += 1000

    def do_set_page_limit(self, size: int) -> None:
        """Give shorter pages than asked for, as Google may."""
        for account in self.mail.values():
            account.longest_page = size

    def do_history_id(self, address: str) -> dict[str, Any]:
        return {"historyId": str(self.mail[address].history_id)}
