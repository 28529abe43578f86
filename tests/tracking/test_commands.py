"""Quick Commands: what is offered to whom, found by what, and what it may do unseen."""

from __future__ import annotations

import pytest

from tests.factories import (
    ApplicationFactory,
    MailboxFactory,
    MessageFactory,
    NotificationFactory,
)
from tracking.models import Mailbox, Message

pytestmark = pytest.mark.django_db

URL = "/commands/"
FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "command-results"}


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def found(client, q="", **more):
    groups = client.get(URL, {"q": q}, **more).context["groups"]
    return {each.label for group in groups for each in group.commands}


def sync_mail(client):
    """What Quick Commands offer under this name: always exactly one."""
    groups = client.get(URL, {"q": "sync mail"}).context["groups"]
    (found,) = [each for group in groups for each in group.commands]
    return found


def waiting(user, **values):
    application = ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst")
    return MessageFactory(mailbox=MailboxFactory(user=user), suggestion=application, **values)


class TestWhatIsOffered:
    def test_it_works(self, client):
        assert {"Dashboard", "Tracking Inbox", "Add an application", "Colors: dark", "Sign out"} <= found(
            client
        )

    def test_every_link_leads_to_a_page(self, client, user):
        waiting(user)
        for group in client.get(URL).context["groups"]:
            for each in group.commands:
                if not each.is_form and not each.opens:
                    assert client.get(each.path).status_code == 200, each

    def test_sync_mail_without_a_mailbox_leads_to_connecting_one(self, client, user):
        for provider in (None, Mailbox.Provider.SAMPLE, Mailbox.Provider.UPLOAD):
            if provider:
                MailboxFactory(user=user, provider=provider)
            sync = sync_mail(client)
            assert (sync.path, sync.is_form) == ("/settings/integrations/#connect", False)
            assert "Connect a mailbox" in sync.detail

    def test_with_one_it_starts(self, client, user):
        MailboxFactory(user=user)
        sync = sync_mail(client)
        assert (sync.path, sync.is_form) == ("/settings/integrations/sync/", True)

    @pytest.mark.parametrize("provider", [Mailbox.Provider.SAMPLE, Mailbox.Provider.GMAIL])
    def test_on_free_it_leads_to_the_plans(self, free_user, client_of, provider):
        MailboxFactory(user=free_user, provider=provider)
        sync = sync_mail(client_of(free_user))
        assert (sync.path, sync.is_form) == ("/settings/plan/", False)
        assert "Premium" in sync.detail

    def test_reading_all_is_offered_where_something_is_unread(self, client, user):
        assert "Mark all notifications read" not in found(client)
        NotificationFactory(user=user)
        assert "Mark all notifications read" in found(client)

    def test_the_shortcuts_only_where_they_are_on(self, client, user):
        assert "Keyboard shortcuts" in found(client)
        user.shortcuts_enabled = False
        user.save()
        assert "Keyboard shortcuts" not in found(client)


class TestApproveNext:
    def test_it_says_what_it_does_and_does_that(self, client, user):
        message = waiting(user)
        content = client.get(URL, **FRAGMENT).content.decode()
        assert "Data Analyst at Lumen Health" in content
        assert "Interviewing" in content
        assert f'formaction="/inbox/{message.pk}/approve/"' in content
        client.post(f"/inbox/{message.pk}/approve/")
        message.refresh_from_db()
        assert message.state == Message.State.LINKED

    @pytest.mark.parametrize(
        "values", [{"warning": "The sender could not be verified."}, {"kind": "rejection"}, {"kind": "offer"}]
    )
    def test_what_asks_for_care_is_only_opened(self, client, user, values):
        message = waiting(user, **values)
        assert "Approve next" not in found(client)
        groups = client.get(URL).context["groups"]
        (review,) = [c for g in groups for c in g.commands if c.code == "review"]
        assert str(message.pk) in review.path

    def test_it_is_not_found_by_the_company(self, client, user):
        waiting(user)
        assert found(client, "lumen") == {"Data Analyst"}

    def test_nothing_waits_nothing_offered(self, client):
        assert not {"Approve next", "Review the next e-mail"} & found(client)


class TestFinding:
    @pytest.mark.parametrize(
        ("q", "label"),
        [
            ("dash", "Dashboard"),
            ("DASH", "Dashboard"),
            ("not set", "Notification settings"),
            ("set not", "Notification settings"),
            ("gmail", "Connect a mailbox"),
            ("dark", "Colors: dark"),
            ("kanban", "Board"),
            ("  plan ", "Plan"),
        ],
    )
    def test_by_the_beginnings_of_words(self, client, q, label):
        assert label in found(client, q)

    def test_what_does_not_fit_is_left_out(self, client):
        assert found(client, "zzzz") == set()
        assert "Nothing is called “zzzz”" in client.get(URL, {"q": "zzzz"}).content.decode()

    def test_applications_by_company_and_title(self, client, user, other):
        ApplicationFactory(user=user, company="Quillstone", title="Editor in Chief")
        ApplicationFactory(user=other, company="Quillstone", title="Not yours")
        for q in ("quill", "chief", "quill edit", "stone"):
            assert found(client, q) == {"Editor in Chief"}

    def test_no_more_applications_than_fit(self, client, user):
        ApplicationFactory.create_batch(9, user=user, company="Quillstone")
        groups = client.get(URL, {"q": "quill"}).context["groups"]
        assert [len(each.commands) for each in groups] == [6]

    @pytest.mark.parametrize("q", ["\x00", "%", "_", "'; --", "<script>", "x" * 5000])
    def test_odd_input_is_text(self, client, q):
        response = client.get(URL, {"q": q})
        assert response.status_code == 200
        assert "<script>al" not in response.content.decode()

    def test_the_number_of_queries_does_not_grow(self, client, user, django_assert_max_num_queries):
        waiting(user)
        with django_assert_max_num_queries(8) as few:
            client.get(URL, {"q": "a"}, **FRAGMENT)
        ApplicationFactory.create_batch(20, user=user)
        MessageFactory.create_batch(5, mailbox=MailboxFactory(user=user))
        with django_assert_max_num_queries(len(few)):
            client.get(URL, {"q": "a"}, **FRAGMENT)


class TestRecent:
    def titles(self, client):
        return [(g.title, [c.code for c in g.commands]) for g in client.get(URL).context["groups"]]

    def test_what_was_used_last_comes_first_and_once(self, client):
        client.cookies["recent"] = "runs.profile.runs.board"
        groups = self.titles(client)
        assert groups[0] == ("Recent", ["runs", "profile", "board"])
        assert sum("runs" in codes for _, codes in groups) == 1

    def test_what_is_no_command_is_passed_over(self, client):
        client.cookies["recent"] = "nonsense.<b>.read"
        assert "Recent" not in dict(self.titles(client))


class TestPage:
    def test_without_a_script_it_is_links_and_forms(self, client, user):
        MailboxFactory(user=user)
        content = client.get(URL).content.decode().partition("<main")[2].partition("</main>")[0]
        assert 'formaction="/settings/integrations/sync/"' in content
        assert 'form="page-form"' in content
        assert 'role="option"' not in content

    def test_the_fragment_is_part_of_the_page(self, client):
        content = client.get(URL, **FRAGMENT).content.decode()
        assert "<html" not in content
        assert 'role="option"' in content

    def test_strangers_sign_in_first(self, client):
        client.logout()
        assert client.get(URL)["Location"].startswith("/accounts/login/")

    def test_it_rejects_post(self, client):
        assert client.post(URL).status_code == 405


def test_signing_out_leads_to_the_front_page_wherever_one_was(client):
    content = client.get(URL, **FRAGMENT).content.decode()
    assert 'name="next" value="/"' in content
    assert client.post("/accounts/logout/", {"next": ["/inbox/", "/"]})["Location"] == "/"


class TestSyncAll:
    url = "/settings/integrations/sync/"

    @pytest.fixture
    def queued(self, monkeypatch):
        ids = []
        monkeypatch.setattr("tracking.tasks.queue_sync", lambda mailbox, *a, **k: ids.append(mailbox.pk))
        return ids

    def test_every_mailbox_is_woken_and_the_page_stays(self, client, user, other, queued):
        mine = MailboxFactory.create_batch(2, user=user)
        MailboxFactory(user=user, state=Mailbox.State.PAUSED)
        MailboxFactory(user=other)
        response = client.post(self.url, {"next": "/applications/"})
        assert response["Location"] == "/applications/"
        assert queued == [each.pk for each in mine]

    def test_without_any_it_says_so(self, client, queued):
        response = client.post(self.url, follow=True)
        assert "There is no mailbox to look into." in response.content.decode()
        assert queued == []

    def test_a_plan_without_sync_is_told(self, client_of, free_user, queued):
        MailboxFactory(user=free_user)
        assert "plan" in client_of(free_user).post(self.url, follow=True).content.decode()
        assert queued == []

    def test_it_rejects_get(self, client):
        assert client.get(self.url).status_code == 405
