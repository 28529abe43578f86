from tracking.models import Mailbox
from tracking.providers import NeedsReconnectError, Scope


class GmailSource:
    def __init__(self, mailbox: Mailbox, scope: Scope) -> None:
        raise NeedsReconnectError("not_available")
