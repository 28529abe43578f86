from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.factories import MailboxFactory, SyncRunFactory
from tracking.models import SyncRun
from tracking.views.runs import spoken

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


def test_it_shows_what_a_run_did(client, mailbox):
    SyncRunFactory(mailbox=mailbox, looked_at=1900, kept=61, failed=2, newest_mail_at=NOW)
    page = client.get("/inbox/runs/").content.decode()
    assert "1,900" in page
    assert "Thu 5 Mar 2026, 12:00" in page
    assert "took 12\u00a0s" in page or "took 12 s" in page


def test_a_running_one_shows_how_far_it_is(client, mailbox):
    SyncRunFactory(
        mailbox=mailbox,
        state=SyncRun.State.RUNNING,
        finished_at=None,
        looked_at=412,
        kept=61,
        estimated_total=1900,
        reading_mail_of=datetime(2026, 3, 2, tzinfo=UTC),
    )
    page = client.get("/inbox/runs/").content.decode()
    assert "Reading mail of March 2026 … 412 of about 1,900, 61 about your applications." in page
    assert '<progress max="1900" value="412"' in page


def test_an_estimate_that_was_passed_is_not_shown(client, mailbox):
    SyncRunFactory(mailbox=mailbox, state="running", finished_at=None, looked_at=500, estimated_total=400)
    assert "of about" not in client.get("/inbox/runs/").content.decode()


def test_an_error_is_told_in_words_with_what_to_do(client, mailbox):
    SyncRunFactory(mailbox=mailbox, state=SyncRun.State.FAILED, error="grant_revoked")
    page = client.get("/inbox/runs/").content.decode()
    assert "Access to this mailbox was withdrawn" in page
    assert "Reconnect it to go on" in page
    assert "grant_revoked" not in page


def test_it_shows_only_ones_own(client_of, other, mailbox):
    SyncRunFactory(mailbox=mailbox)
    assert client_of(other).get("/inbox/runs/").context["lines"] == []


def test_pages_do_not_overlap(client, mailbox):
    for n in range(23):
        SyncRunFactory(mailbox=mailbox, started_at=NOW - timedelta(hours=n))
    first, second = (client.get(f"/inbox/runs/?page={n}").context for n in (1, 2))
    assert (len(first["lines"]), first["has_more"]) == (20, True)
    assert (len(second["lines"]), second["has_more"]) == (3, False)


@pytest.mark.parametrize("count", [3, 30])
def test_it_takes_few_queries(client, mailbox, count, django_assert_max_num_queries):
    for _ in range(count):
        SyncRunFactory(mailbox=mailbox)
    client.get("/inbox/runs/")
    with django_assert_max_num_queries(8):
        client.get("/inbox/runs/")


def test_it_rejects_post(client):
    assert client.post("/inbox/runs/").status_code == 405


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "under 1 s"), (12, "12 s"), (61, "1 min 1 s"), (3720, "1 h 2 min")],
)
def test_spans_in_words(seconds, words):
    assert spoken(timedelta(seconds=seconds)) == words


@time_machine.travel(NOW, tick=False)
def test_a_running_ones_duration_goes_on(client, mailbox):
    SyncRunFactory(mailbox=mailbox, state="running", started_at=NOW - timedelta(seconds=75), finished_at=None)
    assert client.get("/inbox/runs/").context["lines"][0].duration == "1 min 15 s"
