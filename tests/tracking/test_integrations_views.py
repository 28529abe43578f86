"""The Integrations page and the way to Google and back, with a stand-in of Google."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import Grant
from tests.factories import GrantFactory, MailboxFactory, MessageFactory, SyncRunFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER, source
from tracking import connect
from tracking.models import Disconnection, Mailbox, SyncRun, Upload
from tracking.words import in_words, no_way_back

PAGE = "/settings/integrations/"
START, CALLBACK = "/oauth/gmail/start", "/oauth/gmail/callback"


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """The mailboxes sent to the workers."""
    sent: list[Mailbox] = []
    monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
    return sent


@pytest.fixture
def signed_in(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(
        user=user,
        provider=Mailbox.Provider.GMAIL,
        address=OWNER,
        grant=GrantFactory(user=user, address=OWNER),
        last_success_at=timezone.now() - timedelta(minutes=2),
        next_sync_at=timezone.now() + timedelta(minutes=3),
    )


def text_of(response):
    """What a person reads, with one space between the words."""
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def consented(client, gmail, decision="allow", **query):
    """The answer of the callback after pressing a button on the consent page."""
    response = client.get(START, query)
    assert response.status_code == 302
    return client.get(CALLBACK, gmail.consent(response["Location"], decision))


class TestPage:
    def test_newcomer(self, gmail, signed_in):
        page = text_of(signed_in.get(PAGE))
        assert f'href="{START}"' in page
        assert 'action="/settings/integrations/upload/"' in page
        assert 'action="/settings/integrations/sample/"' in page
        assert "Outlook is not set up on this site yet." in page
        assert 'href="/settings/integrations/imap/"' in page

    def test_free_plan_has_the_sample_only(self, gmail, free_user, client_of):
        page = text_of(client_of(free_user).get(PAGE))
        assert START not in page
        assert 'type="file"' not in page
        assert 'action="/settings/integrations/sample/"' in page
        assert "/settings/plan/" in page

    def test_no_dead_button_where_gmail_is_not_set_up(self, signed_in, settings):
        settings.GMAIL_OAUTH_CLIENT_ID = ""
        page = text_of(signed_in.get(PAGE))
        assert START not in page
        assert "Gmail is not set up on this site yet" in page

    def test_state_and_times(self, signed_in, mailbox):
        MessageFactory(mailbox=mailbox)
        page = text_of(signed_in.get(PAGE))
        assert OWNER in page
        assert "Active · 1 e-mail about" in page
        assert ">2 min ago</time>" in page
        assert "Next sync" in page

    @pytest.mark.parametrize(
        ("state", "reason"),
        [("needs_reconnect", "grant_revoked"), ("paused", "plan"), ("paused", "by_user")],
    )
    def test_reasons_in_words(self, signed_in, mailbox, state, reason):
        Mailbox.objects.update(state=state, state_reason=reason)
        page = text_of(signed_in.get(PAGE))
        assert all(words in page for words in in_words(reason))
        assert (f"{START}?mailbox={mailbox.pk}" in page) == (state == "needs_reconnect")
        assert ("/resume/" in page) == (state == "paused")
        assert "/pause/" not in page

    def test_an_error_of_the_last_sync_in_words(self, signed_in, mailbox):
        SyncRunFactory(mailbox=mailbox, state=SyncRun.State.FAILED, error="rate_limited")
        Mailbox.objects.update(blocked_until=timezone.now() + timedelta(minutes=9, seconds=30))
        page = text_of(signed_in.get(PAGE))
        assert in_words("rate_limited")[0] in page
        assert ">in 9 min</time>" in page

    def test_an_error_of_an_earlier_sync_is_over(self, signed_in, mailbox):
        old = timezone.now() - timedelta(hours=1)
        SyncRunFactory(mailbox=mailbox, state=SyncRun.State.FAILED, error="rate_limited", started_at=old)
        SyncRunFactory(mailbox=mailbox)
        assert in_words("rate_limited")[0] not in text_of(signed_in.get(PAGE))

    def test_a_sync_that_runs(self, signed_in, mailbox):
        SyncRunFactory(mailbox=mailbox, state=SyncRun.State.RUNNING, finished_at=None)
        assert "Syncing now" in text_of(signed_in.get(PAGE))

    def test_files(self, signed_in, user):
        mailbox = MailboxFactory(user=user, provider=Mailbox.Provider.UPLOAD, address="Uploaded files")
        Upload.objects.create(mailbox=mailbox, name="takeout.mbox", complete=True)
        page = text_of(signed_in.get(PAGE))
        assert "takeout.mbox" in page
        assert "waiting" in page
        assert "/sync/" not in page

    def test_proof_of_disconnecting(self, signed_in, user, mailbox, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=False):
            connect.disconnect(user, mailbox.pk, True, timezone.now())
        page = text_of(signed_in.get(PAGE))
        assert OWNER not in page
        assert "0 e-mails deleted" in page

    def test_strangers_mailboxes_are_not_shown(self, other, client_of, mailbox):
        assert OWNER not in text_of(client_of(other).get(PAGE))

    def test_constant_queries(self, signed_in, user, mailbox, django_assert_max_num_queries):
        for number in range(6):
            more = MailboxFactory(user=user, provider=Mailbox.Provider.GMAIL, address=f"{number}@gmail.com")
            SyncRunFactory.create_batch(2, mailbox=more)
        signed_in.get(PAGE)
        with django_assert_max_num_queries(12):
            signed_in.get(PAGE)

    def test_the_fragment_is_part_of_the_page(self, signed_in, mailbox):
        page, part = signed_in.get(PAGE), signed_in.get(PAGE, headers={"HX-Request": "true"})
        assert "<html" not in text_of(part)
        assert "HX-Request" in part["Vary"]
        inner = text_of(part).partition("name-")[2].partition("</h2>")[0]
        assert inner
        assert inner in text_of(page)

    def test_signed_out(self, client, db):
        assert client.get(PAGE).status_code == 302

    def test_wrong_method(self, signed_in):
        assert signed_in.post(PAGE).status_code == 405


class TestGmail:
    def test_there_and_back(self, gmail, signed_in, user, queued):
        response = consented(signed_in, gmail)
        assert response.status_code == 302
        assert response["Location"] == PAGE
        mailbox = Mailbox.objects.of(user).get()
        assert (mailbox.address, mailbox.state) == (OWNER, "active")
        assert queued == [mailbox]
        assert f"{OWNER} is connected. Its first sync has begun." in text_of(signed_in.get(PAGE))

    def test_the_code_never_shows(self, gmail, signed_in):
        back = gmail.consent(signed_in.get(START)["Location"])
        response = signed_in.get(CALLBACK, {**back, "state": "forged"})
        assert back["code"] not in text_of(response)

    def test_reconnecting(self, gmail, signed_in, user, mailbox):
        Mailbox.objects.update(state="needs_reconnect", state_reason="grant_revoked", cursor={"kept": 1})
        consented(signed_in, gmail, mailbox=str(mailbox.pk))
        mailbox.refresh_from_db()
        assert (mailbox.state, mailbox.cursor) == ("active", {"kept": 1})
        assert "goes on where it stopped" in text_of(signed_in.get(PAGE))

    def test_another_account_than_the_one_to_reconnect(self, gmail, signed_in, user):
        old = MailboxFactory(user=user, provider=Mailbox.Provider.GMAIL, address="old@gmail.com")
        consented(signed_in, gmail, mailbox=str(old.pk))
        page = text_of(signed_in.get(PAGE))
        assert f"You signed in at Google as {OWNER}" in page
        assert "old@gmail.com still needs to be reconnected" in page

    def refused(self, response, code):
        assert response.status_code == 400
        sentence, next_step = in_words(code)
        assert sentence in text_of(response)
        assert next_step in text_of(response)
        assert not Mailbox.objects.exists()
        assert not Grant.objects.exists()

    def test_denied(self, gmail, signed_in):
        self.refused(consented(signed_in, gmail, "deny"), "access_denied")

    def test_unticked_scope(self, gmail, signed_in):
        self.refused(consented(signed_in, gmail, "without"), "scope_missing")

    @pytest.mark.parametrize(
        "query", [{}, {"code": "4/x"}, {"state": "forged", "code": "4/x"}, {"error": "access_denied"}]
    )
    def test_missing_or_forged_state(self, gmail, signed_in, query):
        self.refused(signed_in.get(CALLBACK, query), "state_unknown")

    def test_a_state_of_somebody_else(self, gmail, signed_in, other, client_of):
        theirs = gmail.consent(client_of(other).get(START)["Location"])
        self.refused(signed_in.get(CALLBACK, theirs), "state_unknown")

    def test_too_late(self, gmail, signed_in, time_machine):
        back = gmail.consent(signed_in.get(START)["Location"])
        time_machine.move_to(timezone.now() + timedelta(minutes=11))
        self.refused(signed_in.get(CALLBACK, back), "state_expired")

    def test_twice(self, gmail, signed_in):
        back = gmail.consent(signed_in.get(START)["Location"])
        assert signed_in.get(CALLBACK, back).status_code == 302
        again = signed_in.get(CALLBACK, back)
        assert again.status_code == 400
        assert in_words("state_unknown")[0] in text_of(again)

    @pytest.mark.parametrize(
        ("failure", "code"),
        [
            ({"status": 503, "body": {}}, "provider_unreachable"),
            ({"cut": True}, "provider_unreachable"),
            ({"status": 401, "body": {"error": "invalid_client"}}, "client_refused"),
            ({"status": 400, "body": {"error": "invalid_grant"}}, "code_refused"),
            ({"status": 400, "body": {"error": "new"}}, "exchange_failed"),
        ],
    )
    def test_exchange_fails(self, gmail, signed_in, failure, code):
        gmail.fail("token", **failure)
        self.refused(consented(signed_in, gmail), code)

    def test_the_api_is_switched_off(self, gmail, signed_in):
        gmail.refuse("profile", 403, "accessNotConfigured")
        self.refused(consented(signed_in, gmail), "api_disabled")

    def test_another_error_of_google(self, gmail, signed_in):
        back = gmail.consent(signed_in.get(START)["Location"])
        query = {"state": back["state"], "error": "admin_policy_enforced"}
        self.refused(signed_in.get(CALLBACK, query), "exchange_failed")

    def test_free_plan(self, gmail, free_user, client_of):
        client = client_of(free_user)
        for path in (START, CALLBACK):
            response = client.get(path, follow=True)
            assert "does not include mail sync" in text_of(response)
        assert gmail.calls() == {}

    def test_not_set_up(self, signed_in, settings):
        settings.GMAIL_OAUTH_CLIENT_ID = ""
        response = signed_in.get(START)
        assert response.status_code == 503
        assert in_words("not_configured")[0] in text_of(response)

    def test_queue_out_of_order(self, gmail, signed_in, monkeypatch):
        def broken(mailbox):
            raise OperationalError("redis is away")

        monkeypatch.setattr("tracking.tasks.queue_sync", broken)
        assert consented(signed_in, gmail).status_code == 302
        assert Mailbox.objects.due(timezone.now()).exists()

    def test_a_strangers_mailbox_to_reconnect(self, gmail, other, client_of, mailbox):
        assert client_of(other).get(START, {"mailbox": str(mailbox.pk)}).status_code == 404

    def test_nonsense_to_reconnect(self, gmail, signed_in):
        assert signed_in.get(START, {"mailbox": "x"}).status_code == 404

    @pytest.mark.parametrize("path", [START, CALLBACK])
    def test_wrong_method(self, signed_in, path):
        assert signed_in.post(path).status_code == 405


class TestOutlook:
    start, callback = "/oauth/outlook/start", "/oauth/outlook/callback"

    @pytest.fixture(autouse=True)
    def first_mail(self, outlook):
        outlook.deliver()

    def consented(self, client, outlook, decision="allow", **query):
        response = client.get(self.start, query)
        assert response.status_code == 302
        return client.get(self.callback, outlook.consent(response["Location"], decision))

    def refused(self, response, code):
        assert response.status_code == 400
        assert all(words in text_of(response) for words in in_words(code))
        assert not Mailbox.objects.exists()
        assert not Grant.objects.exists()

    def test_offered_where_it_is_set_up(self, signed_in, free_user, client_of, settings):
        assert f'href="{self.start}"' in text_of(signed_in.get(PAGE))
        assert self.start not in text_of(client_of(free_user).get(PAGE))
        settings.OUTLOOK_OAUTH_CLIENT_ID = ""
        page = text_of(signed_in.get(PAGE))
        assert self.start not in page
        assert "Outlook is not set up on this site yet." in page

    def test_there_and_back(self, outlook, signed_in, user, queued):
        assert self.consented(signed_in, outlook)["Location"] == PAGE
        mailbox = Mailbox.objects.of(user).get()
        assert (mailbox.provider, mailbox.address) == ("outlook", OUTLOOK_OWNER)
        assert queued == [mailbox]
        assert f"{OUTLOOK_OWNER} is connected. Its first sync has begun." in text_of(signed_in.get(PAGE))

    def test_reconnecting(self, outlook, signed_in, user):
        mailbox = MailboxFactory(
            user=user,
            provider=Mailbox.Provider.OUTLOOK,
            address=OUTLOOK_OWNER,
            state="needs_reconnect",
            state_reason="grant_expired",
        )
        page = text_of(signed_in.get(PAGE))
        assert f"{self.start}?mailbox={mailbox.pk}" in page
        assert in_words("grant_expired")[0] in page
        self.consented(signed_in, outlook, mailbox=str(mailbox.pk))
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.ACTIVE

    def test_another_account_than_the_one_to_reconnect(self, outlook, signed_in, user):
        old = MailboxFactory(user=user, provider=Mailbox.Provider.OUTLOOK, address="old@outlook.com")
        self.consented(signed_in, outlook, mailbox=str(old.pk))
        assert f"You signed in at Microsoft as {OUTLOOK_OWNER}" in text_of(signed_in.get(PAGE))

    @pytest.mark.parametrize(
        ("decision", "code"),
        [("deny", "access_denied"), ("admin", "admin_approval_needed"), ("without", "scope_missing")],
    )
    def test_not_allowed(self, outlook, signed_in, decision, code):
        self.refused(self.consented(signed_in, outlook, decision), code)

    @pytest.mark.parametrize(
        ("number", "error", "code"),
        [
            (7000215, "invalid_client", "client_secret_wrong"),
            (65001, "invalid_grant", "consent_missing"),
            (50076, "invalid_grant", "second_factor_needed"),
            (70008, "invalid_grant", "code_refused"),
        ],
    )
    def test_exchange_fails(self, outlook, signed_in, number, error, code):
        outlook.refuse_token(number, error)
        self.refused(self.consented(signed_in, outlook), code)

    def test_no_mailbox(self, outlook, signed_in):
        outlook.order("no_mailbox", address=OUTLOOK_OWNER)
        self.refused(self.consented(signed_in, outlook), "mailbox_missing")

    @pytest.mark.parametrize(
        "query", [{}, {"code": "x"}, {"state": "forged", "code": "x"}, {"error": "access_denied"}]
    )
    def test_missing_or_forged_state(self, signed_in, query):
        self.refused(signed_in.get(self.callback, query), "state_unknown")

    @pytest.mark.parametrize("extra", [{"code": "0.A"}, {"error": "access_denied"}])
    def test_a_state_of_google(self, gmail, signed_in, extra):
        back = gmail.consent(signed_in.get(START)["Location"])
        self.refused(signed_in.get(self.callback, {"state": back["state"], **extra}), "state_unknown")

    def test_what_the_provider_says_is_not_shown(self, signed_in, outlook):
        back = outlook.consent(signed_in.get(self.start)["Location"])
        query = {"state": back["state"], "error": "x", "error_description": "Call 555-0100 now"}
        response = signed_in.get(self.callback, query)
        assert "555-0100" not in text_of(response)
        self.refused(response, "exchange_failed")

    def test_disconnecting_says_what_is_left_to_do(self, outlook, signed_in, user):
        self.consented(signed_in, outlook)
        path = f"{PAGE}{Mailbox.objects.of(user).get().pk}/disconnect/"
        page = text_of(signed_in.get(path))
        assert no_way_back("outlook") in page
        assert "taken back at the provider" not in page
        page = text_of(signed_in.post(path, {"applications": "keep"}, follow=True))
        assert page.count(no_way_back("outlook")) == 2  # in the toast, and with the proof
        assert Disconnection.objects.get().revoked_at_provider is None

    def test_not_set_up(self, signed_in, settings):
        settings.OUTLOOK_OAUTH_CLIENT_ID = ""
        assert signed_in.get(self.start).status_code == 503

    def test_a_strangers_mailbox_to_reconnect(self, other, client_of, user):
        theirs = MailboxFactory(user=user, provider=Mailbox.Provider.OUTLOOK)
        assert client_of(other).get(self.start, {"mailbox": str(theirs.pk)}).status_code == 404

    def test_a_gmail_mailbox_is_not_found_here(self, signed_in, mailbox):
        assert signed_in.get(self.start, {"mailbox": str(mailbox.pk)}).status_code == 404

    @pytest.mark.parametrize("path", [start, callback])
    def test_wrong_method(self, signed_in, path):
        assert signed_in.post(path).status_code == 405


class TestUpload:
    path = "/settings/integrations/upload/"

    def send(self, client, content=None, name="mail.eml"):
        content = content or source(timezone.now())
        return client.post(self.path, {"file": SimpleUploadedFile(name, content)})

    def test_it_works(self, signed_in, user, queued):
        response = self.send(signed_in)
        assert response["Location"] == PAGE
        upload = Upload.objects.get()
        assert (upload.name, upload.complete, upload.mailbox.user) == ("mail.eml", True, user)
        assert queued == [upload.mailbox]

    @pytest.mark.parametrize(
        ("content", "code"), [(b"\x00\x01\x02" * 200, "file_not_mail"), (b"PK\x03\x04 no", "zip_damaged")]
    )
    def test_no_mail(self, signed_in, content, code):
        response = self.send(signed_in, content)
        assert response.status_code == 422
        assert in_words(code)[0] in text_of(response)
        assert not Upload.objects.exists()

    def test_no_file(self, signed_in):
        response = signed_in.post(self.path)
        assert response.status_code == 422
        assert in_words("file_missing")[0] in text_of(response)

    def test_too_large(self, signed_in, settings):
        settings.UPLOAD_MAX_BYTES = 200_000
        response = self.send(signed_in, source(timezone.now()) + b"x" * 300_000)
        assert response.status_code == 422
        assert in_words("file_too_large")[0] in text_of(response)
        assert not Upload.objects.exists()

    def test_exactly_as_large_as_allowed(self, signed_in, settings):
        content = source(timezone.now())
        settings.UPLOAD_MAX_BYTES = len(content)
        assert self.send(signed_in, content).status_code == 302

    def test_free_plan(self, free_user, client_of):
        response = self.send(client_of(free_user))
        assert response["Location"] == PAGE
        assert not Upload.objects.exists()

    def test_the_token_is_checked(self, user):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert self.send(client).status_code == 403
        page = client.get(PAGE)
        form = {"csrfmiddlewaretoken": page.context["csrf_token"]}
        file = SimpleUploadedFile("mail.eml", source(timezone.now()))
        assert client.post(self.path, {**form, "file": file}).status_code == 302

    def test_signed_out(self, client, db):
        assert self.send(client)["Location"].startswith("/accounts/login/")

    def test_wrong_method(self, signed_in):
        assert signed_in.get(self.path).status_code == 405


class TestSample:
    path = "/settings/integrations/sample/"

    def test_it_works_on_every_plan(self, free_user, client_of, queued):
        assert client_of(free_user).post(self.path)["Location"] == PAGE
        mailbox = Mailbox.objects.of(free_user).get()
        assert mailbox.provider == Mailbox.Provider.SAMPLE
        assert queued == [mailbox]

    def test_it_is_not_offered_twice(self, signed_in):
        signed_in.post(self.path)
        assert f'action="{self.path}"' not in text_of(signed_in.get(PAGE))

    def test_wrong_method(self, signed_in):
        assert signed_in.get(self.path).status_code == 405


class TestActions:
    def path(self, mailbox, action):
        return f"{PAGE}{mailbox.pk}/{action}/"

    def test_pause_and_resume(self, signed_in, mailbox, queued):
        signed_in.post(self.path(mailbox, "pause"))
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.PAUSED
        signed_in.post(self.path(mailbox, "resume"))
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.ACTIVE
        assert queued == [mailbox]

    def test_sync_now(self, signed_in, mailbox, queued):
        response = signed_in.post(self.path(mailbox, "sync"), follow=True)
        mailbox.refresh_from_db()
        assert mailbox.wanted_by == SyncRun.Trigger.BY_HAND
        assert queued == [mailbox]
        assert "Looking for new mail." in text_of(response)

    def test_a_refusal_is_told(self, signed_in, mailbox, queued):
        Mailbox.objects.update(blocked_until=timezone.now() + timedelta(minutes=5))
        response = signed_in.post(self.path(mailbox, "sync"), follow=True)
        assert "asked us to wait" in text_of(response)
        assert queued == []

    @pytest.mark.parametrize("action", ["pause", "resume", "sync", "disconnect"])
    def test_a_strangers_is_not_found(self, other, client_of, mailbox, action):
        response = client_of(other).post(self.path(mailbox, action), {"applications": "keep"})
        assert response.status_code == 404
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.ACTIVE

    @pytest.mark.parametrize("action", ["pause", "resume", "sync"])
    def test_wrong_method(self, signed_in, mailbox, action):
        assert signed_in.get(self.path(mailbox, action)).status_code == 405


class TestDisconnect:
    def path(self, mailbox):
        return f"{PAGE}{mailbox.pk}/disconnect/"

    def test_the_page_says_what_goes(self, signed_in, mailbox):
        MessageFactory.create_batch(2, mailbox=mailbox)
        page = text_of(signed_in.get(self.path(mailbox)))
        assert "2 stored e-mails are deleted" in page
        assert Mailbox.objects.connected().exists()

    @pytest.mark.parametrize("choice", ["keep", "delete"])
    def test_it_works(self, signed_in, user, mailbox, choice):
        response = signed_in.post(self.path(mailbox), {"applications": choice}, follow=True)
        assert "Disconnected." in text_of(response)
        assert not Mailbox.objects.connected().exists()
        assert Disconnection.objects.of(user).get().kept_applications is (choice == "keep")

    @pytest.mark.parametrize("choice", ["", "maybe"])
    def test_the_choice_must_be_made(self, signed_in, mailbox, choice):
        response = signed_in.post(self.path(mailbox), {"applications": choice})
        assert response.status_code == 422
        assert in_words("choice_missing")[1] in text_of(response)
        assert Mailbox.objects.connected().exists()

    def test_twice(self, signed_in, mailbox):
        signed_in.post(self.path(mailbox), {"applications": "keep"})
        assert signed_in.post(self.path(mailbox), {"applications": "keep"}).status_code == 404

    def test_the_sample(self, signed_in, user):
        sample = connect.use_sample(user, timezone.now())
        page = text_of(signed_in.get(self.path(sample)))
        assert "sample applications go with it" in page
        signed_in.post(self.path(sample), {"applications": "delete"})
        assert not user.applications.exists()

    def test_wrong_method(self, signed_in, mailbox):
        assert signed_in.put(self.path(mailbox)).status_code == 405
