"""Everything the stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.standins.outlook.accounts import MicrosoftAccounts
from tests.standins.outlook.mailboxes import MailAccount, from_ms
from tests.standins.outlook.subscriptions import LONGEST_MINUTES, Subscription, expiry
from tests.standins.world import BaseWorld


class World(BaseWorld):
    accounts = MicrosoftAccounts
    oauth: MicrosoftAccounts
    mail: dict[str, MailAccount]

    def reset(self) -> None:
        super().reset()
        self.subscriptions: list[Subscription] = []
        self.granted_minutes = LONGEST_MINUTES
        self.subscriptions_a_page = 100

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def subscriptions_of(self, owner: str) -> list[Subscription]:
        """Those that have not run out."""
        return [each for each in self.subscriptions if each.owner == owner and each.expires_at > self.now()]

    def granted(self, wanted: datetime) -> datetime:
        """No longer than the provider feels like, whatever was asked for."""
        return min(wanted, self.now() + timedelta(minutes=self.granted_minutes))

    def subscribe(self, owner: str, asked: dict[str, Any]) -> dict[str, Any]:
        url = asked["notificationUrl"]
        made = Subscription(
            owner=owner,
            changes=asked["changeType"],
            url=url,
            lifecycle_url=asked.get("lifecycleNotificationUrl", url),
            resource=asked["resource"],
            secret=asked.get("clientState", ""),
            expires_at=self.granted(expiry(asked, self.now())),
        )
        self.subscriptions.append(made)
        return made.shown()

    def do_add_user(self, address: str) -> None:
        self.mail[address] = MailAccount(address)

    def do_add_message(
        self,
        address: str,
        raw: str,
        received_ms: int,
        folder: str = "inbox",
        conversation: str = "",
        draft: bool = False,
    ) -> dict[str, Any]:
        account = self.mail[address]
        account.folder(folder)
        stored = account.add(base64.b64decode(raw), from_ms(received_ms), folder, conversation, draft)
        if folder == "inbox" and not draft:
            told = [each for each in self.subscriptions_of(address) if not each.mute]
            self.outbox += [each.notice(stored.id) for each in told if "created" in each.changes]
        return {"id": stored.id, "conversationId": stored.conversation}

    def do_notify(self, address: str, times: int = 1, **other: str) -> None:
        """Tell of a message once more; `other` are properties of the notice that are not true."""
        for held in self.subscriptions_of(address):
            self.outbox += [held.notice("AAMkAGI1", **other)] * times

    def do_lifecycle(self, address: str, event: str) -> None:
        """Tell what becomes of a subscription, which is gone afterwards if that was it."""
        for held in self.subscriptions_of(address):
            self.outbox.append(held.lifecycle(event))
            if event == "subscriptionRemoved":
                self.subscriptions.remove(held)

    def do_mute(self, address: str) -> None:
        """Tell nothing any more, though the subscription stands."""
        for held in self.subscriptions_of(address):
            held.mute = True

    def do_lose_subscriptions(self, address: str) -> None:
        """Forget the subscriptions without a word."""
        self.subscriptions = [each for each in self.subscriptions if each.owner != address]

    def do_grant_minutes(self, minutes: float) -> None:
        self.granted_minutes = minutes

    def do_subscribe(self, address: str, url: str) -> dict[str, Any]:
        """A subscription that nobody wrote down."""
        wanted = (self.now() + timedelta(days=1)).isoformat()
        asked = {"changeType": "created", "resource": "me/messages", "expirationDateTime": wanted}
        return self.subscribe(address, {**asked, "notificationUrl": url, "clientState": "lost"})

    def do_page_subscriptions(self, size: int) -> None:
        """List subscriptions in shorter pages."""
        self.subscriptions_a_page = size

    def do_subscriptions(self, address: str) -> dict[str, Any]:
        return {"subscriptions": [each.shown() for each in self.subscriptions_of(address)]}

    def do_move_message(self, address: str, id: str, folder: str) -> None:
        self.mail[address].move(id, folder)

    def do_expire_links(self, address: str, folder: str = "") -> None:
        account = self.mail[address]
        account.forgotten |= {folder} if folder else set(account.folders)

    def do_remove_folder(self, address: str, folder: str) -> None:
        self.mail[address].folders.remove(folder)

    def do_no_mailbox(self, address: str) -> None:
        """An account without a licence for mail."""
        self.mail[address].has_mailbox = False

    def do_limit_filtered(self, address: str, limit: int) -> None:
        """Have filtered changes end after fewer messages than 5,000."""
        self.mail[address].longest_filtered = limit

    def do_allow_profile(self) -> None:
        """The app was granted User.Read before, which its tokens then carry as well."""
        self.oauth.allowed_before = ("User.Read",)

    def do_spell_scopes(self, prefix: str) -> None:
        self.oauth.prefix = prefix
