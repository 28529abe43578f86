from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, ThreadFactory
from tracking.models import Thread

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def thread(user):
    application = ApplicationFactory(user=user, company="Lumen Health", at=AT - timedelta(days=9))
    return ThreadFactory(mailbox=MailboxFactory(user=user), application=application)


@pytest.fixture
def written(thread):
    """Add a message to the thread, some hours after its start."""

    def write(hours=0, **fields):
        at = AT + timedelta(hours=hours)
        return MessageFactory(
            mailbox=thread.mailbox, thread=thread, linked_to=thread.application, received_at=at, **fields
        )

    return write


def page_of(client, thread):
    return client.get(reverse("thread", args=[thread.pk]))


def test_it_shows_messages_in_the_order_they_were_written(client, thread, written):
    answer, first = written(2, sent_by_user=True), written(0)
    response = page_of(client, thread)
    assert response.context["rows"] == [first, answer]
    assert "You" in response.content.decode()


def test_quoted_history_is_folded_and_attachments_are_named(client, thread, written):
    written(quoted="> earlier words", attachments=["offer.pdf", "terms.pdf"])
    page = page_of(client, thread).content.decode()
    assert '<details class="quoted">' in page
    assert "&gt; earlier words" in page
    assert "offer.pdf, terms.pdf" in page


def test_purged_content_says_so(client, thread, written):
    written(body="", purged_at=AT)
    assert "Its text was deleted" in page_of(client, thread).content.decode()


def test_the_menu_offers_to_unmatch(client, thread, written):
    message = written()
    assert (
        f'action="{reverse("message-unmatch", args=[message.pk])}"'
        in page_of(client, thread).content.decode()
    )


def test_a_message_that_waits_leads_to_the_inbox(client, thread):
    message = MessageFactory(mailbox=thread.mailbox, thread=thread)
    page = page_of(client, thread).content.decode()
    assert f"/inbox/?tab=review&amp;m={message.pk}" in page
    assert "Unmatch" not in page


def test_links_of_suspicious_mail_cannot_be_followed(client, thread, written):
    written(body="See https://evil.example/", warning="This mail may be forged.")
    page = page_of(client, thread).content.decode()
    assert "This mail may be forged." in page
    assert 'href="https://evil.example/' not in page


@pytest.mark.parametrize("count", [3, 30])
def test_it_takes_few_queries(client, thread, written, count, django_assert_max_num_queries):
    for hours in range(count):
        written(hours)
    page_of(client, thread)
    with django_assert_max_num_queries(8):
        page_of(client, thread)


def test_a_stranger_finds_nothing(client_of, other, thread):
    assert page_of(client_of(other), thread).status_code == 404


def test_it_rejects_post(client, thread):
    assert client.post(reverse("thread", args=[thread.pk])).status_code == 405


def test_a_resting_thread_says_so_and_can_be_watched(client, thread, written):
    written()
    assert b"rests" not in page_of(client, thread).content
    Thread.objects.update(monitored=False)
    assert b"This conversation rests" in page_of(client, thread).content
    response = client.post(reverse("thread-watch", args=[thread.pk]))
    thread.refresh_from_db()
    assert response.status_code == 302
    assert (thread.monitored, thread.pinned) == (True, True)


def test_watching_rejects_get(client, thread):
    assert client.get(reverse("thread-watch", args=[thread.pk])).status_code == 405


class TestOfAnApplication:
    def path(self, application):
        return reverse("application-thread", args=[application.pk])

    def test_the_only_one_opens(self, client, thread, written):
        written(0)
        written(2, sent_by_user=True)
        assert client.get(self.path(thread.application)).url == reverse("thread", args=[thread.pk])

    def test_of_several_the_list_opens(self, client, thread, written):
        written()
        MessageFactory(mailbox=thread.mailbox, linked_to=thread.application)
        response = client.get(self.path(thread.application))
        assert response.url == f"{thread.application.get_absolute_url()}?tab=emails"

    def test_where_there_is_none_the_list_says_so(self, client, thread):
        response = client.get(self.path(thread.application), follow=True)
        assert "No e-mail is linked to this application yet" in response.content.decode()

    def test_a_strangers_is_not_found(self, client_of, other, thread, written):
        written()
        assert client_of(other).get(self.path(thread.application)).status_code == 404

    def test_it_rejects_post(self, client, thread):
        assert client.post(self.path(thread.application)).status_code == 405
