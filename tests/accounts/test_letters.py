"""E-mails with news: gathered, sent once, silent about what mail says, and stopped by one click."""

from __future__ import annotations

import re
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client

from accounts import letters, preferences, tasks
from accounts.models import ByMail, Letter, Notification
from accounts.notifications import mark_read, notify
from accounts.preferences import Preference
from tests.factories import NotificationFactory, UserFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SOON, MORNING = AT + timedelta(minutes=2), datetime(2026, 3, 5, 8, tzinfo=UTC)


def confirmed(user):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def user(user):
    """Somebody who wants everything at once."""
    prefers(user, ByMail.NOW)
    return confirmed(user)


def prefers(user, email):
    preferences.prefer(user, dict.fromkeys(Notification.Kind.values, Preference(True, email)))


def tell(user, key="status:1", company="Lumen Health", at=AT, **values):
    text = f"Secret Title at {company}: Interviewing"
    given = {"kind": "status", "text": text, "path": "/applications/", "brief": f"{company}: Interviewing"}
    return notify(user, key=key, at=at, **(given | values))


def send_all(at):
    made = letters.gather(at)
    return [letters.send(each, at) for each in letters.pending(at)] if made else []


class TestAtOnce:
    def test_it_is_sent_a_minute_later(self, user):
        news = tell(user)
        assert send_all(AT) == []
        assert send_all(SOON) == [True]
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == ([user.email], "Heardback: Lumen Health: Interviewing")
        assert f"/notifications/{news.pk}/" in letter.body
        assert send_all(SOON + timedelta(days=2)) == []

    def test_what_comes_together_goes_together(self, user, other):
        prefers(confirmed(other), ByMail.NOW)
        for number, company in enumerate(["Lumen Health", "Quillstone", "Ostrava Games"]):
            tell(user, f"status:{number}", company, AT + timedelta(seconds=20 * number))
        tell(other)
        assert send_all(SOON) == [True, True]
        mine, theirs = sorted(mail.outbox, key=lambda each: each.to != [user.email])
        assert mine.subject == "Heardback: 3 updates"
        assert all(company in mine.body for company in ["Lumen Health", "Quillstone", "Ostrava Games"])
        assert theirs.to == [other.email]
        assert "Quillstone" not in theirs.body

    def test_the_same_news_again_before_it_went_is_one_line(self, user):
        tell(user)
        tell(user, at=AT + timedelta(seconds=30))
        send_all(SOON)
        assert mail.outbox[0].body.count("Lumen Health") == 1

    def test_what_was_read_on_the_site_meanwhile_is_not_sent(self, user):
        tell(user)
        mark_read(user, AT)
        assert send_all(SOON) == []

    def test_a_change_after_it_is_told_by_the_next(self, user):
        tell(user)
        send_all(SOON)
        later = SOON + timedelta(hours=1)
        tell(user, at=later, brief="Lumen Health: Offer Extended")
        send_all(later + timedelta(minutes=2))
        assert [each.subject for each in mail.outbox] == [
            "Heardback: Lumen Health: Interviewing",
            "Heardback: Lumen Health: Offer Extended",
        ]

    def test_news_renewed_between_gathering_and_sending_is_told_once(self, user):
        tell(user)
        (letter,) = letters.gather(SOON)
        tell(user, at=SOON + timedelta(seconds=1), brief="Lumen Health: Offer Extended")
        assert not letters.send(letter.pk, SOON)
        send_all(SOON + timedelta(minutes=2))
        assert [each.subject for each in mail.outbox] == ["Heardback: Lumen Health: Offer Extended"]

    def test_a_standing_matter_is_not_said_again_with_each_sync(self, user):
        for hour in range(6):
            at = AT + timedelta(hours=hour)
            tell(user, "review", at=at, kind="review", text=f"{hour + 1} e-mails wait.", brief="")
            send_all(at + timedelta(minutes=2))
        assert len(mail.outbox) == 1
        mark_read(user, AT + timedelta(hours=7))
        tell(user, "review", at=AT + timedelta(hours=8), kind="review", text="1 e-mail waits.", brief="")
        send_all(AT + timedelta(hours=9))
        assert len(mail.outbox) == 2


class TestDaily:
    @pytest.fixture
    def user(self, user):
        prefers(user, ByMail.DAILY)
        return user

    def test_it_comes_in_the_morning_with_what_happened(self, user):
        tell(user, "status:1", "Lumen Health")
        tell(user, "status:2", "Quillstone", AT + timedelta(hours=9))
        mark_read(user, AT + timedelta(hours=10))
        assert send_all(MORNING - timedelta(minutes=1)) == []
        assert send_all(MORNING) == [True]
        (letter,) = mail.outbox
        assert letter.subject == "Heardback: your day, 2 updates"
        assert "Quillstone" in letter.body

    def test_nothing_comes_where_nothing_happened(self, user):
        tell(user)
        send_all(MORNING)
        assert send_all(MORNING + timedelta(days=1)) == []
        assert len(mail.outbox) == 1

    def test_each_day_tells_of_its_own(self, user):
        tell(user, "status:1", "Lumen Health")
        send_all(MORNING)
        tell(user, "status:2", "Quillstone", MORNING + timedelta(hours=1))
        send_all(MORNING + timedelta(days=1))
        assert "Lumen Health" not in mail.outbox[1].body

    def test_a_plan_without_news_at_once_gets_it_daily(self, free_user):
        prefers(confirmed(free_user), ByMail.NOW)
        tell(free_user)
        assert send_all(SOON) == []
        assert send_all(MORNING) == [True]

    def test_a_long_day_is_cut_and_counted(self, user):
        for number in range(letters.AT_MOST + 5):
            tell(user, f"status:{number}")
        send_all(MORNING)
        assert mail.outbox[0].subject == f"Heardback: your day, {letters.AT_MOST + 5} updates"
        assert "And 5 more" in mail.outbox[0].body


class TestWhatItSays:
    def test_no_more_of_a_mail_than_company_and_status(self, user):
        tell(user)
        tell(user, "created:1", kind="created", text="Secret Title at Lumen Health was added.", brief="")
        send_all(SOON)
        (letter,) = mail.outbox
        html = letter.alternatives[0].content
        for text in (letter.subject, letter.body, html):
            assert "Secret Title" not in text
        assert "Application created" in letter.body

    def test_text_and_html_say_the_same_and_fetch_nothing(self, user, settings):
        tell(user)
        send_all(SOON)
        (letter,) = mail.outbox
        html = letter.alternatives[0].content
        assert "Lumen Health: Interviewing" in html
        assert not re.search(r"<(img|link|script|iframe)|url\(|background=", html)
        links = re.findall(r'href="([^"]+)"', html)
        assert links
        assert {urlsplit(link).netloc for link in links} == {urlsplit(settings.SITE_URL).netloc}

    def test_a_name_cannot_break_out_of_it(self, user):
        tell(user, brief="<b>Lumen</b>\r\nBcc: all@example.org: Applied")
        send_all(SOON)
        (letter,) = mail.outbox
        assert "\n" not in letter.subject
        assert "<b>" not in letter.alternatives[0].content

    def test_it_says_how_to_stop_it(self, user, settings):
        settings.SITE_URL = "https://heardback.example"
        tell(user)
        send_all(SOON)
        headers = mail.outbox[0].extra_headers
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = headers["List-Unsubscribe"].strip("<>")
        assert re.fullmatch(r"https://heardback.example/unsubscribe/\?token=[\w:-]+", link)
        assert link in mail.outbox[0].body


class TestWhoGetsIt:
    def test_nobody_whose_address_is_not_confirmed(self, user):
        EmailAddress.objects.update(verified=False)
        tell(user)
        assert send_all(SOON) == [False]
        assert mail.outbox == []

    def test_where_no_address_is_ever_confirmed_everybody_does(self, user, settings):
        settings.ACCOUNT_EMAIL_VERIFICATION = "none"
        EmailAddress.objects.all().delete()
        tell(user)
        assert send_all(SOON) == [True]

    def test_nobody_whose_account_is_closed(self, user):
        tell(user)
        user.is_active = False
        user.save()
        assert send_all(SOON) == []


class TestOnce:
    def test_a_letter_is_sent_once_however_often_it_is_queued(self, user):
        tell(user)
        (letter,) = letters.gather(SOON)
        assert [letters.send(letter.pk, SOON) for _ in range(3)] == [True, False, False]
        assert len(mail.outbox) == 1

    @pytest.mark.django_db(transaction=True)
    def test_of_many_workers_at_once_one_gathers_and_one_sends(self, user):
        for number in range(5):
            tell(user, f"status:{number}")

        def work(_):
            try:
                letters.gather(SOON)
                return [letters.send(each, SOON) for each in letters.pending(SOON)]
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert len(mail.outbox) == 1
        assert Letter.objects.get().attempts == 1

    def test_a_mail_server_that_is_away_puts_it_off_and_loses_nothing(self, user, monkeypatch):
        tell(user)
        (letter,) = letters.gather(SOON)
        with monkeypatch.context() as patch:
            patch.setattr("django.core.mail.EmailMessage.send", _fail)
            assert not letters.send(letter.pk, SOON)
        assert letters.pending(SOON + timedelta(minutes=9)) == []
        later = SOON + letters.CLAIM
        assert letters.send(letter.pk, later)
        assert mail.outbox[0].extra_headers["Message-ID"] == f"<{letter.pk}@localhost>"

    def test_it_is_given_up_after_about_a_day(self, user, monkeypatch):
        tell(user)
        (letter,) = letters.gather(SOON)
        monkeypatch.setattr("django.core.mail.EmailMessage.send", _fail)
        at = SOON
        while Letter.objects.filter(closed_at=None).exists():
            at = Letter.objects.get().due_at
            letters.send(letter.pk, at)
        assert timedelta(hours=18) < at - SOON < timedelta(days=2)
        assert Letter.objects.get().sent_at is None

    def test_a_worker_killed_with_a_letter_in_hand_leaves_it_to_the_next(self, user):
        tell(user)
        (letter,) = letters.gather(SOON)
        assert letters._claim(letter.pk, SOON)
        assert not letters.send(letter.pk, SOON + timedelta(minutes=1))
        assert letters.send(letter.pk, SOON + letters.CLAIM)
        assert len(mail.outbox) == 1

    def test_closed_letters_are_forgotten(self, user):
        tell(user)
        send_all(SOON)
        assert letters.forget(SOON) == 0
        assert letters.forget(SOON + timedelta(days=1)) == 1
        assert Notification.objects.get().letter is None


def test_the_schedule_gathers_and_sends(user, settings, monkeypatch):
    tell(user, at=AT)  # long due
    monkeypatch.setattr(tasks.send_letter, "apply_async", lambda args, expires: tasks.send_letter(*args))
    tasks.send_letters()
    assert len(mail.outbox) == 1
    tasks.send_letters()
    assert len(mail.outbox) == 1
    assert "accounts.tasks.send_letters" in {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}


class TestUnsubscribe:
    @pytest.fixture
    def link(self, user):
        return f"/unsubscribe/?token={letters.token_for(user)}"

    def wants_mail(self, user):
        return {each.email for each in preferences.preferences(user).values()} != {ByMail.NEVER}

    def test_opening_the_link_only_asks(self, user, link):
        content = Client().get(link).content.decode()
        assert "Stop the e-mails with news?" in content
        assert self.wants_mail(user)

    def test_a_mail_programs_one_click_stops_them(self, user, link):
        sent = {"List-Unsubscribe": "One-Click"}
        assert Client(enforce_csrf_checks=True).post(link, sent).status_code == 200
        assert not self.wants_mail(user)

    def test_what_waits_is_called_off_and_the_bell_goes_on(self, user, link):
        tell(user)
        Client().post(link)
        assert send_all(SOON) == []
        assert all(each.bell for each in preferences.preferences(user).values())
        assert tell(user, "status:2").in_bell

    def test_twice_is_as_once(self, user, link):
        assert [Client().post(link).status_code for _ in range(2)] == [200, 200]

    def test_it_stops_nobody_elses(self, other, link):
        Client().post(link)
        assert self.wants_mail(other)

    @pytest.mark.parametrize(
        "token", ["", "nonsense", "a:b", "11111111-1111-1111-1111-111111111111:x", "\x00"]
    )
    def test_a_link_that_is_none_of_ours_is_not_found(self, user, token):
        assert Client().post("/unsubscribe/", query_params={"token": token}).status_code == 404
        assert self.wants_mail(user)

    def test_a_deleted_account_is_not_found(self, user, link):
        user.delete()
        assert Client().get(link).status_code == 404

    def test_it_rejects_put(self, link):
        assert Client().put(link).status_code == 405


def test_news_in_the_admin_shows_no_text(user, client_of):
    staff = UserFactory(is_staff=True, is_superuser=True)
    NotificationFactory(user=user, text="Secret Title", brief="Secret brief")
    content = client_of(staff).get("/admin/accounts/notification/").content.decode()
    assert "Secret" not in content


def _fail(*args, **kwargs):
    raise smtplib.SMTPServerDisconnected("gone")
