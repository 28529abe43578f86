from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import MailboxFactory, SyncRunFactory
from tracking.models import SyncRun

pytestmark = pytest.mark.django_db

RUNS = "/api/post-application/runs"
START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


def test_a_run_says_what_it_looked_at_and_found(client, mailbox):
    row = SyncRunFactory(mailbox=mailbox, started_at=START)
    [run] = client.get(RUNS).json()["items"]
    assert run["id"] == str(row.pk)
    assert run["mailbox"] == {"id": str(mailbox.pk), "provider": "gmail"}
    assert (run["state"], run["error"]) == ("completed", None)
    assert (run["looked_at"], run["kept"], run["auto_linked"], run["failed"]) == (120, 9, 5, 0)
    assert (run["started_at"], run["finished_at"]) == ("2026-03-04T09:30:00Z", "2026-03-04T09:30:12Z")


def test_a_failed_run_says_why_in_words(client, mailbox):
    SyncRunFactory(mailbox=mailbox, state=SyncRun.State.FAILED, error="worker_lost")
    [run] = client.get(RUNS).json()["items"]
    assert run["error"]["code"] == "worker_lost"
    assert run["error"]["message"]


def test_pages_follow_each_other_newest_first(client, mailbox):
    rows = [SyncRunFactory(mailbox=mailbox, started_at=START + timedelta(minutes=n // 2)) for n in range(5)]
    expected = sorted(rows, key=lambda row: (row.started_at, str(row.pk)), reverse=True)
    seen, cursor = [], ""
    while cursor is not None:
        content = client.get(f"{RUNS}?limit=2{cursor and f'&cursor={cursor}'}").json()
        seen += [item["id"] for item in content["items"]]
        cursor = content["next"]
    assert seen == [str(row.pk) for row in expected]


def test_runs_of_others_are_not_listed(client, other):
    SyncRunFactory(mailbox=MailboxFactory(user=other))
    assert client.get(RUNS).json() == {"items": [], "next": None}


def test_queries_do_not_grow_with_the_rows(client, mailbox, django_assert_num_queries):
    client.get(RUNS)
    for rows in (3, 27):
        SyncRunFactory.create_batch(rows, mailbox=mailbox)
        with django_assert_num_queries(2):  # user, runs
            client.get(RUNS)
