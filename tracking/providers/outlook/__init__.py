"""Outlook over Microsoft Graph, read-only: the last 90 days first, then changes folder by folder."""

from tracking.providers.outlook.address import address_of
from tracking.providers.outlook.source import OutlookSource

__all__ = ["OutlookSource", "address_of"]
