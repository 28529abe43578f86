"""The IMAP source against a real Dovecot: first sync, what is new, and all that goes wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count, islice

import pytest

from accounts import grants
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, ThreadFactory
from tests.standins.fixtures import source
from tests.tracking.mails import confirmation
from tracking.models import FailedMessage, Mailbox, Message, SyncRun
from tracking.providers import MessageError, Scope, TemporaryError
from tracking.providers.imap import ImapSource, looking
from tracking.providers.imap.api import ImapApi, RefusedCallError
from tracking.sync import sync

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SCOPE = Scope(since=NOW - timedelta(days=90))
NUMBERS = count(1)
FOLDERS = ("INBOX", "Archive", "Sent")
READING = re.compile(r"^(LIST|STATUS|EXAMINE|CAPABILITY|UID SEARCH|UID FETCH \S+ \(|LOGOUT)")


@pytest.fixture
def mailbox(dovecot, user):
    grant = grants.keep_login(user, dovecot.owner, dovecot.login())
    return MailboxFactory(user=user, provider=Mailbox.Provider.IMAP, address=dovecot.owner, grant=grant)


@pytest.fixture
def caught_up(dovecot, mailbox):
    """A mailbox whose first sync is done: its cursor."""
    mailbox.last_success_at = NOW - timedelta(hours=1)
    mailbox.save()
    cursor = read(opened(mailbox), {})[2]
    dovecot.forget_commands()
    return cursor


def opened(mailbox, scope=SCOPE):
    return ImapSource(mailbox, scope, grants.login_of(mailbox.grant.pk))


def read(source, cursor):
    """Read to the end: the mails, the failures, and the last cursor."""
    mails, failed = [], []
    for page in source.pages(cursor):
        mails += page.mails
        failed += page.failed
        cursor = page.cursor
    return mails, failed, cursor


def until_it_fails(pages, code):
    """The mails and the last cursor before the error of this code."""
    got = []
    with pytest.raises(TemporaryError, match=code):
        got.extend(pages)
    return [mail for page in got for mail in page.mails], got[-1].cursor if got else {}


def subjects(mails):
    return [re.search(rb"(?m)^Subject: (.*?)\r?$", mail.content)[1].decode() for mail in mails]


def letter(at=NOW, subject="Hello", text="See you at noon.", **headers):
    """A mail with headers of its own."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ana <ana@friends.example>", "sam@mail.example", subject
    mail["Date"] = format_datetime(at)
    own = {"Message_ID": f"<{next(NUMBERS)}@friends.example>", **headers}
    for name, value in own.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def deliver_many(dovecot, count, **values):
    """`count` messages about applications a minute apart; their subjects, the newest first."""
    times = [NOW - timedelta(minutes=count - number) for number in range(count)]
    mails = [(at, source(at, subject=f"Application {n}", **values)) for n, at in enumerate(times)]
    dovecot.deliver_all(mails)
    return [f"Application {n}" for n in reversed(range(count))]


def about(mail):
    """A screen that keeps what names applications, as far as it sees."""
    return "application" in f"{mail.subject} {mail.text}".lower()


SCREENED = replace(SCOPE, keeps=about)


class TestFirstSync:
    def test_messages_come_whole(self, dovecot, mailbox):
        raw = source(NOW, "Ihre Bewerbung", "Vielen Dank für Ihre Bewerbung — große Freude.")
        dovecot.deliver(NOW - timedelta(hours=2), raw=raw)
        (mail,), failed, cursor = read(opened(mailbox), {})
        assert mail.content.replace(b"\r\n", b"\n") == raw
        assert mail.received_at == NOW - timedelta(hours=2)
        assert (mail.sent, mail.trusted_authserv, mail.unnamed_authserv) == (False, (), False)
        assert not failed
        assert {name: set(state) for name, state in cursor["folders"].items()} == {
            name: {"validity", "next"} for name in FOLDERS
        }

    def test_the_last_90_days_of_inbox_and_archive(self, dovecot, mailbox):
        for folder in ("INBOX", "Archive", "Drafts"):
            dovecot.deliver(NOW - timedelta(days=89), subject=f"In {folder}", folder=folder)
            dovecot.deliver(NOW - timedelta(days=91), subject="Old", folder=folder)
        assert subjects(read(opened(mailbox), {})[0]) == ["In INBOX", "In Archive"]

    def test_newest_first_in_pages_each_message_once(self, dovecot, mailbox):
        made = deliver_many(dovecot, 60)
        pages = [page for page in opened(mailbox).pages({}) if page.mails]
        assert [subject for page in pages for subject in subjects(page.mails)] == made
        assert [len(page.mails) for page in pages] == [25, 25, 10]
        assert pages[-1].estimated_total == 60

    def test_nothing_on_the_server_changes(self, dovecot, mailbox):
        deliver_many(dovecot, 3)
        dovecot.deliver(NOW, flags="\\Seen")
        before = dovecot.flags()
        dovecot.forget_commands()
        assert len(read(opened(mailbox), {})[0]) == 4
        said = dovecot.commands()
        assert dovecot.flags() == before
        assert "EXAMINE" in str(said)
        assert all(READING.match(each) for each in said)
        assert all(".PEEK[" in each for each in said if "BODY" in each and "FETCH" in each)

    def test_only_what_may_be_kept_is_fetched(self, dovecot, mailbox):
        dovecot.deliver(NOW, raw=letter(subject="Your application"))
        dovecot.deliver(NOW, raw=letter(subject="By its text", text="About your application."))
        private = dovecot.deliver(NOW, raw=letter(subject="Lunch?"))
        dovecot.forget_commands()
        mails = read(opened(mailbox, SCREENED), {})[0]
        assert sorted(subjects(mails)) == ["By its text", "Your application"]
        fetched = " ".join(each for each in dovecot.commands() if "BODY.PEEK[]" in each)
        assert str(private) not in re.findall(r"\d+", fetched.partition("(")[0])

    @pytest.mark.parametrize(
        "text", ["Ihre Bewerbung ist da.", "Zum Kennenlerngespräch bitte.", "Harbor & Pine writes."]
    )
    def test_the_server_searches_for_words_of_all_languages_and_own_companies(self, dovecot, mailbox, text):
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["Date"] = "a@b.example", "Hello", format_datetime(NOW)
        mail.set_content(text, cte="base64")
        dovecot.deliver(NOW, raw=mail.as_bytes())
        dovecot.deliver(NOW, raw=letter())
        scope = replace(SCOPE, companies=("Harbor & Pine",), keeps=lambda mail: False)
        assert len(read(opened(mailbox, scope), {})[0]) == 1

    def test_a_search_that_is_refused_is_made_up_for(self, dovecot, mailbox, monkeypatch):
        dovecot.deliver(NOW, raw=letter(text="About your application."))
        dovecot.deliver(NOW, raw=letter())

        def refused(*_):
            raise RefusedCallError

        monkeypatch.setattr(ImapApi, "saying", refused)
        assert len(read(opened(mailbox, SCREENED), {})[0]) == 1

    def test_a_search_that_never_finds_anything_is_not_believed(self, dovecot, mailbox, monkeypatch):
        dovecot.deliver_all([(NOW, letter(text="About your application.")) for _ in range(3)])
        monkeypatch.setattr(ImapApi, "saying", lambda *_: [])
        monkeypatch.setattr(looking, "SUSPICIOUS", 3)
        assert len(read(opened(mailbox, SCREENED), {})[0]) == 3

    def test_going_on_after_any_page(self, dovecot, mailbox, monkeypatch):
        made = deliver_many(dovecot, 30)
        monkeypatch.setattr("tracking.providers.imap.source.PAGE_SIZE", 4)
        monkeypatch.setattr("tracking.providers.imap.source.LOOK_SIZE", 10)
        total = len(list(opened(mailbox).pages({})))
        assert total > 8
        for stop in range(1, total):
            pages = list(islice(opened(mailbox).pages({}), stop))
            seen = [subject for page in pages for subject in subjects(page.mails)]
            assert seen + subjects(read(opened(mailbox), pages[-1].cursor)[0]) == made

    def test_what_comes_meanwhile_is_not_missed(self, dovecot, mailbox):
        deliver_many(dovecot, 3)
        pages = opened(mailbox).pages({})
        cursor = next(pages).cursor
        dovecot.deliver(NOW, subject="Meanwhile")
        for page in pages:
            cursor = page.cursor
        assert subjects(read(opened(mailbox), cursor)[0]) == ["Meanwhile"]

    def test_older_mail_is_read_on_its_own(self, dovecot, mailbox, caught_up):
        dovecot.deliver(NOW - timedelta(days=120), subject="Older")
        dovecot.deliver(NOW - timedelta(days=10), subject="Newer")
        scope = replace(SCOPE, since=NOW - timedelta(days=180), before=SCOPE.since)
        mails, _, cursor = read(opened(mailbox, scope), {})
        assert subjects(mails) == ["Older"]
        dovecot.deliver(NOW, subject="New")
        assert not read(opened(mailbox, scope), cursor)[0]
        assert subjects(read(opened(mailbox), caught_up)[0]) == ["New", "Newer"]


class TestWhatIsNew:
    def test_new_mail_comes_once(self, dovecot, mailbox, caught_up):
        dovecot.deliver(NOW, subject="First")
        dovecot.deliver(NOW, subject="Second", folder="Archive")
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert subjects(mails) == ["First", "Second"]
        assert not read(opened(mailbox), cursor)[0]

    def test_nothing_new_costs_a_look_at_each_folder(self, dovecot, mailbox, caught_up):
        assert list(opened(mailbox).pages(caught_up)) == []
        said = [each.split()[0] for each in dovecot.commands()]
        assert said == ["LIST", "STATUS", "STATUS", "STATUS", "LOGOUT"]

    def test_heads_first_then_the_beginning_and_the_whole_only_of_what_is_kept(
        self, dovecot, mailbox, caught_up
    ):
        kept = dovecot.deliver(NOW, raw=letter(subject="Your application"))
        said_in_text = dovecot.deliver(NOW, raw=letter(text="Your application."))
        private = dovecot.deliver(NOW, raw=letter())
        dovecot.forget_commands()
        mails = read(opened(mailbox, SCREENED), caught_up)[0]
        assert sorted(subjects(mails)) == ["Hello", "Your application"]
        begun, whole = (
            [each.partition("(")[0] for each in dovecot.commands() if f"BODY.PEEK[]<0.{limit}>" in each]
            for limit in (looking.BEGINNING, looking.MAX_SOURCE)
        )
        assert [set(re.findall(r"\d+", each)) for each in begun] == [{str(said_in_text), str(private)}]
        assert [set(re.findall(r"\d+", each)) for each in whole] == [{str(kept), str(said_in_text)}]

    def test_a_moved_message_is_the_same_one(self, dovecot, mailbox):
        uid = dovecot.deliver(NOW, raw=confirmation(1, at=NOW).content)
        sync(mailbox.pk, lambda: NOW)
        dovecot.move(uid, "INBOX", "Archive")
        sync(mailbox.pk, lambda: NOW + timedelta(minutes=5))
        assert Message.objects.count() == 1

    def test_a_message_that_moves_while_it_is_pending_is_read_where_it_is(self, dovecot, mailbox):
        uid = dovecot.deliver(NOW, subject="Moving application")
        cursor = next(opened(mailbox).pages({})).cursor
        assert cursor["pending"]
        dovecot.move(uid, "INBOX", "Archive")
        assert subjects(read(opened(mailbox), cursor)[0]) == ["Moving application"]

    def test_old_mail_put_into_a_folder_is_left_alone(self, dovecot, mailbox, caught_up):
        dovecot.deliver(NOW - timedelta(days=400), folder="Archive")
        assert not read(opened(mailbox), caught_up)[0]

    def test_an_expunged_message_is_no_failure(self, dovecot, mailbox):
        uid = dovecot.deliver(NOW, subject="Gone")
        dovecot.deliver(NOW - timedelta(days=1), subject="There")
        cursor = next(opened(mailbox).pages({})).cursor
        assert len(cursor["pending"]) == 2
        dovecot.expunge(uid)
        mails, failed, _ = read(opened(mailbox), cursor)
        assert subjects(mails) == ["There"]
        assert not failed

    def test_the_same_mail_twice_is_one(self, dovecot, mailbox):
        raw = source(NOW)
        dovecot.deliver(NOW, raw=raw)
        dovecot.deliver(NOW, raw=raw, folder="Archive")
        assert len(read(opened(mailbox), {})[0]) == 1

    def test_a_message_id_made_up_to_hide_another_mail_hides_nothing(self, dovecot, mailbox):
        dovecot.deliver(NOW, subject="Interview", message_id="<1@lumenhealth.example>")
        dovecot.deliver(NOW, subject="Other", message_id="<1@lumenhealth.example>")
        assert sorted(subjects(read(opened(mailbox), {})[0])) == ["Interview", "Other"]

    def test_mail_without_a_message_id_is_told_apart(self, dovecot, mailbox):
        for text in ("One, two, three.", "Four, five, and six."):
            raw = b"\n".join(line for line in letter(text=text).splitlines() if b"Message-ID" not in line)
            dovecot.deliver(NOW, raw=raw)
            dovecot.deliver(NOW, raw=raw, folder="Archive")
        assert len({mail.provider_id for mail in read(opened(mailbox), {})[0]}) == 2


class TestRenumbered:
    def test_what_came_since_is_found_and_nothing_comes_twice(self, dovecot, mailbox):
        dovecot.deliver(NOW - timedelta(hours=3), raw=confirmation(1, at=NOW).content)
        sync(mailbox.pk, lambda: NOW)
        dovecot.deliver(NOW + timedelta(minutes=1), subject="Your application: since")
        dovecot.renumber()
        run = sync(mailbox.pk, lambda: NOW + timedelta(minutes=5))
        assert (run.state, run.looked_at) == (SyncRun.State.COMPLETED, 1)
        found = Message.objects.order_by("received_at").values_list("subject", flat=True)
        assert [subject.partition(" for ")[0] for subject in found] == [
            "We received your application",
            "Your application: since",
        ]

    def test_no_further_back_than_two_days_before_the_last_success(self, dovecot, mailbox, caught_up):
        dovecot.deliver(mailbox.last_success_at - timedelta(days=5), subject="Before")
        dovecot.deliver(mailbox.last_success_at - timedelta(hours=1), subject="Within")
        dovecot.renumber()
        mails, _, cursor = read(opened(mailbox), caught_up)
        assert subjects(mails) == ["Within"]
        dovecot.deliver(NOW, subject="New")
        assert subjects(read(opened(mailbox), cursor)[0]) == ["New"]

    def test_in_the_middle_of_a_first_sync_it_begins_anew(self, dovecot, mailbox):
        made = deliver_many(dovecot, 30)
        cursor = list(islice(opened(mailbox).pages({}), 2))[-1].cursor
        dovecot.renumber()
        assert subjects(read(opened(mailbox), cursor)[0]) == made

    def test_while_it_is_read(self, dovecot, mailbox):
        dovecot.deliver(NOW)
        cursor = read(opened(mailbox), {})[2]
        dovecot.deliver(NOW, subject="New")
        source = opened(mailbox)
        state = {**cursor["folders"]["INBOX"], "left": [[1, 2]]}
        state["validity"] += 1
        with pytest.raises(TemporaryError, match="folder_renumbered"):
            source._look(source._api.folders()[0], state, [2])
        source._api.close()

    def test_another_server_with_the_same_numbers(self, dovecot, mailbox, caught_up):
        dovecot.deliver(NOW, subject="New")
        there = opened(mailbox)
        there._login = replace(there._login, host="other.example")
        moved = {**caught_up, "server": "somebody@other.example:993"}
        assert subjects(read(opened(mailbox), moved)[0]) == ["New"]


class TestSent:
    def answer(self, to, **headers):
        return letter(subject="Re: Application", In_Reply_To=to, References=to, **headers)

    def test_only_answers_to_linked_mail(self, dovecot, mailbox, user):
        application = ApplicationFactory(user=user)
        linked = MessageFactory(mailbox=mailbox, linked_to=application, rfc_message_id="<1@a.example>")
        MessageFactory(mailbox=mailbox, rfc_message_id="<2@a.example>")
        dovecot.deliver(NOW, folder="Sent", raw=self.answer("<1@a.example>"))
        dovecot.deliver(NOW, folder="Sent", raw=self.answer("<2@a.example>"))
        dovecot.deliver(NOW, folder="Sent", raw=letter(subject="My application"))
        (mail,), _, _ = read(opened(mailbox), {})
        assert (mail.sent, mail.thread_id) == (True, linked.thread.provider_id)

    def test_the_bodies_of_other_sent_mail_stay_where_they_are(self, dovecot, mailbox, caught_up):
        dovecot.deliver(NOW, folder="Sent", raw=letter(subject="My application"))
        dovecot.forget_commands()
        assert not read(opened(mailbox), caught_up)[0]
        assert not [each for each in dovecot.commands() if "BODY.PEEK[]" in each]

    def test_who_claims_to_be_the_user_does_not_become_the_user(self, dovecot, mailbox):
        dovecot.deliver(NOW, sender=f"Sam <{dovecot.owner}>")
        (mail,), _, _ = read(opened(mailbox), {})
        assert not mail.sent


class TestThreads:
    def test_answers_join_what_they_answer(self, dovecot, mailbox):
        first, second = "<1@a.example>", "<2@b.example>"
        dovecot.deliver(NOW, raw=letter(subject="One", Message_ID=first))
        dovecot.deliver(NOW, raw=letter(subject="Two", Message_ID=second, In_Reply_To=first))
        dovecot.deliver(NOW, raw=letter(subject="Three", In_Reply_To=second, References=f"{first} {second}"))
        dovecot.deliver(NOW, raw=letter(subject="Four", In_Reply_To=second))
        dovecot.deliver(NOW, raw=letter(subject="Apart", Message_ID="<5@a.example>"))
        threads = {}
        for mail in read(opened(mailbox), {})[0]:
            threads.setdefault(mail.thread_id, set()).update(subjects([mail]))
        assert sorted(map(sorted, threads.values())) == [["Apart"], ["Four", "One", "Three", "Two"]]

    def test_an_answer_joins_a_stored_conversation(self, dovecot, mailbox):
        thread = ThreadFactory(mailbox=mailbox)
        MessageFactory(mailbox=mailbox, thread=thread, rfc_message_id="<7@a.example>")
        dovecot.deliver(NOW, raw=letter(In_Reply_To="<7@a.example>"))
        assert read(opened(mailbox), {})[0][0].thread_id == thread.provider_id


class TestStrangeMail:
    def test_broken_mime(self, dovecot, mailbox):
        broken = [
            b"",
            b"no header at all",
            b"From: \xff\xfe <x@y.example>\nSubject: =?bad?q?=\nDate: never\nReferences: <<<\n\nhello",
            b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\n!!!",
            b"Message-ID: " + b"<" + b"a" * 900 + b"@b>\nSubject: long\n\nx",
        ]
        dovecot.deliver_all([(NOW, raw) for raw in broken if raw])
        dovecot.deliver(NOW, subject="Good")
        mails, failed, _ = read(opened(mailbox), {})
        assert len(mails) == len(broken)
        assert not failed
        assert all(len(mail.provider_id) <= 255 for mail in mails)

    def test_a_huge_message_is_cut(self, dovecot, mailbox, monkeypatch):
        mail = EmailMessage()
        mail["Subject"], mail["Date"] = "Your application", format_datetime(NOW)
        mail.set_content("The text comes first.")
        mail.add_attachment(b"x" * 3_000_000, maintype="application", subtype="pdf", filename="scan.pdf")
        dovecot.deliver(NOW, raw=mail.as_bytes())
        monkeypatch.setattr(looking, "MAX_SOURCE", 100_000)
        (found,), failed, _ = read(opened(mailbox), {})
        assert len(found.content) == 100_000
        assert b"The text comes first." in found.content
        assert not failed

    def test_pages_hold_no_more_than_their_bytes(self, dovecot, mailbox, monkeypatch):
        deliver_many(dovecot, 4, text="x" * 2000)
        monkeypatch.setattr("tracking.providers.imap.source.PAGE_BYTES", 5000)
        assert [len(page.mails) for page in opened(mailbox).pages({}) if page.mails] == [2, 2]

    def test_a_message_the_server_refuses_holds_up_no_other(self, dovecot, mailbox, monkeypatch):
        deliver_many(dovecot, 5)
        fetch = ImapApi.fetch

        def fails_on_three(self, uids, *items):
            if 3 in uids and "BODY.PEEK[]" in items[0]:
                raise RefusedCallError
            return fetch(self, uids, *items)

        monkeypatch.setattr(ImapApi, "fetch", fails_on_three)
        mails, ((failed, code),), _ = read(opened(mailbox), {})
        assert len(mails) == 4
        assert code == "message_refused"
        monkeypatch.undo()
        assert subjects([opened(mailbox).get(failed)]) == ["Application 2"]

    def test_a_message_that_cannot_even_be_listed_is_tried_again(self, dovecot, mailbox, monkeypatch):
        deliver_many(dovecot, 3)
        fetch = ImapApi.fetch

        def fails_on_two(self, uids, *items):
            if 2 in uids:
                raise RefusedCallError
            return fetch(self, uids, *items)

        monkeypatch.setattr(ImapApi, "fetch", fails_on_two)
        mails, ((failed, code),), _ = read(opened(mailbox), {})
        assert (len(mails), code) == (2, "message_damaged")
        monkeypatch.undo()
        assert subjects([opened(mailbox).get(failed)]) == ["Application 1"]

    def test_a_message_the_server_hangs_up_over_is_passed_by(self, dovecot, mailbox, monkeypatch):
        made = deliver_many(dovecot, 5)
        fetch = ImapApi.fetch

        def hangs_up_over_three(self, uids, *items):
            if 3 in uids and "BODY.PEEK[]" in items[0]:
                self.close()
                raise TemporaryError("provider_unreachable")
            return fetch(self, uids, *items)

        monkeypatch.setattr(ImapApi, "fetch", hangs_up_over_three)
        runs = [sync(mailbox.pk, lambda at=NOW + timedelta(hours=n): at) for n in range(3)]
        assert [run.error for run in runs] == ["provider_unreachable", "provider_unreachable", ""]
        assert [failure.error for failure in FailedMessage.objects.all()] == ["message_refused"]
        assert Message.objects.count() == 4
        monkeypatch.undo()
        sync(mailbox.pk, lambda: NOW + timedelta(hours=4))
        assert sorted(Message.objects.values_list("subject", flat=True)) == sorted(made)
        assert not FailedMessage.objects.exists()

    def test_a_search_that_takes_too_long_is_made_only_once(self, dovecot, mailbox, monkeypatch):
        dovecot.deliver(NOW, raw=letter(text="About your application."))

        def slow(*_):
            raise TemporaryError("provider_timeout")

        monkeypatch.setattr(ImapApi, "saying", slow)
        cursor = until_it_fails(opened(mailbox, SCREENED).pages({}), "provider_timeout")[1]
        assert len(read(opened(mailbox, SCREENED), cursor)[0]) == 1


class TestOneMessage:
    def test_it_is_found_wherever_it_went(self, dovecot, mailbox):
        uid = dovecot.deliver(NOW, subject="Wanted")
        dovecot.deliver(NOW, subject="Another")
        wanted = next(each for each in read(opened(mailbox), {})[0] if subjects([each]) == ["Wanted"])
        dovecot.move(uid, "INBOX", "Archive")
        again = opened(mailbox).get(wanted.provider_id)
        assert (again.content, again.received_at) == (wanted.content, wanted.received_at)

    def test_without_a_date(self, dovecot, mailbox):
        dovecot.deliver(NOW, raw=b"Subject: Undated\n\nHello")
        (mail,), _, _ = read(opened(mailbox), {})
        assert opened(mailbox).get(mail.provider_id).content == mail.content

    @pytest.mark.parametrize("provider_id", ["20260304-none", "00000000-none", "uid.0.1.1", "nonsense"])
    def test_what_is_not_there_is_gone(self, dovecot, mailbox, provider_id):
        dovecot.deliver(NOW)
        with pytest.raises(MessageError, match="message_gone"):
            opened(mailbox).get(provider_id)

    def test_a_failure_is_made_good_by_the_next_sync(self, dovecot, mailbox):
        dovecot.deliver(NOW, subject="Your application")
        (mail,), _, cursor = read(opened(mailbox), {})
        Mailbox.objects.update(cursor=cursor)
        FailedMessage.objects.create(mailbox=mailbox, provider_id=mail.provider_id, error="unreadable")
        sync(mailbox.pk, lambda: NOW)
        assert not FailedMessage.objects.exists()
        assert Message.objects.get().provider_id == mail.provider_id


class TestWholeSync:
    def test_from_the_mailbox_to_the_application(self, dovecot, mailbox):
        dovecot.deliver(NOW - timedelta(hours=1), raw=confirmation(1, at=NOW).content)
        run = sync(mailbox.pk, lambda: NOW)
        assert (run.state, run.looked_at, run.kept) == (SyncRun.State.COMPLETED, 1, 1)
        assert sync(mailbox.pk, lambda: NOW + timedelta(minutes=5)).looked_at == 0

    def test_a_password_that_no_longer_fits_asks_for_another(self, dovecot, mailbox, user):
        mailbox.grant = grants.keep_login(user, dovecot.owner, dovecot.login(password="changed"))
        mailbox.save()
        run = sync(mailbox.pk, lambda: NOW)
        mailbox.refresh_from_db()
        assert (run.error, mailbox.state) == ("password_refused", Mailbox.State.NEEDS_RECONNECT)

    def test_without_a_password_there_is_no_way_in(self, dovecot, mailbox):
        grants.forget(mailbox.grant)
        mailbox.refresh_from_db()
        run = sync(mailbox.pk, lambda: NOW)
        assert run.error == "grant_revoked"


class TestOtherServers:
    """What needs a server with other options, or one that goes away."""

    @pytest.fixture
    def mailbox(self, own_dovecot, user):
        grant = grants.keep_login(user, own_dovecot.owner, own_dovecot.login())
        return MailboxFactory(
            user=user, provider=Mailbox.Provider.IMAP, address=own_dovecot.owner, grant=grant
        )

    def test_a_restart_in_the_middle_loses_nothing(self, own_dovecot, mailbox):
        made = deliver_many(own_dovecot, 60)
        pages = opened(mailbox).pages({})
        mails = [mail for page in islice(pages, 2) for mail in page.mails]
        assert mails
        own_dovecot.stop()
        more, cursor = until_it_fails(pages, "provider_unreachable")
        assert until_it_fails(opened(mailbox).pages(cursor), "provider_unreachable") == ([], {})
        own_dovecot.start()
        assert subjects(mails + more + read(opened(mailbox), cursor)[0]) == made
