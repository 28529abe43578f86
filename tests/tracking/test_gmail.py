"""The Gmail source against a stand-in of the API over HTTP: first sync, history, and all that goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from accounts import grants
from accounts.grants import GOOGLE
from tests.factories import ApplicationFactory, MailboxFactory, ThreadFactory
from tests.standins.fixtures import OWNER, source
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import MessageError, NeedsReconnectError, Scope, TemporaryError, calling
from tracking.providers.gmail import GmailSource, address_of, api
from tracking.providers.gmail.errors import read_refusal
from tracking.providers.gmail.queries import LONGEST, build_queries, resync_query
from tracking.providers.gmail.source import PAGE_SIZE
from tracking.sync import sync

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SCOPE = Scope(since=NOW - timedelta(days=90))


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waiting between retries, noted instead of done."""
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


@pytest.fixture
def grant(gmail, user):
    session: dict[str, object] = {}
    back = gmail.consent(grants.authorization_url(session, GOOGLE, NOW))
    tokens = grants.exchange(grants.take_consent(session, back["state"], NOW), back["code"], NOW)
    return grants.keep(user, GOOGLE, OWNER, tokens)


@pytest.fixture
def mailbox(user, grant):
    return MailboxFactory(user=user, provider=Mailbox.Provider.GMAIL, address=OWNER, grant=grant)


@pytest.fixture
def gmail_source(mailbox):
    return opened(mailbox)


def opened(mailbox, scope=SCOPE):
    return GmailSource(mailbox, scope, grants.TokenSource(mailbox.grant.pk, lambda: NOW), lambda: NOW)


def read(source, cursor):
    """Read to the end: the mails, the failures, and the last cursor."""
    mails, failed = [], []
    for page in source.pages(cursor):
        mails += page.mails
        failed += page.failed
        cursor = page.cursor
    return mails, failed, cursor


def ids(mails):
    return [mail.provider_id for mail in mails]


def deliver_many(gmail, count):
    """`count` messages, the newest first in the list of ids given back."""
    made = [gmail.deliver(NOW - timedelta(minutes=count - n), subject=f"Interview {n}") for n in range(count)]
    return [message["id"] for message in reversed(made)]


@pytest.fixture
def caught_up(gmail, mailbox):
    """A mailbox whose first sync is done: its cursor."""
    mailbox.last_success_at = NOW - timedelta(hours=1)
    mailbox.save()
    cursor = read(opened(mailbox), {})[2]
    assert cursor["phase"] == "history"
    gmail.order("reset_counts")
    return cursor


class TestFirstSync:
    def test_messages_come_whole(self, gmail, gmail_source):
        raw = source(NOW, "Ihre Bewerbung", "Vielen Dank für Ihre Bewerbung — große Freude.")
        sent = gmail.deliver(NOW - timedelta(hours=2), raw=raw)
        (mail,), failed, _ = read(gmail_source, {})
        assert (mail.provider_id, mail.thread_id) == (sent["id"], sent["threadId"])
        assert mail.content == raw
        assert mail.received_at == NOW - timedelta(hours=2)
        assert mail.trusted_authserv == ("mx.google.com",)
        assert not mail.sent
        assert not failed

    def test_only_candidates_of_the_last_90_days_are_fetched(self, gmail, gmail_source):
        wanted = gmail.deliver(NOW - timedelta(days=89), subject="Interview on Monday")
        gmail.deliver(NOW - timedelta(days=91), subject="Interview on Monday")
        gmail.deliver(NOW, subject="Lunch?", text="See you at noon.", sender="Ana <ana@friends.example>")
        gmail.deliver(NOW, subject="Interview", labels=["DRAFT"])
        gmail.deliver(NOW, subject="Interview", labels=["TRASH"])
        gmail.deliver(NOW, subject="Interview", labels=["SPAM"])
        gmail.deliver(NOW, subject="Interview", labels=["CHAT"])
        assert ids(read(gmail_source, {})[0]) == [wanted["id"]]
        assert gmail.calls()["get"] == 1

    @pytest.mark.parametrize(
        "values",
        [
            {"subject": "Ihre Bewerbung"},
            {"subject": "Votre candidature"},
            {"subject": "Tu entrevista"},
            {"subject": "Processo seletivo"},
            {"subject": "Il tuo colloquio"},
            {"subject": "Je sollicitatie"},
            {"subject": "Hello", "sender": "Ada <no-reply@us.greenhouse-mail.io>"},
            {"subject": "About Fernwick Energy"},
            {"subject": "Hello", "sender": "Ada <ada@people.fernwick.example>"},
            {"subject": "Hello", "sender": "Maya <maya@agency.example>"},
        ],
    )
    def test_languages_platforms_and_the_users_own(self, gmail, mailbox, values):
        gmail.deliver(NOW, text="Hi", **values)
        scope = Scope(SCOPE.since, ("Fernwick Energy",), ("fernwick.example",), ("maya@agency.example",))
        assert len(read(opened(mailbox, scope), {})[0]) == 1

    def test_newest_first_in_pages_each_message_once(self, gmail, gmail_source):
        made = deliver_many(gmail, 60)
        pages = [page for page in gmail_source.pages({}) if page.mails]
        assert [len(page.mails) for page in pages] == [PAGE_SIZE, 60 - PAGE_SIZE]
        assert [identifier for page in pages for identifier in ids(page.mails)] == made
        assert {page.estimated_total for page in pages} == {60}
        assert gmail.calls()["get"] == 60

    def test_one_found_by_several_searches_is_fetched_once(self, gmail, gmail_source):
        gmail.deliver(NOW, subject="Interview", sender="Lever <no-reply@hire.lever.co>")
        assert len(read(gmail_source, {})[0]) == 1
        assert gmail.calls()["get"] == 1

    def test_any_page_can_be_resumed_from(self, gmail, mailbox, monkeypatch):
        monkeypatch.setattr("tracking.providers.gmail.source.PAGE_SIZE", 4)
        made = deliver_many(gmail, 10)
        cursors = [{}, *(page.cursor for page in opened(mailbox).pages({}))]
        for cursor in cursors:
            pages = list(opened(mailbox).pages(cursor))
            done = set(made) - set(cursor.get("pending", made))
            rest = [identifier for page in pages for identifier in ids(page.mails)]
            assert set(rest) | done == set(made)
            assert len(rest) == len(set(rest))

    def test_what_comes_during_the_search_is_not_missed(self, gmail, gmail_source):
        first = deliver_many(gmail, 30)
        pages = gmail_source.pages({})
        found = []
        for page in islice(pages, 2):
            found += ids(page.mails)
        late = gmail.deliver(NOW, subject="Interview at last")["id"]
        for page in pages:
            found += ids(page.mails)
        assert sorted(found) == sorted([*first, late])

    def test_own_messages_are_marked(self, gmail, gmail_source):
        gmail.deliver(NOW, subject="My application", labels=["SENT"])
        assert [mail.sent for mail in read(gmail_source, {})[0]] == [True]

    def test_a_stale_page_token_lists_again(self, gmail, gmail_source):
        made = deliver_many(gmail, 3)
        cursor = next(iter(gmail_source.pages({}))).cursor
        queries = build_queries(SCOPE)
        stale = {**cursor, "queries": queries, "page_token": "gone", "pending": []}
        assert ids(read(gmail_source, stale)[0]) == made

    def test_list_pages_are_followed(self, gmail, gmail_source, monkeypatch):
        monkeypatch.setattr("tracking.providers.gmail.source.LIST_SIZE", 10)
        made = deliver_many(gmail, 25)
        assert ids(read(gmail_source, {})[0]) == made


class TestHistory:
    def test_nothing_new_costs_one_call(self, gmail, mailbox, caught_up):
        assert list(opened(mailbox).pages(caught_up)) == []
        assert gmail.calls() == {"history": 1}

    def test_new_mail_is_fetched_once(self, gmail, mailbox, caught_up):
        new = gmail.deliver(NOW, subject="Anything")
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert ids(mails) == [new["id"]]
        assert cursor == {"phase": "history", "history": new["historyId"], "pending": []}
        assert gmail.calls() == {"history": 1, "get": 1}
        assert read(opened(mailbox), cursor)[0] == []

    def test_ids_beyond_what_a_float_holds(self, gmail, mailbox, caught_up):
        assert int(caught_up["history"]) > 2**63
        new = gmail.deliver(NOW)
        assert read(opened(mailbox), caught_up)[2]["history"] == new["historyId"]

    def test_many_changes_come_in_pages_that_can_be_resumed(self, gmail, mailbox, caught_up):
        made = [gmail.deliver(NOW)["id"] for _ in range(PAGE_SIZE + 5)]
        first = next(opened(mailbox).pages(caught_up))
        assert ids(first.mails) == made[:PAGE_SIZE]
        assert ids(read(opened(mailbox), first.cursor)[0]) == made[PAGE_SIZE:]

    def test_more_than_a_cursor_holds(self, gmail, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr("tracking.providers.gmail.source.PENDING_LIMIT", 4)
        monkeypatch.setattr("tracking.providers.gmail.source.PAGE_SIZE", 3)
        gmail.order("set_page_limit", size=2)
        made = [gmail.deliver(NOW)["id"] for _ in range(11)]
        pages = list(opened(mailbox).pages(caught_up))
        assert [identifier for page in pages for identifier in ids(page.mails)] == made
        assert max(len(page.cursor["pending"]) for page in pages) <= 4

    @pytest.mark.parametrize("label", ["DRAFT", "CHAT", "TRASH", "SPAM"])
    def test_unwanted_labels(self, gmail, mailbox, caught_up, label):
        gmail.deliver(NOW, labels=[label])
        assert read(opened(mailbox), caught_up)[0] == []
        assert "get" not in gmail.calls()

    def test_own_messages_only_in_linked_threads(self, gmail, mailbox, caught_up):
        linked = ThreadFactory(
            mailbox=mailbox, provider_id="t-linked", application=ApplicationFactory(user=mailbox.user)
        )
        ThreadFactory(mailbox=mailbox, provider_id="t-waiting")
        answer = gmail.deliver(NOW, labels=["SENT"], thread=linked.provider_id)
        gmail.deliver(NOW, labels=["SENT"], thread="t-waiting")
        gmail.deliver(NOW, labels=["SENT"])
        mails = read(opened(mailbox), caught_up)[0]
        assert [(mail.provider_id, mail.sent) for mail in mails] == [(answer["id"], True)]
        assert gmail.calls()["get"] == 1

    def test_a_message_gone_is_no_failure(self, gmail, mailbox, caught_up):
        gone, stays = gmail.deliver(NOW), gmail.deliver(NOW)
        gmail.order("delete_message", address=OWNER, id=gone["id"])
        mails, failed, _ = read(opened(mailbox), caught_up)
        assert (ids(mails), failed) == ([stays["id"]], [])

    def test_expired_history_is_read_again_from_before_the_last_success(self, gmail, mailbox, caught_up):
        before = gmail.deliver(NOW - timedelta(days=2, hours=2), subject="Too old")
        overlap = gmail.deliver(NOW - timedelta(days=2), subject="Any subject at all")
        new = gmail.deliver(NOW, subject="Something new")
        gmail.order("expire_history", address=OWNER)
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert ids(mails) == [new["id"], overlap["id"]]
        assert before["id"] not in ids(mails)
        newest = gmail.order("history_id", address=OWNER)["historyId"]
        assert cursor == {"phase": "history", "history": newest, "pending": []}
        assert read(opened(mailbox), cursor)[0] == []

    def test_history_lost_for_good_ends_each_sync_all_the_same(self, gmail, mailbox, caught_up):
        """A mailbox quiet for weeks: the id in its own profile has expired as well."""
        gmail.refuse("history", 404, "notFound", times=5)
        _, _, cursor = read(opened(mailbox), caught_up)
        assert cursor["phase"] == "history"
        assert gmail.calls() == {"history": 1, "profile": 1, "list": 1}

    def test_history_lost_before_the_first_success_begins_anew(self, gmail, mailbox, caught_up):
        mailbox.last_success_at = None
        wanted = gmail.deliver(NOW - timedelta(days=80), subject="Interview")
        gmail.order("expire_history", address=OWNER)
        assert ids(read(opened(mailbox), caught_up)[0]) == [wanted["id"]]

    def test_mail_that_comes_during_a_resync_is_followed_later(self, gmail, mailbox, caught_up):
        gmail.deliver(NOW)
        gmail.order("expire_history", address=OWNER)
        pages = opened(mailbox).pages(caught_up)
        first = next(pages)
        late = gmail.deliver(NOW)
        cursor = [first, *pages][-1].cursor
        assert ids(read(opened(mailbox), cursor)[0]) == [late["id"]]


class TestHeadersFirst:
    """After the first sync, all that comes is looked at; the whole of it only where it may be wanted."""

    MAILING = (
        b"From: Shop <news@shop.example>\r\nList-Unsubscribe: <https://shop.example/u>\r\n"
        b"Subject: %b\r\n\r\n%b\r\n"
    )

    def read_new(self, mailbox, cursor):
        scope = Scope(SCOPE.since, keeps=lambda mail: "interview" in f"{mail.subject} {mail.text}".lower())
        return ids(read(opened(mailbox, scope), cursor)[0])

    def test_a_mailing_without_a_word_stays_where_it_is(self, gmail, mailbox, caught_up):
        gmail.deliver(NOW, raw=self.MAILING % (b"Garden chairs", b"Half price until Tuesday"))
        assert self.read_new(mailbox, caught_up) == []
        assert gmail.calls() == {"history": 1, "get": 1}
        assert gmail.order("last")["get"]["format"] == ["metadata"]

    @pytest.mark.parametrize(
        ("subject", "text"), [(b"Your interview", b"Hello"), (b"Hello", b"An interview, on Tuesday")]
    )
    def test_one_that_says_something_is_read(self, gmail, mailbox, caught_up, subject, text):
        new = gmail.deliver(NOW, raw=self.MAILING % (subject, text))
        assert self.read_new(mailbox, caught_up) == [new["id"]]
        assert gmail.calls() == {"history": 1, "get": 2}
        assert gmail.order("last")["get"]["format"] == ["raw"]

    def test_a_letter_is_read_whatever_it_begins_with(self, gmail, mailbox, caught_up):
        letter = source(NOW, "Hello", f"{'How are you? ' * 40} About the interview.", "Ana <ana@x.example>")
        new = gmail.deliver(NOW, raw=letter)
        assert self.read_new(mailbox, caught_up) == [new["id"]]

    def test_of_a_mailing_a_job_title_as_subject_is_enough(self, gmail, mailbox, caught_up):
        new = gmail.deliver(NOW, raw=self.MAILING % (b"Head of Marine", b"Dear Sam"))
        gmail.deliver(NOW, raw=self.MAILING % (b"Garden chairs", b"From the head of our garden"))
        scope = Scope(SCOPE.since, keeps=lambda mail: not mail.bulk and "Head" in mail.subject)
        assert ids(read(opened(mailbox, scope), caught_up)[0]) == [new["id"]]

    def test_headers_that_cannot_be_read_decide_nothing(self, gmail, mailbox, caught_up):
        new = gmail.deliver(NOW, raw=b"From: =?x?=\r\nDate: never\r\n\r\n")
        assert self.read_new(mailbox, caught_up) == [new["id"]]

    def test_in_order_and_resumable(self, gmail, mailbox, caught_up):
        made = [gmail.deliver(NOW, subject=f"Interview {n}")["id"] for n in range(PAGE_SIZE + 5)]
        scope = Scope(SCOPE.since, keeps=lambda mail: True)
        first = next(opened(mailbox, scope).pages(caught_up))
        assert ids(first.mails) == made[:PAGE_SIZE]
        assert ids(read(opened(mailbox, scope), first.cursor)[0]) == made[PAGE_SIZE:]

    def test_a_fault_between_headers_and_source_loses_nothing(self, gmail, mailbox, caught_up):
        made = [gmail.deliver(NOW)["id"] for _ in range(3)]
        scope = Scope(SCOPE.since, keeps=lambda mail: True)
        gmail.refuse("get", 429, "rateLimitExceeded", skip=3, times=50, headers={"Retry-After": "600"})
        pages = opened(mailbox, scope).pages(caught_up)
        first = next(pages)
        with pytest.raises(TemporaryError):
            next(pages)
        gmail.order("clear_failures")
        found = ids(first.mails) + ids(read(opened(mailbox, scope), first.cursor)[0])
        assert sorted(found) == sorted(made)


class TestTrouble:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (429, "rateLimitExceeded"),
            (403, "rateLimitExceeded"),
            (403, "userRateLimitExceeded"),
            (403, "quotaExceeded"),
            (400, "failedPrecondition"),
            (500, "backendError"),
            (503, "backendError"),
        ],
    )
    def test_a_short_fault_is_waited_for(self, gmail, mailbox, caught_up, waits, status, reason):
        new = gmail.deliver(NOW)
        gmail.refuse("get", status, reason, times=2)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]
        assert len(waits) == 2
        assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2

    def test_a_long_fault_is_left_to_a_later_sync(self, gmail, mailbox, caught_up, waits):
        gmail.refuse("history", 503, "backendError", times=50)
        with pytest.raises(TemporaryError, match="provider_down") as raised:
            list(opened(mailbox).pages(caught_up))
        assert raised.value.until is None
        assert sum(waits) <= 8
        assert 3 <= gmail.calls()["history"] <= 5

    def test_a_small_retry_after_is_honoured(self, gmail, mailbox, caught_up, waits):
        gmail.refuse("history", 429, "rateLimitExceeded", headers={"Retry-After": "3"})
        list(opened(mailbox).pages(caught_up))
        assert waits == [pytest.approx(3)]

    def test_a_large_retry_after_is_not_slept(self, gmail, mailbox, caught_up, waits):
        gmail.refuse("history", 429, "rateLimitExceeded", headers={"Retry-After": "900"})
        with pytest.raises(TemporaryError, match="rate_limited") as raised:
            list(opened(mailbox).pages(caught_up))
        assert raised.value.until == NOW + timedelta(minutes=15)
        assert waits == []

    def test_a_time_named_in_the_message(self, gmail, mailbox, caught_up, waits):
        message = "User-rate limit exceeded.  Retry after 2026-03-04T10:15:00.123Z"
        gmail.refuse("history", 429, "rateLimitExceeded", message=message)
        with pytest.raises(TemporaryError) as raised:
            list(opened(mailbox).pages(caught_up))
        assert raised.value.until == datetime(2026, 3, 4, 10, 15, 0, 123000, tzinfo=UTC)
        assert waits == []

    @pytest.mark.parametrize(
        "failure", [{"cut": True}, {"truncate": True}, {"status": 200, "body": "<html>"}]
    )
    def test_a_cut_connection_is_tried_again(self, gmail, mailbox, caught_up, failure):
        new = gmail.deliver(NOW)
        gmail.fail("get", times=1, **failure)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]

    def test_no_connection_at_all(self, mailbox, caught_up, settings):
        settings.GMAIL_API_BASE_URL = "http://127.0.0.1:9"
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            list(opened(mailbox).pages(caught_up))

    def test_no_answer_in_time(self, gmail, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr(api, "TIMEOUT", 0.2)
        gmail.fail("history", delay=20, times=20)
        with pytest.raises(TemporaryError, match="provider_timeout"):
            list(opened(mailbox).pages(caught_up))

    def test_what_was_fetched_before_a_fault_is_kept(self, gmail, mailbox, caught_up, settings):
        settings.GMAIL_CALLS_AT_ONCE = 1  # so that the fourth call is that for the fourth message
        made = [gmail.deliver(NOW)["id"] for _ in range(5)]
        gmail.refuse("get", 429, "rateLimitExceeded", skip=3, headers={"Retry-After": "600"})
        pages = opened(mailbox).pages(caught_up)
        first = next(pages)
        assert ids(first.mails) == made[:3]
        with pytest.raises(TemporaryError):
            next(pages)
        assert ids(read(opened(mailbox), first.cursor)[0]) == made[3:]
        assert gmail.calls()["get"] <= len(made) + 2  # the refused one, and perhaps that behind it

    def test_one_bad_message_does_not_stop_the_others(self, gmail, mailbox, caught_up):
        made = [gmail.deliver(NOW)["id"] for _ in range(3)]
        gmail.refuse("get", 400, "invalidArgument", skip=1)
        mails, failed, cursor = read(opened(mailbox), caught_up)
        (refused,) = set(made) - set(ids(mails))
        assert ids(mails) == [each for each in made if each != refused]
        assert failed == [(refused, "message_refused")]
        assert cursor["pending"] == []

    def test_a_token_that_ends_in_mid_sync_is_renewed(self, gmail, mailbox, caught_up):
        made = [gmail.deliver(NOW)["id"] for _ in range(100)]
        pages = opened(mailbox).pages(caught_up)
        found = ids(next(pages).mails)
        gmail.order("expire_access")
        for page in pages:
            found += ids(page.mails)
        assert found == made
        assert gmail.order("grants")["refreshes"] == 1

    def test_a_grant_withdrawn_in_mid_sync(self, gmail, mailbox, caught_up):
        """What came before it is handed over; the cursor holds exactly the rest."""
        made = [gmail.deliver(NOW)["id"] for _ in range(100)]
        pages = opened(mailbox).pages(caught_up)
        found, cursor = ids(next(pages).mails), {}
        gmail.order("revoke", address=OWNER)
        with pytest.raises(NeedsReconnectError):  # noqa: PT012 - what came before it counts
            for page in pages:
                found += ids(page.mails)
                cursor = page.cursor
        assert len(found) == len(set(found)) < 100
        assert found + cursor.get("pending", []) == made

    def test_stopping_between_pages_asks_for_nothing_more(self, gmail, mailbox, caught_up):
        for _ in range(100):
            gmail.deliver(NOW)
        pages = opened(mailbox).pages(caught_up)
        next(pages)
        pages.close()
        asked = gmail.calls()["get"]
        assert PAGE_SIZE <= asked <= 2 * PAGE_SIZE  # the page itself, and the next at most
        assert gmail.calls()["get"] == asked

    def test_refused_twice_needs_the_user(self, gmail, mailbox, caught_up):
        gmail.refuse("history", 401, "authError", times=2)
        with pytest.raises(NeedsReconnectError, match="access_refused"):
            list(opened(mailbox).pages(caught_up))

    def test_a_withdrawn_grant_needs_the_user(self, gmail, mailbox, caught_up):
        gmail.order("revoke", address=OWNER)
        with pytest.raises(NeedsReconnectError, match="grant_revoked"):
            list(opened(mailbox).pages(caught_up))

    def test_a_token_endpoint_out_of_order_does_not(self, gmail, mailbox, caught_up):
        gmail.order("expire_access")
        gmail.fail("token", status=503, body={})
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            list(opened(mailbox).pages(caught_up))

    @pytest.mark.parametrize(
        ("reason", "code"),
        [
            ("insufficientPermissions", "scope_missing"),
            ("domainPolicy", "domain_policy"),
            ("somethingElse", "access_refused"),
        ],
    )
    def test_forbidden_needs_the_user(self, gmail, mailbox, caught_up, reason, code):
        gmail.refuse("history", 403, reason)
        with pytest.raises(NeedsReconnectError, match=code):
            list(opened(mailbox).pages(caught_up))

    @pytest.mark.parametrize("reason", ["accessNotConfigured", "SERVICE_DISABLED"])
    def test_an_api_that_is_switched_off_is_the_operators(self, gmail, mailbox, caught_up, reason):
        gmail.refuse("history", 403, reason)
        with pytest.raises(TemporaryError, match="api_disabled"):
            list(opened(mailbox).pages(caught_up))

    def test_quota_of_the_provider_is_felt(self, gmail, mailbox, caught_up):
        """300 messages a minute and user: the rest waits for a later sync, none is lost."""
        made = [gmail.deliver(NOW)["id"] for _ in range(320)]
        found, cursor = [], caught_up
        pages = opened(mailbox).pages(caught_up)
        with pytest.raises(TemporaryError, match="rate_limited"):  # noqa: PT012 - what came before it counts
            for page in pages:
                found += ids(page.mails)
                cursor = page.cursor
        assert 250 < len(found) < 320
        gmail.order("advance", seconds=61)
        found += ids(read(opened(mailbox), cursor)[0])
        assert sorted(found) == sorted(made)


class TestGet:
    def test_one_message_again(self, gmail, gmail_source):
        made = gmail.deliver(NOW)
        assert gmail_source.get(made["id"]).provider_id == made["id"]

    def test_gone(self, gmail_source):
        with pytest.raises(MessageError, match="message_gone"):
            gmail_source.get("18c0000000000000")

    def test_whose_account(self, gmail, grant):
        assert address_of(grants.access_token(grant.pk, NOW)) == OWNER


class TestQueries:
    def test_after_in_seconds_and_without_chats(self):
        for query in build_queries(SCOPE):
            assert query.startswith(f"after:{int(SCOPE.since.timestamp())} -in:chats -in:drafts {{")
            assert query.endswith("}")

    def test_words_platforms_and_own_names(self):
        scope = Scope(SCOPE.since, ("Fernwick Energy",), ("fernwick.example",), ("maya@agency.example",))
        terms = " ".join(build_queries(scope))
        for term in (
            '"Fernwick Energy"',
            "from:fernwick.example",
            "from:maya@agency.example",
            "interview",
            '"next steps"',
            "Bewerbung",
            "candidature",
            "entrevista",
            "colloquio",
            "sollicitatie",
            "from:greenhouse-mail.io",
            "from:calendly.com",
            "from:codility.com",
        ):
            assert f" {term} " in terms.replace("{", "{ ").replace("}", " }")

    def test_addresses_that_send_only_alerts_are_left_out(self):
        terms = " ".join(build_queries(SCOPE))
        for term in ("from:jobalerts.jobvite.com", "from:linkedin.com", "from:jobs2web.com"):
            assert term not in terms

    def test_a_long_list_becomes_several_searches(self):
        companies = tuple(f"Company Number {n}" for n in range(500))
        queries = build_queries(Scope(SCOPE.since, companies))
        assert len(queries) > 5
        assert all(len(query) <= LONGEST for query in queries)
        assert all(any(f'"{company}"' in query for query in queries) for company in companies)

    @pytest.mark.parametrize("name", ['Foo "Bar" {x} (y)', "} in:anywhere {", '"', "", "  "])
    def test_names_cannot_break_out(self, name):
        (first, *_) = build_queries(Scope(SCOPE.since, (name,)))
        assert first.count("{") == first.count("}") == 1
        assert first.count('"') % 2 == 0
        assert "(" not in first

    def test_resync_asks_for_everything(self):
        assert resync_query(NOW) == f"after:{int(NOW.timestamp())} -in:chats -in:drafts"


class TestRefusals:
    def test_newer_form_of_errors(self):
        body = b'{"error": {"code": 403, "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}'
        assert read_refusal(403, body, {}, NOW).code == "scope_missing"

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"errors": ["x"]}}']
    )
    def test_foreign_bodies(self, body):
        assert read_refusal(502, body, {}, NOW).meaning == "busy"
        assert read_refusal(403, body, {}, NOW).meaning == "access"

    def test_dates_as_retry_after(self):
        header = {"retry-after": "Wed, 04 Mar 2026 09:40:00 GMT"}
        assert read_refusal(429, b"", header, NOW).until == NOW + timedelta(minutes=10)

    @pytest.mark.parametrize("header", ["soon", "-5", "99999999999999999999"])
    def test_nonsense_as_retry_after(self, header):
        until = read_refusal(429, b"", {"retry-after": header}, NOW).until
        assert until is None or until <= NOW + timedelta(days=1)


class TestThroughTheSync:
    """The same with the real sync around it."""

    def run(self, mailbox, at=NOW):
        return sync(mailbox.pk, clock=lambda: at)

    def test_first_sync_then_history(self, gmail, mailbox):
        gmail.deliver(NOW - timedelta(days=1))
        run = self.run(mailbox)
        assert (run.state, run.looked_at) == (SyncRun.State.COMPLETED, 1)
        gmail.deliver(NOW)
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert (run.state, run.looked_at, run.duplicates) == (SyncRun.State.COMPLETED, 1, 0)

    def test_a_resync_stores_nothing_twice(self, gmail, mailbox):
        gmail.deliver(NOW - timedelta(hours=1))
        self.run(mailbox)
        stored = Message.objects.of(mailbox.user).count()
        gmail.order("expire_history", address=OWNER)
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert run.state == SyncRun.State.COMPLETED
        assert run.looked_at == 1
        assert Message.objects.of(mailbox.user).count() == stored

    def test_withdrawn_grant_is_told_once(self, gmail, mailbox):
        self.run(mailbox)
        gmail.order("revoke", address=OWNER)
        first = self.run(mailbox, NOW + timedelta(minutes=5))
        second = self.run(mailbox, NOW + timedelta(minutes=10))
        mailbox.refresh_from_db()
        assert (first.error, second) == ("grant_revoked", None)
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        assert [(n.kind, n.count) for n in mailbox.user.notifications.all()] == [("mailbox", 1)]

    def test_a_wait_goes_to_the_mailbox(self, gmail, mailbox):
        gmail.refuse("list", 429, "rateLimitExceeded", headers={"Retry-After": "600"})
        run = self.run(mailbox)
        mailbox.refresh_from_db()
        assert (run.state, run.error) == (SyncRun.State.FAILED, "rate_limited")
        assert mailbox.state == Mailbox.State.ACTIVE
        assert mailbox.blocked_until == NOW + timedelta(minutes=10)

    def test_a_message_that_failed_is_tried_again(self, gmail, mailbox):
        made = gmail.deliver(NOW)
        gmail.refuse("get", 400, "invalidArgument")
        run = self.run(mailbox)
        assert (run.state, run.error, run.failed) == (SyncRun.State.FAILED, "nothing_read", 1)
        assert FailedMessage.objects.get().provider_id == made["id"]
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert (run.state, run.failed, run.looked_at) == (SyncRun.State.COMPLETED, 0, 1)
        assert not FailedMessage.objects.exists()
