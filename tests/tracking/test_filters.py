"""Searching and narrowing the Tracking Inbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from tests.factories import MailboxFactory, MessageFactory, UserFactory
from tracking.mail import Kind
from tracking.models import Message
from tracking.views.filters import Filters

pytestmark = pytest.mark.django_db

RECEIVED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def mail(mailbox, **values):
    values = {"sender_name": "Ann", "sender_address": "ann@mail.example", "received_at": RECEIVED, **values}
    return MessageFactory(mailbox=mailbox, **values)


def found(client, query):
    return {row.message for row in client.get(f"/inbox/?{query}").context["queue"].rows}


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        [
            "interview",
            "INTERVIEW",
            "interv",
            "lumen interview",
            "priya",
            "raman",
            "lumenhealth",
            "priya.raman@lumenhealth.example",
            "health, lumen!",
            "resume",
            "Résumé",
        ],
    )
    def test_words_and_beginnings_in_subject_and_sender_whatever_the_accents(self, user, mailbox, words):
        wanted = MessageFactory(mailbox=mailbox, subject="Interview at Lumen Health: your résumé")
        mail(mailbox, subject="Nothing of that")
        assert list(Message.objects.of(user).matching(words)) == [wanted]

    @pytest.mark.parametrize(
        ("subject", "words"),
        [
            ("Zaproszenie do Łodzi", "lodzi"),
            ("Ihr Gespräch in Köln", "gesprach koln"),
            ("Ответ на отклик", "ОТВЕТ"),
            ("面接のご案内", "面接"),
            ("C++ developer / QA (remote)", "c++"),
            ("Re: [JOB-1234] offer", "job-1234"),
            ("snake_case_role", "case"),
        ],
    )
    def test_in_any_language(self, user, mailbox, subject, words):
        wanted = mail(mailbox, subject=subject)
        mail(mailbox, subject="Something else")
        assert list(Message.objects.of(user).matching(words)) == [wanted]

    @pytest.mark.parametrize(
        "words", ["view", "lumen bluefin", "!!!", "'", "\\", ":*", "a' | 'b", "%", "\u0301"]
    )
    def test_what_does_not_begin_a_word_finds_nothing(self, client, user, mailbox, words):
        mail(mailbox, subject="Interview at Lumen")
        assert not Message.objects.of(user).matching(words)
        assert client.get("/inbox/", {"q": words}).status_code == 200

    def test_it_reads_no_body(self, user, mailbox):
        mail(mailbox, subject="Hello", body="Interview", snippet="Interview")
        assert not Message.objects.of(user).matching("interview")

    def test_a_strangers_mail_is_not_found(self, client, other):
        mail(MailboxFactory(user=other), subject="Interview")
        assert found(client, "q=interview") == set()


class TestNarrowing:
    def test_by_confidence(self, client, mailbox):
        low, middle, high = (mail(mailbox, confidence=percent) for percent in (49, 79, 80))
        assert found(client, "band=unlikely") == {low}
        assert found(client, "band=possible") == {middle}
        assert found(client, "band=likely") == {high}

    def test_by_day_both_ends_included(self, client, mailbox):
        days = [mail(mailbox, received_at=RECEIVED + timedelta(days=day)) for day in range(4)]
        assert found(client, "since=2026-03-05&until=2026-03-06") == set(days[1:3])
        assert found(client, "since=2026-03-06") == set(days[2:])
        assert found(client, "until=2026-03-04") == {days[0]}

    def test_days_are_those_of_the_user(self, client_of):
        user = UserFactory(plan="platinum", timezone="Pacific/Auckland")
        late = mail(MailboxFactory(user=user), received_at=datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
        assert found(client_of(user), "since=2026-03-05") == {late}
        assert found(client_of(user), "until=2026-03-04") == set()

    @pytest.mark.parametrize(
        "query", ["band=huge", "since=yesterday", "until=2026-02-31", "since=0001-01-01", "until=9999-12-31"]
    )
    def test_what_means_nothing_is_dropped(self, client, mailbox, query):
        message = mail(mailbox)
        assert found(client, query) == {message}

    def test_the_address_holds_every_filter(self):
        query = "tab=orphans&q=a+b&kind=offer&band=likely&since=2026-03-01&until=2026-03-31&page=2"
        assert Filters.of(QueryDict(query)).query == query

    def test_each_filter_that_is_set_can_be_taken_away_alone(self, client, mailbox):
        page = client.get(f"/inbox/?kind=offer&band=likely&mailbox={mailbox.pk}&since=2026-03-01&page=3")
        named = {each.label: each.without for each in page.context["set_ones"]}
        assert set(named) == {"Offer", "80 % and more", mailbox.address, "From 1 Mar 2026"}
        rest = f"/inbox/?mailbox={mailbox.pk}&band=likely&since=2026-03-01"
        assert named["Offer"] == rest
        assert all(f'href="{path.replace("&", "&amp;")}"' in page.content.decode() for path in named.values())


class TestCounts:
    @pytest.fixture(autouse=True)
    def mails(self, mailbox):
        mail(mailbox, subject="Offer", kind=Kind.OFFER)
        mail(mailbox, subject="Offer again", kind=Kind.OFFER, state="orphan")
        mail(mailbox, subject="No", kind=Kind.REJECTION, state="ignored", decided_at=RECEIVED)
        mail(mailbox, subject="No again", kind=Kind.REJECTION)

    def counts(self, client, query):
        return [count for _, _, _, count in client.get(f"/inbox/?{query}").context["tabs"]]

    def test_they_are_of_what_is_shown(self, client):
        assert self.counts(client, "") == [2, 1, 1]
        assert self.counts(client, "q=offer") == [1, 1, 0]
        assert self.counts(client, "kind=rejection") == [1, 0, 1]
        assert self.counts(client, "q=offer&kind=rejection") == [0, 0, 0]

    def test_another_tab_keeps_the_filters(self, client):
        tabs = client.get("/inbox/?q=offer&page=2").context["tabs"]
        assert tabs[1][2] == "/inbox/?tab=orphans&q=offer"

    def test_news_of_the_whole_inbox_leaves_them_alone(self, client):
        page = client.get("/inbox/?q=offer").content.decode()
        assert '<div hidden><span id="live-review" class="badge">2</span>' in page

    def test_where_nothing_is_found_it_says_where_something_is(self, client):
        page = client.get("/inbox/?tab=decided&q=offer").content.decode()
        assert "Nothing matches" in page
        assert "1 in Orphans" in page
