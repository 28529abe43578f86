"""Connecting over the API: what is told, what is asked of the plan, and to whom a state belongs."""

from __future__ import annotations

from unittest.mock import Mock, patch
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import grants
from accounts.grants import MissingScopeError
from accounts.models import ApiToken, Grant
from tests.factories import UserFactory
from tracking import connect
from tracking.models import Mailbox
from tracking.providers import TemporaryError

pytestmark = pytest.mark.django_db

BASE = "/api/post-application/providers"
START, EXCHANGE = f"{BASE}/gmail/oauth/start", f"{BASE}/gmail/oauth/exchange"
STEPS = ("start", "exchange")
SCOPES = {
    "gmail": "https://www.googleapis.com/auth/gmail.readonly",
    "outlook": "Mail.Read offline_access",
}
ANSWER = {
    "access_token": "access",
    "refresh_token": "refresh",
    "expires_in": 3599,
    "scope": f"{SCOPES['gmail']} Mail.Read",
}


@pytest.fixture(autouse=True)
def configured(settings):
    settings.GMAIL_OAUTH_CLIENT_ID, settings.GMAIL_OAUTH_CLIENT_SECRET = "client", "secret"
    settings.OUTLOOK_OAUTH_CLIENT_ID, settings.OUTLOOK_OAUTH_CLIENT_SECRET = "client", "secret"


@pytest.fixture
def address_of():
    """What the provider says of whose account it is."""
    return Mock(return_value="sam@example.org")


@pytest.fixture(autouse=True)
def token_endpoint(address_of):
    """The providers' answers; the real conversations are tested with each of them."""
    ways = {
        Mailbox.Provider.GMAIL: connect.Way(grants.GOOGLE, address_of),
        Mailbox.Provider.OUTLOOK: connect.Way(grants.MICROSOFT, address_of),
    }
    with (
        patch("accounts.grants.tokens.ask", return_value=ANSWER) as ask,
        patch.dict(connect.WAYS, ways),
        patch("tracking.tasks.sync_mailbox.apply_async"),
    ):
        yield ask


@pytest.fixture(params=["session", "token"])
def call(request, user, client, client_of):
    """Calls the API by a session or by a token; gives status and content."""
    signed_in = client_of(user) if request.param == "session" else client
    headers = (
        {"authorization": f"Bearer {ApiToken.issue(user, 'Laptop')[1]}"} if request.param == "token" else {}
    )

    def make(path, data=None):
        if data is None:
            response = signed_in.get(path, headers=headers)
        else:
            response = signed_in.post(path, data, content_type="application/json", headers=headers)
        return response.status_code, response.json()

    return make


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_start_gives_where_to_send_the_user(call, provider):
    status, content = call(f"{BASE}/{provider}/oauth/start")
    query = parse_qs(urlsplit(content["authorization_url"]).query)
    assert status == 200
    assert query["state"] == [content["state"]]
    assert query["scope"] == [SCOPES[provider]]
    assert query["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_exchange_connects_the_mailbox(call, user, token_endpoint, provider):
    state = call(f"{BASE}/{provider}/oauth/start")[1]["state"]
    status, content = call(f"{BASE}/{provider}/oauth/exchange", {"code": "4/code", "state": state})
    mailbox = Mailbox.objects.of(user).get()
    assert status == 200
    assert content == {
        "id": str(mailbox.pk),
        "provider": provider,
        "address": "sam@example.org",
        "state": "active",
    }
    assert token_endpoint.call_args.args[1]["code"] == "4/code"


def test_a_state_is_good_once(call):
    state = call(START)[1]["state"]
    data = {"code": "4/code", "state": state}
    assert call(EXCHANGE, data)[0] == 200
    status, content = call(EXCHANGE, data)
    assert (status, content["error"]["code"]) == (400, "state_unknown")


def test_a_state_is_good_at_its_own_provider_only(call, token_endpoint):
    state = call(START)[1]["state"]
    status, content = call(f"{BASE}/outlook/oauth/exchange", {"code": "4/code", "state": state})
    assert (status, content["error"]["code"]) == (400, "state_unknown")
    assert not token_endpoint.called


def test_a_state_of_somebody_else_is_refused(call, other, client_of):
    state = client_of(other).get(START).json()["state"]
    status, content = call(EXCHANGE, {"code": "4/code", "state": state})
    assert (status, content["error"]["code"]) == (400, "state_unknown")
    assert not Grant.objects.exists()


def test_the_state_of_a_token_is_bound_to_its_user(client, user, other):
    def headers(person):
        return {"authorization": f"Bearer {ApiToken.issue(person, 'Laptop')[1]}"}

    state = client.get(START, headers=headers(other)).json()["state"]
    data = {"code": "4/code", "state": state}
    response = client.post(EXCHANGE, data, content_type="application/json", headers=headers(user))
    assert response.json()["error"]["code"] == "state_unknown"
    response = client.post(EXCHANGE, data, content_type="application/json", headers=headers(other))
    assert response.status_code == 200
    assert Mailbox.objects.get().user == other


def test_a_state_expires(call, time_machine):
    time_machine.move_to("2026-03-04 09:30:00+00:00", tick=False)
    state = call(START)[1]["state"]
    time_machine.move_to("2026-03-04 09:40:01+00:00", tick=False)
    status, content = call(EXCHANGE, {"code": "4/code", "state": state})
    assert (status, content["error"]["code"]) == (400, "state_expired")


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (MissingScopeError("scope_missing"), (403, "scope_missing")),
        (grants.ExchangeError("client_secret_wrong"), (502, "client_secret_wrong")),
        (grants.ExchangeError("admin_approval_needed"), (403, "admin_approval_needed")),
    ],
)
def test_what_the_provider_refuses_is_told(call, problem, expected):
    state = call(START)[1]["state"]
    with patch("accounts.grants.exchange", side_effect=problem):
        status, content = call(EXCHANGE, {"code": "4/code", "state": state})
    assert (status, content["error"]["code"]) == expected
    assert content["error"]["message"]
    assert not Mailbox.objects.exists()


def test_nothing_is_connected_without_an_address(call, address_of):
    address_of.side_effect = TemporaryError("provider_down")
    state = call(START)[1]["state"]
    status, content = call(EXCHANGE, {"code": "4/code", "state": state})
    assert (status, content["error"]["code"]) == (503, "provider_down")
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize(
    "data", [{}, {"code": "4/code"}, {"code": "", "state": "s"}, {"code": "c", "state": "s", "x": 1}]
)
def test_exchange_refuses_what_it_does_not_understand(call, data):
    status, content = call(EXCHANGE, data)
    assert (status, content["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", [START, EXCHANGE, *(f"{BASE}/outlook/oauth/{step}" for step in STEPS)])
def test_on_free_connecting_is_refused(client_of, path):
    client = client_of(UserFactory())
    data = {"code": "4/code", "state": "s"}
    response = (
        client.get(path)
        if path.endswith("start")
        else client.post(path, data, content_type="application/json")
    )
    assert (response.status_code, response.json()["error"]["code"]) == (403, "plan")


def test_where_gmail_is_not_set_up_it_says_so(call, settings):
    settings.GMAIL_OAUTH_CLIENT_ID = ""
    status, content = call(START)
    assert (status, content["error"]["code"]) == (503, "not_configured")


@pytest.mark.parametrize("step", STEPS)
def test_where_outlook_is_not_set_up_it_is_not_available(call, settings, step):
    settings.OUTLOOK_OAUTH_CLIENT_ID = ""
    data = None if step == "start" else {"code": "code", "state": "state"}
    status, content = call(f"{BASE}/outlook/oauth/{step}", data)
    assert (status, content["error"]["code"]) == (501, "not_available")


@pytest.mark.parametrize("step", STEPS)
def test_an_unknown_provider_is_not_found(call, step):
    status, content = call(f"{BASE}/yahoo/oauth/{step}", None if step == "start" else {})
    assert (status, content["error"]["code"]) == (404, "not_found")
