"""Calls that a stand-in makes by itself, to addresses it was given."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass, field

TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class Call:
    """One POST."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def post(call: Call) -> tuple[int, str, bytes]:
    """Status, type and body of the answer; status 0 where there is none."""
    request = urllib.request.Request(call.url, call.body, call.headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return response.status, response.headers.get("Content-Type", ""), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Content-Type", ""), error.read()
    except OSError:
        return 0, "", b""
