"""Connecting over IMAP by the API, with a real Dovecot."""

from __future__ import annotations

import pytest

from accounts import grants
from tests.standins.dovecot import HOST, PASSWORD
from tracking import connect_imap
from tracking.models import Mailbox

URL = "/api/post-application/providers/imap/connect"


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """The mailboxes sent to the workers."""
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.api.runs.queue_sync", sent.append)
    return sent


def body_of(dovecot, **values):
    return {"address": dovecot.owner, "password": PASSWORD, "host": HOST, "port": dovecot.tls_port, **values}


def post(client, body):
    return client.post(URL, body, content_type="application/json")


def test_it_works(dovecot, user, client_of, queued):
    response = post(client_of(user), body_of(dovecot))
    assert response.status_code == 200
    mailbox = Mailbox.objects.of(user).get()
    assert response.json() == {
        "id": str(mailbox.pk),
        "provider": "imap",
        "address": dovecot.owner,
        "state": "active",
    }
    assert queued == [mailbox]
    assert grants.login_of(mailbox.grant_id) == dovecot.login()


def test_the_plan_is_asked(dovecot, free_user, client_of):
    response = post(client_of(free_user), body_of(dovecot))
    assert (response.status_code, response.json()["error"]["code"]) == (403, "plan")


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"password": "wrong"}, "password_refused", "password"),
        ({"host": "nowhere..example"}, "server_unknown", "host"),
        ({"host": ""}, "invalid", "host"),
        ({"address": "nobody"}, "invalid", "address"),
        ({"security": "none"}, "invalid", "security"),
        ({"more": 1}, "invalid", "more"),
    ],
)
def test_what_is_wrong_is_named(dovecot, user, client_of, values, code, field):
    response = post(client_of(user), body_of(dovecot, **values))
    error = response.json()["error"]
    assert (response.status_code, error["code"], set(error["fields"])) == (422, code, {field})
    assert PASSWORD not in response.content.decode()
    assert not Mailbox.objects.exists()


def test_attempts_are_limited(dovecot, user, client_of, monkeypatch):
    monkeypatch.setattr(connect_imap, "ATTEMPTS", 3)
    client = client_of(user)
    for _ in range(3):
        post(client, body_of(dovecot, password="wrong"))
    assert post(client, body_of(dovecot)).status_code == 429


def test_wrong_method(user, client_of):
    assert client_of(user).get(URL).status_code == 405
