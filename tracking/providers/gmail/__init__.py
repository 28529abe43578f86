"""Gmail over its API, read-only: a first sync by search, then history."""

from tracking.providers.gmail.api import address_of
from tracking.providers.gmail.source import GmailSource

__all__ = ["GmailSource", "address_of"]
