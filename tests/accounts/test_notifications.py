from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification
from accounts.notifications import live_tag, mark_read, notify, touch
from tests.factories import NotificationFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


class TestNotify:
    def test_the_same_news_again_renews_the_same_row(self, user):
        notify(user, "status", "status:1", "Lumen Health: Interviewing", "/a/", AT)
        mark_read(user, AT + timedelta(hours=1))
        notify(user, "status", "status:1", "Lumen Health: Offer Extended", "/a/", AT + timedelta(hours=2))
        news = Notification.objects.get()
        assert (news.text, news.count, news.read_at) == ("Lumen Health: Offer Extended", 2, None)
        assert news.happened_at == AT + timedelta(hours=2)

    def test_another_key_or_user_is_another_row(self, user, other):
        notify(user, "status", "status:1", "One")
        notify(user, "status", "status:2", "Two")
        notify(other, "status", "status:1", "Theirs")
        assert Notification.objects.count() == 3
        assert Notification.objects.of(user).count() == 2

    def test_a_long_text_is_cut(self, user):
        assert len(notify(user, "status", "status:1", "x" * 400).text) == 300


class TestMarkRead:
    def test_one_and_all(self, user, other):
        for key in ("a", "b", "c"):
            NotificationFactory(user=user, key=key)
        theirs = NotificationFactory(user=other, key="a")
        assert mark_read(user, AT, "a") == 1
        assert mark_read(user, AT) == 2
        assert mark_read(user, AT) == 0
        theirs.refresh_from_db()
        assert theirs.read_at is None


class TestLiveTag:
    def test_it_changes_once_the_change_stands(self, user, other, django_capture_on_commit_callbacks):
        mine, theirs = live_tag(user.pk), live_tag(other.pk)
        with django_capture_on_commit_callbacks(execute=True):
            notify(user, "status", "status:1", "News")
            assert live_tag(user.pk) == mine
        assert live_tag(user.pk) != mine
        assert live_tag(other.pk) == theirs

    @pytest.mark.django_db(transaction=True)
    def test_it_does_not_change_for_what_was_rolled_back(self, user):
        before = live_tag(user.pk)
        with transaction.atomic():
            touch(user.pk)
            transaction.set_rollback(True)
        assert live_tag(user.pk) == before


class TestPage:
    url = "/notifications/"

    def test_it_works(self, client, user, other):
        NotificationFactory(user=user, text="Old news", read_at=AT, happened_at=AT)
        NotificationFactory(user=user, text="Fresh news", happened_at=AT + timedelta(days=1), count=3)
        NotificationFactory(user=other, text="Not for you")
        main = client.get(self.url).content.decode().partition("<main")[2]
        assert main.index("Fresh news") < main.index("Old news")
        assert "Not for you" not in main
        assert "(3 times)" in main
        assert main.count("Mark read<") == 1

    def test_nothing_says_so(self, client):
        assert "Nothing yet" in client.get(self.url).content.decode()

    def test_it_can_be_narrowed(self, client, user):
        NotificationFactory(user=user, text="Old status", kind="status", read_at=AT)
        NotificationFactory(user=user, text="New status", kind="status")
        NotificationFactory(user=user, text="New plan", kind="plan")
        for query, shown in {
            "": {"Old status", "New status", "New plan"},
            "?unread=1": {"New status", "New plan"},
            "?kind=status": {"Old status", "New status"},
            "?kind=status&unread=1": {"New status"},
            "?kind=nonsense": {"Old status", "New status", "New plan"},
        }.items():
            page = client.get(self.url + query).context["page"]
            assert {news.text for news in page} == shown, query

    def test_nothing_left_says_so(self, client, user):
        NotificationFactory(user=user, read_at=AT)
        assert "You have read everything" in client.get(self.url + "?unread=1").content.decode()
        assert "Nothing of this kind" in client.get(self.url + "?kind=plan").content.decode()

    def test_it_goes_on_to_the_next_page(self, client, user, monkeypatch):
        monkeypatch.setattr("accounts.views.PAGE", 2)
        for day in range(3):
            NotificationFactory(user=user, text=f"News {day}", happened_at=AT + timedelta(days=day))
        main = client.get(self.url, {"page": 2}).content.decode().partition("<main")[2]
        assert "News 0" in main
        assert "News 1" not in main

    def test_the_number_of_queries_does_not_grow(self, client, user, django_assert_max_num_queries):
        counts = []
        for more in (3, 27):
            NotificationFactory.create_batch(more, user=user)
            with django_assert_max_num_queries(12) as queries:
                client.get(self.url)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_it_rejects_post(self, client):
        assert client.post(self.url).status_code == 405


class TestOpen:
    def test_it_leads_there_and_counts_as_read(self, client, user):
        news = NotificationFactory(user=user, path="/applications/?view=list")
        response = client.get(reverse("notification", args=[news.pk]))
        assert response["Location"] == "/applications/?view=list"
        news.refresh_from_db()
        assert news.read_at is not None

    @pytest.mark.parametrize("path", ["", "https://evil.example/", "//evil.example/"])
    def test_it_leads_nowhere_else(self, client, user, path):
        news = NotificationFactory(user=user, path=path)
        assert client.get(reverse("notification", args=[news.pk]))["Location"] == "/notifications/"

    def test_it_checks_ownership(self, client, other):
        news = NotificationFactory(user=other)
        assert client.get(reverse("notification", args=[news.pk])).status_code == 404
        news.refresh_from_db()
        assert news.read_at is None

    def test_it_rejects_post(self, client, user):
        news = NotificationFactory(user=user)
        assert client.post(reverse("notification", args=[news.pk])).status_code == 405


class TestRead:
    def test_one(self, client, user):
        news, rest = NotificationFactory.create_batch(2, user=user)
        assert client.post(reverse("notification-read", args=[news.pk]))["Location"] == "/notifications/"
        news.refresh_from_db()
        rest.refresh_from_db()
        assert news.read_at <= timezone.now()
        assert rest.read_at is None

    def test_all(self, client, user, other):
        NotificationFactory.create_batch(2, user=user)
        NotificationFactory(user=other)
        client.post(reverse("notifications-read"))
        assert Notification.objects.unread().get().user == other

    def test_it_checks_ownership(self, client, other):
        news = NotificationFactory(user=other)
        assert client.post(reverse("notification-read", args=[news.pk])).status_code == 404

    def test_it_rejects_get(self, client, user):
        news = NotificationFactory(user=user)
        assert client.get(reverse("notification-read", args=[news.pk])).status_code == 405
        assert client.get(reverse("notifications-read")).status_code == 405
