"""How far back a mailbox is read, and the older mail that is added later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db.models import Sum

from billing.entitlements import LimitError
from tests.factories import ApplicationFactory, MailboxFactory, SyncRunFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER
from tests.tracking.mails import confirmation
from tracking import connect
from tracking.lease import LostLeaseError, claim, hold
from tracking.models import Mailbox, Message, SyncRun
from tracking.sync import sync

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)


def connected(stand_in, user, provider):
    session: dict[str, object] = {}
    back = stand_in.consent(connect.consent_url(user, provider, session, NOW))
    return connect.connect_account(user, provider, session, back["code"], back["state"], NOW).mailbox


def deliver(stand_in, number, age):
    """A confirmation of so many days ago."""
    at = NOW - age * DAY
    return stand_in.deliver(at, raw=confirmation(number, at=at).content)["id"]


def held(mailbox):
    return set(Message.objects.filter(mailbox=mailbox).values_list("provider_id", flat=True))


@pytest.fixture(params=["gmail", "outlook"])
def stand_in(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def mailbox(stand_in, user):
    ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst", applied_on="2025-01-01")
    stand_in.made = {age: deliver(stand_in, age, age) for age in (5, 40, 80, 100, 170, 200, 300, 360, 380)}
    provider = Mailbox.Provider.GMAIL if stand_in.owner == OWNER else Mailbox.Provider.OUTLOOK
    return connected(stand_in, user, provider)


def up_to(stand_in, days):
    return {identifier for age, identifier in stand_in.made.items() if age < days}


class TestFirstSync:
    def test_it_goes_back_90_days(self, stand_in, mailbox):
        sync(mailbox.pk, lambda: NOW)
        assert held(mailbox) == up_to(stand_in, 90)
        mailbox.refresh_from_db()
        assert mailbox.read_since == NOW - 90 * DAY

    @pytest.mark.parametrize("days", [30, 180, 365])
    def test_or_as_far_as_was_chosen_before_it(self, stand_in, user, mailbox, days):
        connect.read_back(user, mailbox.pk, days, NOW)
        sync(mailbox.pk, lambda: NOW)
        assert held(mailbox) == up_to(stand_in, days)

    def test_it_has_no_gap_where_it_began_late(self, gmail, user, monkeypatch):
        """What was promised at the first attempt is read by the one that succeeds days after."""
        monkeypatch.setattr("tracking.providers.calling.wait", lambda seconds: None)
        edge = deliver(gmail, 1, 89)
        mailbox = connected(gmail, user, Mailbox.Provider.GMAIL)
        gmail.refuse("list", 503, "backendError", times=20)
        assert sync(mailbox.pk, lambda: NOW).state == "failed"
        gmail.order("clear_failures")
        sync(mailbox.pk, lambda: NOW + 5 * DAY)
        assert held(mailbox) == {edge}


class TestLonger:
    def test_only_the_older_part_is_fetched(self, stand_in, user, mailbox):
        sync(mailbox.pk, lambda: NOW)
        stand_in.order("reset_counts")
        connect.read_back(user, mailbox.pk, 365, LATER)
        run = sync(mailbox.pk, lambda: LATER)
        assert (run.state, run.trigger) == ("completed", SyncRun.Trigger.BACKFILL)
        assert held(mailbox) == up_to(stand_in, 365)
        fetched = stand_in.calls()
        assert fetched.get("get", 0) + fetched.get("value", 0) == len(up_to(stand_in, 365)) - 3
        mailbox.refresh_from_db()
        assert mailbox.read_since == LATER - 365 * DAY
        assert (mailbox.older_since, mailbox.older_cursor) == (None, {})

    def test_new_mail_comes_first(self, stand_in, user, mailbox):
        sync(mailbox.pk, lambda: NOW)
        connect.read_back(user, mailbox.pk, 365, LATER)
        new = deliver(stand_in, 900, 0)
        sync(mailbox.pk, lambda: LATER)
        order = Message.objects.filter(mailbox=mailbox).order_by("pk").values_list("provider_id", flat=True)
        visible = Message.objects.filter(mailbox=mailbox, provider_id__in=[new, stand_in.made[200]])
        first, second = visible.order_by("visible_at").values_list("provider_id", flat=True)
        assert (first, second) == (new, stand_in.made[200]), list(order)

    def test_the_history_goes_on_where_it_was(self, stand_in, user, mailbox):
        sync(mailbox.pk, lambda: NOW)
        connect.read_back(user, mailbox.pk, 365, LATER)
        sync(mailbox.pk, lambda: LATER)
        new = deliver(stand_in, 900, 0)
        run = sync(mailbox.pk, lambda: LATER + DAY)
        assert run.looked_at == 1
        assert new in held(mailbox)

    def test_a_step_at_a_time(self, stand_in, user, mailbox):
        sync(mailbox.pk, lambda: NOW)
        for days in (180, 365):
            connect.read_back(user, mailbox.pk, days, NOW)
            run = sync(mailbox.pk, lambda: NOW)
            assert run.duplicates == 0
            assert held(mailbox) == up_to(stand_in, days)


class TestResume:
    @pytest.fixture
    def many(self, gmail, user):
        for number in range(60):
            deliver(gmail, number, 120 + number)
        mailbox = connected(gmail, user, Mailbox.Provider.GMAIL)
        sync(mailbox.pk, lambda: NOW)
        connect.read_back(user, mailbox.pk, 365, NOW)
        return mailbox

    def test_after_a_turn(self, gmail, many):
        now = [NOW]

        def clock():
            now[0] += timedelta(seconds=1)
            return now[0]

        runs = [sync(many.pk, clock, turn=timedelta(seconds=1))]
        while runs[-1].state == "waiting":
            assert len(runs) < 30
            runs.append(sync(many.pk, clock, turn=timedelta(seconds=1)))
        assert len(runs) > 2
        assert len({run.pk for run in runs}) == 1
        assert (runs[-1].looked_at, runs[-1].duplicates, len(held(many))) == (60, 0, 60)

    def test_after_a_fault(self, gmail, many, monkeypatch, settings):
        settings.GMAIL_CALLS_AT_ONCE = 1  # so that the fault meets the second page
        monkeypatch.setattr("tracking.providers.calling.wait", lambda seconds: None)
        gmail.refuse("get", 503, "backendError", skip=30, times=1000)
        first = sync(many.pk, lambda: NOW)
        assert first.state == "failed"
        assert 25 <= len(held(many)) < 60
        gmail.order("clear_failures")
        run = sync(many.pk, lambda: NOW)
        total = SyncRun.objects.filter(mailbox=many).aggregate(Sum("duplicates"), Sum("looked_at"))
        assert (run.state, total) == ("completed", {"duplicates__sum": 0, "looked_at__sum": 60})

    def test_progress_is_shown(self, gmail, many, user, client_of):
        now = [NOW]

        def clock():
            now[0] += timedelta(seconds=1)
            return now[0]

        while (run := sync(many.pk, clock, turn=timedelta(seconds=1))).looked_at < 25:
            pass
        assert run.state == "waiting"
        page = " ".join(client_of(user).get("/settings/integrations/").content.decode().split())
        assert f"… {run.looked_at} of about 60, " in page
        assert "Older mail back to November 2025 is being read." in page


class TestChoosing:
    @pytest.fixture
    def mailbox(self, user):
        return MailboxFactory(
            user=user, cursor={"phase": "history"}, read_since=NOW - 90 * DAY, next_sync_at=NOW + DAY
        )

    def test_shorter_deletes_and_reads_nothing(self, user, mailbox):
        connect.read_back(user, mailbox.pk, 30, NOW)
        mailbox.refresh_from_db()
        assert (mailbox.backfill_days, mailbox.older_since) == (30, None)
        assert (mailbox.read_since, mailbox.next_sync_at) == (NOW - 90 * DAY, NOW + DAY)

    def test_longer_is_read_at_once(self, user, mailbox):
        connect.read_back(user, mailbox.pk, 180, NOW)
        mailbox.refresh_from_db()
        assert (mailbox.older_since, mailbox.next_sync_at) == (NOW - 180 * DAY, NOW)
        assert mailbox.cursor == {"phase": "history"}

    def test_changed_again_before_it_is_read(self, user, mailbox):
        connect.read_back(user, mailbox.pk, 365, NOW)
        Mailbox.objects.update(older_cursor={"phase": "backfill"})
        connect.read_back(user, mailbox.pk, 180, NOW)
        mailbox.refresh_from_db()
        assert (mailbox.older_since, mailbox.older_cursor) == (NOW - 180 * DAY, {})
        connect.read_back(user, mailbox.pk, 90, NOW)
        mailbox.refresh_from_db()
        assert mailbox.older_since is None

    def test_a_sync_that_runs_writes_nothing_of_the_old_choice(self, user, mailbox):
        lease = claim(mailbox.pk, NOW)
        connect.read_back(user, mailbox.pk, 365, NOW)
        with pytest.raises(LostLeaseError):
            hold(lease, NOW)

    def test_a_paused_mailbox_stays_paused(self, user, mailbox):
        connect.pause(user, mailbox.pk, NOW)
        connect.read_back(user, mailbox.pk, 365, NOW)
        mailbox.refresh_from_db()
        assert (mailbox.state, mailbox.state_reason) == ("paused", "by_user")
        assert mailbox.older_since

    def test_the_plan_is_asked(self, free_user):
        mailbox = MailboxFactory(user=free_user)
        with pytest.raises(LimitError):
            connect.read_back(free_user, mailbox.pk, 365, NOW)


class TestPage:
    URL = "/settings/integrations/{}/backfill/"

    @pytest.fixture(autouse=True)
    def queued(self, monkeypatch):
        sent: list[Mailbox] = []
        monkeypatch.setattr("tracking.tasks.queue_sync", sent.append)
        return sent

    @pytest.fixture
    def mailbox(self, user):
        return MailboxFactory(user=user, address=OUTLOOK_OWNER, cursor={"x": 1}, read_since=NOW - 90 * DAY)

    def test_the_choices_and_the_one_chosen(self, user, mailbox, client_of):
        Mailbox.objects.update(backfill_days=180)
        page = client_of(user).get("/settings/integrations/").content.decode()
        assert '<option value="180" selected>180 days</option>' in page
        assert '<option value="365">year</option>' in page

    def test_longer(self, user, mailbox, client_of, queued):
        response = client_of(user).post(self.URL.format(mailbox.pk), {"days": "365"}, follow=True)
        assert "Mail of the last year is read" in response.content.decode()
        assert queued == [mailbox]

    def test_shorter_says_that_nothing_is_deleted(self, user, mailbox, client_of):
        with time_machine.travel(NOW, tick=False):
            response = client_of(user).post(self.URL.format(mailbox.pk), {"days": "30"}, follow=True)
        assert "Nothing that was read before is deleted" in response.content.decode()

    @pytest.mark.parametrize("form", [{}, {"days": "7"}, {"days": "x"}, {"days": "36500"}])
    def test_anything_else_changes_nothing(self, user, mailbox, client_of, form, queued):
        response = client_of(user).post(self.URL.format(mailbox.pk), form)
        assert response.status_code == 422
        assert "That is not one of the choices." in response.content.decode()
        mailbox.refresh_from_db()
        assert (mailbox.backfill_days, mailbox.older_since, queued) == (90, None, [])

    def test_a_strangers_is_not_found(self, other, mailbox, client_of):
        for form in ({"days": "365"}, {"days": "x"}):
            assert client_of(other).post(self.URL.format(mailbox.pk), form).status_code == 404

    def test_wrong_method(self, user, mailbox, client_of):
        assert client_of(user).get(self.URL.format(mailbox.pk)).status_code == 405

    def test_runs_are_named(self, user, mailbox, client_of):
        SyncRunFactory(mailbox=mailbox, trigger=SyncRun.Trigger.BACKFILL)
        assert "Older mail" in client_of(user).get("/inbox/runs/").content.decode()
