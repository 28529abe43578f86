"""Pages and their parts, as every floor answers with them."""

from __future__ import annotations

from accounts.fragments import Request, show, wants_fragment

__all__ = ["Request", "show", "wants_fragment"]
