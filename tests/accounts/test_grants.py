"""Consent, exchange, refresh and revoking against a stand-in of Google over HTTP."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from accounts import grants
from accounts.grants import GOOGLE
from accounts.grants.tokens import Tokens
from accounts.models import Grant
from tests.standins.fixtures import OWNER, Gmail

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def consented(gmail: Gmail, at: datetime = AT) -> Tokens:
    session: dict[str, object] = {}
    back = gmail.consent(grants.authorization_url(session, GOOGLE, at))
    return grants.exchange(grants.take_consent(session, back["state"], at), back["code"], at)


@pytest.fixture
def grant(gmail, user):
    return grants.keep(user, GOOGLE, OWNER, consented(gmail))


class TestConsent:
    def test_url_asks_for_reading_only(self, gmail):
        url = grants.authorization_url({}, GOOGLE, AT, login_hint=OWNER)
        query = parse_qs(urlsplit(url).query)
        assert query["scope"] == ["https://www.googleapis.com/auth/gmail.readonly"]
        assert query["access_type"] == ["offline"]
        assert query["prompt"] == ["consent"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["response_type"] == ["code"]
        assert query["login_hint"] == [OWNER]
        assert "include_granted_scopes" not in query

    def test_tokens_after_consent(self, gmail):
        tokens = consented(gmail)
        assert tokens.refresh_token.startswith("1//")
        assert tokens.scopes == (grants.GMAIL_SCOPE,)
        assert tokens.expires_at == AT + timedelta(seconds=3599)
        assert tokens.access_token not in repr(tokens)
        assert tokens.refresh_token not in repr(tokens)

    def test_about_comes_back(self, gmail):
        session: dict[str, object] = {}
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT, about="mailbox 7"))
        assert grants.take_consent(session, back["state"], AT).about == "mailbox 7"

    def test_two_tabs_do_not_disturb_each_other(self, gmail):
        session: dict[str, object] = {}
        first = gmail.consent(grants.authorization_url(session, GOOGLE, AT, about="first"))
        second = gmail.consent(grants.authorization_url(session, GOOGLE, AT, about="second"))
        assert grants.take_consent(session, first["state"], AT).about == "first"
        assert grants.take_consent(session, second["state"], AT).about == "second"

    def test_state_is_used_once(self, gmail):
        session: dict[str, object] = {}
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT))
        grants.take_consent(session, back["state"], AT)
        with pytest.raises(grants.StateError, match="state_unknown"):
            grants.take_consent(session, back["state"], AT)

    @pytest.mark.parametrize("state", ["", "forged", "ünïcode"])
    def test_forged_state(self, gmail, state):
        session: dict[str, object] = {}
        grants.authorization_url(session, GOOGLE, AT)
        with pytest.raises(grants.StateError, match="state_unknown"):
            grants.take_consent(session, state, AT)

    def test_state_of_another_session(self, gmail):
        back = gmail.consent(grants.authorization_url({}, GOOGLE, AT))
        with pytest.raises(grants.StateError, match="state_unknown"):
            grants.take_consent({}, back["state"], AT)

    def test_state_ends_after_ten_minutes(self, gmail):
        session: dict[str, object] = {}
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT))
        late = AT + timedelta(minutes=10, seconds=1)
        with pytest.raises(grants.StateError, match="state_expired"):
            grants.take_consent(session, back["state"], late)

    def test_code_needs_its_own_verifier(self, gmail):
        session: dict[str, object] = {}
        stolen = gmail.consent(grants.authorization_url({}, GOOGLE, AT))
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT))
        consent = grants.take_consent(session, back["state"], AT)
        with pytest.raises(grants.ExchangeError, match="code_refused"):
            grants.exchange(consent, stolen["code"], AT)

    def test_unticked_scope(self, gmail):
        session: dict[str, object] = {}
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT), "without")
        consent = grants.take_consent(session, back["state"], AT)
        with pytest.raises(grants.MissingScopeError, match="scope_missing"):
            grants.exchange(consent, back["code"], AT)

    def test_no_refresh_token(self, gmail):
        session: dict[str, object] = {}
        url = grants.authorization_url(session, GOOGLE, AT).replace(
            "access_type=offline", "access_type=online"
        )
        back = gmail.consent(url)
        consent = grants.take_consent(session, back["state"], AT)
        with pytest.raises(grants.ExchangeError, match="refresh_token_missing"):
            grants.exchange(consent, back["code"], AT)

    @pytest.mark.parametrize(
        ("failure", "code"),
        [
            ({"status": 503, "body": "<html>"}, "provider_unreachable"),
            ({"cut": True}, "provider_unreachable"),
            ({"status": 200, "body": {"token_type": "Bearer"}}, "provider_unreachable"),
            ({"status": 401, "body": {"error": "invalid_client"}}, "client_refused"),
            ({"status": 400, "body": {"error": "redirect_uri_mismatch"}}, "client_refused"),
            ({"status": 400, "body": {"error": "something_new"}}, "exchange_failed"),
        ],
    )
    def test_exchange_fails(self, gmail, failure, code):
        session: dict[str, object] = {}
        back = gmail.consent(grants.authorization_url(session, GOOGLE, AT))
        gmail.fail("token", **failure)
        with pytest.raises(grants.ExchangeError, match=code):
            grants.exchange(grants.take_consent(session, back["state"], AT), back["code"], AT)

    def test_not_configured(self, gmail, settings):
        settings.GMAIL_OAUTH_CLIENT_ID = ""
        assert not grants.is_configured(GOOGLE)
        with pytest.raises(grants.NotConfiguredError, match="GMAIL_OAUTH_CLIENT_ID"):
            grants.authorization_url({}, GOOGLE, AT)


class TestKeep:
    def test_credentials_are_encrypted(self, grant):
        with connection.cursor() as cursor:
            cursor.execute("SELECT credentials FROM accounts_grant WHERE id = %s", [grant.pk])
            sealed = bytes(cursor.fetchone()[0])
        assert b"refresh_token" not in sealed
        assert b"refresh_token" in grant.credentials.encode()

    def test_new_consent_raises_the_generation(self, gmail, user, grant):
        again = grants.keep(user, GOOGLE, OWNER, consented(gmail))
        assert (again.pk, again.generation) == (grant.pk, grant.generation + 1)

    def test_two_users_may_grant_the_same_account(self, gmail, user, other, grant):
        theirs = grants.keep(other, GOOGLE, OWNER, consented(gmail))
        assert theirs.pk != grant.pk


class TestAccessToken:
    def test_a_valid_one_is_not_refreshed(self, gmail, grant):
        first = grants.access_token(grant.pk, AT)
        assert grants.access_token(grant.pk, AT + timedelta(seconds=3500)) == first
        assert gmail.order("grants")["refreshes"] == 0

    def test_refreshed_a_minute_before_its_end(self, gmail, grant):
        first = grants.access_token(grant.pk, AT)
        later = AT + timedelta(seconds=3599 - 59)
        second = grants.access_token(grant.pk, later)
        assert second != first
        assert grants.access_token(grant.pk, later + timedelta(seconds=3400)) == second
        assert gmail.order("grants")["refreshes"] == 1

    def test_a_grant_just_loaded_is_not_asked_for_again(self, gmail, grant, django_assert_num_queries):
        source = grants.TokenSource(grant.pk, lambda: AT, Grant.objects.get(pk=grant.pk))
        with django_assert_num_queries(0):
            first = source()
        with django_assert_num_queries(1):
            assert source() == first
        assert source(True) != first  # refused: another one
        assert gmail.order("grants")["refreshes"] == 1

    def test_one_loaded_but_ended_since_is_of_no_use(self, gmail, grant):
        loaded = Grant.objects.get(pk=grant.pk)
        late = AT + timedelta(hours=2)
        source = grants.TokenSource(grant.pk, lambda: late, loaded)
        assert source() != Tokens.load(loaded.credentials).access_token
        assert gmail.order("grants")["refreshes"] == 1

    def test_a_grant_taken_back_since_it_was_loaded_is_found_out_at_the_next_token(self, gmail, grant):
        source = grants.TokenSource(grant.pk, lambda: AT, Grant.objects.get(pk=grant.pk))
        source()
        grants.forget(grant)
        with pytest.raises(grants.GrantLostError):
            source()

    def test_refused_one_is_refreshed_once_by_two_workers(self, gmail, grant):
        first, second = (grants.TokenSource(grant.pk, lambda: AT) for _ in range(2))
        assert first() == second()
        assert first(True) == second(True)
        assert gmail.order("grants")["refreshes"] == 1

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_refresh_once(self, gmail, grant):
        late, found = AT + timedelta(hours=2), []
        gmail.fail("token", delay=0.3)

        def work() -> None:
            found.append(grants.access_token(grant.pk, late))
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 3
        assert len(set(found)) == 1
        assert gmail.order("grants")["refreshes"] == 1

    def test_revoked_grant_is_lost_and_wiped(self, gmail, grant):
        gmail.order("revoke", address=OWNER)
        with pytest.raises(grants.GrantLostError, match="grant_revoked"):
            grants.access_token(grant.pk, AT + timedelta(hours=2))
        grant.refresh_from_db()
        assert (grant.state, grant.reason, grant.credentials) == (
            Grant.State.NEEDS_RECONNECT,
            "grant_revoked",
            "",
        )
        with pytest.raises(grants.GrantLostError, match="grant_revoked"):
            grants.access_token(grant.pk, AT + timedelta(hours=3))
        assert gmail.order("grants")["refreshes"] == 1

    def test_grant_lost_after_a_week_says_so(self, gmail, grant):
        gmail.order("revoke", address=OWNER)
        with pytest.raises(grants.GrantLostError, match="grant_ended_after_a_week"):
            grants.access_token(grant.pk, AT + timedelta(days=7, minutes=5))

    @pytest.mark.parametrize(
        ("failure", "code"),
        [
            ({"status": 500, "body": {"error": "internal_failure"}}, "provider_unreachable"),
            ({"status": 503, "body": {"error": "invalid_grant"}}, "provider_unreachable"),
            ({"status": 429, "body": {"error": "invalid_grant"}}, "provider_unreachable"),
            ({"cut": True}, "provider_unreachable"),
            ({"status": 401, "body": {"error": "invalid_client"}}, "client_refused"),
        ],
    )
    def test_trouble_of_the_provider_keeps_the_grant(self, gmail, grant, failure, code):
        gmail.fail("token", **failure)
        late = AT + timedelta(hours=2)
        with pytest.raises(grants.GrantUnavailableError, match=code):
            grants.access_token(grant.pk, late)
        grant.refresh_from_db()
        assert grant.state == Grant.State.ACTIVE
        assert grants.access_token(grant.pk, late)

    def test_stale_work_does_not_clear_a_newer_grant(self, gmail, user, grant):
        newer = grants.keep(user, GOOGLE, OWNER, consented(gmail))
        assert not grants.lose(grant.pk, grant.generation, "grant_revoked")
        newer.refresh_from_db()
        assert newer.state == Grant.State.ACTIVE
        assert newer.credentials

    def test_lost_is_said_once(self, grant):
        assert grants.lose(grant.pk, grant.generation, "grant_revoked")
        assert not grants.lose(grant.pk, grant.generation, "grant_revoked")

    def test_reconnecting_brings_it_back(self, gmail, user, grant):
        grants.lose(grant.pk, grant.generation, "grant_revoked")
        grants.keep(user, GOOGLE, OWNER, consented(gmail))
        assert grants.access_token(grant.pk, AT)


class TestEnd:
    def test_forget_deletes_and_revoke_takes_back(self, gmail, grant):
        refresh_token = grants.forget(grant)
        assert not Grant.objects.filter(pk=grant.pk).exists()
        assert gmail.order("grants")["grants"] == [OWNER]
        assert grants.revoke(GOOGLE, refresh_token) is True
        assert gmail.order("grants")["grants"] == []

    def test_revoked_before_counts_as_revoked(self, gmail, grant):
        gmail.order("revoke", address=OWNER)
        assert grants.revoke(GOOGLE, grants.forget(grant)) is True

    @pytest.mark.parametrize(
        "failure", [{"status": 503, "body": "no"}, {"cut": True}, {"status": 400, "body": [1]}]
    )
    def test_revoking_is_best_effort(self, gmail, grant, failure):
        gmail.fail("revoke", **failure)
        assert grants.revoke(GOOGLE, grants.forget(grant)) is False

    def test_token_of_a_forgotten_grant(self, grant):
        grants.forget(grant)
        with pytest.raises(grants.GrantLostError):
            grants.access_token(grant.pk, AT)


def test_no_token_is_logged(gmail, user, caplog):
    caplog.set_level(logging.DEBUG)
    grant = grants.keep(user, GOOGLE, OWNER, consented(gmail))
    held = Tokens.load(grant.credentials)
    access = grants.access_token(grant.pk, AT + timedelta(hours=2))
    grants.revoke(GOOGLE, grants.forget(grant))
    for secret in (held.access_token, held.refresh_token, access):
        assert secret not in caplog.text
