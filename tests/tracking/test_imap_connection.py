"""How an IMAP server is connected to, and what its refusals mean: servers that answer by a script."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from accounts.grants import Login
from tests.standins.dovecot import HOST, PASSWORD, Dovecot, write_certificate
from tracking.providers import NeedsReconnectError, TemporaryError
from tracking.providers.imap import addresses, api, try_login, wire
from tracking.providers.imap.api import ImapApi, RefusedCallError
from tracking.providers.imap.errors import busy

CAPABLE = "IMAP4rev1 AUTH=PLAIN SASL-IR"
PUBLIC = "93.184.216.34"
Answer = Callable[[str, str], str]


class Scripted:
    """A server for a few connections: greets, then answers each line by `answer(tag, line)`; "" hangs up."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None, greeting: str = "* OK hello") -> None:
        self.answer, self.context, self.greeting = answer, context, greeting
        self.said: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                connection.settimeout(10)
                with contextlib.suppress(OSError), connection:
                    self.talk(connection)

    def talk(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            connection.sendall(f"{self.greeting}\r\n".encode())
            for line in connection.makefile("rb"):
                text = line.decode().rstrip("\r\n")
                self.said.append(text)
                tag, _, rest = text.partition(" ")
                reply = self.reply(tag, rest)
                if not reply:
                    return
                connection.sendall(reply.encode())

    def reply(self, tag: str, line: str) -> str:
        return self.answer(tag, line)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    root = tmp_path_factory.mktemp("certificates")
    write_certificate(root, HOST)
    return root


@pytest.fixture
def serve(certificates, settings) -> Iterator[Callable[..., Scripted]]:
    settings.IMAP_ALLOW_PRIVATE_HOSTS, settings.IMAP_CA_FILE = True, str(certificates / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    made: list[Scripted] = []

    def make(answer: Answer, *, tls: bool = True, **more: str) -> Scripted:
        made.append(Scripted(answer, context if tls else None, **more))
        return made[-1]

    yield make
    for server in made:
        server.close()


def login_for(server, **values) -> Login:
    return Login(**{"host": HOST, "port": server.port, "username": "ada", "password": PASSWORD, **values})


def script(answers: dict[str, str], capable: str = CAPABLE) -> Answer:
    """Answers by the first word; what is not among them is fine."""

    def answer(tag: str, line: str) -> str:
        word = (line or tag).split()[0]
        if word in answers:
            return answers[word].replace("TAG", tag)
        if word == "AUTHENTICATE":
            return "+ \r\n"
        told = f"* CAPABILITY {capable}\r\n" if word == "CAPABILITY" else ""
        return f"{told}{'A1' if line == '' else tag} OK done\r\n"

    return answer


def refusing(text: str) -> dict[str, str]:
    """A login that is answered so."""
    return {"AUTHENTICATE": f"TAG NO {text}\r\n"}


class TestSigningIn:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[AUTHENTICATIONFAILED] Authentication failed.", "password_refused"),
            ("LOGIN failed.", "password_refused"),
            ("[EXPIRED] Password expired", "password_expired"),
            ("[ALERT] Application-specific password required: (Failure)", "app_password_needed"),
            ("[WEBALERT https://x.example/] Web login required.", "web_sign_in_needed"),
            ("[PRIVACYREQUIRED] Not with plain text", "password_not_taken"),
        ],
    )
    def test_refusals_that_need_the_user(self, serve, text, code):
        server = serve(script(refusing(text)))
        with pytest.raises(NeedsReconnectError, match=code):
            try_login(login_for(server))

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[UNAVAILABLE] Temporary authentication failure.", "provider_down"),
            ("[LIMIT] Rate limit hit.", "too_many_connections"),
            ("[INUSE] Mailbox is locked", "too_many_connections"),
            ("[ALERT] Too many simultaneous connections. (Failure)", "too_many_connections"),
            ("Too many simultaneous connections. (Failure)", "too_many_connections"),
            ("Server is busy, please try again later.", "provider_down"),
        ],
    )
    def test_refusals_that_pass(self, serve, text, code):
        server = serve(script(refusing(text)))
        with pytest.raises(TemporaryError, match=code):
            try_login(login_for(server))

    def test_a_connection_cut_while_signing_in_says_nothing_about_the_password(self, serve):
        server = serve(script({"AUTHENTICATE": ""}))
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            try_login(login_for(server))

    def test_a_command_that_is_not_understood_says_nothing_about_the_password(self, serve):
        server = serve(script({"AUTHENTICATE": "TAG BAD what?\r\n"}))
        with pytest.raises(TemporaryError, match="call_refused"):
            try_login(login_for(server))

    def test_goodbye_instead_of_a_greeting(self, serve):
        server = serve(script({}), greeting="* BYE too many connections from your address")
        with pytest.raises(TemporaryError, match="too_many_connections"):
            try_login(login_for(server))

    def test_where_no_password_is_taken_none_is_sent(self, serve):
        server = serve(script({}, capable="IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2"))
        with pytest.raises(NeedsReconnectError, match="password_not_taken"):
            try_login(login_for(server))
        assert PASSWORD not in str(server.said)

    def test_login_where_plain_is_not_offered(self, serve):
        server = serve(script({"EXAMINE": "* OK [UIDVALIDITY 7] ok\r\nTAG OK done\r\n"}, capable="IMAP4rev1"))
        try_login(login_for(server, username='a "b"', password="pass"))
        assert 'LOGIN "a \\"b\\"" "pass"' in str(server.said).replace("\\\\", "\\")

    def test_no_inbox(self, serve):
        server = serve(script({"EXAMINE": "TAG NO nothing here\r\n"}, capable="IMAP4rev1"))
        with pytest.raises(TemporaryError, match="inbox_missing"):
            try_login(login_for(server, password="pass"))


class TestEncryption:
    def test_a_certificate_of_nobody_is_refused(self, serve, settings):
        server = serve(script({}))
        settings.IMAP_CA_FILE = ""
        with pytest.raises(TemporaryError, match="certificate_refused"):
            try_login(login_for(server))
        assert not server.said

    def test_a_certificate_of_another_name_is_refused(self, serve):
        server = serve(script({}))
        with pytest.raises(TemporaryError, match="certificate_refused"):
            try_login(login_for(server, host="127.0.0.1"))
        assert not server.said

    @pytest.mark.parametrize(
        ("greeting", "capable"),
        [("* OK hello", "IMAP4rev1 AUTH=PLAIN"), ("* PREAUTH welcome", "IMAP4rev1 STARTTLS AUTH=PLAIN")],
    )
    def test_without_starttls_nothing_is_sent(self, serve, greeting, capable):
        server = serve(script({}, capable=capable), tls=False, greeting=greeting)
        with pytest.raises(TemporaryError, match="starttls_missing"):
            try_login(login_for(server, security="starttls"))
        assert {line.split()[1] for line in server.said} == {"CAPABILITY"}

    def test_what_is_slipped_in_before_the_encryption_is_not_believed(self, serve):
        injected = "TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"
        server = serve(script({"STARTTLS": injected}, capable="IMAP4rev1 STARTTLS"), tls=False)
        with pytest.raises(TemporaryError, match="starttls_missing"):
            try_login(login_for(server, security="starttls"))

    def test_old_tls_is_refused(self, serve):
        server = serve(script({}))
        server.context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        assert wire._context().minimum_version == ssl.TLSVersion.TLSv1_2
        assert wire._context().verify_mode == ssl.CERT_REQUIRED
        assert wire._context().check_hostname


class TestLimits:
    """A server can say what it likes, for as long as we let it."""

    @pytest.fixture
    def talking(self, serve):
        def make(answer: str) -> ImapApi:
            server = serve(script({"LIST": answer}, capable="IMAP4rev1"))
            return ImapApi(login_for(server, password="pass"))

        return make

    def test_literals_of_any_length_are_not_taken(self, talking):
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            talking("* LIST () {9999999999}\r\n").folders()

    def test_lines_without_end_are_not_taken(self, talking, monkeypatch):
        monkeypatch.setattr(wire, "MAX_LINE", 100_000)
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            talking("* LIST " + "x" * 300_000).folders()

    def test_answers_without_end_are_not_taken(self, talking, monkeypatch):
        monkeypatch.setattr(wire, "MAX_ANSWER", 100_000)
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            talking("* OK still here\r\n" * 20_000).folders()

    def test_silence_ends(self, talking, monkeypatch):
        monkeypatch.setattr(wire, "COMMAND_SECONDS", 0.3)
        with pytest.raises(TemporaryError, match="provider_timeout"):
            talking("* OK thinking\r\n").folders()

    def test_somebody_who_waits_does_not_wait_for_ever(self, serve, monkeypatch):
        monkeypatch.setattr(api, "TRIAL_SECONDS", 0.5)
        server = serve(script({"EXAMINE": "* OK still looking\r\n"}, capable="IMAP4rev1"))
        with pytest.raises(TemporaryError, match="provider_timeout"):
            try_login(login_for(server, password="pass"))

    @pytest.mark.parametrize(
        "answer", ['* LIST (\\Sent "/" Sent\r\nTAG OK\r\n', "* LIST nonsense\r\nTAG OK done\r\n"]
    )
    def test_nonsense_is_refused(self, talking, answer):
        with pytest.raises((RefusedCallError, TemporaryError)):
            talking(answer).folders()

    def test_a_source_that_is_dropped_leaves_no_connection(self, talking):
        listing = talking("* LIST () NIL INBOX\r\nTAG OK done\r\n")
        assert [folder.name for folder in listing.folders()] == ["INBOX"]
        sock = listing._client._imap.sock
        del listing
        gc.collect()
        assert sock.fileno() == -1


class TestFolders:
    def folders(self, *lines):
        parsed = [(tuple(flags.encode().split()), b"/", name) for flags, name in lines]
        return api._special(parsed, api.SENT), api._special(parsed, api.ARCHIVE)

    def test_by_their_use_whatever_they_are_called(self):
        assert self.folders(("\\Sent", "Gesendet"), ("\\archive", "Archiv"), ("", "Sent")) == (
            "Gesendet",
            "Archiv",
        )

    def test_by_usual_names_where_the_server_does_not_say(self):
        assert self.folders(("\\HasNoChildren", "sent items"), ("", "Archive")) == ("sent items", "Archive")

    def test_not_what_cannot_be_opened(self):
        assert self.folders(("\\Sent \\Noselect", "Sent"), ("", "Jobs")) == ("", "")


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
            *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
            *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::"),
            *("::127.0.0.1", "2001:db8::1", "2001::1", "64:ff9b:1::1", "100::1"),
        ],
    )
    def test_not_of_the_open_internet(self, address):
        assert not addresses.is_public(address)

    @pytest.mark.parametrize(
        "address", [PUBLIC, "2606:2800:220:1::1", f"::ffff:{PUBLIC}", "64:ff9b::5db8:d822"]
    )
    def test_of_the_open_internet(self, address):
        assert addresses.is_public(address)

    @pytest.mark.parametrize(
        "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "::1"]
    )
    def test_however_they_are_spelled(self, host):
        with pytest.raises(TemporaryError, match=r"server_private|server_unknown"):
            addresses.addresses_of(host, 993)

    @pytest.mark.parametrize("host", ["", "a b", "a/b", "a..b", "x" * 64, "[::1]", "user@host", "ä.example"])
    def test_what_is_no_name_is_not_looked_up(self, host, monkeypatch):
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
        with pytest.raises(TemporaryError, match="server_unknown"):
            addresses.addresses_of(host, 993)

    def test_one_private_address_among_others_is_enough(self, monkeypatch):
        resolve(monkeypatch, [PUBLIC, "10.0.0.1"])
        with pytest.raises(TemporaryError, match="server_private"):
            addresses.addresses_of("mail.example", 993)

    def test_only_the_ports_of_imap(self, monkeypatch):
        resolve(monkeypatch, [PUBLIC])
        assert addresses.addresses_of("mail.example", 143) == [PUBLIC]
        with pytest.raises(TemporaryError, match="port_refused"):
            addresses.addresses_of("mail.example", 22)

    def test_what_was_checked_is_what_is_connected_to(self, monkeypatch):
        """A name that leads elsewhere when it is looked up once more gains nothing."""
        asked = resolve(monkeypatch, [PUBLIC], ["127.0.0.1"])
        connected = []

        def connect(address, timeout):
            connected.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(wire.socket, "create_connection", connect)
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            try_login(Login("mail.example", 993, "ada", "secret"))
        assert connected == [(PUBLIC, 993)]
        assert asked == ["mail.example"]

    def test_the_name_is_looked_up_once_for_a_whole_session(self, dovecot: Dovecot, monkeypatch):
        for login in (dovecot.login(), dovecot.starttls()):
            asked = resolve(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
            try_login(login)
            assert asked == [HOST]


def resolve(monkeypatch, *answers: list[str]) -> list[str]:
    """Let names lead to these addresses, the last for ever; the names that were asked for."""
    asked: list[str] = []
    numbers = count()

    def getaddrinfo(host, port, *_, **__):
        if host.replace(".", "").isdigit():  # an address is no name
            found = [host]
        else:
            asked.append(host)
            found = answers[min(next(numbers), len(answers) - 1)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_an_ordinary_refusal_is_not_taken_for_a_busy_server():
    assert busy("[NONEXISTENT] Unknown mailbox") is None
