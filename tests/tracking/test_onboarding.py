from __future__ import annotations

import pytest
import time_machine

from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tracking import inbox
from tracking.onboarding import remaining, steps

pytestmark = pytest.mark.django_db

URL = "/onboarding/"


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def done(user):
    user.refresh_from_db()
    return [step.code for step in steps(user) if step.is_done]


def do_all(user):
    mailbox = MailboxFactory(user=user)
    message = MessageFactory(mailbox=mailbox, suggestion=ApplicationFactory(user=user))
    inbox.approve(user, message.pk, message.received_at)
    type(user).objects.filter(pk=user.pk).update(timezone_confirmed=True)
    user.refresh_from_db()


class TestSteps:
    def test_a_newcomer_has_done_none(self, user):
        assert done(user) == []

    def test_each_is_seen_from_what_there_is(self, user, other):
        do_all(other)
        mailbox = MailboxFactory(user=user)
        assert done(user) == ["mailbox"]
        application = ApplicationFactory(user=user)
        assert done(user) == ["mailbox", "application"]
        message = MessageFactory(mailbox=mailbox, suggestion=application)
        inbox.approve(user, message.pk, message.received_at)
        assert done(user) == ["mailbox", "application", "decision"]

    def test_a_disconnected_mailbox_is_none(self, user):
        MailboxFactory(user=user, state="disconnected")
        assert done(user) == []

    def test_they_cost_one_query(self, user, django_assert_num_queries):
        with django_assert_num_queries(1):
            steps(user)

    def test_done_they_are_gone(self, user):
        do_all(user)
        assert remaining(user) == []


class TestPage:
    def test_it_works(self, client):
        content = client.get(URL).content.decode()
        for words in ("0 of 4 done", "Try the sample mailbox", "Connect your mailbox", "Upload a file"):
            assert words in content

    def test_the_zone_is_confirmed(self, client, user):
        assert client.post(URL, {"timezone": "Europe/Oslo"})["Location"] == URL
        assert done(user) == ["timezone"]
        assert user.timezone == "Europe/Oslo"

    def test_a_zone_that_is_none_is_refused_and_kept_to_be_mended(self, client, user):
        response = client.post(URL, {"timezone": "Mars/Olympus"})
        assert response.status_code == 422
        assert 'value="Mars/Olympus"' in response.content.decode()
        assert "data-browser-timezone" not in response.content.decode().partition("<main")[2]
        assert done(user) == []

    def test_the_sample_is_one_click(self, client, user, monkeypatch):
        monkeypatch.setattr("tracking.tasks.queue_sync", lambda *a, **k: None)
        response = client.post("/settings/integrations/sample/", {"next": URL})
        assert response["Location"] == URL
        assert "mailbox" in done(user)

    def test_free_users_are_told_what_is_not_theirs(self, client, client_of, free_user):
        assert "Premium and Platinum" not in client.get(URL).content.decode()
        assert "Premium and Platinum" in client_of(free_user).get(URL).content.decode()

    def test_it_takes_few_queries(self, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            client.get(URL)

    def test_it_rejects_put(self, client):
        assert client.put(URL).status_code == 405


class TestPuttingAway:
    url = "/onboarding/dismiss/"

    def on_dashboard(self, client):
        return 'id="checklist-title"' in client.get("/dashboard/").content.decode()

    @time_machine.travel("2026-03-05 12:00")
    def test_it_leaves_the_dashboard_and_comes_back(self, client, user):
        ApplicationFactory(user=user)
        assert self.on_dashboard(client)
        client.post(self.url)
        assert not self.on_dashboard(client)
        assert "Show on the dashboard again" in client.get(URL).content.decode()
        client.post(self.url, {"resume": "1"})
        assert self.on_dashboard(client)

    def test_once_all_is_done_it_is_not_shown(self, client, user):
        do_all(user)
        assert not self.on_dashboard(client)

    def test_it_rejects_get(self, client):
        assert client.get(self.url).status_code == 405
