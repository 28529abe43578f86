"""A real Dovecot with its own configuration, certificate and mail in a temporary folder, on loopback."""

from __future__ import annotations

import contextlib
import copy
import getpass
import grp
import imaplib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.grants import Login
from tests.standins.fixtures import source

HOST = "localhost"
OWNER = "sam.taylor@mail.example"
OWNERS = [OWNER, *(f"sam{number}@mail.example" for number in range(1000))]
PASSWORD = "app-pass wörd"  # a space and an umlaut, as people have them
BINARY = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")

# However the tests end, the server does not outlive them.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
UNUSED = iter(OWNERS[1:])

CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.key
ssl_min_protocol = TLSv1.2
ssl_dh =
disable_plaintext_auth = {plain_only_with_tls}
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
mail_max_userip_connections = {connections}
mail_location = maildir:{root}/mail/%u:LAYOUT=fs
first_valid_uid = 0
mail_privileged_group =
rawlog_dir = {root}/raw/%u
{more}

passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = subscribe
  }}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """One server and the account `owner` on it, as a test steers them."""

    def __init__(self, root: Path) -> None:
        self.root, self.owner = root, OWNER
        self.plain_port, self.tls_port = _free_port(), _free_port()
        self.options = {
            "connections": "10",
            "mechanisms": "plain login",
            "plain_only_with_tls": "yes",
            "more": "",
        }
        self._running: list[subprocess.Popen[bytes]] = []  # shared by all accounts
        root.chmod(0o755)
        for name in ("run", "state", "home", "mail", "raw"):
            (root / name).mkdir()
            shutil.chown(root / name, _users()["user"])
        # All at once: Dovecot looks at the file once a second at most.
        lines = [f"{owner}:{{PLAIN}}{PASSWORD}::::::\n" for owner in OWNERS]
        (root / "users").write_text("".join(lines))
        write_certificate(root, HOST)

    def account(self, owner: str) -> Dovecot:
        """The same server with the empty account of one of OWNERS."""
        for name in ("mail", "raw"):
            (self.root / name / owner).mkdir()
            shutil.chown(self.root / name / owner, _users()["user"])
        account = copy.copy(self)
        account.owner = owner
        return account

    @property
    def ca(self) -> str:
        return str(self.root / "ca.pem")

    def login(self, **values: Any) -> Login:
        """What gets in, with TLS from the start; values given replace its own."""
        fitting = {"host": HOST, "port": self.tls_port, "username": self.owner, "password": PASSWORD}
        return Login(**{**fitting, **values})

    def starttls(self, **values: Any) -> Login:
        return self.login(port=self.plain_port, security="starttls", **values)

    def start(self, **options: str) -> None:
        """Run it, with these options changed for good; comes back when it listens."""
        self.options.update(options)
        names = {"root": self.root, **_users()}
        ports = {"plain_port": self.plain_port, "tls_port": self.tls_port}
        (self.root / "conf").write_text(CONFIGURATION.format(**names, **ports, **self.options))
        assert BINARY is not None
        command = [*ENDS_WITH_US, BINARY, "-F", "-c", str(self.root / "conf")]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        self._running.append(process)
        self._wait_until_it_answers(process)

    def stop(self) -> None:
        while self._running:
            process = self._running.pop()
            process.terminate()
            process.wait(60)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what still serves a session

    def restart(self, **options: str) -> None:
        self.stop()
        self.start(**options)

    @contextlib.contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """Signed in as the owner's own mail program, which may change things."""
        with imaplib.IMAP4(HOST, self.plain_port, timeout=60) as session:
            session.starttls(ssl.create_default_context(cafile=self.ca))
            session.authenticate("PLAIN", lambda _: f"\0{self.owner}\0{PASSWORD}".encode())
            yield session

    def deliver(
        self, at: datetime, *, folder: str = "INBOX", flags: str = "", raw: bytes = b"", **values: Any
    ) -> int:
        """Put a message into a folder; give its UID."""
        with self.session() as session:
            return append(session, folder, raw or source(at, **values), at, flags)

    def deliver_all(self, mails: list[tuple[datetime, bytes]], folder: str = "INBOX") -> list[int]:
        """Put messages into a folder, in this order; give their UIDs."""
        with self.session() as session:
            return [append(session, folder, raw, at, "") for at, raw in mails]

    def move(self, uid: int, folder: str, target: str) -> None:
        with self.session() as session:
            session.select(folder)
            _ok(session.uid("MOVE", str(uid), target))

    def expunge(self, uid: int, folder: str = "INBOX") -> None:
        with self.session() as session:
            session.select(folder)
            _ok(session.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)"))
            _ok(session.expunge())

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of every message, as the server has them."""
        with self.session() as session:
            session.select(folder, readonly=True)
            answer = _ok(session.fetch("1:*", "(FLAGS)"))
            return [line.decode().partition("FLAGS ")[2].strip(")(") for line in answer if line]

    def renumber(self, folder: str = "INBOX") -> None:
        """Have the folder forget its UIDs, as after a repair: it comes back with another UIDVALIDITY."""
        before = self.validity(folder)
        place = self.root / "mail" / self.owner / ("" if folder == "INBOX" else folder)
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (place / name).unlink(missing_ok=True)
        assert self.validity(folder) != before

    def validity(self, folder: str = "INBOX") -> int:
        with self.session() as session:
            (answer,) = _ok(session.status(folder, "(UIDVALIDITY)"))
            return int(answer.decode().partition("UIDVALIDITY ")[2].rstrip(")"))

    def commands(self) -> list[str]:
        """What clients said since they signed in, of all sessions, without tags."""
        lines = [
            line
            for path in sorted((self.root / "raw" / self.owner).glob("*.in"))
            for line in path.read_text(errors="replace").splitlines()
        ]
        return [line.split(" ", 2)[-1] for line in lines]

    def forget_commands(self) -> None:
        for path in (self.root / "raw" / self.owner).iterdir():
            path.unlink()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + 120
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.plain_port), 5) as connection:
                    if connection.recv(100).startswith(b"* OK"):
                        return
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > until:
                log = self.root / "log"
                raise AssertionError(f"Dovecot does not start: {log.read_text() if log.exists() else ''}")
            time.sleep(0.05)


def _users() -> dict[str, str]:
    """As whom it runs: Dovecot refuses to log in or keep mail as root, and then has users of its own."""
    owner = getpass.getuser()
    if os.getuid() == 0:
        return {"user": "dovecot", "group": "dovecot", "login_user": "dovenull"}
    return {"user": owner, "group": grp.getgrgid(os.getgid()).gr_name, "login_user": owner}


def append(session: imaplib.IMAP4, folder: str, raw: bytes, at: datetime, flags: str) -> int:
    """Put a message into a folder; give its UID."""
    content = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    stamp = imaplib.Time2Internaldate(at)
    (answer,) = _ok(session.append(folder, f"({flags})" if flags else "", stamp, content))
    return int(answer.decode().partition("APPENDUID ")[2].split("]")[0].split()[1])


def write_certificate(root: Path, host: str, days: int = 2) -> None:
    """An authority of its own, and a certificate of it for `host`."""
    authority = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    own = _certificate(issuer, authority, issuer, authority, 2, ca=True)
    served = _certificate(subject, key, issuer, authority, days, ca=False, host=host)
    (root / "ca.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    (root / "server.pem").write_bytes(served.public_bytes(serialization.Encoding.PEM))
    (root / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    days: int,
    *,
    ca: bool,
    host: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def running() -> Iterator[Dovecot]:
    """A server of its own; where Dovecot is not installed the test is skipped, and fails under CI."""
    if BINARY is None:
        absent = "Dovecot is not installed (Debian's package dovecot-imapd): IMAP is not tested."
        if os.environ.get("CI"):
            pytest.fail(absent)
        pytest.skip(absent)
    with tempfile.TemporaryDirectory(prefix="dovecot-", dir="/tmp") as folder:  # short, as sockets must be
        Path(folder).chmod(0o755)
        server = _started(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _started(folder: Path) -> Dovecot:
    """A server that runs. Somebody else can take a free port before it does, so that it takes another try."""
    for attempt in (1, 2, 3):
        root = folder / str(attempt)
        root.mkdir()
        server = Dovecot(root)
        try:
            server.start()
            return server
        except AssertionError:
            server.stop()
            if attempt == 3:
                raise
    raise AssertionError


@pytest.fixture(scope="session")
def dovecot_process() -> Iterator[Dovecot]:
    yield from running()


@pytest.fixture
def dovecot(dovecot_process: Dovecot, settings: Any) -> Dovecot:
    """An empty account on a running Dovecot, and settings that let it be connected."""
    settings.IMAP_ALLOW_PRIVATE_HOSTS, settings.IMAP_CA_FILE = True, dovecot_process.ca
    return dovecot_process.account(next(UNUSED))


@pytest.fixture
def own_dovecot(settings: Any) -> Iterator[Dovecot]:
    """The same on a server that may be stopped and started with other options."""
    for server in running():
        settings.IMAP_ALLOW_PRIVATE_HOSTS, settings.IMAP_CA_FILE = True, server.ca
        yield server.account(OWNER)


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    assert answer[0] == "OK", answer
    return answer[1]
