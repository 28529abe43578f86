"""What holds for every call: who may, how errors look, and the page that describes it."""

from __future__ import annotations

import logging
import re
from unittest.mock import patch

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import ApiToken
from tests.factories import MailboxFactory, MessageFactory
from tracking.api.auth import Throttle

pytestmark = pytest.mark.django_db

INBOX = "/api/post-application/inbox"


def bearer(secret):
    return {"headers": {"authorization": f"Bearer {secret}"}}


@pytest.fixture
def secret(user):
    return ApiToken.issue(user, "Laptop")[1]


@pytest.fixture
def message(user):
    return MessageFactory(mailbox=MailboxFactory(user=user))


def error_of(response):
    assert response["Content-Type"] == "application/json"
    content = response.json()
    assert set(content) == {"error"}
    assert set(content["error"]) - {"fields"} == {"code", "message"}
    return response.status_code, content["error"]["code"]


def test_a_token_signs_in_and_notes_its_use(client, user, secret, message):
    response = client.get(INBOX, **bearer(secret))
    assert [item["id"] for item in response.json()["items"]] == [str(message.pk)]
    assert ApiToken.objects.get().last_used_at is not None
    assert response["Cache-Control"] == "private, no-store"


def test_a_token_needs_no_csrf_token(secret, message):
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"{INBOX}/{message.pk}/deny", **bearer(secret)).status_code == 200


def test_a_session_needs_its_csrf_token_for_unsafe_methods(user, message):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(INBOX).status_code == 200
    path = f"{INBOX}/{message.pk}/deny"
    assert error_of(client.post(path)) == (403, "csrf")
    message.refresh_from_db()
    assert message.state == "review"

    client.get("/api/docs")  # sets the cookie
    token = client.cookies["csrftoken"].value
    assert client.post(path, headers={"x-csrftoken": token}).status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Bearer hb_wrong", "Bearer", "Basic aGI6aGI=", "hb_wrong", "Bearer \x00"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_valid_token_or_session_nobody_gets_in(message, header, method):
    client = Client(enforce_csrf_checks=True)
    headers = {"authorization": header} if header else {}
    path = INBOX if method == "get" else f"{INBOX}/{message.pk}/deny"
    response = getattr(client, method)(path, headers=headers)
    assert error_of(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_wrong_token_does_not_pass_as_the_session(client_of, user):
    assert error_of(client_of(user).get(INBOX, **bearer("hb_wrong"))) == (401, "unauthenticated")


def test_the_token_counts_where_a_session_is_sent_too(client_of, other, secret, message):
    response = client_of(other).get(INBOX, **bearer(secret))
    assert [item["id"] for item in response.json()["items"]] == [str(message.pk)]


def test_a_revoked_token_and_one_of_a_closed_account_are_refused(client, user, secret):
    user.is_active = False
    user.save()
    assert error_of(client.get(INBOX, **bearer(secret))) == (401, "unauthenticated")
    user.is_active = True
    user.save()
    ApiToken.objects.all().delete()
    assert error_of(client.get(INBOX, **bearer(secret))) == (401, "unauthenticated")


def test_too_many_calls_of_one_user_are_refused(client, client_of, other, secret, time_machine):
    time_machine.move_to("2026-03-04 09:30:20+00:00", tick=False)
    with patch("tracking.api.auth.CALLS_A_MINUTE", 3):
        answers = [client.get(INBOX, **bearer(secret)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert error_of(answers[-1]) == (429, "throttled")
        assert answers[-1]["Retry-After"] == "40"
        assert client_of(other).get(INBOX).status_code == 200
        time_machine.move_to("2026-03-04 09:31:01+00:00", tick=False)
        assert client.get(INBOX, **bearer(secret)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "post-application/nothing",
        "post-application/inbox/",
        "post-application/inbox/7",
        "post-application/inbox/7/approve",
        "post-application/applications/none/emails",
        "post-application/providers/yahoo/oauth/start",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_not_found(client_of, user, path, method):
    assert error_of(getattr(client_of(user), method)(f"/api/{path}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("post", "post-application/inbox", "GET"),
        ("delete", "post-application/inbox", "GET"),
        ("get", "post-application/sync", "POST"),
        ("post", "post-application/runs", "GET"),
        ("post", "docs", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_refused(client_of, user, method, path, allowed):
    response = getattr(client_of(user), method)(f"/api/{path}")
    assert error_of(response) == (405, "method_not_allowed")
    assert response["Allow"] == allowed


def test_a_failure_of_ours_says_and_logs_nothing_private(client_of, user, message, caplog):
    client = client_of(user)
    secret = "the subject of a mail"
    with (
        patch("tracking.api.inbox.stored", side_effect=RuntimeError(secret)),
        caplog.at_level(logging.ERROR, "heardback"),
    ):
        response = client.get(INBOX)
    assert error_of(response) == (500, "internal")
    assert secret not in response.content.decode() + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_failure_outside_of_the_views_has_the_same_shape(client_of, user):
    with patch.object(Throttle, "allow_request", side_effect=ConnectionError("redis://:password@host")):
        assert error_of(client_of(user).get(INBOX)) == (500, "internal")


def test_the_schema_names_every_route_and_its_errors(client):
    schema = client.get("/api/openapi.json").json()
    base = "/api/post-application"
    assert {(path, method) for path, methods in schema["paths"].items() for method in methods} == {
        (f"{base}/inbox", "get"),
        (f"{base}/inbox/{{id}}", "get"),
        (f"{base}/inbox/{{id}}/approve", "post"),
        (f"{base}/inbox/{{id}}/deny", "post"),
        (f"{base}/inbox/{{id}}/undo", "post"),
        (f"{base}/runs", "get"),
        (f"{base}/sync", "post"),
        (f"{base}/applications/{{id}}/emails", "get"),
        (f"{base}/providers/gmail/oauth/start", "get"),
        (f"{base}/providers/gmail/oauth/exchange", "post"),
        (f"{base}/providers/outlook/oauth/start", "get"),
        (f"{base}/providers/outlook/oauth/exchange", "post"),
        (f"{base}/providers/imap/connect", "post"),
    }
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert {"401", "429", "500"} <= set(operation["responses"])
            assert len(operation["security"]) == 2
    assert "X-CSRFToken" in schema["info"]["description"]


def test_the_page_loads_nothing_from_other_hosts(client):
    page = client.get("/api/docs").content.decode()
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert "/static/ninja/swagger-ui-bundle.js" in sources
    assert all(source.startswith("/static/") and finders.find(source[8:]) for source in sources)
    assert '"validatorUrl": null' in page
    assert not re.search(r"<style|<script>|\sstyle=", page)  # the policy forbids them
