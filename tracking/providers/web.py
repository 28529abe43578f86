"""HTTP to a provider's API: connections that stay open between calls, shared by the threads of a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

HOSTS = 8  # kept connections to
CONNECTIONS = 32  # kept to each of them
HEADERS = {"User-Agent": "heardback (gzip)", "Accept-Encoding": "gzip"}  # Google wants the word in both


class UnansweredError(Exception):
    """No whole answer came. `code` is "provider_timeout" or "provider_unreachable"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came back. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def get(
    url: str, query: Mapping[str, str], headers: Mapping[str, str], seconds: float, limit: int | None = None
) -> Answer:
    """GET `url`, waiting `seconds` for each part of the answer and reading at most `limit` bytes of it.

    Follows no redirect and tries nothing again. Raises UnansweredError.
    """
    address = f"{url}?{urlencode(query)}" if query else url
    try:
        return _read(_send(_origin(url), address, {**HEADERS, **headers}, seconds), limit)
    except (HTTPError, OSError) as error:
        late = isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError)
        raise UnansweredError("provider_timeout" if late else "provider_unreachable") from None


def _send(origin: str, address: str, headers: Mapping[str, str], seconds: float) -> urllib3.BaseHTTPResponse:
    options: Any = {"timeout": seconds, "redirect": False, "retries": False, "preload_content": False}
    if proxy := _proxy_of(origin):
        return _connections(os.getpid(), proxy).request("GET", address, headers=headers, **options)
    path = address[len(origin) :] or "/"
    return _pool(os.getpid(), origin).urlopen("GET", path, headers=headers, **options)


def _read(response: urllib3.BaseHTTPResponse, limit: int | None) -> Answer:
    try:
        body = response.read(limit, decode_content=True)
        answer = Answer(
            response.status, {name.lower(): value for name, value in response.headers.items()}, body
        )
    except BaseException:
        response.close()  # cut in the middle: nothing more of this connection can be believed
        raise
    if limit is not None and len(body) >= limit:
        response.close()  # there is more, which nobody reads
    else:
        response.release_conn()
    return answer


def _origin(url: str) -> str:
    end = url.find("/", len("https://"))
    return url if end < 0 else url[:end]


@lru_cache(maxsize=64)
def _proxy_of(origin: str) -> str:
    """The proxy that the environment names for it; "" for none."""
    parts = urlsplit(origin)
    return "" if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme, "")


@lru_cache(maxsize=HOSTS)
def _pool(process: int, origin: str) -> urllib3.HTTPConnectionPool:
    """The connections of this process to one place: one that was forked does not share its parent's."""
    return urllib3.PoolManager(1, **_options()).connection_from_url(origin)


@lru_cache(maxsize=4)
def _connections(process: int, proxy: str) -> urllib3.ProxyManager:
    """The same through a proxy."""
    return urllib3.ProxyManager(proxy, HOSTS, **_options())


def _options() -> Any:
    return {"maxsize": CONNECTIONS, "cert_reqs": "CERT_REQUIRED", "ca_certs": certifi.where()}
