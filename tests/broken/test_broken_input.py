"""Forged, doubled, cut, oversized and senseless input: a clear answer, nothing lost, never a 500."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Grant
from applications.models import Application, Event
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory
from tests.tracking.mails import confirmation, everyday
from tracking.models import Decision, Mailbox, Message, SyncRun
from tracking.sync import sync
from tracking.words import in_words

pytestmark = pytest.mark.django_db

NUL, LONG = "a\x00b", "x" * 300_000
UPLOAD, CALLBACK = "/settings/integrations/upload/", "/oauth/gmail/callback"


@pytest.fixture
def client(user, client_of):
    """Somebody signed in, whose browser shows an error page instead of raising."""
    made = client_of(user)
    made.raise_request_exception = False
    return made


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst")


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


@pytest.fixture
def message(mailbox, application):
    return MessageFactory(mailbox=mailbox, suggestion=application)


def state_of_all() -> list[Any]:
    rows = (Application, Event, Message, Decision, Mailbox)
    return [list(model.objects.order_by("pk").values_list()) for model in rows]


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


class TestConsent:
    """Answers from Google that are none."""

    def begun(self, client, gmail):
        """The way back of a consent that this session began."""
        url = client.get("/oauth/gmail/start")["Location"]
        return gmail.consent(url)

    def refused(self, client, problem, **answer):
        """The page says in words what `problem` means, and what to do."""
        response = client.get(CALLBACK, answer)
        assert response.status_code == 400
        sentence, next_step = in_words(problem)
        assert next_step
        assert escape(sentence) in text_of(response)
        assert escape(next_step) in text_of(response)

    @pytest.mark.parametrize("state", ["", "forged", NUL, "ü", "x" * 5000])
    def test_forged_state(self, client, gmail, state):
        back = self.begun(client, gmail)
        self.refused(client, "state_unknown", code=back["code"], state=state)
        assert not Mailbox.objects.exists()

    def test_a_state_of_somebody_else(self, client, gmail, other, client_of):
        back = self.begun(client_of(other), gmail)
        self.refused(client, "state_unknown", **back)
        assert not Mailbox.objects.exists()

    def test_expired(self, client, gmail):
        back = self.begun(client, gmail)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            self.refused(client, "state_expired", **back)
        assert not Mailbox.objects.exists()

    def test_replayed(self, client, gmail):
        back = self.begun(client, gmail)
        assert client.get(CALLBACK, back).status_code == 302
        self.refused(client, "state_unknown", **back)
        assert (Mailbox.objects.count(), Grant.objects.count()) == (1, 1)

    def test_a_code_that_google_does_not_know(self, client, gmail):
        back = self.begun(client, gmail)
        self.refused(client, "code_refused", state=back["state"], code=NUL)
        assert not Grant.objects.exists()

    @pytest.mark.parametrize("answer", [{}, {"error": LONG[:5000]}, {"error": NUL}, {"code": ""}])
    def test_an_answer_without_anything(self, client, gmail, answer):
        assert client.get(CALLBACK, answer).status_code == 400


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """The same button in two tabs in the same moment, in real transactions."""

    def both(self, client_of: Callable, user: Any, *requests: tuple[str, dict[str, str]]) -> list[Any]:
        """Send the requests at the same time, each from its own thread; give the answers."""
        barrier, answers = threading.Barrier(len(requests)), [None] * len(requests)
        clients = [client_of(user) for _ in requests]

        def send(place: int, path: str, form: dict[str, str]) -> None:
            try:
                barrier.wait(timeout=60)
                answers[place] = clients[place].post(path, form, follow=True)
            finally:
                connection.close()

        threads = [threading.Thread(target=send, args=(place, *each)) for place, each in enumerate(requests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert all(answer is not None and answer.status_code == 200 for answer in answers)
        return answers

    def test_approved_twice_is_approved_once(self, user, client_of, message, application):
        path = f"/inbox/{message.pk}/approve/"
        answers = self.both(client_of, user, (path, {}), (path, {}))
        application.refresh_from_db()
        assert application.status == Status.INTERVIEWING
        assert Decision.objects.count() == 1
        assert application.events.filter(kind=Event.Kind.MAIL, voided_at=None).count() == 1
        told = sorted("already decided" in text_of(answer) for answer in answers)
        assert told == [False, True]

    def test_approved_and_ignored(self, user, client_of, message, application):
        paths = [f"/inbox/{message.pk}/{verb}/" for verb in ("approve", "ignore")]
        self.both(client_of, user, *((path, {}) for path in paths))
        message.refresh_from_db()
        application.refresh_from_db()
        assert Decision.objects.count() == 1
        linked = message.state == Message.State.LINKED
        assert linked == (application.status == Status.INTERVIEWING) == (message.application_id is not None)

    def test_created_twice_is_created_once(self, user, client_of, message):
        path, form = f"/inbox/{message.pk}/create/", {"company": "Quillstone", "title": "Editor"}
        self.both(client_of, user, (path, form), (path, form))
        assert Application.objects.of(user).filter(company="Quillstone").count() == 1

    def test_undone_twice_is_undone_once(self, user, client_of, message, application):
        client_of(user).post(f"/inbox/{message.pk}/approve/")
        form = {"decision": str(Decision.objects.get().pk)}
        self.both(client_of, user, ("/inbox/undo/", form), ("/inbox/undo/", form))
        message.refresh_from_db()
        application.refresh_from_db()
        assert (message.state, application.status) == (Message.State.REVIEW, Status.APPLIED)
        assert not application.events.filter(kind=Event.Kind.MAIL, voided_at=None).exists()

    def test_two_mails_of_one_application(self, user, client_of, mailbox, message, application):
        second = MessageFactory(mailbox=mailbox, suggestion=application)
        paths = [f"/inbox/{each.pk}/approve/" for each in (message, second)]
        self.both(client_of, user, *((path, {}) for path in paths))
        application.refresh_from_db()
        assert application.status == Status.INTERVIEWING
        assert application.events.filter(kind=Event.Kind.MAIL, voided_at=None).count() == 2


class TestFiles:
    """Hostile and damaged files by the upload form, read as the worker reads them."""

    def read(self, client, content: bytes, name: str = "mail.mbox") -> SyncRun:
        response = client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})
        assert response.status_code == 302, text_of(response)
        run = sync(Mailbox.objects.get(provider=Mailbox.Provider.UPLOAD).pk)
        assert run is not None
        return run

    def mbox(self, *contents: bytes) -> bytes:
        return b"".join(b"From x@y Mon Nov 02 09:00:00 2026\n" + each + b"\n" for each in contents)

    def test_a_mime_bomb_stops_nothing(self, client, application):
        nested = b"Subject: Your application\nFrom: a@b.example\nMessage-ID: <bomb@x>\n"
        for level in range(500):
            nested += b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level)
        nested += b"Content-Type: text/plain\n\nThank you for applying\n"
        run = self.read(client, self.mbox(nested, confirmation(2).content))
        assert run.state in {SyncRun.State.COMPLETED, SyncRun.State.PARTIAL}
        assert Message.objects.filter(company="Lumen Health").count() == 1
        assert client.get("/inbox/").status_code == 200
        assert client.get("/inbox/runs/").status_code == 200

    def test_a_padded_mail_is_read_shown_and_never_linked_alone(self, client, application):
        padding = "\n".join(f"We value every applicant, number {line}." for line in range(6000))
        raw = confirmation(1, text=f"Thank you for applying to Lumen Health as Data Analyst.\n{padding}\n")
        assert len(raw.content) > 200_000
        run = self.read(client, self.mbox(raw.content))
        assert (run.state, run.looked_at, run.failed) == ("completed", 1, 0)
        message = Message.objects.get()
        assert message.state in {Message.State.REVIEW, Message.State.ORPHAN}
        assert client.get(f"/inbox/?m={message.pk}").status_code == 200
        assert client.get(f"/threads/{message.thread_id}/").status_code == 200

    def test_a_file_cut_in_the_middle_says_so(self, client, application):
        whole = self.mbox(confirmation(1).content, confirmation(2, title="Data Lead").content)
        run = self.read(client, whole[:-41])
        assert (run.state, run.kept, run.failed) == ("partial", 1, 1)
        assert "Completed with errors" in text_of(client.get("/inbox/runs/"))
        assert self.read(client, whole).kept == 1
        assert Message.objects.count() == 2

    def test_nul_and_broken_letters_in_a_mail(self, client, application):
        odd = confirmation(1).content.replace(b"Hi Sam", b"Hi \x00 \xff\xfe Sam")
        odd = odd.replace(b"Subject: ", b"Subject: =?utf-8?b?AA==?= =?no-such?q?x?= ")
        run = self.read(client, self.mbox(odd, everyday(2).content))
        assert run.failed == 0
        message = Message.objects.get()
        assert client.get(f"/inbox/?m={message.pk}").status_code == 200

    @pytest.mark.parametrize("name", ["../../etc/passwd.eml", "a\x00b.eml", "é" * 300 + ".eml", "<b>.eml"])
    def test_names_of_files(self, client, application, name):
        file = io.BytesIO(confirmation(1).content)
        file.name = name
        response = client.post(UPLOAD, {"file": file})
        assert response.status_code in {302, 422}
        page = client.get("/settings/integrations/")
        assert page.status_code == 200
        assert "<b>" not in page.content.decode()

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"", "empty"), (b"MZ\x90\x00" + bytes(900), "holds no mail"), (None, "No file")],
    )
    def test_what_is_no_mail(self, client, content, words):
        form = {} if content is None else {"file": SimpleUploadedFile("letter.eml", content)}
        response = client.post(UPLOAD, form)
        assert response.status_code == 422
        assert words in text_of(response)
        assert not Mailbox.objects.exists()


GETS = {
    "/inbox/": "q find m tab kind mailbox page",
    "/inbox/bulk/": "action select back",
    "/inbox/runs/": "page",
    "/applications/": "q status view archived sort page",
    "/applications/?view=list": "q status archived sort page",
    "/notifications/": "page",
    "/oauth/gmail/start": "mailbox",
    "/accounts/login/": "next",
    "/accounts/logout/": "next",
    "/api/post-application/inbox": "mailbox state kind cursor limit",
    "/api/post-application/runs": "cursor limit",
}
SENSELESS = [NUL, "-1", "0", "99999999999999999999", "٣", "nonsense", "%00", "' OR 1=1 --", "é" * 400, ""]


class TestQueries:
    @pytest.mark.parametrize("path", GETS)
    def test_no_value_of_any_parameter_breaks_a_page(self, client, message, path):
        before = state_of_all()
        broken = []
        for name in GETS[path].split():
            for value in SENSELESS:
                response = client.get(path, {name: value}, follow=True)
                if response.status_code >= 500:
                    broken.append((name, value[:20]))
        assert not broken
        assert state_of_all() == before

    @pytest.mark.parametrize("page", ["-1", "0", "x", "1.5", "99999999999"])
    @pytest.mark.parametrize(
        "path", ["/inbox/", "/inbox/runs/", "/applications/?view=list", "/notifications/"]
    )
    def test_a_page_that_is_none(self, client, message, path, page):
        assert client.get(f"{path}{'&' if '?' in path else '?'}page={page}").status_code == 200

    @pytest.mark.parametrize("query", ["tab=nothing", "kind=nothing", "mailbox=nothing", "q=", "page=-1"])
    def test_a_filter_that_is_none_shows_everything(self, client, message, query):
        assert message.subject in text_of(client.get(f"/inbox/?{query}"))

    @pytest.mark.parametrize("query", ["sort=nothing", "status=nothing", "view=nothing"])
    def test_an_order_that_is_none_shows_everything(self, client, application, query):
        assert application.company in text_of(client.get(f"/applications/?view=list&{query}"))

    def test_a_search_for_what_no_text_can_hold_finds_nothing(self, client, message):
        assert "Nothing matches" in text_of(client.get("/inbox/", {"q": NUL}))


class TestIds:
    @pytest.mark.parametrize("value", ["nonsense", NUL, "1", str(uuid.UUID(int=0)), "é" * 400])
    def test_a_mail_that_is_none(self, client, message, value):
        response = client.get("/inbox/", {"m": value})
        assert response.status_code == 404
        assert "There is nothing here" in text_of(response)

    @pytest.mark.parametrize("value", ["", "nonsense", NUL, "1", str(uuid.UUID(int=0))])
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/inbox/{message}/link/", "application"),
            ("/inbox/{message}/approve/", "application"),
            ("/inbox/undo/", "decision"),
            ("/inbox/undo/", "batch"),
            ("/inbox/bulk/", "select"),
        ],
    )
    def test_a_form_that_names_what_is_not_there(self, client, message, application, path, name, value):
        before = state_of_all()
        response = client.post(path.format(message=message.pk), {name: value})
        assert response.status_code in {302, 400, 404}
        if not (path.endswith("approve/") and value == ""):  # without one, it is the suggested one
            assert state_of_all() == before

    @pytest.mark.parametrize(
        "path", ["/inbox/x/approve/", "/threads/1/", "/applications/0/", "/messages/-/unmatch/"]
    )
    def test_an_address_that_is_none(self, client, path):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


FIELDS = {
    "/inbox/{message}/create/": {"company": "Quillstone", "title": "Editor", "applied_on": "", "status": ""},
    "/inbox/{message}/approve/": {"status": "", "note": "", "application": "", "back": "", "next": ""},
    "/inbox/{message}/ignore/": {"back": "", "next": ""},
    "/inbox/bulk/": {"action": "approve", "select": "{message}", "back": ""},
    "/applications/add/": {
        "company": "Quillstone",
        "title": "Editor",
        "status": "applied",
        "applied_on": "",
        "url": "",
        "location": "",
        "requisition": "",
        "notes": "",
        "confirmed": "",
    },
    "/applications/{application}/edit/": {
        "company": "A",
        "title": "B",
        "notes": "",
        "url": "",
        "location": "",
    },
    "/applications/{application}/status/": {"status": "rejected", "next": ""},
    "/applications/{application}/note/": {"text": "Called back"},
    "/applications/{application}/archive/": {"next": ""},
    "/settings/profile/": {"name": "Sam", "timezone": "UTC", "shortcuts_enabled": "on"},
    "/settings/tokens/": {"name": "Laptop"},
    "/settings/data/delete/": {"password": "wrong", "email": ""},
    "/notifications/read/": {"next": ""},
    "/settings/integrations/upload/": {"file": ""},
    "/accounts/login/": {"login": "a@example.org", "password": "x", "next": ""},
    "/accounts/signup/": {"email": "a@example.org", "password1": "x", "password2": "x", "timezone": ""},
    "/accounts/password/reset/": {"email": "a@example.org"},
}
HOSTILE = [NUL, LONG, "a\r\nSet-Cookie: x=1\u202e", "-1"]


class TestForms:
    @pytest.mark.parametrize("path", FIELDS)
    def test_no_value_of_any_field_breaks_a_form(self, client, message, application, path):
        ids = {"message": message.pk, "application": application.pk}
        form = {field: value.format(**ids) for field, value in FIELDS[path].items()}
        broken = []
        for name in form:
            for value in HOSTILE:
                response = client.post(path.format(**ids), form | {name: value}, follow=True)
                if response.status_code >= 500:
                    broken.append((name, value[:20]))
        assert not broken
        for page in ("/inbox/", "/inbox/?tab=decided", "/applications/?view=list", "/dashboard/"):
            assert client.get(page).status_code == 200
        application.refresh_from_db()
        assert application.events.exists()

    def test_a_form_larger_than_any_form(self, client, application):
        response = client.post(f"/applications/{application.pk}/note/", {"text": "x" * (6 * 1024 * 1024)})
        assert response.status_code == 400
        assert "Nothing was changed" in text_of(response)

    def test_a_refused_form_keeps_what_was_typed(self, client, application):
        form = {"company": "x" * 500, "title": "Editor in chief", "status": "applied", "notes": "Ask Robin"}
        response = client.post("/applications/add/", form)
        assert response.status_code == 422
        assert "Editor in chief" in text_of(response)
        assert "Ask Robin" in text_of(response)

    def test_a_far_date(self, client, message):
        form = {"company": "Quillstone", "title": "Editor", "applied_on": "9999-12-31"}
        assert client.post(f"/inbox/{message.pk}/create/", form, follow=True).status_code in {200, 422}
        assert client.get("/applications/?view=list").status_code == 200


class TestEndedSession:
    """Forms and parts of pages of somebody who is not signed in any more."""

    @pytest.mark.parametrize(
        ("referer", "back"),
        [
            ("http://testserver/inbox/?tab=orphans&page=2", "/inbox/%3Ftab%3Dorphans%26page%3D2"),
            ("https://evil.example/inbox/", "/dashboard/"),
            ("", "/dashboard/"),
            ("http://[", "/dashboard/"),
        ],
    )
    def test_a_form_leads_back_to_its_page(self, client, message, referer, back):
        client.logout()
        response = client.post(f"/inbox/{message.pk}/approve/", headers={"referer": referer})
        assert response.status_code == 302
        assert response["Location"] == f"/accounts/login/?next={back}"
        assert not Decision.objects.exists()

    def test_a_part_of_a_page_makes_way_for_the_whole_sign_in(self, client, message):
        client.logout()
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/inbox/?tab=review"}
        response = client.get(f"/inbox/?m={message.pk}", headers=headers)
        assert response.status_code == 200
        assert response["HX-Redirect"] == "/accounts/login/?next=/inbox/%3Ftab%3Dreview"
        assert response.content == b""

    def test_a_page_leads_to_itself(self, client):
        client.logout()
        response = client.get("/applications/?view=list")
        assert response["Location"] == "/accounts/login/?next=/applications/%3Fview%3Dlist"


class TestApi:
    """The same through the API: JSON can say more than a form can."""

    @pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "x" * 100_000])
    @pytest.mark.parametrize("name", ["note", "status", "application"])
    def test_values_that_cannot_be_stored(self, client, message, name, text):
        response = client.post(
            f"/api/post-application/inbox/{message.pk}/approve",
            f'{{"{name}": "{text}"}}',
            content_type="application/json",
        )
        assert response.status_code == 422
        message.refresh_from_db()
        assert message.state == Message.State.REVIEW

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "null", '"x"', '{"note": ' + "[" * 5000, "\x00", "{}" * 9]
    )
    def test_bodies_that_are_none(self, client, message, body):
        path = f"/api/post-application/inbox/{message.pk}/approve"
        response = client.post(path, body, content_type="application/json")
        assert response.status_code < 500
        assert response["Content-Type"].startswith("application/json")

    def test_a_body_larger_than_any(self, client, message):
        path = f"/api/post-application/inbox/{message.pk}/approve"
        body = '{"note": "' + "x" * (6 * 1024 * 1024) + '"}'
        response = client.post(path, body, content_type="application/json")
        assert response.status_code in {400, 413}


def test_mail_of_another_century_is_shown(client, mailbox, application):
    for year in (1970, 1990, 2099):
        at = datetime(year, 1, 1, tzinfo=UTC)
        message = MessageFactory(mailbox=mailbox, suggestion=application, received_at=at)
        assert client.get(f"/inbox/?m={message.pk}").status_code == 200
