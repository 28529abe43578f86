"""Losing access to a mailbox: told once, shown everywhere, written about after a day; and what is no loss."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.urls import reverse

from accounts.models import Grant, Notification
from tests.factories import MailboxFactory, MessageFactory, SyncRunFactory, UserFactory
from tests.standins.fixtures import OWNER
from tests.tracking.mails import ListSource, everyday
from tracking import connect, reminding, tasks
from tracking.lease import claim
from tracking.models import Mailbox, Message, SyncRun
from tracking.providers import NeedsReconnectError
from tracking.reminding import remind_of_lost
from tracking.sync import sync
from tracking.trouble import lose_access, operator_notices
from tracking.words import FOR_OPERATORS, WORDS, in_words

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GMAIL, OUTLOOK = Mailbox.Provider.GMAIL, Mailbox.Provider.OUTLOOK


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting between retries."""
    monkeypatch.setattr("tracking.providers.calling.wait", lambda seconds: None)


def connected(stand_in, user, provider, at=NOW):
    session: dict[str, object] = {}
    back = stand_in.consent(connect.consent_url(user, provider, session, at))
    return connect.connect_account(user, provider, session, back["code"], back["state"], at).mailbox


@pytest.fixture
def google(gmail, user):
    return connected(gmail, user, GMAIL)


@pytest.fixture
def microsoft(outlook, user):
    outlook.deliver(NOW - HOUR)
    return connected(outlook, user, OUTLOOK)


def lose(mailbox, code="grant_revoked", at=NOW):
    lease = claim(mailbox.pk, at)
    return lose_access(mailbox, lease, code, at)


@pytest.fixture
def lost(user):
    mailbox = MailboxFactory(user=user, address=OWNER)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    lose(mailbox)
    mailbox.refresh_from_db()
    return mailbox


class TestFoundOut:
    """What the provider says, as the mailbox then has it."""

    def after(self, mailbox, at=NOW + 2 * HOUR):
        run = sync(mailbox.pk, lambda: at)
        mailbox.refresh_from_db()
        assert run.error == mailbox.state_reason
        return mailbox.state, mailbox.state_reason

    def test_withdrawn_at_google_or_its_password_changed(self, gmail, google):
        gmail.order("revoke", address=OWNER)
        assert self.after(google) == ("needs_reconnect", "grant_revoked")
        assert "password" in in_words("grant_revoked")[0]

    def test_ended_after_a_week_of_testing(self, gmail, google):
        gmail.order("revoke", address=OWNER)
        assert self.after(google, NOW + 7 * DAY) == ("needs_reconnect", "grant_ended_after_a_week")

    def test_the_scope_is_missing(self, gmail, google):
        gmail.refuse("profile", 403, "insufficientPermissions")
        assert self.after(google, NOW) == ("needs_reconnect", "scope_missing")

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            (50173, "password_changed"),
            (700082, "grant_idle"),
            (65001, "consent_missing"),
            (90094, "admin_approval_needed"),
            (50076, "second_factor_needed"),
            (50057, "account_closed"),
        ],
    )
    def test_as_microsoft_tells_it(self, outlook, microsoft, number, code):
        outlook.refuse_token(number)
        assert self.after(microsoft) == ("needs_reconnect", code)

    def test_each_has_words_and_a_next_step_of_its_own(self):
        told = ["grant_revoked", "grant_ended_after_a_week", "scope_missing", "password_changed"]
        told += ["admin_approval_needed", "access_denied", "client_secret_expired"]
        assert len({WORDS[code][0] for code in told}) == len(told)
        assert all(WORDS[code][1] for code in told)

    def test_what_was_fetched_stays(self, gmail, google):
        message = MessageFactory(mailbox=google)
        gmail.order("revoke", address=OWNER)
        self.after(google)
        assert list(Message.objects.all()) == [message]


class TestOnce:
    def test_however_many_find_out(self, user):
        mailbox = MailboxFactory(user=user)
        lease = claim(mailbox.pk, NOW)
        assert [lose_access(mailbox, lease, "grant_revoked", NOW) for _ in range(3)] == [True, False, False]
        assert Notification.objects.get(kind="mailbox").count == 1

    def test_again_after_a_reconnect_is_told_again(self, gmail, user, google):
        for at in (NOW + 2 * HOUR, NOW + 4 * HOUR):
            gmail.order("revoke", address=OWNER)
            gmail.order("expire_access")
            sync(google.pk, lambda at=at: at)
            connected(gmail, user, GMAIL, at)
        assert Notification.objects.get(kind="mailbox").count == 2

    @pytest.mark.parametrize(
        "change", [connect.pause, lambda user, pk, at: connect.disconnect(user, pk, True, at)]
    )
    def test_not_where_the_user_was_faster(self, user, change):
        mailbox = MailboxFactory(user=user)
        lease = claim(mailbox.pk, NOW)
        change(user, mailbox.pk, NOW)
        assert not lose_access(mailbox, lease, "grant_revoked", NOW)
        assert not Notification.objects.exists()


class TestStale:
    """Work begun with an old grant never speaks for a newer one."""

    def test_a_late_worker_does_not_lose_what_was_just_reconnected(self, gmail, user, google):
        source = ListSource([everyday(1)], fail_at=0, error=NeedsReconnectError("grant_revoked"))
        opened = source.pages

        def pages(cursor):
            connected(gmail, user, GMAIL, NOW + MINUTE)  # while the worker is at its call
            yield from opened(cursor)

        source.pages = pages
        run = sync(google.pk, lambda: NOW, source)
        google.refresh_from_db()
        assert (google.state, google.state_reason, google.lost_at) == ("active", "", None)
        assert run.state != SyncRun.State.COMPLETED
        assert not Notification.objects.unread().exists()

    def test_a_token_refused_to_a_late_worker_leaves_the_new_grant_alone(self, gmail, user, google):
        gmail.order("revoke", address=OWNER)
        gmail.order("expire_access")
        told = iter(range(100))

        def clock():
            if next(told) == 1:
                connected(gmail, user, GMAIL, NOW + 2 * HOUR)
            return NOW + 2 * HOUR

        sync(google.pk, clock)
        google.refresh_from_db()
        assert google.state == "active"
        assert Grant.objects.get().state == Grant.State.ACTIVE
        assert sync(google.pk, lambda: NOW + 3 * HOUR).state == SyncRun.State.COMPLETED


class TestNoLoss:
    """A provider or an operator in trouble is no reason to ask the user for anything."""

    def test_an_hour_of_503_never_reads_disconnected(self, gmail, user, google, client_of):
        sync(google.pk, lambda: NOW)
        gmail.refuse("history", 503, "backendError", times=10_000)
        at, runs = NOW + MINUTE, []
        while at < NOW + HOUR:
            runs.append(sync(google.pk, lambda at=at: at))
            google.refresh_from_db()
            assert google.state == Mailbox.State.ACTIVE
            assert google.blocked_until > at
            at = google.blocked_until
        assert {(run.state, run.error) for run in runs} == {("failed", "provider_down")}
        assert len(runs) < 10  # with growing pauses
        page = client_of(user).get("/settings/integrations/").content.decode()
        assert "isconnected" not in page.replace("Disconnect<", "")
        assert in_words("provider_down")[0] in page
        assert not Notification.objects.exists()
        gmail.order("clear_failures")
        assert sync(google.pk, lambda: at).state == SyncRun.State.COMPLETED
        google.refresh_from_db()
        assert (google.failures_in_a_row, google.blocked_until) == (0, None)

    @pytest.mark.parametrize(
        ("number", "error"), [(7000222, "invalid_client"), (7000215, "invalid_client"), (700016, "x")]
    )
    def test_the_operators_secret(self, outlook, user, microsoft, client_of, number, error):
        outlook.refuse_token(number, error, status=401)
        with time_machine.travel(NOW + 2 * HOUR, tick=False):
            run = sync(microsoft.pk)
            page = client_of(user).get("/settings/integrations/").content.decode()
        microsoft.refresh_from_db()
        assert (microsoft.state, run.error in FOR_OPERATORS) == ("active", True)
        assert "We are on it" in page
        assert f"?mailbox={microsoft.pk}" not in page
        assert not Notification.objects.exists()

    def test_an_api_that_is_switched_off(self, gmail, google):
        gmail.refuse("profile", 403, "accessNotConfigured")
        assert sync(google.pk, lambda: NOW).error == "api_disabled"
        google.refresh_from_db()
        assert google.state == "active"

    @pytest.mark.parametrize("code", sorted(FOR_OPERATORS))
    def test_nobody_is_told_to_reconnect_for_it(self, code):
        assert "econnect" not in " ".join(in_words(code))


class TestOperators:
    def test_they_are_told_what_stops_how_many_and_what_to_do(self, user):
        for _ in range(2):
            mailbox = MailboxFactory(user=user, provider="outlook")
            SyncRunFactory.create_batch(
                2, mailbox=mailbox, state="failed", error="client_secret_expired", started_at=NOW
            )
        (notice,) = operator_notices(NOW + MINUTE)
        assert notice.startswith("Outlook: 2 cannot be read (client_secret_expired)")
        assert "OUTLOOK_OAUTH_CLIENT_SECRET" in notice
        assert not operator_notices(NOW + 3 * HOUR)

    def test_of_consent_screens_in_testing(self, user):
        MailboxFactory(user=user, state="needs_reconnect", state_reason="grant_ended_after_a_week")
        assert "publish the app" in operator_notices(NOW)[0]

    def test_in_the_admin(self, user, client_of):
        boss = UserFactory(is_staff=True, is_superuser=True)
        MailboxFactory(
            user=user, state="needs_reconnect", state_reason="grant_ended_after_a_week", address=OWNER
        )
        page = client_of(boss).get("/admin/tracking/mailbox/").content.decode()
        assert "publish the app" in page
        assert OWNER not in page


class TestBanner:
    @pytest.mark.parametrize(
        "path", ["dashboard", "inbox", "applications", "integrations", "settings-profile"]
    )
    def test_on_every_page_with_the_way_out(self, user, lost, client_of, path):
        page = " ".join(client_of(user).get(reverse(path)).content.decode().split())
        banner = page.partition('id="live-lost"')[2].partition("</section>")[0]
        assert " hidden>" not in banner
        assert f"We cannot read {OWNER} any more." in banner
        assert in_words("grant_revoked")[0] in banner
        assert f'href="/oauth/gmail/start?mailbox={lost.pk}"' in banner
        assert "Reconnect Gmail" in banner

    def test_open_pages_get_it_by_the_poll(self, user, lost, client_of):
        assert f"We cannot read {OWNER}" in client_of(user).get("/live/").content.decode()

    def test_none_where_all_is_well(self, user, client_of):
        MailboxFactory(user=user)
        page = client_of(user).get("/live/").content.decode()
        assert 'aria-label="Mailboxes to reconnect" hidden>' in page
        assert "We cannot read" not in page

    def test_another_provider_leads_to_its_card(self, user, lost, client_of):
        Mailbox.objects.update(provider="imap")
        page = client_of(user).get("/live/").content.decode()
        assert f'href="/settings/integrations/#mailbox-{lost.pk}"' in page

    def test_others_are_not_told(self, other, lost, client_of):
        assert OWNER not in client_of(other).get("/live/").content.decode()


class TestLetter:
    def test_after_a_day_and_once(self, user, lost):
        assert remind_of_lost(NOW + DAY - MINUTE) == 0
        assert [remind_of_lost(NOW + DAY + n * HOUR) for n in range(3)] == [1, 0, 0]
        (letter,) = outbox.outbox
        assert letter.to == [user.email]
        assert letter.subject == "Heardback: reconnect Gmail"
        assert in_words("grant_revoked")[0] in letter.body
        assert "/settings/integrations/" in letter.body
        assert OWNER in letter.body
        assert "&#x27;" not in letter.body

    @pytest.mark.parametrize(("name", "greeting"), [("Sam Taylor", "Hello Sam,"), ("", "Hello,")])
    def test_it_calls_only_those_by_name_who_gave_one(self, user, lost, name, greeting):
        user.name = name
        user.save()
        remind_of_lost(NOW + DAY)
        assert outbox.outbox[0].body.splitlines()[0] == greeting

    def test_two_workers_write_one(self, lost, monkeypatch):
        write = reminding._write

        def meanwhile(mailbox, at):
            monkeypatch.setattr(reminding, "_write", write)
            remind_of_lost(at)
            return write(mailbox, at)

        monkeypatch.setattr(reminding, "_write", meanwhile)
        remind_of_lost(NOW + DAY)
        assert len(outbox.outbox) == 1

    def test_not_after_a_reconnect(self, gmail, user, lost):
        connected(gmail, user, GMAIL, NOW + HOUR)
        assert remind_of_lost(NOW + 2 * DAY) == 0

    def test_not_after_a_disconnect(self, user, lost):
        connect.disconnect(user, lost.pk, True, NOW + HOUR)
        assert remind_of_lost(NOW + 2 * DAY) == 0

    def test_a_later_loss_has_a_day_and_a_letter_of_its_own(self, gmail, user, lost):
        remind_of_lost(NOW + DAY)
        mailbox = connected(gmail, user, GMAIL, NOW + 2 * DAY)
        lose(mailbox, at=NOW + 3 * DAY)
        assert remind_of_lost(NOW + 3 * DAY + HOUR) == 0
        assert remind_of_lost(NOW + 4 * DAY) == 1

    def test_a_mail_server_out_of_order_is_tried_again(self, lost, monkeypatch):
        def fail(letter):
            raise smtplib.SMTPServerDisconnected

        with monkeypatch.context() as patch:
            patch.setattr("django.core.mail.EmailMessage.send", fail)
            assert remind_of_lost(NOW + DAY) == 0
        assert remind_of_lost(NOW + DAY + HOUR) == 1

    def test_nobody_else_is_written_to(self, user, lost):
        EmailAddress.objects.update(verified=False)
        assert remind_of_lost(NOW + DAY) == 0
        assert not outbox.outbox

    def test_the_beat_does_it(self, lost):
        with time_machine.travel(NOW + DAY, tick=False):
            tasks.remind_of_lost_mailboxes()
        assert len(outbox.outbox) == 1
