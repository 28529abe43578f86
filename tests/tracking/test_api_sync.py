from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from tests.factories import MailboxFactory, UserFactory
from tracking.models import Mailbox

pytestmark = pytest.mark.django_db

SYNC = "/api/post-application/sync"


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture(autouse=True)
def queued():
    with patch("tracking.tasks.sync_mailbox.apply_async") as apply_async:
        yield lambda: [call.kwargs["args"][0] for call in apply_async.call_args_list]


def test_it_wakes_every_mailbox_of_the_user_and_no_other(client, user, other, queued):
    mine = [MailboxFactory(user=user, provider=provider) for provider in ("gmail", "sample")]
    MailboxFactory(user=user, provider="upload")
    MailboxFactory(user=user, state=Mailbox.State.DISCONNECTED)
    MailboxFactory(user=other, provider="gmail")
    before = timezone.now()
    response = client.post(SYNC)
    assert response.status_code == 202
    assert {each["id"] for each in response.json()["mailboxes"]} == {str(each.pk) for each in mine}
    assert all(each["woken"] for each in response.json()["mailboxes"])
    assert sorted(queued()) == sorted(str(each.pk) for each in mine)
    for mailbox in mine:
        mailbox.refresh_from_db()
        assert mailbox.next_sync_at >= before
        assert mailbox.wanted_by == "by_hand"


def test_a_mailbox_that_cannot_be_synced_now_is_named_with_the_reason(client, user, queued):
    MailboxFactory(user=user, provider="gmail", blocked_until=timezone.now() + timedelta(minutes=5))
    [mailbox] = client.post(SYNC).json()["mailboxes"]
    assert mailbox["woken"] is False
    assert "5 minutes" in mailbox["reason"]
    assert queued() == []


def test_free_without_anything_to_sync_is_told_about_the_plan(client_of, queued):
    free = UserFactory()
    MailboxFactory(user=free, provider="gmail")
    response = client_of(free).post(SYNC)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "plan")
    assert queued() == []


def test_free_may_sync_the_sample(client_of, queued):
    sample = MailboxFactory(user=UserFactory(), provider=Mailbox.Provider.SAMPLE)
    assert client_of(sample.user).post(SYNC).status_code == 202
    assert queued() == [str(sample.pk)]
