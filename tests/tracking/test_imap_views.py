"""Connecting a mailbox over IMAP in Settings, with a real Dovecot."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts import grants
from accounts.models import Grant
from tests.factories import MailboxFactory
from tests.standins.dovecot import HOST, PASSWORD
from tracking import connect, connect_imap
from tracking.models import Mailbox
from tracking.words import in_words

PAGE = "/settings/integrations/imap/"
HTMX = {"HX-Request": "true", "HX-Target": "server"}


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """The mailboxes sent to the workers."""
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
    return sent


@pytest.fixture
def signed_in(user, client_of):
    return client_of(user)


def form_of(dovecot, **values):
    port = str(dovecot.tls_port)
    filled = {"address": dovecot.owner, "password": PASSWORD, "host": HOST, "port": port, "security": "tls"}
    return {**filled, **values}


def text_of(response):
    """What a person reads, with one space between the words."""
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def assert_refused(response, *words):
    assert response.status_code == 422
    page = text_of(response)
    assert all(each in page for each in words)
    assert PASSWORD not in page
    assert not Mailbox.objects.exists()
    assert not Grant.objects.exists()


class TestForm:
    def test_it_works_without_javascript(self, signed_in):
        page = text_of(signed_in.get(PAGE))
        assert 'name="address"' in page
        assert 'type="password"' in page
        assert f'href="{PAGE}"' in text_of(signed_in.get("/settings/integrations/"))

    @pytest.mark.parametrize(
        ("address", "host", "words"),
        [
            ("ada@icloud.com", "imap.mail.me.com", "account.apple.com"),
            ("ada@Fastmail.com", "imap.fastmail.com", "It does not take your usual password"),
            ("ada@gmx.de", "imap.gmx.net", "Allow POP3 and IMAP"),
            ("ada@own.example", "imap.own.example", ""),
            ("ada", "", ""),
        ],
    )
    def test_the_address_fills_in_the_server(self, signed_in, address, host, words):
        page, part = (signed_in.get(PAGE, {"address": address}, headers=extra) for extra in ({}, HTMX))
        for each in (page, part):
            assert each.context["form"]["host"].value() == host
            assert words in text_of(each)
        assert "<html" not in text_of(part)

    def test_the_plan_is_asked(self, free_user, client_of, dovecot):
        client = client_of(free_user)
        for response in (client.get(PAGE), client.post(PAGE, form_of(dovecot))):
            assert response.status_code == 302
        assert not Mailbox.objects.exists()

    def test_wrong_methods(self, signed_in):
        assert signed_in.put(PAGE).status_code == 405

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"address": "ada"}, "Enter a valid email address"),
            ({"address": "ada@outlook.com"}, "Connect Outlook instead"),
            ({"address": "ada@proton.me"}, "Export your mail there"),
            ({"host": ""}, "We do not know the mail server of this address"),
            ({"host": "mail.example\r\nA1 DELETE INBOX"}, "must be one line"),
            ({"username": "ada\r\nA1 DELETE INBOX"}, "must be one line"),
            ({"password": "x\x00y"}, "Null characters are not allowed"),
            ({"password": ""}, "This field is required"),
            ({"port": "99999"}, "less than or equal to 65535"),
            ({"security": "none"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_tried(self, signed_in, monkeypatch, values, words):
        monkeypatch.setattr("tracking.connect_imap.connect", lambda *_: pytest.fail("tried"))
        form = {"address": "ada@own.example", "password": PASSWORD, "host": HOST, "security": "tls"}
        assert_refused(signed_in.post(PAGE, {**form, **values}), words)


class TestConnecting:
    def test_it_is_connected_and_syncs_at_once(self, dovecot, signed_in, user, queued):
        response = signed_in.post(PAGE, form_of(dovecot, address=dovecot.owner.title()), follow=True)
        assert f"{dovecot.owner} is connected. Its first sync has begun." in text_of(response)
        mailbox = Mailbox.objects.of(user).get()
        assert (mailbox.provider, mailbox.address, mailbox.state) == ("imap", dovecot.owner, "active")
        assert queued == [mailbox]
        assert grants.login_of(mailbox.grant_id) == dovecot.login(username=dovecot.owner.title())

    def test_with_starttls(self, dovecot, signed_in):
        form = form_of(dovecot, port=str(dovecot.plain_port), security="starttls")
        assert signed_in.post(PAGE, form).status_code == 302

    def test_a_host_name_with_umlauts(self, signed_in, user, monkeypatch):
        asked = []
        monkeypatch.setattr("tracking.connect_imap.imap.try_login", asked.append)
        form = {
            "address": "a@b.example",
            "password": "x",
            "host": " Mail.Müller.example. ",
            "security": "tls",
        }
        assert signed_in.post(PAGE, form).status_code == 302
        assert [(login.host, login.port) for login in asked] == [("mail.xn--mller-kva.example", 993)]

    def test_another_user_name(self, dovecot, signed_in):
        form = form_of(dovecot, address="alias@own.example", username=dovecot.owner)
        assert signed_in.post(PAGE, form).status_code == 302
        assert Mailbox.objects.get().address == "alias@own.example"

    def test_the_password_is_encrypted(self, dovecot, signed_in):
        signed_in.post(PAGE, form_of(dovecot))
        with connection.cursor() as cursor:
            cursor.execute("SELECT credentials::text FROM accounts_grant")
            ((stored,),) = cursor.fetchall()
        assert PASSWORD not in stored
        assert HOST not in stored

    def test_a_wrong_password_is_said_beside_its_field(self, dovecot, signed_in):
        response = signed_in.post(PAGE, form_of(dovecot, password="wrong"))
        assert_refused(response, *in_words("password_refused"), f'value="{HOST}"', dovecot.owner)
        assert response.context["form"].errors.keys() == {"password"}
        assert "wrong" not in text_of(response)

    @pytest.mark.parametrize(
        ("values", "code", "field"),
        [
            ({"host": "nowhere..example"}, "server_unknown", "host"),
            ({"host": "127.0.0.1"}, "certificate_refused", "host"),
            ({"security": "starttls"}, "provider_timeout", "host"),
        ],
    )
    def test_servers_that_are_not_what_they_should_be(
        self, dovecot, signed_in, monkeypatch, values, code, field
    ):
        if code == "provider_timeout":
            monkeypatch.setattr("tracking.providers.imap.wire.COMMAND_SECONDS", 0.5)
        response = signed_in.post(PAGE, form_of(dovecot, **values))
        assert_refused(response, in_words(code)[0])
        assert field in response.context["form"].errors

    def test_tls_where_there_is_none(self, dovecot, signed_in):
        response = signed_in.post(PAGE, form_of(dovecot, port=str(dovecot.plain_port)))
        assert_refused(response, in_words("tls_failed")[0])

    def test_nobody_listens(self, dovecot, signed_in):
        assert_refused(signed_in.post(PAGE, form_of(dovecot, port="1")), in_words("provider_unreachable")[0])

    def test_private_hosts_are_refused_unless_allowed(self, dovecot, signed_in, settings):
        settings.IMAP_ALLOW_PRIVATE_HOSTS = False
        assert_refused(signed_in.post(PAGE, form_of(dovecot, port="993")), in_words("server_private")[0])
        assert_refused(signed_in.post(PAGE, form_of(dovecot)), in_words("port_refused")[0])

    def test_attempts_are_limited(self, dovecot, signed_in, monkeypatch):
        monkeypatch.setattr(connect_imap, "ATTEMPTS", 3)
        for _ in range(3):
            signed_in.post(PAGE, form_of(dovecot, password="wrong"))
        assert_refused(signed_in.post(PAGE, form_of(dovecot)), "That were many attempts")


class TestReconnecting:
    @pytest.fixture
    def mailbox(self, dovecot, user):
        grant = grants.keep_login(user, dovecot.owner, dovecot.login(password="old one"))
        return MailboxFactory(
            user=user,
            provider=Mailbox.Provider.IMAP,
            address=dovecot.owner,
            grant=grant,
            state=Mailbox.State.NEEDS_RECONNECT,
            state_reason="password_refused",
            cursor={"kept": True},
        )

    def test_the_page_leads_there(self, signed_in, mailbox):
        page = text_of(signed_in.get("/settings/integrations/"))
        assert f'href="{PAGE}?mailbox={mailbox.pk}"' in page
        assert in_words("password_refused")[0] in page

    def test_all_but_the_password_is_filled_in(self, dovecot, signed_in, mailbox):
        page = text_of(signed_in.get(PAGE, {"mailbox": mailbox.pk}))
        assert f'value="{dovecot.owner}"' in page
        assert f'value="{dovecot.tls_port}"' in page
        assert "old one" not in page

    def test_a_new_password_goes_on_where_it_stopped(self, dovecot, signed_in, mailbox):
        form = form_of(dovecot, address="somebody@else.example", username=dovecot.owner)
        response = signed_in.post(f"{PAGE}?mailbox={mailbox.pk}", form, follow=True)
        assert "is connected again, and goes on where it stopped" in text_of(response)
        mailbox.refresh_from_db()
        assert (mailbox.state, mailbox.state_reason, mailbox.cursor) == ("active", "", {"kept": True})
        assert Mailbox.objects.count() == 1
        assert grants.login_of(mailbox.grant_id).password == PASSWORD

    def test_a_wrong_one_changes_nothing(self, dovecot, signed_in, mailbox):
        response = signed_in.post(f"{PAGE}?mailbox={mailbox.pk}", form_of(dovecot, password="wrong"))
        assert response.status_code == 422
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        assert grants.login_of(mailbox.grant_id).password == "old one"

    @pytest.mark.parametrize("wanted", ["", "nonsense"])
    def test_what_is_no_mailbox_is_not_found(self, signed_in, wanted):
        assert signed_in.get(PAGE, {"mailbox": wanted}).status_code == 404

    def test_a_strangers_mailbox_is_not_found(self, other, client_of, mailbox):
        assert client_of(other).get(PAGE, {"mailbox": mailbox.pk}).status_code == 404

    def test_disconnecting_deletes_the_password(self, signed_in, user, mailbox):
        response = signed_in.post(
            f"/settings/integrations/{mailbox.pk}/disconnect/", {"applications": "keep"}, follow=True
        )
        assert "The password is deleted here." in text_of(response)
        assert not Grant.objects.exists()
        proof = user.disconnections.get()
        assert (proof.revoked_at_provider, proof.completed_at is None) == (None, False)

    def test_pausing_and_resuming(self, user, mailbox):
        Mailbox.objects.update(state=Mailbox.State.ACTIVE)
        at = mailbox.created_at
        connect.pause(user, mailbox.pk, at)
        assert connect.resume(user, mailbox.pk, at).state == Mailbox.State.ACTIVE
