"""Any mailbox over IMAP, read-only: a first sync by search, then what is new, folder by folder."""

from tracking.providers.imap.api import try_login
from tracking.providers.imap.servers import Server, server_of
from tracking.providers.imap.source import ImapSource

__all__ = ["ImapSource", "Server", "server_of", "try_login"]
