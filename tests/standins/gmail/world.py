"""Everything the stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import base64
from typing import Any

from tests.standins.gmail.accounts import GoogleAccounts
from tests.standins.gmail.mailboxes import MailAccount
from tests.standins.gmail.pubsub import PubSub
from tests.standins.world import BaseWorld


class World(BaseWorld):
    accounts = GoogleAccounts
    oauth: GoogleAccounts
    mail: dict[str, MailAccount]

    def __init__(self, *arguments: Any) -> None:
        self.pubsub = PubSub()
        super().__init__(*arguments)

    def reset(self) -> None:
        super().reset()
        self.pubsub.subscribe("", "", "")

    def do_add_user(self, address: str) -> None:
        self.mail[address] = MailAccount(address)

    def do_add_message(
        self, address: str, raw: str, received_ms: int, labels: list[str], thread: str = ""
    ) -> dict[str, Any]:
        account = self.mail[address]
        stored = account.add(base64.b64decode(raw), received_ms, labels, thread)
        if account.watch is not None and account.watch.tells_of(labels, self.clock()):
            self.do_push(address)
        return {**stored.short(), "historyId": str(stored.history_id)}

    def do_add_messages(self, address: str, messages: list[dict[str, Any]]) -> None:
        """Deliver many, ready to be searched: whoever asks next does not wait for what is done only here."""
        for message in messages:
            made = self.do_add_message(address, **message)
            self.mail[address].messages[made["id"]].index()

    def do_expire_history(self, address: str) -> None:
        self.mail[address].forgotten_before = self.mail[address].history_id + 1
        self.mail[address].history_id += 1000

    def do_set_quota(self, units: int) -> None:
        """Allow each user so many quota units a minute, as an account with a raised quota has."""
        for account in self.mail.values():
            account.units_a_minute = units

    def do_set_page_limit(self, size: int) -> None:
        """Give shorter pages than asked for, as Google may."""
        for account in self.mail.values():
            account.longest_page = size

    def do_subscribe(self, endpoint: str, audience: str, service_account: str) -> None:
        """Have what is published to the topic pushed to `endpoint`."""
        self.pubsub.subscribe(endpoint, audience, service_account)

    def do_push(self, address: str, times: int = 1, forged: str = "", history_id: int = 0) -> None:
        """Push that something changed in a mailbox; `forged` is what is wrong with it, if anything is."""
        if self.pubsub.endpoint:
            newest = history_id or (self.mail[address].history_id if address in self.mail else 7)
            call = self.pubsub.push(address, newest, self.clock(), forged)
            self.outbox += [call] * times

    def do_make_push(self, address: str, forged: str = "", history_id: int = 7) -> dict[str, Any]:
        """A push to be sent by the test itself."""
        call = self.pubsub.push(address, history_id, self.clock(), forged)
        return {"body": call.body.decode(), "headers": call.headers}

    def do_rotate_keys(self) -> None:
        self.pubsub.rotate()

    def do_end_watch(self, address: str) -> None:
        """Forget a watch without a word."""
        self.mail[address].watch = None

    def do_watch(self, address: str) -> dict[str, Any]:
        watch = self.mail[address].watch
        live = watch is not None and self.clock() < watch.expires_at
        return {"topic": watch.topic, "labels": sorted(watch.labels)} if watch and live else {}

    def do_history_id(self, address: str) -> dict[str, Any]:
        return {"historyId": str(self.mail[address].history_id)}
