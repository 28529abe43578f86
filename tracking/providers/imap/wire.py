"""The connection to a server that a user named: verified TLS, an end to waiting, an end to what it sends."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import time
from math import inf
from typing import Any

from django.conf import settings
from imapclient import IMAPClient

from accounts.grants import Login
from tracking.providers.imap.addresses import addresses_of

CONNECT_SECONDS = 8.0
COMMAND_SECONDS = 20.0  # for the whole answer to one command
MAX_ANSWER = 40_000_000  # bytes to one command
MAX_LINE = 8_000_000  # a search in a very large folder
BLOCK = 65_536


class InsecureServerError(Exception):
    """The server offers no STARTTLS, or sent something into it."""


class PasswordNotTakenError(Exception):
    """The server lets nobody in with a password."""


class Wire(imaplib.IMAP4):
    """imaplib's protocol over a socket of ours, which is read with a deadline and a limit."""

    def __init__(self, login: Login, context: ssl.SSLContext, seconds: float) -> None:
        self._login, self._context, self._end = login, context, time.monotonic() + seconds
        self._buffer = bytearray()
        self._begin()
        super().__init__(login.host, login.port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = _connected(host, port, self._end)
        self._begin()
        if self._login.security == "tls":
            self.sock = self._context.wrap_socket(self.sock, server_hostname=host)

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        typ, data = self._simple_command("STARTTLS")
        if typ != "OK" or self._buffer:  # what came ahead of the encryption could be anybody's
            raise InsecureServerError
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
        self._tls_established = True
        self._get_capabilities()
        return typ, data

    def read(self, size: int) -> bytes:
        if size > MAX_ANSWER:
            raise self.abort("literal too long")
        while len(self._buffer) < size and self._receive():
            pass
        return self._take(size)

    def readline(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MAX_LINE:
                raise self.abort("line too long")
            if not self._receive():
                return self._take(searched)
        return self._take(end + 1)

    def send(self, data: Any) -> None:
        self._set_timeout()
        self.sock.sendall(data)

    def shutdown(self) -> None:
        sock = getattr(self, "sock", None)
        if sock is not None:
            sock.close()

    def __del__(self) -> None:
        self.shutdown()

    def _new_tag(self) -> bytes:
        self._begin()
        tag: bytes = super()._new_tag()  # type: ignore[misc]
        return tag

    def _begin(self) -> None:
        self._until, self._received = min(time.monotonic() + COMMAND_SECONDS, self._end), 0

    def _receive(self) -> bool:
        """Take in what the server sends next; False where it has hung up."""
        self._set_timeout()
        block = self.sock.recv(BLOCK)
        self._buffer += block
        self._received += len(block)
        if self._received > MAX_ANSWER:
            raise self.abort("answer too long")
        return bool(block)

    def _set_timeout(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class Client(IMAPClient):  # type: ignore[misc]
    """IMAPClient over a `Wire`, signed in for so many seconds. Raises what sockets, TLS and imaplib do."""

    def __init__(self, login: Login, seconds: float = inf) -> None:
        self._login, self._tls, self._seconds = login, _context(), seconds
        super().__init__(login.host, login.port, ssl=login.security == "tls", timeout=CONNECT_SECONDS)
        self._imap.debug = 0  # it would note commands, and with them the password
        self.normalise_times = False
        try:
            self._enter()
        except BaseException:
            self.shutdown()
            raise

    def _create_IMAP4(self) -> Wire:
        return Wire(self._login, self._tls, self._seconds)

    def _set_read_timeout(self) -> None:
        """The wire has timeouts of its own."""

    def _enter(self) -> None:
        if self._login.security == "starttls":
            if "STARTTLS" not in self._imap.capabilities or self._imap.state != "NONAUTH":
                raise InsecureServerError
            self.starttls(self._tls)
        if self.has_capability("AUTH=PLAIN"):
            self.plain_login(self._login.username, self._login.password)
        elif self.has_capability("LOGINDISABLED"):
            raise PasswordNotTakenError
        else:
            self.login(_quoted(self._login.username), self._login.password)


def _connected(host: str, port: int, end: float) -> socket.socket:
    """A connection to the first of the checked addresses that answers."""
    problem: OSError | None = None
    for address in addresses_of(host, port)[:4]:
        left = min(CONNECT_SECONDS, end - time.monotonic())
        if left <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((address, port), left)
        except OSError as error:
            problem = problem or error
    raise problem or OSError("no address")


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()  # certificate and host name are checked
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.IMAP_CA_FILE:
        context.load_verify_locations(settings.IMAP_CA_FILE)
    return context


def _quoted(text: str) -> str:
    """A user name as LOGIN takes it: imaplib quotes the password only."""
    if re.fullmatch(r"[A-Za-z0-9.@_+=-]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
