from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts import preferences
from accounts.models import ByMail, Notification
from accounts.notifications import notify
from accounts.preferences import Preference
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/settings/notifications/"
AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NOW, DAILY, NEVER = ByMail.NOW, ByMail.DAILY, ByMail.NEVER


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def sent(bell=True, email="daily", **changes):
    """The form of the page, every kind the same but for `changes`."""
    fields = {f"email_{kind}": email for kind in Notification.Kind.values}
    fields |= {f"bell_{kind}": "on" for kind in Notification.Kind.values if bell}
    return fields | changes


class TestPage:
    def test_it_offers_every_kind_with_what_holds_now(self, client, user):
        preferences.prefer(user, {"review": Preference(False, NOW)})
        form = client.get(URL).context["form"]
        shown = {kind.value: (bell.initial, email.initial) for kind, _, bell, email in form.rows()}
        assert set(shown) == set(Notification.Kind.values)
        assert shown["review"] == (False, NOW)
        assert shown["status"] == (True, DAILY)
        assert all(help for _, help, _, _ in form.rows())

    def test_it_keeps_what_is_chosen(self, client, user, other):
        form = sent(email_status="now", email_plan="never")
        del form["bell_created"]
        assert client.post(URL, form)["Location"] == URL
        chosen = preferences.preferences(user)
        assert chosen["status"] == Preference(True, NOW)
        assert chosen["plan"] == Preference(True, NEVER)
        assert chosen["created"] == Preference(False, DAILY)
        assert preferences.preferences(other)["created"] == Preference(True, DAILY)

    def test_saving_again_renews_the_same_rows(self, client, user):
        client.post(URL, sent())
        client.post(URL, sent(email="never"))
        assert user.notification_preferences.count() == len(Notification.Kind)
        assert {each.email for each in preferences.preferences(user).values()} == {NEVER}

    @pytest.mark.parametrize("value", ["", "hourly", "NOW"])
    def test_it_refuses_what_is_no_choice(self, client, user, value):
        assert client.post(URL, sent(email_status=value)).status_code == 422
        assert not user.notification_preferences.exists()

    def test_it_says_that_an_unconfirmed_address_gets_nothing(self, client):
        assert "not confirmed yet" in client.get(URL).content.decode()

    def test_it_says_what_the_plan_holds(self, client, client_of, free_user):
        assert "On your plan" not in client.get(URL).content.decode()
        assert "On your plan" in client_of(free_user).get(URL).content.decode()

    def test_it_rejects_put(self, client):
        assert client.put(URL).status_code == 405


class TestNotify:
    def test_what_is_not_wanted_in_the_bell_stays_out_of_it(self, client, user):
        preferences.prefer(user, {"status": Preference(False, NEVER)})
        notify(user, "status", "status:1", "Quiet news")
        assert "Quiet news" not in client.get("/notifications/").content.decode()
        assert client.get("/dashboard/").context["header"].unread == 0

    def test_it_shows_again_once_it_is_wanted_again(self, user):
        preferences.prefer(user, {"status": Preference(False, NEVER)})
        notify(user, "status", "status:1", "News")
        preferences.prefer(user, {"status": Preference(True, NEVER)})
        assert notify(user, "status", "status:1", "News").in_bell

    def test_calling_off_e_mail_takes_back_what_waits(self, user, other):
        for each in (user, other):
            notify(each, "status", "status:1", "News")
            notify(each, "review", "review", "1 e-mail waits for your decision.")
        preferences.prefer(user, {"status": Preference(True, NEVER)})
        waiting = Notification.objects.exclude(mail_at=None)
        assert set(waiting.values_list("user", "kind")) == {
            (user.pk, "review"),
            (other.pk, "status"),
            (other.pk, "review"),
        }


class TestDue:
    def test_at_once_waits_a_minute_for_what_belongs_together(self, user):
        assert preferences.due(user, NOW, AT) == (NOW, AT + timedelta(minutes=1))

    def test_a_plan_without_it_gets_the_daily_one(self, free_user):
        assert preferences.due(free_user, NOW, AT) == (DAILY, datetime(2026, 3, 5, 8, tzinfo=UTC))

    def test_never_is_never(self, user):
        assert preferences.due(user, NEVER, AT) == (NEVER, None)


@pytest.mark.parametrize(
    ("zone", "at", "morning"),
    [
        ("UTC", "2026-03-04 07:59", "2026-03-04 08:00"),
        ("UTC", "2026-03-04 08:00", "2026-03-05 08:00"),
        ("Asia/Tokyo", "2026-03-04 22:00", "2026-03-04 23:00"),
        ("Asia/Kathmandu", "2026-03-04 09:30", "2026-03-05 02:15"),
        ("America/New_York", "2026-03-07 14:00", "2026-03-08 12:00"),  # clocks went forward that night
        ("Europe/Berlin", "2026-10-24 12:00", "2026-10-25 07:00"),  # clocks went back that night
        ("Pacific/Kiritimati", "2026-12-31 17:00", "2026-12-31 18:00"),
    ],
)
def test_the_next_morning_is_where_the_user_is(zone, at, morning):
    user = UserFactory.build(timezone=zone)
    moment = datetime.fromisoformat(f"{at}+00:00")
    found = preferences.next_morning(user, moment)
    assert found == datetime.fromisoformat(f"{morning}+00:00")
    assert found.astimezone(user.zone).hour == preferences.MORNING
