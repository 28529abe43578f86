"""The board and the list: what is on them, in which order, and how many queries that takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from applications import columns, listing, silence
from applications.listing import Filters
from applications.models import Application
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory

AT = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def found(user, **asked):
    return listing.found(user, Filters(**asked), AT)


def companies(rows):
    return [row.company for row in rows]


def text_of(response):
    return " ".join(response.content.decode().split())


def shown(response):
    """The companies of the table, in order."""
    return re.findall(r'<th scope="row"><a [^>]*>(.*?)</a>', response.content.decode())


class TestFound:
    def test_every_word_counts_anywhere(self, user):
        ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst", location="Oslo")
        ApplicationFactory(user=user, company="Lumen Energy", title="Welder", location="Bergen")
        assert companies(found(user, query="lumen oslo analyst")) == ["Lumen Health"]
        assert len(found(user, query="lumen")) == 2
        assert companies(found(user, query="100%")) == []

    def test_archived_ones_are_apart(self, user):
        ApplicationFactory(user=user, company="Here")
        ApplicationFactory(user=user, company="Away", archived_at=AT)
        assert companies(found(user)) == ["Here"]
        assert companies(found(user, archived=True)) == ["Away"]

    def test_a_strangers_are_never_there(self, user, other):
        ApplicationFactory(user=other, company="Theirs")
        for archived in (True, False):
            assert not found(user, archived=archived).exists()


class TestBoard:
    def test_every_status_is_a_column_with_the_latest_first(self, user):
        old = ApplicationFactory(user=user, status=Status.APPLIED, at=AT - timedelta(days=5))
        new = ApplicationFactory(user=user, status=Status.APPLIED, at=AT)
        columns = listing.board(user, found(user), AT)
        assert [column.status for column in columns] == list(Status)
        applied = columns[list(Status).index(Status.APPLIED)]
        assert (applied.cards, applied.total, applied.more) == ([new, old], 2, 0)

    def test_a_long_column_is_cut_and_says_how_many_more(self, user, monkeypatch):
        monkeypatch.setattr(listing, "CARDS_OPEN", 3)
        for day in range(5):
            ApplicationFactory(user=user, at=AT - timedelta(days=day), company=f"C{day}")
        column = listing.board(user, found(user), AT)[1]
        assert companies(column.cards) == ["C0", "C1", "C2"]
        assert (column.total, column.more) == (5, 2)

    def test_cards_count_their_mail(self, user):
        application = ApplicationFactory(user=user, status=Status.INTERVIEWING)
        MessageFactory.create_batch(2, mailbox=MailboxFactory(user=user), linked_to=application)
        (card,) = listing.board(user, found(user), AT)[2].cards
        assert (card.mail_count, card.thread_count) == (2, 2)

    def test_mail_of_one_conversation_is_one_thread(self, user):
        application = ApplicationFactory(user=user, status=Status.INTERVIEWING)
        first = MessageFactory(mailbox=MailboxFactory(user=user), linked_to=application)
        MessageFactory(mailbox=first.mailbox, thread=first.thread, linked_to=application)
        (card,) = listing.board(user, found(user), AT)[2].cards
        assert (card.mail_count, card.thread_count) == (2, 1)


class TestFilters:
    def test_by_status_and_source(self, user):
        ApplicationFactory(user=user, company="Acme", source="mail")
        ApplicationFactory(user=user, company="Birch", status=Status.REJECTED)
        assert companies(found(user, source="mail")) == ["Acme"]
        assert companies(found(user, status="rejected")) == ["Birch"]

    def test_no_response_is_derived_from_silence(self, user):
        long_ago = AT - timedelta(days=silence.QUIET_DAYS + 4)
        quiet = ApplicationFactory(user=user, company="Quiet", at=long_ago)
        ApplicationFactory(user=user, company="Fresh", at=AT - timedelta(days=2))
        ApplicationFactory(user=user, company="Saved", status=Status.SAVED, at=long_ago)
        ApplicationFactory(user=user, company="Closed", status=Status.REJECTED, at=long_ago)
        answered = ApplicationFactory(user=user, company="Answered", at=long_ago)
        mailbox = MailboxFactory(user=user)
        MessageFactory(mailbox=mailbox, linked_to=answered, received_at=AT - timedelta(days=1))
        MessageFactory(mailbox=mailbox, linked_to=quiet, received_at=AT, kind="other_sent", sent_by_user=True)
        assert companies(found(user, quiet=True)) == ["Quiet"]
        days = {
            row.company: row.silent_days
            for column in listing.board(user, found(user), AT)
            for row in column.cards
        }
        assert {name: days for name, days in days.items() if days} == {"Quiet": silence.QUIET_DAYS + 4}

    def test_nonsense_narrows_nothing(self):
        asked = {"q": "\x00", "status": "hired", "source": "x", "archived": "yes", "quiet": "2"}
        assert Filters.of(asked) == Filters()


class TestColumns:
    def test_a_choice_is_kept_per_user(self, client, user, other):
        assert columns.chosen(user) == columns.USUAL
        client.post("/applications/columns/", {"column": ["location", "title", "password"]})
        assert columns.chosen(user) == ["title", "location"]
        assert columns.chosen(other) == columns.USUAL
        ApplicationFactory(user=user, location="Oslo")
        content = text_of(client.get("/applications/?view=list"))
        assert ">Oslo<" in content
        assert "Status moved</a>" not in content

    def test_none_at_all_leaves_the_company(self, client, user):
        client.post("/applications/columns/", {})
        assert columns.chosen(user) == []
        ApplicationFactory(user=user)
        assert client.get("/applications/?view=list").status_code == 200

    @pytest.mark.parametrize("key", columns.COLUMNS)
    def test_every_column_sorts(self, client, user, key):
        ApplicationFactory.create_batch(2, user=user)
        for sort in (key, f"-{key}"):
            assert len(shown(client.get("/applications/", {"view": "list", "sort": sort}))) == 2


class TestOrder:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("company", ["acme", "Birch", "Cedar"]),
            ("-company", ["Cedar", "Birch", "acme"]),
            ("status", ["Birch", "acme", "Cedar"]),
            ("applied", ["Cedar", "acme", "Birch"]),
            ("-applied", ["acme", "Cedar", "Birch"]),
            ("-activity", ["Birch", "acme", "Cedar"]),
            ("password", ["Birch", "acme", "Cedar"]),
        ],
    )
    def test_by_each_column(self, user, sort, expected):
        ApplicationFactory(
            user=user, company="acme", status=Status.TECHNICAL_ROUND, at=AT - timedelta(days=2)
        )
        ApplicationFactory(user=user, company="Birch", status=Status.SAVED, at=AT)  # has no day of applying
        ApplicationFactory(user=user, company="Cedar", status=Status.REJECTED, at=AT - timedelta(days=4))
        assert companies(listing.in_order(found(user), sort)) == expected

    def test_the_heading_in_use_is_marked_and_turns_round(self):
        by_key = {heading.label: heading for heading in columns.headings("company", columns.USUAL)}
        assert (by_key["Company"].direction, by_key["Company"].sort) == ("ascending", "-company")
        assert (by_key["Status"].direction, by_key["Status"].sort) == ("", "status")
        assert columns.headings("-company", [])[0].sort == "company"


class TestPage:
    def test_the_board_works(self, client, user):
        ApplicationFactory(user=user, title="Data Analyst", status=Status.OFFER_EXTENDED)
        content = text_of(client.get("/applications/"))
        assert "Data Analyst" in content
        assert "Offer Extended" in content
        assert "Move to" in content

    def test_the_list_works(self, client, user):
        for company in ("Birch", "Acme"):
            ApplicationFactory(user=user, company=company)
        response = client.get("/applications/", {"view": "list", "sort": "company"})
        assert shown(response) == ["Acme", "Birch"]
        assert 'aria-sort="ascending"' in text_of(response)

    def test_search_and_status_narrow_it(self, client, user):
        ApplicationFactory(user=user, company="Acme", status=Status.REJECTED)
        ApplicationFactory(user=user, company="Acme Labs")
        ApplicationFactory(user=user, company="Birch", status=Status.REJECTED)
        response = client.get("/applications/", {"view": "list", "q": "acme", "status": "rejected"})
        assert shown(response) == ["Acme"]

    def test_the_search_is_shown_as_text(self, client):
        content = text_of(client.get("/applications/", {"q": '"><script>x</script>'}))
        assert "<script>x" not in content

    def test_archived_ones_have_their_own_list(self, client, user):
        ApplicationFactory(user=user, company="Away", archived_at=AT)
        assert "Away" not in text_of(client.get("/applications/"))
        response = client.get("/applications/", {"view": "list", "archived": "1"})
        assert shown(response) == ["Away"]
        assert "Restore" in text_of(response)

    def test_pages_keep_what_was_asked(self, client, user, monkeypatch):
        monkeypatch.setattr("applications.views.lists.PAGE", 2)
        for number in range(5):
            ApplicationFactory(user=user, company=f"Acme {number}")
        asked = {"view": "list", "q": "acme", "sort": "company"}
        second = client.get("/applications/", {**asked, "page": "2"})
        assert shown(second) == ["Acme 2", "Acme 3"]
        assert "?view=list&amp;q=acme&amp;sort=company&amp;page=3" in text_of(second)
        assert shown(client.get("/applications/", {**asked, "page": "no"})) == ["Acme 0", "Acme 1"]

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({}, "No applications yet"),
            ({"q": "zzz"}, "Nothing found"),
            ({"archived": "1"}, "Nothing archived"),
            ({"view": "list"}, "No applications yet"),
        ],
    )
    def test_nothing_says_what_to_do(self, client, query, words):
        assert words in text_of(client.get("/applications/", query))

    def test_a_strangers_are_not_shown(self, client, other):
        ApplicationFactory(user=other, company="Theirs")
        for query in ({}, {"view": "list"}, {"archived": "1"}):
            assert "Theirs" not in text_of(client.get("/applications/", query))

    def test_free_users_see_what_is_left(self, client_of, free_user):
        assert "5 of 5 new applications left this month." in text_of(
            client_of(free_user).get("/applications/")
        )

    def test_made_from_mail_is_marked(self, client, user):
        ApplicationFactory(user=user, source=Application.Source.MAIL)
        for view in ("board", "cards", "list"):
            assert "From e-mail" in text_of(client.get("/applications/", {"view": view}))

    @pytest.mark.parametrize("view", ["board", "cards", "list"])
    def test_the_number_of_queries_does_not_grow(self, client, user, view, django_assert_max_num_queries):
        mailbox = MailboxFactory(user=user)
        counts = []
        for more in (3, 27):
            for application in ApplicationFactory.create_batch(more, user=user):
                MessageFactory(mailbox=mailbox, linked_to=application)
            with django_assert_max_num_queries(12) as queries:
                assert client.get("/applications/", {"view": view}).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]
