"""What is Microsoft's own in consent, exchange and refresh, against a stand-in of it over HTTP."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import grants
from accounts.grants import GOOGLE, MICROSOFT
from accounts.grants.tokens import Tokens
from accounts.models import Grant
from tests.standins.fixtures import OUTLOOK_OWNER

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LATE = AT + timedelta(hours=2)
ENDS = [(70000, "grant_invalid"), (70008, "grant_expired"), (700082, "grant_idle"), (1, "grant_revoked")]
OPERATORS = [(7000215, "client_secret_wrong"), (7000222, "client_secret_expired"), (700016, "client_refused")]
USERS = [
    (65001, "consent_missing"),
    (70011, "scope_refused"),
    (500011, "directory_unknown"),
    (50076, "second_factor_needed"),
    (50079, "second_factor_missing"),
    (50158, "security_check_needed"),
    (54005, "code_used"),
    (90008, "admin_consent_missing"),
    (90094, "admin_approval_needed"),
]


def consented(outlook, at=AT):
    session: dict[str, object] = {}
    back = outlook.consent(grants.authorization_url(session, MICROSOFT, at))
    return grants.exchange(grants.take_consent(session, back["state"], at), back["code"], at)


@pytest.fixture
def grant(outlook, user):
    return grants.keep(user, MICROSOFT, OUTLOOK_OWNER, consented(outlook))


class TestConsent:
    def test_url_asks_for_reading_mail_only(self, outlook):
        url = urlsplit(grants.authorization_url({}, MICROSOFT, AT, login_hint=OUTLOOK_OWNER))
        query = parse_qs(url.query)
        assert url.path == "/common/oauth2/v2.0/authorize"
        assert query["scope"] == ["Mail.Read offline_access"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["response_type"] == ["code"]
        assert query["login_hint"] == [OUTLOOK_OWNER]
        assert "access_type" not in query

    def test_tokens_after_consent(self, outlook):
        tokens = consented(outlook)
        assert tokens.refresh_token.startswith("M.C5_")
        assert tokens.scopes == ("Mail.Read",)
        assert tokens.expires_at == AT + timedelta(seconds=3599)

    def test_scopes_spelled_in_full(self, outlook):
        outlook.order("spell_scopes", prefix="https://graph.microsoft.com/")
        assert consented(outlook).scopes == ("https://graph.microsoft.com/Mail.Read",)

    def test_a_scope_of_another_name_is_not_taken_for_it(self, outlook):
        outlook.order("spell_scopes", prefix="https://evil.example/")
        with pytest.raises(grants.MissingScopeError):
            consented(outlook)

    def test_without_the_scope(self, outlook):
        session: dict[str, object] = {}
        back = outlook.consent(grants.authorization_url(session, MICROSOFT, AT), "without")
        with pytest.raises(grants.MissingScopeError, match="scope_missing"):
            grants.exchange(grants.take_consent(session, back["state"], AT), back["code"], AT)

    def test_code_needs_its_own_verifier(self, outlook):
        session: dict[str, object] = {}
        stolen = outlook.consent(grants.authorization_url({}, MICROSOFT, AT))
        back = outlook.consent(grants.authorization_url(session, MICROSOFT, AT))
        consent = grants.take_consent(session, back["state"], AT)
        with pytest.raises(grants.ExchangeError, match="code_refused"):
            grants.exchange(consent, stolen["code"], AT)

    def test_a_code_is_good_once(self, outlook):
        session: dict[str, object] = {}
        back = outlook.consent(grants.authorization_url(session, MICROSOFT, AT))
        consent = grants.take_consent(session, back["state"], AT)
        grants.exchange(consent, back["code"], AT)
        with pytest.raises(grants.ExchangeError, match="code_used"):
            grants.exchange(consent, back["code"], AT)

    @pytest.mark.parametrize(("number", "code"), [*USERS, *OPERATORS, (70008, "code_refused")])
    def test_exchange_refused(self, outlook, number, code):
        session: dict[str, object] = {}
        back = outlook.consent(grants.authorization_url(session, MICROSOFT, AT))
        operators = dict(OPERATORS)
        outlook.refuse_token(number, "invalid_client" if number in operators else "invalid_grant")
        with pytest.raises(grants.ExchangeError, match=code):
            grants.exchange(grants.take_consent(session, back["state"], AT), back["code"], AT)

    def test_not_configured(self, settings):
        settings.OUTLOOK_OAUTH_CLIENT_ID = ""
        assert not grants.is_configured(MICROSOFT)
        with pytest.raises(grants.NotConfiguredError, match="OUTLOOK_OAUTH_CLIENT_ID"):
            grants.authorization_url({}, MICROSOFT, AT)

    @pytest.mark.parametrize(
        ("decision", "code"), [("deny", "access_denied"), ("admin", "admin_approval_needed")]
    )
    def test_sent_back_with_an_error(self, outlook, decision, code):
        back = outlook.consent(grants.authorization_url({}, MICROSOFT, AT), decision)
        assert grants.refusal_of(MICROSOFT, back["error"], back["error_description"]) == code

    @pytest.mark.parametrize("number", ["65004", "90008x", "999999999999"])
    def test_an_error_without_a_known_number_goes_by_its_name(self, outlook, number):
        assert grants.refusal_of(MICROSOFT, "access_denied", f"AADSTS{number}: no") != ""
        assert grants.refusal_of(MICROSOFT, "something_new", "AADSTS1: no") == "exchange_failed"


class TestRefresh:
    def test_the_rotated_refresh_token_is_stored(self, outlook, grant):
        """Each refresh ends the refresh token that it was made with."""
        first = Tokens.load(grant.credentials).refresh_token
        for hours in (2, 4, 6):
            assert grants.access_token(grant.pk, AT + timedelta(hours=hours))
        grant.refresh_from_db()
        assert Tokens.load(grant.credentials).refresh_token != first
        assert outlook.order("grants")["refreshes"] == 3

    @pytest.mark.parametrize(
        ("number", "code"),
        [*USERS, *ENDS],
    )
    def test_what_needs_the_user_ends_the_grant(self, outlook, grant, number, code):
        outlook.refuse_token(number)
        with pytest.raises(grants.GrantLostError, match=code):
            grants.access_token(grant.pk, LATE)
        grant.refresh_from_db()
        assert (grant.state, grant.reason, grant.credentials) == (Grant.State.NEEDS_RECONNECT, code, "")

    @pytest.mark.parametrize(("number", "code"), OPERATORS)
    def test_what_is_the_operators_keeps_the_grant(self, outlook, grant, number, code):
        outlook.refuse_token(number, "invalid_client", 401)
        with pytest.raises(grants.GrantUnavailableError, match=code):
            grants.access_token(grant.pk, LATE)
        assert grants.access_token(grant.pk, LATE)

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_trouble_of_the_provider_keeps_the_grant(self, outlook, grant, status):
        outlook.refuse_token(700082, status=status)
        with pytest.raises(grants.GrantUnavailableError, match="provider_unreachable"):
            grants.access_token(grant.pk, LATE)
        assert grants.access_token(grant.pk, LATE)

    def test_a_temporary_fault_in_its_own_words(self, outlook, grant):
        outlook.refuse_token(90033, "temporarily_unavailable")
        with pytest.raises(grants.GrantUnavailableError, match="provider_down"):
            grants.access_token(grant.pk, LATE)

    def test_a_week_is_nothing_special_here(self, outlook, grant):
        outlook.order("revoke", address=OUTLOOK_OWNER)
        with pytest.raises(grants.GrantLostError, match="grant_invalid"):
            grants.access_token(grant.pk, AT + timedelta(days=7, minutes=5))


class TestEnd:
    def test_there_is_no_way_to_revoke(self, outlook, grant):
        assert not grants.can_revoke(MICROSOFT)
        assert grants.revoke(MICROSOFT, grants.forget(grant)) is None
        assert not Grant.objects.exists()
        assert outlook.calls() == {"token": 1}

    def test_there_is_one_at_google(self):
        assert grants.can_revoke(GOOGLE)
        assert not grants.can_revoke("yahoo")


def test_no_token_is_logged(outlook, user, caplog):
    caplog.set_level(logging.DEBUG)
    grant = grants.keep(user, MICROSOFT, OUTLOOK_OWNER, consented(outlook))
    held = Tokens.load(grant.credentials)
    access = grants.access_token(grant.pk, LATE)
    for secret in (held.access_token, held.refresh_token, access):
        assert secret not in caplog.text
