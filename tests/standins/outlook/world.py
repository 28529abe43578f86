"""Everything the stand-in knows, and the orders by which tests change it."""

from __future__ import annotations

import base64
from typing import Any

from tests.standins.outlook.accounts import MicrosoftAccounts
from tests.standins.outlook.mailboxes import MailAccount, from_ms
from tests.standins.world import BaseWorld


class World(BaseWorld):
    accounts = MicrosoftAccounts
    oauth: MicrosoftAccounts
    mail: dict[str, MailAccount]

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
        return {"id": stored.id, "conversationId": stored.conversation}

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
