from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def header(request: HttpRequest) -> dict[str, Any]:
    """What the header of every page of a signed-in user shows."""
    return {}
