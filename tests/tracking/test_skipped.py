"""Skipped mail: a live look that keeps nothing, and one mail pulled in, with stand-ins of the providers."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from threading import Thread
from unittest.mock import patch

import pytest
import redis
from django.conf import settings as configured
from django.core import signing
from django.db import connection
from django.utils import timezone

from accounts import grants, registry
from accounts.grants import GOOGLE, MICROSOFT
from applications.models import Event
from billing.models import Subscription
from tests.factories import AllowedSenderFactory, ApplicationFactory, MailboxFactory, MessageFactory
from tests.standins.fixtures import OUTLOOK_OWNER, OWNER
from tracking import inbox, skipped
from tracking.allowed import HashedSenders
from tracking.connect import disconnect
from tracking.mail import Address
from tracking.models import AllowedSender, FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import MessageError, calling
from tracking.providers.heads import PAGE_SIZE, Head, Listing, Span
from tracking.router.parse import parse
from tracking.router.screen import screen
from tracking.sync import sync
from tracking.words import in_words

SENDER = "quietly@modest-harbour.example"
SUBJECT = "A wholly unremarkable line 4711"
QUIET = {
    "sender": f"Quentin Quiet <{SENDER}>",
    "subject": SUBJECT,
    "text": "It rained here, and the ducks are well.",
}


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waiting between retries, noted instead of done."""
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


@pytest.fixture
def signed_in(user, client_of):
    return client_of(user)


def connected(stand_in, user, key, provider, address):
    at, session = timezone.now(), {}
    back = stand_in.consent(grants.authorization_url(session, key, at))
    tokens = grants.exchange(grants.take_consent(session, back["state"], at), back["code"], at)
    grant = grants.keep(user, key, address, tokens)
    return MailboxFactory(user=user, provider=provider, address=address, grant=grant)


@pytest.fixture
def mailbox(gmail, user):
    """A Gmail mailbox whose first sync is done."""
    mailbox = connected(gmail, user, GOOGLE, "gmail", OWNER)
    synced(mailbox)
    return mailbox


def synced(mailbox):
    run = sync(mailbox.pk)
    assert run.state == SyncRun.State.COMPLETED
    mailbox.refresh_from_db()
    return run


def skip(gmail, mailbox, **values):
    """Have a mail come and be skipped; gives what the provider knows it by."""
    made = gmail.deliver(timezone.now() - timedelta(minutes=5), **{**QUIET, **values})
    assert synced(mailbox).ignored == 1
    assert not Message.objects.exists()
    return made


def path(mailbox, name=""):
    return f"/settings/integrations/{mailbox.pk}/skipped/{name}"


def text_of(response):
    """What a person reads, with one space between the words."""
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def sealed_in(response):
    """What the buttons of a page send, in order."""
    return re.findall(r'name="mail" value="([^"]+)"', response.content.decode())


def take(client, mailbox, number=0):
    """Press a button of the page."""
    return client.post(path(mailbox, "take/"), {"mail": sealed_in(client.get(path(mailbox)))[number]})


def told(client, response):
    """The words of the toast on the page that `response` leads to."""
    assert response.status_code == 302
    return text_of(client.get(response["Location"]))


def everything_kept():
    """All that the database and Redis hold, as text."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [str(row[0]) for row in cursor.fetchall()]
    return "\n".join([*rows, *_in_redis()])


def _in_redis():
    store = redis.Redis.from_url(configured.REDIS_URL)
    read = {
        b"none": lambda key: "",  # which has run out meanwhile
        b"string": store.get,
        b"hash": store.hgetall,
        b"list": lambda key: store.lrange(key, 0, -1),
        b"set": store.smembers,
        b"zset": lambda key: store.zrange(key, 0, -1, withscores=True),
    }
    for key in store.keys("*"):
        yield f"{key!r} {read[store.type(key)](key)!r}"


class TestLook:
    def test_it_works(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        response = signed_in.get(path(mailbox))
        page = text_of(response)
        assert response.status_code == 200
        assert (SUBJECT in page, SENDER in page, "Quentin Quiet" in page) == (True, True, True)
        assert "1 skipped e-mail" in page
        assert len(sealed_in(response)) == 1

    def test_nothing_of_it_is_kept_anywhere(self, gmail, mailbox, signed_in, caplog):
        made = skip(gmail, mailbox)
        with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "heardback"):
            response = signed_in.get(path(mailbox))
            searched = signed_in.post(path(mailbox), {"days": "7", "q": "unremarkable"})
        assert SUBJECT in text_of(response)
        assert SUBJECT in text_of(searched)
        for secret in ("unremarkable", "modest-harbour", "Quentin"):
            assert secret not in everything_kept()
            assert secret not in caplog.text
            assert secret not in str(response.cookies) + str(searched.cookies)
        assert made["id"] not in everything_kept()
        assert "no-store" in response.headers["Cache-Control"]
        assert not Message.objects.exists()
        assert not AllowedSender.objects.exists()

    def test_what_is_kept_and_what_the_user_wrote_are_not_listed(self, gmail, mailbox, signed_in):
        now = timezone.now()
        gmail.deliver(now - timedelta(minutes=9), subject="Your application to Lumen Health")
        gmail.deliver(now - timedelta(minutes=8), **{**QUIET, "sender": f"Me <{OWNER.upper()}>"})
        gmail.deliver(now - timedelta(minutes=7), labels=["SENT"], **QUIET)
        synced(mailbox)
        assert Message.objects.count() == 1
        assert sealed_in(signed_in.get(path(mailbox))) == []

    def test_what_no_sync_has_looked_at_is_not_skipped(self, gmail, mailbox, signed_in):
        Mailbox.objects.update(last_success_at=timezone.now() - timedelta(hours=1))
        gmail.deliver(timezone.now() - timedelta(minutes=5), **QUIET)
        page = text_of(signed_in.get(path(mailbox)))
        assert SUBJECT not in page
        assert "still to be looked at" in page

    def test_before_the_first_sync_there_is_nothing_to_look_at(self, gmail, mailbox, signed_in):
        Mailbox.objects.update(last_success_at=None)
        assert "The first sync is not done yet" in text_of(signed_in.get(path(mailbox)))

    def test_days_of_ones_own_choice(self, gmail, mailbox, signed_in):
        at = timezone.now() - timedelta(days=20)
        gmail.deliver(at, **QUIET)
        Mailbox.objects.update(last_success_at=timezone.now())
        assert SUBJECT not in text_of(signed_in.get(path(mailbox)))
        assert SUBJECT in text_of(signed_in.get(path(mailbox), {"days": "30"}))
        day = at.date().isoformat()
        assert SUBJECT in text_of(signed_in.get(path(mailbox), {"since": day, "until": day}))
        week_after = (at + timedelta(days=1)).date().isoformat()
        assert SUBJECT not in text_of(signed_in.get(path(mailbox), {"since": week_after}))
        assert SUBJECT in text_of(signed_in.get(path(mailbox), {"until": week_after}))

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({"since": "2026-03-01", "until": "2026-04-01"}, "At most 31 days"),
            ({"since": "2026-03-05", "until": "2026-03-04"}, "before the first day"),
            ({"since": "yesterday"}, "Enter a valid date"),
            ({"days": "900"}, "Select a valid choice"),
            ({"q": "a\x07b"}, "one line"),
        ],
    )
    def test_a_period_that_makes_no_sense(self, gmail, mailbox, signed_in, query, words):
        gmail.order("reset_counts")
        response = signed_in.get(path(mailbox), query)
        assert response.status_code == 422
        assert words in text_of(response)
        assert gmail.calls() == {}

    def test_it_says_how_far_back_the_mailbox_is_read(self, gmail, mailbox, signed_in):
        Mailbox.objects.update(read_since=timezone.now() - timedelta(days=3))
        gmail.deliver(timezone.now() - timedelta(days=4), **QUIET)
        page = text_of(signed_in.get(path(mailbox)))
        assert SUBJECT not in page
        assert "Mail from before was never looked at" in page
        Mailbox.objects.update(read_since=timezone.now() - timedelta(days=90))
        assert "never looked at" not in text_of(signed_in.get(path(mailbox)))

    def test_older_mail_on_further_pages(self, gmail, mailbox, signed_in, monkeypatch):
        monkeypatch.setattr("tracking.providers.gmail.heads.PAGE_SIZE", 2)
        for number in range(10, 24):
            at = timezone.now() - timedelta(minutes=number)
            gmail.deliver(at, **{**QUIET, "subject": f"Number {number}"})
        synced(mailbox)
        pages, query = [], {"days": "7"}
        while len(pages) < 10 and (not pages or query["after"]):
            response = signed_in.get(path(mailbox), query)
            pages.append(re.findall(r"Number \d\d", text_of(response)))
            query["after"] = next(iter(re.findall(r'name="after" value="([^"]+)"', text_of(response))), "")
        assert [len(page) for page in pages] == [6, 6, 2]  # small ones are joined
        assert [each for page in pages for each in page] == [f"Number {number}" for number in range(10, 24)]

    def test_a_page_stays_small(self, user, signed_in):
        """Full of mail of the usual lengths, with ids as long as those of Outlook."""
        mailbox = MailboxFactory(user=user, last_success_at=timezone.now())
        sender = Address("Lumen Health Newsletter", "newsletter@mail.lumenhealth.example")
        head = Head("x" * 76, sender, "What the people of Lumen Health did in the last week", timezone.now())
        heads = (head,) * (PAGE_SIZE + skipped.FEW - 1)
        with patch.object(skipped, "look", return_value=Listing(heads, {"page": "x" * 50})):
            response = signed_in.get(path(mailbox))
        assert len(sealed_in(response)) == len(heads)
        assert len(response.content) <= 30_000

    def test_it_takes_few_queries(self, gmail, mailbox, signed_in, django_assert_max_num_queries):
        skip(gmail, mailbox)
        with django_assert_max_num_queries(12):
            assert SUBJECT in text_of(signed_in.get(path(mailbox)))

    def test_a_forged_page_is_refused(self, gmail, mailbox, signed_in, user):
        other_box = MailboxFactory(user=user)
        for forged in ("x", signing.dumps([0, 1, {}]), skipped.seal(other_box, "page", [0, 1, {}])):
            gmail.order("reset_counts")
            assert "out of date" in text_of(signed_in.get(path(mailbox), {"after": forged}))
            assert gmail.calls() == {}

    def test_words_stay_out_of_addresses(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        found = text_of(signed_in.post(path(mailbox), {"days": "7", "q": "unremarkable line"}))
        assert SUBJECT in found
        assert SUBJECT not in text_of(signed_in.post(path(mailbox), {"days": "7", "q": "elephants"}))
        assert re.search(r'<form method="post"[^>]*role="search"', found)

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods(self, mailbox, signed_in, method):
        assert getattr(signed_in, method)(path(mailbox)).status_code == 405
        assert signed_in.get(path(mailbox, "take/")).status_code == 405


class TestTrouble:
    def test_the_plan_has_no_sync(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        sealed = skipped.seal(mailbox, "mail", "anything")
        Subscription.objects.filter(user=user).update(plan_code="free")
        gmail.order("reset_counts")
        page = text_of(signed_in.get(path(mailbox)))
        assert "does not include mail sync" in page
        assert 'href="/settings/plan/">Look at the plans' in page
        assert "does not include mail sync" in told(
            signed_in, signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        )
        assert gmail.calls() == {}

    @pytest.mark.parametrize(
        ("state", "reason"),
        [("paused", "by_user"), ("paused", "plan"), ("needs_reconnect", "grant_revoked")],
    )
    def test_a_mailbox_that_is_not_read(self, gmail, mailbox, signed_in, state, reason):
        skip(gmail, mailbox)
        sealed = skipped.seal(mailbox, "mail", "anything")
        Mailbox.objects.update(state=state, state_reason=reason)
        gmail.order("reset_counts")
        page = text_of(signed_in.get(path(mailbox)))
        assert all(words in page for words in in_words(reason))
        signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        assert gmail.calls() == {}
        assert not Message.objects.exists()

    def test_access_lost_meanwhile_asks_to_reconnect_once(self, gmail, mailbox, signed_in, user):
        gmail.order("revoke", address=OWNER)
        gmail.order("expire_access")
        for _ in range(2):
            page = text_of(signed_in.get(path(mailbox)))
            assert in_words("grant_revoked")[0] in page
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        assert user.notifications.filter(kind="mailbox").count() == 1

    def test_a_token_that_ran_out_is_no_trouble(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        gmail.order("expire_access")
        assert SUBJECT in text_of(signed_in.get(path(mailbox)))

    @pytest.mark.parametrize("call", ["list", "get"])
    def test_throttled(self, gmail, mailbox, signed_in, call, waits):
        skip(gmail, mailbox)
        for _ in range(20):
            gmail.refuse(call, 429, "rateLimitExceeded")
        response = signed_in.get(path(mailbox))
        page = text_of(response)
        assert in_words("rate_limited")[0] in page
        assert "Nothing was changed. Try again in a moment." in page
        assert f'href="{path(mailbox)}">Try again' in page
        assert sum(waits) < 4
        mailbox.refresh_from_db()
        assert mailbox.state == Mailbox.State.ACTIVE

    def test_our_own_budget_is_spent(self, gmail, mailbox, signed_in, settings):
        skip(gmail, mailbox)
        settings.GMAIL_UNITS_PER_USER_MINUTE = 10
        assert in_words("paced")[0] in text_of(signed_in.get(path(mailbox)))

    def test_one_user_cannot_look_all_the_time(self, gmail, mailbox, signed_in, monkeypatch):
        monkeypatch.setattr(skipped, "PER_MINUTE", 2)
        skip(gmail, mailbox)
        answers = [SUBJECT in text_of(signed_in.get(path(mailbox))) for _ in range(3)]
        assert answers == [True, True, False]
        assert in_words("looks_too_often")[0] in text_of(signed_in.get(path(mailbox)))

    def test_web_processes_are_not_all_held_up(self, gmail, mailbox, signed_in, settings):
        settings.SKIPPED_LOOKS_AT_ONCE = 1
        with skipped._asking(MailboxFactory(), timezone.now):  # of somebody else
            assert in_words("looks_at_once")[0] in text_of(signed_in.get(path(mailbox)))
        assert in_words("looks_at_once")[0] not in text_of(signed_in.get(path(mailbox)))

    def test_a_file_is_not_kept(self, signed_in, user):
        mailbox = MailboxFactory(user=user, provider="upload", address="Uploaded files")
        assert "deleted as soon as it is read" in text_of(signed_in.get(path(mailbox)))

    def test_a_mailbox_taken_away(self, mailbox, signed_in, user):
        disconnect(user, mailbox.pk, True, timezone.now())
        assert signed_in.get(path(mailbox)).status_code == 404
        assert signed_in.post(path(mailbox, "take/"), {"mail": "x"}).status_code == 404

    def test_a_stranger(self, mailbox, other, client_of):
        assert client_of(other).get(path(mailbox)).status_code == 404
        assert client_of(other).post(path(mailbox, "take/"), {"mail": "x"}).status_code == 404


class TestPullIn:
    def test_it_waits_in_the_inbox(self, gmail, mailbox, signed_in, user):
        made = skip(gmail, mailbox)
        response = take(signed_in, mailbox)
        message = Message.objects.get()
        assert (message.provider_id, message.subject, message.sender_address) == (made["id"], SUBJECT, SENDER)
        assert (message.state, message.why, message.run) == ("orphan", "asked_for", None)
        assert response["Location"] == f"/inbox/?tab=orphans&m={message.pk}"
        page = told(signed_in, response)
        assert SUBJECT in page
        assert "You pulled it in from skipped mail." in page
        assert f"{path(mailbox)}#allowed" in page
        assert "the ducks are well" in page
        assert SUBJECT not in [head.subject for head in listed(mailbox)]

    def test_whatever_it_says_it_only_waits(self, gmail, mailbox, signed_in, user):
        """A mail of which everything is sure, had the screen kept it: nothing moves by itself."""
        application = ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst")
        made = gmail.deliver(
            timezone.now() - timedelta(minutes=5),
            subject="Your application for Data Analyst at Lumen Health",
            text="Hi Sam, unfortunately we have decided not to move forward with your application for the "
            "Data Analyst position at Lumen Health. We wish you every success.",
        )
        Mailbox.objects.update(last_success_at=timezone.now())
        message, is_new = skipped.pull_in(mailbox, made["id"], timezone.now)
        application.refresh_from_db()
        assert is_new
        assert (message.state, message.suggestion, message.application) == ("review", application, None)
        assert message.suggested_effect == "rejection"
        assert message.effect == ""
        assert application.status == "applied"
        assert not application.events.filter(kind=Event.Kind.MAIL).exists()

    def test_no_application_is_made_of_it(self, gmail, mailbox, user):
        made = gmail.deliver(
            timezone.now() - timedelta(minutes=5),
            subject="We received your application for Editor at Quillstone",
            sender="Quillstone <no-reply@greenhouse-mail.io>",
            text="Thank you for applying for the Editor position at Quillstone. We have received it.",
        )
        message, _ = skipped.pull_in(mailbox, made["id"], timezone.now)
        assert (message.state, user.applications.count()) == ("orphan", 0)

    def test_a_double_click_is_one_mail(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        first = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        second = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        assert first["Location"] == second["Location"]
        assert "This e-mail is here already." in told(signed_in, second)
        assert (Message.objects.count(), AllowedSender.objects.count()) == (1, 1)

    def test_a_sync_takes_it_for_what_it_is(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        Mailbox.objects.update(cursor={})  # everything once more
        synced(mailbox)
        assert Message.objects.count() == 1

    def test_it_is_decided_like_any_other(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        message = Message.objects.get()
        decision = inbox.ignore(user, message.pk, timezone.now())
        inbox.undo(user, decision.pk, timezone.now())
        inbox.create(user, message.pk, timezone.now(), company="Modest Harbour", title="Keeper")
        message.refresh_from_db()
        assert message.state == "linked"

    def test_what_was_decided_is_shown_where_it_is(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        inbox.ignore(user, Message.objects.get().pk, timezone.now())
        again = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        assert "tab=decided" in again["Location"]
        assert Message.objects.get().state == "ignored"

    def test_a_failure_of_it_is_over(self, gmail, mailbox, signed_in):
        made = skip(gmail, mailbox)
        FailedMessage.objects.create(mailbox=mailbox, provider_id=made["id"], error="unreadable")
        take(signed_in, mailbox)
        assert not FailedMessage.objects.exists()

    def test_gone_meanwhile(self, gmail, mailbox, signed_in):
        made = skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        gmail.order("delete_message", address=OWNER, id=made["id"])
        response = signed_in.post(
            path(mailbox, "take/"), {"mail": sealed, "next": f"{path(mailbox)}?days=30"}
        )
        assert response["Location"] == f"{path(mailbox)}?days=30"
        assert in_words("message_gone")[0] in told(signed_in, response)
        assert not Message.objects.exists()
        assert not AllowedSender.objects.exists()

    def test_throttled(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        for _ in range(20):
            gmail.refuse("get", 429, "rateLimitExceeded")
        response = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        gmail.order("clear_failures")
        assert in_words("rate_limited")[0] in told(signed_in, response)
        assert not Message.objects.exists()

    def test_a_forged_id_is_refused(self, gmail, mailbox, signed_in, user):
        made = skip(gmail, mailbox)
        other_box = MailboxFactory(user=user)
        forged = [
            made["id"],
            "",
            signing.dumps(made["id"]),
            skipped.seal(other_box, "mail", made["id"]),
            skipped.seal(mailbox, "page", made["id"]),
            skipped.seal(mailbox, "mail", made["id"])[:-1] + "!",
        ]
        gmail.order("reset_counts")
        for each in forged:
            response = signed_in.post(path(mailbox, "take/"), {"mail": each})
            assert "out of date" in told(signed_in, response)
        assert gmail.calls().get("get", 0) == len(forged)  # the list on the page they lead back to
        assert not Message.objects.exists()

    def test_a_page_left_open_for_days(self, gmail, mailbox, signed_in, time_machine):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
        response = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        assert "out of date" in told(signed_in, response)

    def test_an_odd_mail_breaks_nothing_and_is_not_quoted(
        self, gmail, mailbox, signed_in, monkeypatch, caplog
    ):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]

        def broken(*arguments):
            raise ValueError(SUBJECT)

        monkeypatch.setattr(skipped, "judge_asked_for", broken)
        response = signed_in.post(path(mailbox, "take/"), {"mail": sealed})
        assert in_words("unreadable")[0] in told(signed_in, response)
        assert SUBJECT not in caplog.text
        assert "ValueError" in caplog.text

    def test_an_odd_head_breaks_nothing_and_is_not_quoted(
        self, gmail, mailbox, signed_in, monkeypatch, caplog
    ):
        def broken(message):
            raise RuntimeError(SUBJECT)

        skip(gmail, mailbox)
        monkeypatch.setattr("tracking.providers.gmail.heads.mail_of", broken)
        assert in_words("unreadable")[0] in text_of(signed_in.get(path(mailbox)))
        assert SUBJECT not in caplog.text
        assert "RuntimeError" in caplog.text

    def test_paused_while_it_is_fetched(self, gmail, mailbox, monkeypatch):
        made = skip(gmail, mailbox)
        fetch = skipped.fetch_one

        def paused(*arguments):
            raw = fetch(*arguments)
            Mailbox.objects.update(state="paused", state_reason="by_user")
            return raw

        monkeypatch.setattr(skipped, "fetch_one", paused)
        with pytest.raises(skipped.RefusedError):
            skipped.pull_in(mailbox, made["id"], timezone.now)
        assert not Message.objects.exists()

    def test_disconnected_while_it_is_fetched(self, gmail, mailbox, user, signed_in, monkeypatch):
        skip(gmail, mailbox)
        sealed = sealed_in(signed_in.get(path(mailbox)))[0]
        fetch = skipped.fetch_one

        def gone(*arguments):
            raw = fetch(*arguments)
            disconnect(user, mailbox.pk, True, timezone.now())
            return raw

        monkeypatch.setattr(skipped, "fetch_one", gone)
        assert signed_in.post(path(mailbox, "take/"), {"mail": sealed}).status_code == 404
        assert not Message.objects.exists()
        assert not AllowedSender.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time(gmail, mailbox):
    made = gmail.deliver(timezone.now() - timedelta(minutes=5), **QUIET)
    found = []

    def click():
        try:
            found.append(skipped._take_in(mailbox, raw, verdict, knowledge, timezone.now()))
        finally:
            connection.close()

    raw = skipped.fetch_one(
        mailbox, skipped.scope_of(mailbox, timezone.now()), made["id"], timezone.now, skipped.Budget()
    )
    knowledge = skipped.Knowledge(mailbox, timezone.now())
    verdict = skipped.judge_asked_for(raw, knowledge.known, skipped.Thresholds())
    clicks = [Thread(target=click) for _ in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert sorted(is_new for _, is_new in found) == [False, True]
    assert Message.objects.count() == 1


def listed(mailbox):
    span = Span(timezone.now() - timedelta(days=7), timezone.now())
    return skipped.look(mailbox, span, {}, timezone.now).heads


class TestLesson:
    def test_later_mail_of_the_sender_passes_the_screen(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        later = {
            "subject": "Quentin again",
            "text": "Nothing but ducks, as before.",
            "sender": f"Q <{SENDER.upper()}>",
        }
        assert screened(gmail, mailbox, later) == "allowed"

    def test_nobody_else_is_let_through(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        for sender in ("other@modest-harbour.example", f"x{SENDER}", "quietly@sub.modest-harbour.example"):
            assert screened(gmail, mailbox, {**QUIET, "sender": sender}) == "nothing"

    def test_it_is_read_by_the_next_sync(self, gmail, mailbox, signed_in, user):
        """Not a word about a job in its headers, and a mailing: only the lesson has its source fetched."""
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        gmail.order("reset_counts")
        gmail.deliver(timezone.now(), raw=mailing(SENDER))
        gmail.deliver(timezone.now(), raw=mailing("stranger@modest-harbour.example"))
        synced(mailbox)
        assert gmail.order("counts")["get"] == 3  # two heads, one source

    def test_another_users_screen_is_unchanged(self, gmail, mailbox, signed_in, user, other):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        assert SENDER in HashedSenders.of(user)
        assert SENDER not in HashedSenders.of(other)
        assert (
            AllowedSenderFactory(
                message=MessageFactory(mailbox=MailboxFactory(user=other), sender_address=SENDER)
            ).address_hash
            != AllowedSender.objects.of(user).get().address_hash
        )

    def test_the_lesson_is_a_hash(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        Message.objects.all().delete()
        lesson = AllowedSender.objects.get()
        assert lesson.message is None
        assert SENDER not in everything_kept()
        assert "A sender whose mail is no longer here" in text_of(signed_in.get(path(mailbox)))

    def test_it_is_shown_and_can_be_taken_back(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        page = text_of(signed_in.get(path(mailbox)))
        assert "Senders you pulled in" in page
        assert SENDER in page
        forget = f"/settings/integrations/senders/{AllowedSender.objects.get().pk}/forget/"
        assert f'action="{forget}"' in page
        response = signed_in.post(forget)
        assert response["Location"] == path(mailbox)
        assert "judged like any other again" in told(signed_in, response)
        assert SENDER not in HashedSenders.of(user)
        assert Message.objects.count() == 1
        assert signed_in.post(forget).status_code == 404

    def test_taken_back_in_one_mailbox_it_is_in_all(self, user, signed_in):
        lessons = [
            AllowedSenderFactory(message=MessageFactory(mailbox=MailboxFactory(user=user))) for _ in "ab"
        ]
        signed_in.post(f"/settings/integrations/senders/{lessons[0].pk}/forget/")
        assert not AllowedSender.objects.exists()

    def test_a_stranger_can_take_nothing_back(self, user, other, client_of):
        lesson = AllowedSenderFactory(message=MessageFactory(mailbox=MailboxFactory(user=user)))
        answer = client_of(other).post(f"/settings/integrations/senders/{lesson.pk}/forget/")
        assert answer.status_code == 404
        assert AllowedSender.objects.exists()

    def test_mail_that_was_looked_at_all_the_same_says_so(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        gmail.deliver(timezone.now() - timedelta(minutes=1), **{**QUIET, "subject": "Ducks again"})
        synced(mailbox)
        page = text_of(signed_in.get(path(mailbox)))
        assert ("Ducks again" in page) == ("this one was found not to be about a job" in page)
        assert not Message.objects.filter(state="linked").exists()

    def test_it_goes_with_the_mailbox_and_with_the_account(self, gmail, mailbox, signed_in, user, other):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        theirs = AllowedSenderFactory(message=MessageFactory(mailbox=MailboxFactory(user=other)))
        disconnect(user, mailbox.pk, True, timezone.now())
        assert list(AllowedSender.objects.all()) == [theirs]
        registry.delete(other)
        assert not AllowedSender.objects.exists()

    def test_it_is_in_the_export(self, gmail, mailbox, signed_in, user):
        skip(gmail, mailbox)
        take(signed_in, mailbox)
        lesson = AllowedSender.objects.get()
        (told,) = registry.export(user)["mail"]["allowed_senders"]
        assert told == {
            "mailbox_id": mailbox.pk,
            "message_id": lesson.message_id,
            "address_hash": lesson.address_hash,
            "made_at": lesson.made_at,
        }

    def test_asking_costs_no_query(self, user, django_assert_num_queries):
        AllowedSenderFactory(message=MessageFactory(mailbox=MailboxFactory(user=user), sender_address=SENDER))
        with django_assert_num_queries(1):
            senders = HashedSenders.of(user)
            assert [each in senders for each in (SENDER, "modest-harbour.example", "x@y.example", 7)] == [
                True,
                False,
                False,
                False,
            ]
            assert list(senders) == []


def screened(gmail, mailbox, values):
    """The reason for which the screen keeps such a mail now, or "nothing"."""
    made = gmail.deliver(timezone.now() - timedelta(minutes=1), **values)
    scope = skipped.scope_of(mailbox, timezone.now())
    raw = skipped.fetch_one(mailbox, scope, made["id"], timezone.now, skipped.Budget())
    known = skipped.Knowledge(mailbox, timezone.now()).known
    return screen(parse(raw), known).reason


def mailing(sender):
    """A mailing without a word about applications."""
    lines = [
        f"From: {sender}",
        f"To: {OWNER}",
        "Subject: Ducks of the week",
        "List-Unsubscribe: <https://ducks.example/stop>",
        f"Message-ID: <{sender}>",
        "",
        "Quack.",
    ]
    return "\r\n".join(lines).encode()


class TestOtherProviders:
    def test_outlook(self, outlook, user, client_of):
        mailbox = connected(outlook, user, MICROSOFT, "outlook", OUTLOOK_OWNER)
        synced(mailbox)
        outlook.deliver(timezone.now() - timedelta(minutes=5), **QUIET)
        synced(mailbox)
        self.look_and_take(client_of(user), mailbox)

    def test_imap(self, dovecot, user, client_of):
        grant = grants.keep_login(user, dovecot.owner, dovecot.login())
        mailbox = MailboxFactory(user=user, provider="imap", address=dovecot.owner, grant=grant)
        dovecot.deliver(timezone.now() - timedelta(minutes=5), **QUIET)
        synced(mailbox)
        self.look_and_take(client_of(user), mailbox)
        assert "\\Seen" not in " ".join(dovecot.flags())

    def look_and_take(self, client, mailbox):
        assert not Message.objects.exists()
        assert SUBJECT in text_of(client.get(path(mailbox)))
        page = told(client, take(client, mailbox))
        assert SUBJECT in page
        assert Message.objects.get().state == "orphan"
        assert sealed_in(client.get(path(mailbox))) == []

    def test_the_sample_works_on_every_plan(self, free_user, client_of, monkeypatch):
        monkeypatch.setattr("tracking.tasks.queue_sync", lambda mailbox: None)
        client = client_of(free_user)
        client.post("/settings/integrations/sample/")
        mailbox = Mailbox.objects.get()
        synced(mailbox)
        assert "Your box is being packed" in text_of(client.get(path(mailbox)))
        assert "Your box is being packed" in told(client, take(client, mailbox))


class TestWaysThere:
    def test_from_integrations_runs_and_quick_commands(self, gmail, mailbox, signed_in):
        skip(gmail, mailbox)
        for page in ("/settings/integrations/", "/inbox/runs/", "/commands/", "/commands/?q=skipped"):
            assert f'"{path(mailbox)}"' in text_of(signed_in.get(page)), page

    def test_not_where_there_is_nothing_to_look_at(self, signed_in, user):
        mailbox = MailboxFactory(user=user, provider="upload", last_success_at=timezone.now())
        for page in ("/settings/integrations/", "/inbox/runs/", "/commands/"):
            assert path(mailbox) not in text_of(signed_in.get(page))


def test_a_mail_that_the_database_refuses(gmail, mailbox, monkeypatch):
    made = gmail.deliver(timezone.now() - timedelta(minutes=5), **QUIET)
    monkeypatch.setattr("tracking.records.MAX_BODY", 0)
    monkeypatch.setattr("tracking.intake.ASKED_FOR", "longer than the column of it holds " * 3)
    with pytest.raises(MessageError, match="unreadable"):
        skipped.pull_in(mailbox, made["id"], timezone.now)
    assert not Message.objects.exists()
    assert not AllowedSender.objects.exists()
