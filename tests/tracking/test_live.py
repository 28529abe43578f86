from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from django.db import DatabaseError
from django.utils import timezone

from accounts import notifications
from accounts.notifications import notify
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, SyncRunFactory, ThreadFactory
from tracking.models import Mailbox
from tracking.views import live

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def pill(client):
    return client.get("/live/").context["header"].pill


class TestPoll:
    def test_it_gives_the_bell_the_pill_and_the_counts(self, client, user):
        MessageFactory(mailbox=MailboxFactory(user=user))
        notify(user, "status", "a", "Data Analyst at Lumen Health: Interviewing")
        page = client.get("/live/").content.decode()
        assert "Data Analyst at Lumen Health: Interviewing" in page
        for name in ("live-bell", "live-pill", "live-inbox", "live-review", "live-orphans"):
            assert f'id="{name}"' in page

    def test_without_news_it_touches_no_database(self, client, django_assert_num_queries):
        tag = client.get("/live/").headers["ETag"]
        with django_assert_num_queries(0):
            response = client.get("/live/", headers={"If-None-Match": tag})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["Cache-Control"] == "private, no-store"

    def test_news_change_the_tag(self, client, user, commits):
        tag = client.get("/live/").headers["ETag"]
        with commits():
            notify(user, "status", "a", "Something happened")
        response = client.get("/live/", headers={"If-None-Match": tag})
        assert response.status_code == 200
        assert response.headers["ETag"] != tag

    def test_news_of_others_do_not(self, client, other, commits):
        tag = client.get("/live/").headers["ETag"]
        with commits():
            notify(other, "status", "a", "Something happened")
        assert client.get("/live/", headers={"If-None-Match": tag}).status_code == 304

    def test_the_tag_of_another_user_says_nothing(self, client, client_of, other):
        tag = client_of(other).get("/live/").headers["ETag"]
        assert client.get("/live/", headers={"If-None-Match": tag}).status_code == 200

    def test_a_page_carries_the_tag_it_was_made_at(self, client):
        tag = client.get("/live/").headers["ETag"]
        assert client.get("/dashboard/").context["header"].tag == tag

    def test_signed_out_it_ends(self, client):
        tag = client.get("/live/").headers["ETag"]
        client.logout()
        assert client.get("/live/", headers={"If-None-Match": tag}).status_code == 401

    def test_it_rejects_post(self, client):
        assert client.post("/live/").status_code == 405

    @pytest.mark.parametrize("count", [3, 30])
    def test_it_takes_few_queries(self, client, user, count, django_assert_max_num_queries):
        mailbox = MailboxFactory(user=user)
        SyncRunFactory(mailbox=mailbox, state="running")
        for n in range(count):
            MessageFactory(mailbox=mailbox)
            notify(user, "status", str(n), "Something happened")
        client.get("/live/")
        with django_assert_max_num_queries(6):
            client.get("/live/")


class TestBell:
    def test_it_counts_what_is_unread_beyond_what_it_lists(self, client, user):
        for n in range(9):
            notify(user, "status", str(n), f"News {n}")
        notifications.mark_read(user, timezone.now(), key="0")
        header = client.get("/live/").context["header"]
        assert (len(header.news), header.unread) == (5, 8)

    def test_many_are_cut_short(self, client, user):
        for n in range(101):
            notify(user, "status", str(n), f"News {n}")
        assert client.get("/live/").context["header"].unread_words == "99+"


class TestPill:
    def test_without_a_mailbox(self, client, user):
        MailboxFactory(user=user, state=Mailbox.State.DISCONNECTED)
        assert pill(client).words == "Connect a mailbox"

    def test_while_syncing_it_counts_active_threads(self, client, user):
        mailbox = MailboxFactory(user=user)
        SyncRunFactory(mailbox=mailbox, state="running")
        assert pill(client).words == "Syncing mail"
        ThreadFactory(mailbox=mailbox, application=ApplicationFactory(user=user))
        ThreadFactory(mailbox=mailbox, application=ApplicationFactory(user=user, status="rejected"))
        assert pill(client).words == "Syncing 1 active thread"
        ThreadFactory(mailbox=mailbox, application=ApplicationFactory(user=user))
        assert pill(client).words == "Syncing 2 active threads"

    def test_reconnecting_comes_first(self, client, user):
        SyncRunFactory(mailbox=MailboxFactory(user=user), state="running")
        MailboxFactory(user=user, provider="gmail", state=Mailbox.State.NEEDS_RECONNECT)
        assert pill(client).words == "Reconnect Gmail"

    def test_at_rest_it_says_when_it_last_synced(self, client, user):
        MailboxFactory(user=user, last_success_at=timezone.now() - timedelta(minutes=2, seconds=5))
        MailboxFactory(user=user, last_success_at=timezone.now() - timedelta(hours=2))
        assert ">2 min ago</time>" in client.get("/live/").content.decode()

    def test_before_the_first_sync(self, client, user):
        MailboxFactory(user=user)
        assert pill(client).words == "First sync is coming up"

    def test_paused(self, client, user):
        MailboxFactory(user=user, state=Mailbox.State.PAUSED, last_success_at=timezone.now())
        assert pill(client).words == "Sync is paused"


class TestHealth:
    def test_alive(self, client, django_assert_num_queries):
        assert client.get("/healthz").content == b"ok"

    def test_ready(self, client):
        response = client.get("/readyz")
        assert (response.status_code, response.json()) == (200, {"database": True, "redis": True})

    def test_without_redis_it_is_not_ready(self, client, monkeypatch):
        def down(user_id):
            raise redis.ConnectionError

        monkeypatch.setattr(live, "live_tag", down)
        response = client.get("/readyz")
        assert (response.status_code, response.json()["redis"]) == (503, False)

    def test_without_the_database_it_is_not_ready(self, client, monkeypatch):
        class Down:
            def cursor(self):
                raise DatabaseError

        monkeypatch.setattr(live, "connection", Down())
        response = client.get("/readyz")
        assert (response.status_code, response.json()["database"]) == (503, False)
