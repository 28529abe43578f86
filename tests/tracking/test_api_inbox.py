from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from applications.models import Event
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, UserFactory
from tracking.mail import Kind
from tracking.models import Message

pytestmark = pytest.mark.django_db

BASE = "/api/post-application"
START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user, provider="gmail")


@pytest.fixture
def application(user):
    return ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst")


@pytest.fixture
def message(mailbox, application):
    second = ApplicationFactory(user=mailbox.user, company="Lumen Labs", title="Data Engineer")
    return MessageFactory(
        mailbox=mailbox,
        suggestion=application,
        ranked=[[str(application.pk), 86], [str(second.pk), 11], [str(uuid.uuid4()), 3]],
        deadline_at=START + timedelta(days=3),
        interview_at=START + timedelta(days=5),
        next_steps=["Choose a slot"],
        warning="The sender could not be verified.",
    )


def post(client, path, data=None):
    return client.post(f"{BASE}{path}", data=data, content_type="application/json")


def waiting(mailbox, count, **fields):
    return [
        MessageFactory(mailbox=mailbox, received_at=START + timedelta(hours=n), **fields)
        for n in range(count)
    ]


def test_an_item_says_all_that_a_decision_needs(client, message, application):
    content = client.get(f"{BASE}/inbox").json()
    second = message.ranked[1][0]
    own = {"id": str(application.pk), "company": "Lumen Health", "title": "Data Analyst"}
    assert content == {
        "items": [
            {
                "id": str(message.pk),
                "state": "review",
                "received_at": "2026-03-04T09:30:00Z",
                "sender": {"name": "Priya Raman", "address": "priya.raman@lumenhealth.example"},
                "subject": "Interview for Data Analyst at Lumen Health",
                "snippet": message.snippet,
                "kind": "interview_invitation",
                "kind_confidence": 97,
                "company": "Lumen Health",
                "title": "Data Analyst",
                "deadline": "2026-03-07T09:30:00Z",
                "deadline_has_time": False,
                "interview_at": "2026-03-09T09:30:00Z",
                "confidence": 86,
                "application": None,
                "suggestion": own,
                "candidates": [
                    {**own, "confidence": 86},
                    {"id": second, "company": "Lumen Labs", "title": "Data Engineer", "confidence": 11},
                ],
                "change": {"from": "applied", "to": "interviewing"},
                "evidence": ["Sent from lumenhealth.example", "Names the job title Data Analyst"],
                "warning": "The sender could not be verified.",
                "mailbox": {"id": str(message.mailbox_id), "provider": "gmail"},
                "thread": str(message.thread_id),
            }
        ],
        "next": None,
    }


def test_the_list_holds_what_waits_and_no_bodies(client, mailbox, application):
    MessageFactory(mailbox=mailbox, linked_to=application)
    MessageFactory(mailbox=mailbox, state=Message.State.IGNORED)
    kept = {str(MessageFactory(mailbox=mailbox, state=state).pk) for state in ("review", "orphan")}
    response = client.get(f"{BASE}/inbox")
    assert {item["id"] for item in response.json()["items"]} == kept
    assert "body" not in response.json()["items"][0]
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=review", {"a", "b"}),
        ("state=orphan", {"c"}),
        ("kind=rejection", {"b"}),
        ("kind=rejection&state=orphan", set()),
        ("mailbox={second}", {"b"}),
        ("mailbox={second}&state=orphan", set()),
    ],
)
def test_filters(client, user, mailbox, query, expected):
    second = MailboxFactory(user=user)
    MessageFactory(mailbox=mailbox, subject="a")
    MessageFactory(mailbox=second, subject="b", kind=Kind.REJECTION)
    MessageFactory(mailbox=mailbox, subject="c", state="orphan")
    content = client.get(f"{BASE}/inbox?{query.format(second=second.pk)}").json()
    assert {item["subject"] for item in content["items"]} == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=linked", "state"),
        ("kind=nothing", "kind"),
        ("mailbox=1", "mailbox"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("cursor=", "cursor"),
        ("cursor=WyIyMDI2Il0", "cursor"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(client, query, field):
    response = client.get(f"{BASE}/inbox?{query}")
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid"
    assert set(response.json()["error"]["fields"]) == {field}


def test_a_strangers_mailbox_as_filter_is_not_found(client, other):
    response = client.get(f"{BASE}/inbox?mailbox={MailboxFactory(user=other).pk}")
    assert response.status_code == 404


def test_pages_follow_each_other_without_gap_or_repetition(client, mailbox):
    expected = [str(each.pk) for each in reversed(waiting(mailbox, 5))]
    same_time = waiting(mailbox, 1) + [MessageFactory(mailbox=mailbox, received_at=START) for _ in range(3)]
    tied = sorted((str(each.pk) for each in same_time), reverse=True)
    last = expected.pop()
    seen, cursor = [], ""
    while cursor is not None:
        content = client.get(f"{BASE}/inbox?limit=2{cursor and f'&cursor={cursor}'}").json()
        seen += [item["id"] for item in content["items"]]
        cursor = content["next"]
    assert seen[: len(expected)] == expected
    assert seen[len(expected) :] == sorted([*tied, last], reverse=True)


def test_mail_that_comes_or_goes_between_pages_shifts_nothing(client, mailbox):
    newest_first = [str(each.pk) for each in reversed(waiting(mailbox, 6))]
    first = client.get(f"{BASE}/inbox?limit=3").json()
    MessageFactory(mailbox=mailbox, received_at=START + timedelta(days=1))
    Message.objects.filter(pk=newest_first[1]).delete()
    second = client.get(f"{BASE}/inbox?limit=3&cursor={first['next']}").json()
    assert [item["id"] for item in second["items"]] == newest_first[3:]


def test_a_cursor_is_good_for_one_list_of_one_user_only(client, client_of, user, other, mailbox):
    waiting(mailbox, 2)
    waiting(MailboxFactory(user=other), 2)
    cursor = client.get(f"{BASE}/inbox?limit=1").json()["next"]
    assert client.get(f"{BASE}/inbox?cursor={cursor}").status_code == 200
    for answer in (
        client_of(other).get(f"{BASE}/inbox?cursor={cursor}"),
        client.get(f"{BASE}/runs?cursor={cursor}"),
        client.get(f"{BASE}/inbox?cursor={cursor[:-1]}x"),
    ):
        assert answer.status_code == 422


def test_queries_do_not_grow_with_the_rows(client, mailbox, application, django_assert_num_queries):
    def counted(rows):
        Message.objects.all().delete()
        for message in waiting(mailbox, rows, suggestion=application):
            extra = ApplicationFactory(user=mailbox.user)
            Message.objects.filter(pk=message.pk).update(suggestion=extra, ranked=[[str(extra.pk), 80]])
        with django_assert_num_queries(QUERIES):
            assert len(client.get(f"{BASE}/inbox").json()["items"]) == rows

    client.get(f"{BASE}/inbox")
    counted(3)
    counted(30)


QUERIES = 6  # user, messages, applications and events for the change, candidates, plan


def test_one_item_in_full(client, message):
    content = client.get(f"{BASE}/inbox/{message.pk}").json()
    assert content["body"] == message.body
    assert content["next_steps"] == ["Choose a slot"]
    assert content["change"] == {"from": "applied", "to": "interviewing"}


def test_a_decided_item_can_be_read_too(client, mailbox, application):
    message = MessageFactory(mailbox=mailbox, linked_to=application)
    content = client.get(f"{BASE}/inbox/{message.pk}").json()
    assert (content["state"], content["change"]) == ("linked", None)
    assert content["application"]["status"] == "interviewing"


def test_deadlines_and_next_steps_are_insights(client_of, message):
    content = client_of(message.user).get(f"{BASE}/inbox/{message.pk}").json()
    assert (content["deadline"] is not None, content["next_steps"]) == (True, ["Choose a slot"])
    message.user.subscription.plan_code = "premium"
    message.user.subscription.save()
    content = client_of(message.user).get(f"{BASE}/inbox/{message.pk}").json()
    assert (content["deadline"], content["next_steps"]) == (None, [])
    assert content["interview_at"] is not None


@pytest.mark.parametrize(("provider", "kind"), [("gmail", None), ("sample", "interview_invitation")])
def test_free_does_not_tell_kinds_but_in_the_sample(client_of, provider, kind):
    mailbox = MailboxFactory(user=UserFactory(), provider=provider)
    MessageFactory(mailbox=mailbox, interview_at=START)
    [item] = client_of(mailbox.user).get(f"{BASE}/inbox").json()["items"]
    assert (item["kind"], item["interview_at"] is not None) == (kind, kind is not None)


def test_on_free_stored_mail_can_be_read_and_decided(client_of, application):
    free = UserFactory()
    application.user = free
    application.save()
    message = MessageFactory(mailbox=MailboxFactory(user=free, provider="gmail"), suggestion=application)
    client = client_of(free)
    assert len(client.get(f"{BASE}/inbox").json()["items"]) == 1
    assert client.get(f"{BASE}/inbox/{message.pk}").json()["body"] == message.body
    assert post(client, f"/inbox/{message.pk}/approve").status_code == 200


def test_approve_links_and_moves_the_status(client, message, application):
    response = post(client, f"/inbox/{message.pk}/approve")
    content = response.json()
    application.refresh_from_db()
    assert response.status_code == 200
    assert application.status == "interviewing"
    assert content["decision"]["action"] == "approve"
    assert content["decision"]["change"] == {"from": "applied", "to": "interviewing"}
    assert content["item"]["state"] == "linked"
    assert content["item"]["application"]["id"] == str(application.pk)


def test_approve_with_another_application_status_and_note(client, message, application):
    other = message.ranked[1][0]
    data = {"application": other, "status": "technical_round", "note": " Panel on Friday "}
    content = post(client, f"/inbox/{message.pk}/approve", data).json()
    application.refresh_from_db()
    assert application.status == "applied"
    assert content["item"]["application"]["id"] == other
    assert content["item"]["application"]["status"] == "technical_round"
    assert Event.objects.get(kind=Event.Kind.NOTE).text == "Panel on Friday"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"status": "hired"}, "status"),
        ({"application": "7"}, "application"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"aplication": str(uuid.uuid4())}, "aplication"),
        ([], "body"),
    ],
)
def test_approve_refuses_what_it_does_not_understand(client, message, data, field):
    response = post(client, f"/inbox/{message.pk}/approve", data)
    message.refresh_from_db()
    assert response.status_code == 422
    assert set(response.json()["error"]["fields"]) == {field}
    assert message.state == "review"


def test_approve_refuses_a_body_that_is_not_json(client, message):
    response = client.post(
        f"{BASE}/inbox/{message.pk}/approve", "status=offer", content_type="application/json"
    )
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


def test_approve_of_an_orphan_needs_an_application(client, mailbox, application):
    orphan = MessageFactory(mailbox=mailbox, state="orphan")
    response = post(client, f"/inbox/{orphan.pk}/approve")
    assert response.status_code == 422
    assert set(response.json()["error"]["fields"]) == {"application"}
    assert (
        post(client, f"/inbox/{orphan.pk}/approve", {"application": str(application.pk)}).status_code == 200
    )


def test_approve_for_a_strangers_application_is_not_found(client, message, other):
    theirs = ApplicationFactory(user=other)
    response = post(client, f"/inbox/{message.pk}/approve", {"application": str(theirs.pk)})
    theirs.refresh_from_db()
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert (theirs.status, theirs.events.count()) == ("applied", 1)


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_second_decision_is_refused(client, message, verb):
    assert post(client, f"/inbox/{message.pk}/{verb}").status_code == 200
    for again in ("approve", "deny"):
        response = post(client, f"/inbox/{message.pk}/{again}")
        assert (response.status_code, response.json()["error"]["code"]) == (409, "already_decided")


def test_deny_takes_it_out_of_the_inbox(client, message, application):
    content = post(client, f"/inbox/{message.pk}/deny").json()
    application.refresh_from_db()
    assert (content["item"]["state"], content["decision"]["action"]) == ("ignored", "ignore")
    assert application.status == "applied"


def test_undo_takes_the_last_decision_back(client, message, application):
    post(client, f"/inbox/{message.pk}/approve")
    content = post(client, f"/inbox/{message.pk}/undo").json()
    application.refresh_from_db()
    assert content["item"]["state"] == "review"
    assert content["decision"]["undone_at"] is not None
    assert application.status == "applied"
    response = post(client, f"/inbox/{message.pk}/undo")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "nothing_to_undo")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("get", ""),
        ("post", "/approve"),
        ("post", "/deny"),
        ("post", "/undo"),
    ],
)
def test_a_strangers_mail_is_not_found(client_of, other, message, verb, path):
    response = getattr(client_of(other), verb)(f"{BASE}/inbox/{message.pk}{path}")
    message.refresh_from_db()
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert message.state == "review"


def test_emails_of_an_application(client, mailbox, application):
    linked = [
        MessageFactory(mailbox=mailbox, linked_to=application, received_at=START + timedelta(n))
        for n in range(3)
    ]
    MessageFactory(mailbox=mailbox, suggestion=application)
    first = client.get(f"{BASE}/applications/{application.pk}/emails?limit=2").json()
    rest = client.get(f"{BASE}/applications/{application.pk}/emails?cursor={first['next']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [
        str(each.pk) for each in reversed(linked)
    ]
    assert rest["next"] is None


def test_a_cursor_of_one_application_is_not_good_for_another(client, mailbox, application):
    for _ in range(2):
        MessageFactory(mailbox=mailbox, linked_to=application)
    cursor = client.get(f"{BASE}/applications/{application.pk}/emails?limit=1").json()["next"]
    second = ApplicationFactory(user=mailbox.user)
    assert client.get(f"{BASE}/applications/{second.pk}/emails?cursor={cursor}").status_code == 422


def test_emails_of_a_strangers_application_are_not_found(client_of, other, application):
    assert client_of(other).get(f"{BASE}/applications/{application.pk}/emails").status_code == 404


def test_queries_of_emails_do_not_grow_with_the_rows(client, mailbox, application, django_assert_num_queries):
    client.get(f"{BASE}/inbox")
    for rows in (3, 27):
        for _ in range(rows):
            MessageFactory(mailbox=mailbox, linked_to=application)
        with django_assert_num_queries(4):  # user, application, messages, plan
            client.get(f"{BASE}/applications/{application.pk}/emails")
