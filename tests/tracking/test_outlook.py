"""The Outlook source against a stand-in of Graph over HTTP: first sync, changes, and all that goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import pytest

from accounts import grants
from accounts.grants import MICROSOFT
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, ThreadFactory
from tests.standins.fixtures import OUTLOOK_OWNER, source
from tests.standins.outlook.mailboxes import Stored
from tests.standins.outlook.odata import selection
from tests.tracking.mails import confirmation
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import MessageError, NeedsReconnectError, Scope, TemporaryError, calling
from tracking.providers.outlook import OutlookSource, address_of, api
from tracking.providers.outlook.api import LinkExpiredError
from tracking.providers.outlook.errors import read_refusal
from tracking.providers.outlook.listing import may_be_kept, may_be_kept_by_headers
from tracking.router.replay import replay
from tracking.router.scenario import load_scenarios, to_raw
from tracking.router.screen import screen
from tracking.sync import sync

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SCOPE = Scope(since=NOW - timedelta(days=90))
FOLDERS = ["inbox", "archive", "junkemail", "sentitems"]
SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waiting between retries, noted instead of done."""
    noted: list[float] = []
    monkeypatch.setattr(calling, "wait", noted.append)
    return noted


@pytest.fixture
def grant(outlook, user):
    session: dict[str, object] = {}
    back = outlook.consent(grants.authorization_url(session, MICROSOFT, NOW))
    tokens = grants.exchange(grants.take_consent(session, back["state"], NOW), back["code"], NOW)
    return grants.keep(user, MICROSOFT, OUTLOOK_OWNER, tokens)


@pytest.fixture
def mailbox(user, grant):
    return MailboxFactory(user=user, provider=Mailbox.Provider.OUTLOOK, address=OUTLOOK_OWNER, grant=grant)


def opened(mailbox, scope=SCOPE, at=NOW):
    return OutlookSource(mailbox, scope, grants.TokenSource(mailbox.grant.pk, lambda: at), lambda: at)


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


def deliver_many(outlook, count, **values):
    """`count` messages a minute apart, the newest first in the list of ids given back."""
    made = [
        outlook.deliver(NOW - timedelta(minutes=count - n), subject=f"{n}", **values) for n in range(count)
    ]
    return [message["id"] for message in reversed(made)]


@pytest.fixture
def caught_up(outlook, mailbox):
    """A mailbox whose first sync is done: its cursor."""
    mailbox.last_success_at = NOW - timedelta(hours=1)
    mailbox.save()
    cursor = read(opened(mailbox), {})[2]
    assert {name: set(state) for name, state in cursor["folders"].items()} == {
        name: {"link", "seen"} for name in FOLDERS
    }
    outlook.order("reset_counts")
    return cursor


class TestFirstSync:
    def test_messages_come_whole(self, outlook, mailbox):
        raw = source(NOW, "Ihre Bewerbung", "Vielen Dank für Ihre Bewerbung — große Freude.")
        made = outlook.deliver(NOW - timedelta(hours=2), raw=raw)
        (mail,), failed, _ = read(opened(mailbox), {})
        assert (mail.provider_id, mail.thread_id) == (made["id"], made["conversationId"])
        assert mail.content == raw
        assert mail.received_at == NOW - timedelta(hours=2)
        assert (mail.sent, mail.trusted_authserv, mail.unnamed_authserv) == (False, (), True)
        assert not failed

    def test_the_last_90_days_of_inbox_archive_and_junk(self, outlook, mailbox):
        wanted = [outlook.deliver(NOW - timedelta(days=89), folder=name)["id"] for name in FOLDERS[:3]]
        outlook.deliver(NOW - timedelta(days=91))
        outlook.deliver(NOW, folder="deleteditems")
        outlook.deliver(NOW, folder="drafts")
        outlook.deliver(NOW, draft=True)
        assert ids(read(opened(mailbox), {})[0]) == wanted

    def test_immutable_ids_are_asked_for_everywhere(self, outlook, mailbox):
        deliver_many(outlook, 3)
        mails, _, _ = read(opened(mailbox), {})
        opened(mailbox).get(mails[0].provider_id)
        asked = outlook.order("last")
        calls = {"list", "delta", "value", "message", "folder"}
        assert all('IdType="ImmutableId"' in asked[call]["prefer"] for call in calls)

    def test_newest_first_in_pages_each_message_once(self, outlook, mailbox):
        made = deliver_many(outlook, 120)
        pages = [page for page in opened(mailbox).pages({}) if page.mails]
        assert [identifier for page in pages for identifier in ids(page.mails)] == made
        assert max(len(page.mails) for page in pages) == 25
        assert pages[-1].estimated_total == 120
        assert outlook.calls()["value"] == 120

    def test_only_what_may_be_kept_is_fetched(self, outlook, mailbox):
        wanted = outlook.deliver(NOW, subject="Hello", text=f"{'Long before it. ' * 40} Your application.")
        outlook.deliver(NOW, subject="Lunch?", text="See you at noon.", sender="Ana <ana@friends.example>")
        asked = []

        def keeps(mail):
            asked.append((mail.subject, mail.sender.email, mail.thread_id != ""))
            return "application" in mail.text

        scope = Scope(SCOPE.since, keeps=keeps)
        assert ids(read(opened(mailbox, scope), {})[0]) == [wanted["id"]]
        assert sorted(asked) == [
            ("Hello", "jobs@lumenhealth.example", True),
            ("Lunch?", "ana@friends.example", True),
        ]
        assert outlook.calls()["value"] == 1

    def test_what_a_listing_cannot_tell_is_fetched(self, outlook, mailbox):
        scope = Scope(SCOPE.since, keeps=lambda mail: False)
        silent, attached, invited = EmailMessage(), EmailMessage(), EmailMessage()
        for mail in (silent, attached, invited):
            mail["From"], mail["Subject"] = "Ada <ada@lumenhealth.example>", "Hello"
        attached.set_content("See attachment")
        attached.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="letter.pdf")
        invited.set_content("Join us")
        invited.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR", subtype="calendar")
        made = {outlook.deliver(NOW, raw=mail.as_bytes())["id"] for mail in (silent, attached, invited)}
        outlook.deliver(NOW)
        assert set(ids(read(opened(mailbox, scope), {})[0])) == made

    def test_html_is_read_as_text(self, outlook, mailbox):
        html = EmailMessage()
        html["From"], html["Subject"] = "ada@lumenhealth.example", "Hello"
        html.set_content("<p class=application>Come <b>in</b></p>", subtype="html")
        outlook.deliver(NOW, raw=html.as_bytes())
        scope = Scope(SCOPE.since, keeps=lambda mail: "application" in mail.text)
        assert read(opened(mailbox, scope), {})[0] == []

    def test_any_page_can_be_resumed_from(self, outlook, mailbox, monkeypatch):
        monkeypatch.setattr("tracking.providers.outlook.source.PAGE_SIZE", 2)
        monkeypatch.setattr(api, "LIST_SIZE", 3)
        made = deliver_many(outlook, 8) + deliver_many(outlook, 4, folder="junkemail")
        cursor, done = {}, []
        for _ in range(100):  # every sync is killed after its first page
            page = next(opened(mailbox).pages(cursor), None)
            if page is None or (not page.mails and page.cursor == cursor):
                break
            cursor, done = page.cursor, done + ids(page.mails)
            if not any("since" in state for state in cursor["folders"].values()) and not cursor["pending"]:
                break
        assert done == made

    def test_many_in_one_second(self, outlook, mailbox, monkeypatch):
        monkeypatch.setattr(api, "LIST_SIZE", 3)
        moments = [0.0] * 8 + [0.25, 0.5, 1.5, 60.0]  # seconds ago; fractions are not shown
        made = [outlook.deliver(NOW - timedelta(seconds=ago), subject=str(ago))["id"] for ago in moments]
        mails, _, _ = read(opened(mailbox), {})
        assert sorted(ids(mails)) == sorted(made)

    def test_what_comes_and_goes_meanwhile_shifts_nothing_out_of_sight(self, outlook, mailbox, monkeypatch):
        monkeypatch.setattr(api, "LIST_SIZE", 5)
        made = deliver_many(outlook, 20)
        pages, found = opened(mailbox).pages({}), []
        for page in islice(pages, 2):
            found += ids(page.mails)
        late = outlook.deliver(NOW, subject="late")["id"]
        for identifier in made[:3]:  # deleted after they were read
            outlook.order("delete_message", address=OUTLOOK_OWNER, id=identifier)
        for page in pages:
            found += ids(page.mails)
        assert sorted(found) == sorted([*made, late])

    def test_moved_while_the_first_sync_runs(self, outlook, mailbox, monkeypatch):
        """From a folder still to be read into one that was read, and the other way."""
        monkeypatch.setattr(api, "LIST_SIZE", 2)
        inbox, junk = deliver_many(outlook, 6), deliver_many(outlook, 1, folder="junkemail")
        pages, found = opened(mailbox).pages({}), []
        for page in islice(pages, 2):
            found += ids(page.mails)
        outlook.order("move_message", address=OUTLOOK_OWNER, id=junk[0], folder="inbox")
        outlook.order("move_message", address=OUTLOOK_OWNER, id=inbox[0], folder="archive")
        for page in pages:
            found += ids(page.mails)
        assert sorted(found) == sorted([*inbox, *junk])

    def test_own_messages_only_in_linked_threads(self, outlook, mailbox):
        linked(mailbox, "c-linked")
        answer = outlook.deliver(NOW, folder="sentitems", conversation="c-linked")
        outlook.deliver(NOW, folder="sentitems")
        (mail,) = read(opened(mailbox), {})[0]
        assert (mail.provider_id, mail.sent) == (answer["id"], True)

    def test_without_an_archive(self, outlook, mailbox):
        outlook.order("remove_folder", address=OUTLOOK_OWNER, folder="archive")
        wanted = outlook.deliver(NOW)
        mails, _, cursor = read(opened(mailbox), {})
        assert ids(mails) == [wanted["id"]]
        assert "archive" not in cursor["folders"]

    def test_no_mail_stands_in_a_cursor(self, outlook, mailbox, monkeypatch):
        monkeypatch.setattr("tracking.providers.outlook.source.PAGE_SIZE", 1)
        outlook.deliver(NOW, subject="Secret subject")
        outlook.deliver(NOW, subject="Secret subject")
        cursors = str([page.cursor for page in opened(mailbox).pages({})])
        assert "Secret" not in cursors
        assert "lumenhealth" not in cursors


def linked(mailbox, conversation):
    application = ApplicationFactory(user=mailbox.user)
    return ThreadFactory(mailbox=mailbox, provider_id=conversation, application=application)


class TestChanges:
    def test_nothing_new_costs_one_call_a_folder(self, outlook, mailbox, caught_up):
        mails, _, _ = read(opened(mailbox), caught_up)
        assert mails == []
        assert outlook.calls() == {"delta": 4}

    def test_new_mail_is_fetched_once(self, outlook, mailbox, caught_up):
        new = outlook.deliver(NOW, subject="Anything", text="At all")
        mails, _, cursor = read(opened(mailbox, Scope(SCOPE.since, keeps=lambda mail: True)), caught_up)
        assert ids(mails) == [new["id"]]
        assert outlook.calls() == {"delta": 4, "value": 1}
        assert read(opened(mailbox), cursor)[0] == []

    def test_links_stay_good_over_many_quiet_syncs(self, outlook, mailbox, caught_up):
        """Graph keeps a few generations of a link only, so that each new one must be stored."""
        cursor = caught_up
        for _ in range(10):
            cursor = read(opened(mailbox), cursor)[2]
        assert outlook.calls() == {"delta": 40}

    def test_many_changes_come_in_pages_that_can_be_resumed(self, outlook, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr(api, "CHANGES_SIZE", 4)
        monkeypatch.setattr("tracking.providers.outlook.source.PAGE_SIZE", 3)
        made = [outlook.deliver(NOW)["id"] for _ in range(11)]
        cursor, found = caught_up, []
        while len(found) < len(made):  # every sync is killed after its first page
            page = next(opened(mailbox).pages(cursor))
            cursor, found = page.cursor, found + ids(page.mails)
        assert found == made

    def test_moved_mail_that_is_stored_is_not_read_again(self, outlook, mailbox, caught_up):
        new = outlook.deliver(NOW)
        cursor = read(opened(mailbox), caught_up)[2]
        MessageFactory(mailbox=mailbox, provider_id=new["id"])
        outlook.order("reset_counts")
        outlook.order("move_message", address=OUTLOOK_OWNER, id=new["id"], folder="archive")
        assert read(opened(mailbox), cursor)[0] == []
        assert "value" not in outlook.calls()

    def test_drafts_and_other_folders_are_left_alone(self, outlook, mailbox, caught_up):
        outlook.deliver(NOW, draft=True)
        outlook.deliver(NOW, folder="drafts")
        outlook.deliver(NOW, folder="deleteditems")
        assert read(opened(mailbox), caught_up)[0] == []
        assert "value" not in outlook.calls()

    def test_own_messages_only_in_linked_threads(self, outlook, mailbox, caught_up):
        linked(mailbox, "c-linked")
        ThreadFactory(mailbox=mailbox, provider_id="c-waiting")
        answer = outlook.deliver(NOW, folder="sentitems", conversation="c-linked")
        outlook.deliver(NOW, folder="sentitems", conversation="c-waiting")
        outlook.deliver(NOW, folder="sentitems")
        mails = read(opened(mailbox), caught_up)[0]
        assert [(mail.provider_id, mail.sent) for mail in mails] == [(answer["id"], True)]

    def test_a_message_gone_is_no_failure(self, outlook, mailbox, caught_up):
        made = {outlook.deliver(NOW)["id"] for _ in range(2)}
        outlook.refuse("value", 404, "ErrorItemNotFound")
        mails, failed, cursor = read(opened(mailbox), caught_up)
        assert len(made - set(ids(mails))) == 1
        assert (failed, cursor["pending"]) == ([], [])

    def test_an_expired_link_is_read_again_from_before_the_last_success(self, outlook, mailbox, caught_up):
        before = outlook.deliver(NOW - timedelta(days=2, hours=2), subject="Too old")
        overlap = outlook.deliver(NOW - timedelta(days=2), subject="Any subject at all")
        new = outlook.deliver(NOW, subject="Something new")
        outlook.order("expire_links", address=OUTLOOK_OWNER, folder="inbox")
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert ids(mails) == [new["id"], overlap["id"]]
        assert before["id"] not in ids(mails)
        assert read(opened(mailbox), cursor)[0] == []

    @pytest.mark.parametrize(
        ("status", "code"), [(410, "resyncRequired"), (400, "SyncStateInvalid"), (404, "SyncStateNotFound")]
    )
    def test_links_lost_for_good_end_each_sync_all_the_same(self, outlook, mailbox, caught_up, status, code):
        new = outlook.deliver(NOW)
        outlook.refuse("delta", status, code)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]
        assert outlook.calls()["delta"] <= 6

    def test_a_link_lost_in_mid_walk(self, outlook, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr(api, "CHANGES_SIZE", 4)
        made = [outlook.deliver(NOW + timedelta(seconds=n))["id"] for n in range(10)]
        outlook.refuse("delta", 410, "SyncStateNotFound", skip=1)
        assert sorted(ids(read(opened(mailbox), caught_up)[0])) == sorted(made)

    def test_links_of_a_folder_that_is_gone(self, outlook, mailbox, caught_up):
        outlook.order("remove_folder", address=OUTLOOK_OWNER, folder="archive")
        new = outlook.deliver(NOW)
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert ids(mails) == [new["id"]]
        assert "archive" not in cursor["folders"]

    def test_a_link_is_renewed_before_graph_stops_telling(self, outlook, mailbox, caught_up, monkeypatch):
        """Filtered changes end after 5,000 messages, without an error."""
        outlook.order("limit_filtered", address=OUTLOOK_OWNER, limit=12)
        monkeypatch.setattr("tracking.providers.outlook.source.RENEW_AT", 8)
        cursor, found, made = caught_up, [], []
        for number in range(30):
            at = NOW + timedelta(days=number)
            made.append(outlook.deliver(at)["id"])
            mails, _, cursor = read(opened(mailbox, at=at), cursor)
            mailbox.last_success_at = at
            found += ids(mails)
        assert set(found) == set(made)

    def test_mail_that_comes_during_a_resync_is_followed_later(self, outlook, mailbox, caught_up):
        outlook.deliver(NOW)
        outlook.order("expire_links", address=OUTLOOK_OWNER)
        pages = opened(mailbox).pages(caught_up)
        first = next(pages)
        late = outlook.deliver(NOW)
        cursor = [first, *pages][-1].cursor
        assert ids(read(opened(mailbox), cursor)[0]) == [late["id"]]

    def test_a_link_elsewhere_is_not_followed_with_our_token(self, settings):
        settings.GRAPH_BASE_URL = "http://127.0.0.1:9"  # a call would find nobody there
        graph = api.GraphApi(lambda refused: "secret", lambda: NOW)
        for link in ("http://127.0.0.1:99/delta", "http://127.0.0.1:9@evil.example/delta", "//evil.example"):
            with pytest.raises(LinkExpiredError):
                graph.changes(link)
            with pytest.raises(TemporaryError, match="call_refused"):
                graph.more_messages(link)


class TestHeadersFirst:
    """After the first sync, all that comes is looked at; the whole of it only where it may be wanted."""

    MAILING = (
        b"From: Shop <news@shop.example>\r\nList-Unsubscribe: <https://shop.example/u>\r\n"
        b"Subject: %b\r\n\r\n%b\r\n"
    )
    LONG = b"Half price until Tuesday. " * 20

    def read_new(self, mailbox, cursor):
        scope = Scope(SCOPE.since, keeps=lambda mail: "interview" in f"{mail.subject} {mail.text}".lower())
        return ids(read(opened(mailbox, scope), cursor)[0])

    def test_a_mailing_without_a_word_stays_where_it_is(self, outlook, mailbox, caught_up):
        for folder in FOLDERS[:3]:
            outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG), folder=folder)
        assert self.read_new(mailbox, caught_up) == []
        assert outlook.calls() == {"delta": 4, "message": 3}
        assert "body" not in selected(outlook, "message")

    @pytest.mark.parametrize(
        ("subject", "text"), [(b"Your interview", b"Hello"), (b"Hello", b"An interview, on Tuesday")]
    )
    def test_one_that_says_something_is_read_at_once(self, outlook, mailbox, caught_up, subject, text):
        new = outlook.deliver(NOW, raw=self.MAILING % (subject, text))
        assert self.read_new(mailbox, caught_up) == [new["id"]]
        assert outlook.calls() == {"delta": 4, "value": 1}

    def test_a_letter_is_read_whatever_it_begins_with(self, outlook, mailbox, caught_up):
        letter = source(NOW, "Hello", f"{'How are you? ' * 40} About the interview.", "Ana <ana@x.example>")
        new = outlook.deliver(NOW, raw=letter)
        assert self.read_new(mailbox, caught_up) == [new["id"]]
        assert outlook.calls() == {"delta": 4, "message": 1, "value": 1}

    def test_of_a_mailing_a_job_title_as_subject_is_enough(self, outlook, mailbox, caught_up):
        new = outlook.deliver(NOW, raw=self.MAILING % (b"Head of Marine", self.LONG))
        outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", b"From the head of our garden"))
        scope = Scope(SCOPE.since, keeps=lambda mail: not mail.bulk and "Head" in mail.subject)
        assert ids(read(opened(mailbox, scope), caught_up)[0]) == [new["id"]]

    def test_without_headers_it_may_be_a_letter(self, outlook, mailbox, caught_up):
        new = outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG))
        outlook.fail("message", status=200, body={"id": new["id"], "bodyPreview": "Half price"})
        assert self.read_new(mailbox, caught_up) == [new["id"]]

    @pytest.mark.parametrize("body", [{"internetMessageHeaders": [7]}, {"internetMessageHeaders": [{}]}])
    def test_headers_that_cannot_be_read_decide_nothing(self, outlook, mailbox, caught_up, body):
        new = outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG))
        outlook.fail("message", status=200, body=body)
        assert self.read_new(mailbox, caught_up) == [new["id"]]

    def test_a_link_from_before_tells_ids_only_so_that_all_is_read(self, outlook, mailbox, caught_up):
        """A link tells what was selected when it was made."""
        graph = api.GraphApi(lambda refused: grants.access_token(mailbox.grant.pk, NOW), lambda: NOW)
        answer = graph.begin_changes("inbox", "2026-03-02T09:30:00Z", api.BRIEF)
        state = {"link": answer["@odata.deltaLink"], "seen": 0}
        cursor = {**caught_up, "folders": {**caught_up["folders"], "inbox": state}}
        new = outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG))
        assert self.read_new(mailbox, cursor) == [new["id"]]
        assert outlook.calls() == {"delta": 5, "value": 1}

    def test_what_a_preview_cannot_tell_is_read(self, outlook, mailbox, caught_up):
        silent, attached, invited = EmailMessage(), EmailMessage(), EmailMessage()
        for mail in (silent, attached, invited):
            mail["From"], mail["Subject"], mail["List-Id"] = "Ada <ada@lumenhealth.example>", "Hello", "<all>"
        attached.set_content("See attachment")
        attached.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="letter.pdf")
        invited.set_content("Join us")
        invited.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR", subtype="calendar")
        made = [outlook.deliver(NOW, raw=mail.as_bytes())["id"] for mail in (silent, attached, invited)]
        assert self.read_new(mailbox, caught_up) == made

    def test_after_a_lost_link_too(self, outlook, mailbox, caught_up):
        outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG))
        new = outlook.deliver(NOW, raw=self.MAILING % (b"Your interview", self.LONG))
        outlook.order("expire_links", address=OUTLOOK_OWNER, folder="inbox")
        outlook.order("reset_counts")
        assert self.read_new(mailbox, caught_up) == [new["id"]]
        assert (outlook.calls()["message"], outlook.calls()["value"]) == (1, 1)
        assert "body" not in selected(outlook, "list")

    def test_many_of_them_can_be_resumed(self, outlook, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr("tracking.providers.outlook.source.PAGE_SIZE", 2)
        letters = [outlook.deliver(NOW, subject=f"{n}")["id"] for n in range(5)]
        for _ in range(5):
            outlook.deliver(NOW, raw=self.MAILING % (b"Garden chairs", self.LONG))
        letters += [outlook.deliver(NOW, subject=f"{n}")["id"] for n in range(5)]
        cursor, found, scope = caught_up, [], Scope(SCOPE.since, keeps=lambda mail: False)
        for _ in range(40):  # every sync is killed after its first page
            page = next(opened(mailbox, scope).pages(cursor), None)
            if page is None:
                break
            cursor, found = page.cursor, found + ids(page.mails)
        assert found == letters
        assert "Garden" not in str(cursor)

    def test_a_fault_between_headers_and_source_loses_nothing(self, outlook, mailbox, caught_up):
        made = [outlook.deliver(NOW)["id"] for _ in range(3)]
        scope = Scope(SCOPE.since, keeps=lambda mail: False)
        outlook.refuse("value", 429, "ApplicationThrottled", times=50, headers={"Retry-After": "600"})
        cursor = caught_up
        with pytest.raises(TemporaryError):  # noqa: PT012 - what came before it counts
            for page in opened(mailbox, scope).pages(caught_up):
                cursor = page.cursor
        outlook.order("clear_failures")
        assert ids(read(opened(mailbox, scope), cursor)[0]) == made
        assert outlook.calls()["message"] == 3

    def test_headers_refused_are_a_failure_to_be_tried_again(self, outlook, mailbox, caught_up):
        new = outlook.deliver(NOW)
        outlook.refuse("message", 400, "ErrorInvalidRequest")
        scope = Scope(SCOPE.since, keeps=lambda mail: False)
        mails, failed, cursor = read(opened(mailbox, scope), caught_up)
        assert (mails, failed, cursor["pending"]) == ([], [(new["id"], "message_refused")], [])

    def test_gone_before_its_headers_were_read(self, outlook, mailbox, caught_up):
        outlook.deliver(NOW)
        outlook.refuse("message", 404, "ErrorItemNotFound")
        scope = Scope(SCOPE.since, keeps=lambda mail: False)
        assert read(opened(mailbox, scope), caught_up)[:2] == ([], [])

    def test_nothing_is_lost_that_the_screen_keeps_of_whole_mail(self):
        """Of all scenarios, each with what was known when it came."""
        seen = [each for scenario in load_scenarios(SCENARIOS) for each in replay(scenario)]
        received = [each for each in seen if not each.message.sent_by_user]
        kept = [each for each in received if screen(each.mail, each.known).keep]
        lost = [f"{each.scenario.id} {each.message.id}" for each in kept if not headers_first(each)]
        assert len(kept) > 1500
        assert lost == []


def selected(outlook, call):
    """The properties that the last such call asked for."""
    return outlook.order("last")[call]["query"]["$select"][0].split(",")


def headers_first(seen):
    """Whether a message of a scenario is read whole, after what the changes and then its headers tell."""

    def keeps(mail):
        return screen(mail, seen.known).keep

    raw = to_raw(seen.message, seen.scenario)
    stored = Stored(raw.provider_id, raw.thread_id, raw.content, raw.received_at, "inbox", draft=False)
    told = stored.shown(selection({"$select": api.HEADS}), True, False)
    more = selection({"$select": f"{api.HEADS},internetMessageHeaders"}, of_one=True)
    return may_be_kept(told, keeps) or may_be_kept_by_headers(stored.shown(more, True, False), keeps)


class TestTrouble:
    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (429, "ApplicationThrottled"),
            (403, "ApplicationThrottled"),
            (500, "generalException"),
            (503, "serviceNotAvailable"),
            (504, "UnknownError"),
            (423, "ErrorMailboxMoveInProgress"),
        ],
    )
    def test_a_short_fault_is_waited_for(self, outlook, mailbox, caught_up, waits, status, code):
        new = outlook.deliver(NOW)
        outlook.refuse("value", status, code, times=2)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]
        assert len(waits) == 2
        assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2

    def test_a_long_fault_is_left_to_a_later_sync(self, outlook, mailbox, caught_up, waits):
        outlook.refuse("delta", 503, "serviceNotAvailable", times=50)
        with pytest.raises(TemporaryError, match="provider_down") as raised:
            list(opened(mailbox).pages(caught_up))
        assert raised.value.until is None
        assert sum(waits) <= 8

    def test_a_small_retry_after_is_honoured(self, outlook, mailbox, caught_up, waits):
        outlook.refuse("delta", 429, "ApplicationThrottled", headers={"Retry-After": "3"})
        list(opened(mailbox).pages(caught_up))
        assert waits == [pytest.approx(3)]

    def test_a_large_retry_after_is_not_slept(self, outlook, mailbox, caught_up, waits):
        outlook.refuse("delta", 429, "ApplicationThrottled", headers={"Retry-After": "900"})
        with pytest.raises(TemporaryError, match="rate_limited") as raised:
            list(opened(mailbox).pages(caught_up))
        assert raised.value.until == NOW + timedelta(minutes=15)
        assert waits == []

    @pytest.mark.parametrize("call", ["delta", "value"])
    @pytest.mark.parametrize("failure", [{"cut": True}, {"truncate": True}])
    def test_a_cut_connection_is_tried_again(self, outlook, mailbox, caught_up, call, failure):
        new = outlook.deliver(NOW)
        outlook.fail(call, times=1, **failure)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]

    @pytest.mark.parametrize("body", ["<html>", "[]"])
    def test_a_page_of_something_in_between(self, outlook, mailbox, caught_up, body):
        new = outlook.deliver(NOW)
        outlook.fail("delta", status=200, body=body)
        assert ids(read(opened(mailbox), caught_up)[0]) == [new["id"]]

    def test_no_connection_at_all(self, mailbox, caught_up, settings):
        settings.GRAPH_BASE_URL = "http://127.0.0.1:9/v1.0"
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            list(opened(mailbox).pages({}))

    def test_no_answer_in_time(self, outlook, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr(api, "TIMEOUT", 0.2)
        outlook.fail("delta", delay=20, times=20)
        with pytest.raises(TemporaryError, match="provider_timeout"):
            list(opened(mailbox).pages(caught_up))

    def test_what_was_fetched_before_a_fault_is_kept(self, outlook, mailbox, caught_up, settings):
        settings.GRAPH_CALLS_AT_ONCE = 1  # so that the fourth call is that for the fourth message
        made = [outlook.deliver(NOW)["id"] for _ in range(5)]
        outlook.refuse("value", 429, "ApplicationThrottled", skip=3, headers={"Retry-After": "600"})
        pages = opened(mailbox).pages(caught_up)
        first = next(pages)
        assert ids(first.mails) == made[:3]
        with pytest.raises(TemporaryError):
            next(pages)
        assert ids(read(opened(mailbox), first.cursor)[0]) == made[3:]
        assert outlook.calls()["value"] <= len(made) + 2  # the refused one, and perhaps that behind it

    def test_one_bad_message_does_not_stop_the_others(self, outlook, mailbox, caught_up):
        made = [outlook.deliver(NOW)["id"] for _ in range(3)]
        outlook.refuse("value", 400, "ErrorMimeContentInvalid", skip=1)
        mails, failed, cursor = read(opened(mailbox), caught_up)
        (refused,) = set(made) - set(ids(mails))
        assert ids(mails) == [each for each in made if each != refused]
        assert failed == [(refused, "message_refused")]
        assert cursor["pending"] == []

    def test_a_very_long_message_is_cut(self, outlook, mailbox, caught_up, monkeypatch):
        monkeypatch.setattr(api, "MAX_SOURCE", 100_000)
        outlook.deliver(NOW, text="words " * 100_000)
        (mail,) = read(opened(mailbox), caught_up)[0]
        assert len(mail.content) == 100_000

    def test_a_token_that_ends_in_mid_sync_is_renewed(self, outlook, mailbox, caught_up):
        made = [outlook.deliver(NOW)["id"] for _ in range(100)]
        pages = opened(mailbox).pages(caught_up)
        found = ids(next(pages).mails)
        outlook.order("expire_access")
        for page in pages:
            found += ids(page.mails)
        assert found == made
        assert outlook.order("grants")["refreshes"] == 1

    def test_refused_twice_needs_the_user(self, outlook, mailbox, caught_up):
        outlook.refuse("delta", 401, "InvalidAuthenticationToken", times=2)
        with pytest.raises(NeedsReconnectError, match="access_refused"):
            list(opened(mailbox).pages(caught_up))

    def test_a_withdrawn_grant_needs_the_user(self, outlook, mailbox, caught_up):
        outlook.order("revoke", address=OUTLOOK_OWNER)
        with pytest.raises(NeedsReconnectError, match="grant_invalid"):
            list(opened(mailbox).pages(caught_up))

    def test_a_token_endpoint_out_of_order_does_not(self, outlook, mailbox, caught_up):
        outlook.order("expire_access")
        outlook.fail("token", status=503, body={})
        with pytest.raises(TemporaryError, match="provider_unreachable"):
            list(opened(mailbox).pages(caught_up))

    @pytest.mark.parametrize(
        ("status", "code", "ours"),
        [
            (403, "ErrorAccessDenied", "scope_missing"),
            (403, "insufficient_claims", "security_check_needed"),
            (403, "somethingElse", "access_refused"),
            (404, "MailboxNotEnabledForRESTAPI", "mailbox_missing"),
        ],
    )
    def test_forbidden_needs_the_user(self, outlook, mailbox, caught_up, status, code, ours):
        outlook.refuse("delta", status, code)
        with pytest.raises(NeedsReconnectError, match=ours):
            list(opened(mailbox).pages(caught_up))

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"code": 7}}'])
    def test_foreign_bodies(self, body):
        assert read_refusal(502, body, {}, NOW).meaning == "busy"
        assert read_refusal(403, body, {}, NOW).meaning == "access"


class TestGet:
    @pytest.mark.parametrize(("folder", "sent"), [("inbox", False), ("sentitems", True)])
    def test_one_message_again(self, outlook, mailbox, folder, sent):
        made = outlook.deliver(NOW - timedelta(minutes=5), folder=folder)
        mail = opened(mailbox).get(made["id"])
        assert (mail.provider_id, mail.thread_id, mail.sent) == (made["id"], made["conversationId"], sent)
        assert mail.received_at == NOW - timedelta(minutes=5)

    def test_gone(self, mailbox):
        with pytest.raises(MessageError, match="message_gone"):
            opened(mailbox).get("AAkALg_nothing=")


class TestAddress:
    def asked(self, grant):
        return address_of(grants.access_token(grant.pk, NOW))

    def test_by_the_profile_where_that_is_allowed(self, outlook, grant):
        outlook.order("allow_profile")
        assert self.asked(grant) == OUTLOOK_OWNER
        assert outlook.calls() == {"token": 1, "me": 1}

    def test_by_the_mailbox_that_mail_was_delivered_to(self, outlook, grant):
        outlook.deliver(NOW)
        assert self.asked(grant) == OUTLOOK_OWNER

    def test_by_what_was_sent(self, outlook, grant):
        outlook.deliver(NOW, folder="sentitems", sender=f"Sam <{OUTLOOK_OWNER.upper()}>")
        assert self.asked(grant) == OUTLOOK_OWNER

    def test_an_empty_mailbox_does_not_tell(self, outlook, grant):
        with pytest.raises(NeedsReconnectError, match="address_unknown"):
            self.asked(grant)

    def test_no_mailbox_at_all(self, outlook, grant):
        outlook.order("no_mailbox", address=OUTLOOK_OWNER)
        with pytest.raises(NeedsReconnectError, match="mailbox_missing"):
            self.asked(grant)

    def test_out_of_order(self, outlook, grant):
        outlook.refuse("me", 503, "serviceNotAvailable", times=20)
        with pytest.raises(TemporaryError):
            self.asked(grant)


class TestThroughTheSync:
    """The same with the real sync and its screen around it."""

    def run(self, mailbox, at=NOW):
        return sync(mailbox.pk, clock=lambda: at)

    def test_first_sync_then_changes(self, outlook, mailbox):
        outlook.deliver(NOW - timedelta(days=1), raw=confirmation(1).content)
        outlook.deliver(
            NOW - timedelta(days=1),
            subject="Pictures",
            text="From the lake!",
            sender="Mum <mum@home.example>",
        )
        run = self.run(mailbox)
        assert (run.state, run.looked_at, run.kept) == (SyncRun.State.COMPLETED, 1, 1)
        outlook.deliver(NOW)
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert (run.state, run.looked_at, run.duplicates) == (SyncRun.State.COMPLETED, 1, 0)

    def test_a_moved_message_is_not_counted_twice(self, outlook, mailbox):
        made = outlook.deliver(NOW - timedelta(hours=1), raw=confirmation(1).content)
        self.run(mailbox)
        for minutes, folder in enumerate(["archive", "junkemail", "inbox"], 1):
            outlook.order("move_message", address=OUTLOOK_OWNER, id=made["id"], folder=folder)
            run = self.run(mailbox, NOW + timedelta(minutes=minutes))
            assert (run.state, run.looked_at) == (SyncRun.State.COMPLETED, 0)
        assert Message.objects.of(mailbox.user).count() == 1

    def test_a_resync_stores_nothing_twice(self, outlook, mailbox):
        outlook.deliver(NOW - timedelta(hours=1), raw=confirmation(1).content)
        self.run(mailbox)
        outlook.order("expire_links", address=OUTLOOK_OWNER)
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert run.state == SyncRun.State.COMPLETED
        assert Message.objects.of(mailbox.user).count() == 1

    def test_withdrawn_grant_is_told_once(self, outlook, mailbox):
        self.run(mailbox)
        outlook.order("revoke", address=OUTLOOK_OWNER)
        first = self.run(mailbox, NOW + timedelta(minutes=5))
        second = self.run(mailbox, NOW + timedelta(minutes=10))
        mailbox.refresh_from_db()
        assert (first.error, second) == ("grant_invalid", None)
        assert mailbox.state == Mailbox.State.NEEDS_RECONNECT
        (notice,) = mailbox.user.notifications.all()
        assert (notice.kind, notice.count) == ("mailbox", 1)
        assert notice.text.startswith("Outlook needs to be reconnected.")

    def test_a_wait_goes_to_the_mailbox(self, outlook, mailbox):
        outlook.refuse("list", 429, "ApplicationThrottled", headers={"Retry-After": "600"})
        run = self.run(mailbox)
        mailbox.refresh_from_db()
        assert (run.state, run.error) == (SyncRun.State.FAILED, "rate_limited")
        assert mailbox.state == Mailbox.State.ACTIVE
        assert mailbox.blocked_until == NOW + timedelta(minutes=10)

    def test_a_message_that_failed_is_tried_again(self, outlook, mailbox):
        made = outlook.deliver(NOW)
        outlook.refuse("value", 400, "ErrorMimeContentInvalid")
        run = self.run(mailbox)
        assert (run.state, run.error, run.failed) == (SyncRun.State.FAILED, "nothing_read", 1)
        assert FailedMessage.objects.get().provider_id == made["id"]
        run = self.run(mailbox, NOW + timedelta(minutes=5))
        assert (run.state, run.failed, run.looked_at) == (SyncRun.State.COMPLETED, 0, 1)
        assert not FailedMessage.objects.exists()

    def test_mail_of_the_users_own_companies_is_read_whatever_it_says(self, outlook, mailbox):
        ApplicationFactory(user=mailbox.user, company="Fernwick Energy")
        outlook.deliver(NOW, subject="Hello", text="Hi", sender="Ada <ada@fernwickenergy.example>")
        assert self.run(mailbox).looked_at == 1
