from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, UserFactory
from tracking import inbox
from tracking.mail import Kind
from tracking.models import Decision, Mailbox, Message

pytestmark = pytest.mark.django_db

RECEIVED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
HTMX = {"HX-Request": "true", "HX-Target": "inbox"}


@pytest.fixture
def client(user, client_of):
    return client_of(user)


@pytest.fixture
def mailbox(user):
    return MailboxFactory(user=user)


@pytest.fixture
def application(user):
    return ApplicationFactory(
        user=user, company="Lumen Health", title="Data Analyst", at=RECEIVED - timedelta(days=9)
    )


@pytest.fixture
def message(mailbox, application):
    return MessageFactory(mailbox=mailbox, suggestion=application, received_at=RECEIVED)


@pytest.fixture
def orphan(mailbox):
    return MessageFactory(
        mailbox=mailbox,
        state="orphan",
        subject="Thank you for applying",
        company="Quillstone",
        title="Archivist",
        kind=Kind.APPLICATION_RECEIVED,
        confidence=20,
        received_at=RECEIVED - timedelta(hours=1),
    )


def decide(client, name, message, follow=True, **data):
    return client.post(reverse(name, args=[message.pk]), {"back": "tab=review", **data}, follow=follow)


def texts(response):
    return [str(message) for message in response.context["messages"]]


class TestLooking:
    def test_it_shows_the_first_message_with_its_change_and_reasons(self, client, message):
        page = client.get("/inbox/").content.decode()
        assert message.subject in page
        assert "Likely 86\u202f%" in page
        assert "Status after approving" in page
        assert "Sent from lumenhealth.example" in page
        assert "We would like to invite you" in page

    def test_it_counts_each_tab(self, client, message, orphan, application, mailbox):
        MessageFactory(mailbox=mailbox, linked_to=application)
        tabs = client.get("/inbox/").context["tabs"]
        assert [(code, count) for code, _, _, count in tabs] == [
            ("review", 1),
            ("orphans", 1),
            ("decided", 1),
        ]

    def test_a_mail_that_is_linked_asks_only_about_the_status(self, client, mailbox, application):
        MessageFactory(mailbox=mailbox, application=application, state="review")
        assert "Linked already" in client.get("/inbox/").content.decode()

    def test_an_orphan_starts_with_an_empty_picker_and_a_filled_form(self, client, orphan, application):
        response = client.get("/inbox/?tab=orphans")
        page = response.content.decode()
        assert response.context["queue"].found == []
        assert 'id="approve"' not in page
        assert 'value="Quillstone"' in page
        assert 'value="Archivist"' in page
        assert 'value="2026-03-04"' in page

    def test_the_best_candidates_are_offered_but_not_hopeless_ones(self, client, orphan, application, user):
        far = ApplicationFactory(user=user)
        orphan.ranked = [[str(application.pk), 41], [str(far.pk), 4]]
        orphan.save()
        choices = client.get("/inbox/?tab=orphans").context["queue"].choices
        assert [(choice.application, choice.confidence) for choice in choices] == [(application, 41)]

    def test_reasons_of_an_orphan_say_what_they_are_about(self, client, orphan, application):
        orphan.evidence = [
            {"code": "kind", "text": "It makes an offer.", "weight": 0.7},
            {"code": "closed", "text": "This application is closed", "weight": -2.0},
        ]
        orphan.ranked = [[str(application.pk), 31]]
        orphan.save()
        page = client.get(f"/inbox/?tab=orphans&m={orphan.pk}").content.decode()
        seen, _, compared = page.partition(f"Compared with the nearest: {application.title} at ")
        assert "It makes an offer." in seen
        assert "This application is closed" not in seen
        assert "This application is closed" in compared

    def test_the_picker_searches_company_and_title(self, client, orphan, application, other):
        ApplicationFactory(user=other, company="Lumen Health")
        page = client.get(f"/inbox/?tab=orphans&m={orphan.pk}&find=lumen analyst")
        assert [choice.application for choice in page.context["queue"].found] == [application]
        page = client.get(f"/inbox/?tab=orphans&m={orphan.pk}&find=nowhere")
        assert "No application of yours matches" in page.content.decode()

    def test_what_the_search_finds_comes_in_parts(self, client, orphan, user):
        for n in range(7):
            ApplicationFactory(user=user, company=f"Quillstone & Sons {n}")
        first = client.get(f"/inbox/?tab=orphans&m={orphan.pk}&find=stone %26")
        more = first.context["queue"].more_found
        assert f'href="{more.replace("&", "&amp;")}"' in first.content.decode()
        second = client.get(more)
        parts = [{each.application.pk for each in page.context["queue"].found} for page in (first, second)]
        assert list(map(len, parts)) == [5, 2]
        assert len(parts[0] | parts[1]) == 7
        assert second.context["queue"].more_found == ""
        assert client.get(second.context["queue"].earlier_found).context["queue"].found
        beyond = client.get(f"/inbox/?tab=orphans&m={orphan.pk}&find=stone&part=99")
        assert "No application of yours matches" not in beyond.content.decode()
        assert beyond.context["queue"].earlier_found

    def test_a_part_of_no_search_is_nothing(self, client):
        headers = {"HX-Request": "true", "HX-Target": "found"}
        response = client.get("/inbox/?find=stone&part=2", headers=headers)
        assert response.status_code == 200
        assert "<a" not in response.content.decode()

    def test_without_a_part_it_begins_with_the_first(self, client, orphan, application):
        for part in ("", "0", "-1", "abc", "9" * 40):
            page = client.get(f"/inbox/?tab=orphans&m={orphan.pk}&find=lumen&part={part}")
            assert [choice.application for choice in page.context["queue"].found] == [application]

    def test_it_filters_by_text_kind_and_mailbox(self, client, user, message, mailbox, application):
        elsewhere = MessageFactory(
            mailbox=MailboxFactory(user=user),
            suggestion=application,
            subject="No luck",
            sender_name="Ann",
            sender_address="ann@bluefin.example",
            kind=Kind.REJECTION,
        )

        def found(query):
            return {row.message.pk for row in client.get(f"/inbox/?{query}").context["queue"].rows}

        assert found("q=luck") == found("q=bluefin") == found("q=ANN") == {elsewhere.pk}
        assert found("kind=rejection") == {elsewhere.pk}
        assert found(f"mailbox={mailbox.pk}") == {message.pk}
        assert found("kind=nonsense&mailbox=nonsense") == {message.pk, elsewhere.pk}

    def test_pages_do_not_overlap(self, client, mailbox, application):
        for n in range(17):
            MessageFactory(mailbox=mailbox, suggestion=application, received_at=RECEIVED - timedelta(hours=n))
        first = client.get("/inbox/").context["queue"]
        second = client.get("/inbox/?page=2").context["queue"]
        assert (len(first.rows), first.has_more) == (10, True)
        assert (len(second.rows), second.has_more) == (7, False)
        assert not {row.message.pk for row in first.rows} & {row.message.pk for row in second.rows}

    def test_mail_is_shown_as_text_and_links_show_their_host(self, client, message):
        message.body = "<img src=x onerror=alert(1)>\n\nSee https://google.com@evil.example/path?a=1&b=2."
        message.save()
        page = client.get("/inbox/").content.decode()
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<b>evil.example</b>/path?a=1&amp;b=2</a>." in page

    def test_links_of_suspicious_mail_cannot_be_followed(self, client, message):
        message.body, message.warning = "Log in at https://evil.example/", "This mail may be forged."
        message.save()
        page = client.get("/inbox/").content.decode()
        assert "This mail may be forged." in page
        assert "https://evil.example/" in page
        assert 'href="https://evil.example/' not in page

    def test_purged_mail_says_so(self, client, message):
        message.body, message.purged_at = "", timezone.now()
        message.save()
        assert "Its text was deleted" in client.get("/inbox/").content.decode()

    def test_insights_and_kinds_follow_the_plan(self, client_of, message):
        message.next_steps, message.deadline_at = ["Send your portfolio"], RECEIVED
        message.save()
        shown = {}
        for plan in ("free", "premium", "platinum"):
            message.user.subscription.plan_code = plan
            message.user.subscription.save()
            page = client_of(message.user).get("/inbox/").content.decode()
            shown[plan] = ("Kind of mail" in page, "Send your portfolio" in page, "Deadline" in page)
        assert shown == {
            "free": (False, False, False),
            "premium": (True, False, False),
            "platinum": (True, True, True),
        }

    def test_a_newcomer_is_told_how_to_begin(self, client):
        assert "Choose a source of mail" in client.get("/inbox/").content.decode()

    def test_an_empty_inbox_says_what_was_done(self, client, user, message):
        inbox.approve(user, message.pk, timezone.now())
        page = client.get("/inbox/").content.decode()
        assert "Nothing to review" in page
        assert "1 e-mail dealt with today." in page
        assert "1 linked by you" in page

    def test_what_was_undone_was_not_done(self, client, user, message, mailbox, application):
        decision = inbox.approve(user, message.pk, timezone.now())
        inbox.undo(user, decision.pk, timezone.now())
        inbox.ignore(user, message.pk, timezone.now())
        done = client.get("/inbox/").context["done"]
        assert (done.total, done.approved, done.ignored) == (1, 0, 1)

    def test_when_the_next_sync_comes_is_said(self, client, user, message):
        Mailbox.objects.update(next_sync_at=timezone.now() + timedelta(minutes=3, seconds=30))
        inbox.ignore(user, message.pk, timezone.now())
        page = client.get("/inbox/").content.decode()
        assert "The next sync comes" in page
        assert ">in 3 min<" in page

    @pytest.mark.parametrize("m", ["nonsense", str(uuid.uuid4())])
    def test_an_unknown_message_is_not_found(self, client, message, m):
        assert client.get(f"/inbox/?m={m}").status_code == 404

    def test_a_strangers_message_is_not_found(self, client_of, other, message):
        assert client_of(other).get(f"/inbox/?m={message.pk}").status_code == 404

    def test_it_rejects_post(self, client):
        assert client.post("/inbox/").status_code == 405


class TestDeciding:
    def test_approve_links_says_so_and_opens_the_next(self, client, message, mailbox, application):
        following = MessageFactory(
            mailbox=mailbox, suggestion=application, received_at=RECEIVED - timedelta(days=1)
        )
        assert client.get("/inbox/").context["queue"].following == str(following.pk)
        response = decide(client, "inbox-approve", message, next=following.pk)

        application.refresh_from_db()
        assert application.status == Status.INTERVIEWING
        assert response.context["message"] == following
        assert texts(response) == ["Linked to Data Analyst at Lumen Health. Applied → Interviewing."]

    def test_the_last_row_hands_over_to_the_one_before(self, client, message, mailbox, application):
        last = MessageFactory(
            mailbox=mailbox, suggestion=application, received_at=RECEIVED - timedelta(days=1)
        )
        assert client.get(f"/inbox/?m={last.pk}").context["queue"].following == str(message.pk)

    def test_the_status_can_be_changed_before_approving(self, client, message, application):
        decide(client, "inbox-approve", message, status="technical_round")
        application.refresh_from_db()
        assert application.status == Status.TECHNICAL_ROUND

    def test_a_note_goes_to_the_timeline_and_away_with_the_undo(self, client, message, application):
        decide(client, "inbox-approve", message, note="  Called Priya back  ")
        notes = application.events.filter(kind="note", voided_at=None)
        assert [event.text for event in notes] == ["Called Priya back"]
        client.post("/inbox/undo/", {"decision": Decision.objects.get().pk})
        assert not notes.all()

    def test_status_and_note_go_along_to_another_application(self, client, user, message):
        right = ApplicationFactory(user=user, company="Bluefin", at=RECEIVED - timedelta(days=3))
        decide(client, "inbox-link", message, application=right.pk, status="technical_round", note="By phone")
        right.refresh_from_db()
        assert right.status == Status.TECHNICAL_ROUND
        assert right.events.filter(text="By phone").exists()

    def test_ignore_leaves_the_application_alone(self, client, message, application):
        decide(client, "inbox-ignore", message)
        message.refresh_from_db()
        application.refresh_from_db()
        assert (message.state, application.status) == ("ignored", Status.APPLIED)

    def test_link_takes_the_application_given(self, client, user, message):
        right = ApplicationFactory(user=user, company="Bluefin", at=RECEIVED - timedelta(days=3))
        decide(client, "inbox-link", message, application=right.pk)
        message.refresh_from_db()
        assert message.application == right

    def test_link_to_a_strangers_application_is_not_found(self, client, other, message):
        theirs = ApplicationFactory(user=other)
        assert decide(client, "inbox-link", message, application=theirs.pk).status_code == 404
        message.refresh_from_db()
        assert message.state == "review"

    @pytest.mark.parametrize("data", [{}, {"application": "x"}, {"status": "nonsense"}])
    def test_senseless_values_are_refused(self, client, message, data):
        assert decide(client, "inbox-link", message, **data).status_code == 400

    def test_create_tracks_a_new_application(self, client, user, orphan):
        form = {"company": "Quillstone", "title": "Archivist", "applied_on": "2026-03-01", "status": ""}
        response = decide(client, "inbox-create", orphan, **form)
        created = Application.objects.of(user).get(company="Quillstone")
        orphan.refresh_from_db()
        assert (orphan.application, created.status) == (created, Status.APPLIED)
        assert texts(response) == ["Added Archivist at Quillstone and linked the e-mail."]

    def test_create_without_a_company_shows_the_form_again(self, client, orphan):
        form = {"company": "", "title": "Archivist", "back": "tab=orphans"}
        response = decide(client, "inbox-create", orphan, **form)
        assert response.status_code == 422
        assert "This field is required." in response.content.decode()
        assert response.context["message"] == orphan
        response = client.post(reverse("inbox-create", args=[orphan.pk]), form, headers=HTMX)
        assert (response.status_code, response.headers["HX-Push-Url"]) == (422, "false")

    def test_create_beyond_the_plan_says_so_and_keeps_the_form(self, client_of):
        free = UserFactory()
        for n in range(5):
            ApplicationFactory(user=free, at=timezone.now(), company=f"Company {n}")
        orphan = MessageFactory(mailbox=MailboxFactory(user=free), state="orphan")
        form = {"company": "Quillstone", "title": "Archivist"}
        response = decide(client_of(free), "inbox-create", orphan, **form)
        assert response.status_code == 422
        assert response.context["create_form"].non_field_errors()
        assert Application.objects.of(free).count() == 5

    @pytest.mark.parametrize("name", ["inbox-approve", "inbox-ignore"])
    def test_deciding_twice_is_told_and_changes_nothing(self, client, message, name):
        decide(client, "inbox-approve", message)
        response = decide(client, name, message)
        assert response.status_code == 200
        assert texts(response) == ["This e-mail was already decided. Nothing changed."]
        assert Decision.objects.count() == 1

    def test_filters_survive_a_decision(self, client, message):
        response = decide(client, "inbox-ignore", message, follow=False, back="tab=review&q=data&evil=//x")
        assert response.url == "/inbox/?q=data"

    @pytest.mark.parametrize("name", ["inbox-approve", "inbox-ignore", "inbox-link", "inbox-create"])
    def test_a_stranger_finds_nothing(self, client_of, other, message, name):
        own = ApplicationFactory(user=other)
        form = {"application": own.pk, "company": "A", "title": "B"}
        assert decide(client_of(other), name, message, **form).status_code == 404
        message.refresh_from_db()
        assert message.state == "review"

    @pytest.mark.parametrize("name", ["inbox-approve", "inbox-ignore", "inbox-link", "inbox-create"])
    def test_it_rejects_get(self, client, message, name):
        assert client.get(reverse(name, args=[message.pk])).status_code == 405


class TestUndo:
    def test_the_toast_takes_the_decision_back(self, client, message, application):
        page = decide(client, "inbox-approve", message).content.decode()
        decision = Decision.objects.get()
        assert f'name="decision" value="{decision.pk}"' in page
        response = client.post("/inbox/undo/", {"decision": decision.pk}, follow=True)
        application.refresh_from_db()
        assert (response.context["message"], application.status) == (message, Status.APPLIED)
        assert response.context["filters"].tab == "review"

    def test_the_decided_tab_offers_it_for_ever(self, client, user, message):
        inbox.approve(user, message.pk, RECEIVED)
        page = client.get(f"/inbox/?tab=decided&m={message.pk}").content.decode()
        assert f'value="{Decision.objects.get().pk}"' in page
        assert "By you" in page

    def test_twice_is_told(self, client, user, message):
        decision = inbox.approve(user, message.pk, RECEIVED)
        client.post("/inbox/undo/", {"decision": decision.pk})
        response = client.post("/inbox/undo/", {"decision": decision.pk}, follow=True)
        assert "already undone" in texts(response)[-1]

    def test_a_strangers_decision_is_not_found(self, client_of, user, other, message):
        decision = inbox.approve(user, message.pk, RECEIVED)
        assert client_of(other).post("/inbox/undo/", {"decision": decision.pk}).status_code == 404
        message.refresh_from_db()
        assert message.state == "linked"

    @pytest.mark.parametrize("data", [{}, {"decision": "x"}])
    def test_senseless_values_are_refused(self, client, data):
        assert client.post("/inbox/undo/", data).status_code == 400

    def test_it_rejects_get(self, client):
        assert client.get("/inbox/undo/").status_code == 405


class TestUnmatch:
    def test_it_leads_to_the_message_with_the_picker_open(self, client, user, message, application):
        inbox.approve(user, message.pk, RECEIVED)
        response = client.post(reverse("message-unmatch", args=[message.pk]), follow=True)
        application.refresh_from_db()
        assert (response.context["message"], application.status) == (message, Status.APPLIED)
        assert '<details class="alternative" id="picker" data-key="r" open>' in response.content.decode()
        assert 'name="decision"' in response.content.decode()

    def test_the_application_it_was_taken_off_is_not_offered_again(self, client, user, message, application):
        message.ranked = [[str(application.pk), 86]]
        message.save()
        inbox.approve(user, message.pk, RECEIVED)
        response = client.post(reverse("message-unmatch", args=[message.pk]), follow=True)
        assert response.context["queue"].choices == []

    def test_of_a_message_that_is_not_linked_is_told(self, client, message):
        response = client.post(reverse("message-unmatch", args=[message.pk]), follow=True)
        assert texts(response) == ["This e-mail is not linked to an application any more."]

    def test_a_stranger_finds_nothing(self, client_of, user, other, message):
        inbox.approve(user, message.pk, RECEIVED)
        assert client_of(other).post(reverse("message-unmatch", args=[message.pk])).status_code == 404

    def test_it_rejects_get(self, client, message):
        assert client.get(reverse("message-unmatch", args=[message.pk])).status_code == 405


class TestBulk:
    @pytest.fixture
    def rejection(self, mailbox, user):
        told = ApplicationFactory(user=user, company="Bluefin", at=RECEIVED - timedelta(days=9))
        return MessageFactory(
            mailbox=mailbox, suggestion=told, kind=Kind.REJECTION, received_at=RECEIVED, subject="Sorry"
        )

    def preview(self, client, *messages, action="approve"):
        query = "&".join(f"select={message.pk}" for message in messages)
        return client.get(f"/inbox/bulk/?action={action}&back=tab%3Dreview&{query}", follow=True)

    def test_it_shows_what_would_change_before_anything_does(self, client, message, rejection):
        response = self.preview(client, message, rejection)
        changes = {row.message: (row.before, row.after) for row in response.context["rows"]}
        assert changes == {message: ("applied", "interviewing"), rejection: ("applied", "rejected")}
        assert Decision.objects.count() == 0

    def test_rejections_offers_and_suspicious_mail_start_unticked(self, client, message, rejection, mailbox):
        forged = MessageFactory(
            mailbox=mailbox, suggestion=message.suggestion, warning="This mail may be forged."
        )
        rows = self.preview(client, message, rejection, forged).context["rows"]
        assert {row.message for row in rows if row.preselected} == {message}
        page = self.preview(client, rejection).content.decode()
        assert f'value="{rejection.pk}">' in page

    def test_what_is_ticked_is_approved_and_undone_as_one(self, client, message, rejection):
        data = {"action": "approve", "select": [message.pk, rejection.pk], "back": "tab=review"}
        response = client.post("/inbox/bulk/", data, follow=True)
        assert texts(response) == ["2 e-mails approved."]
        batch = Decision.objects.values_list("batch", flat=True).distinct().get()
        assert f'name="batch" value="{batch}"' in response.content.decode()
        client.post("/inbox/undo/", {"batch": batch})
        assert Message.objects.in_review().count() == 2

    def test_ignoring_together(self, client, message, orphan):
        data = {"action": "ignore", "select": [message.pk, orphan.pk]}
        client.post("/inbox/bulk/", data)
        assert set(Message.objects.values_list("state", flat=True)) == {"ignored"}

    def test_those_decided_meanwhile_are_told(self, client, user, message, rejection):
        inbox.ignore(user, rejection.pk, RECEIVED)
        data = {"action": "approve", "select": [message.pk, rejection.pk]}
        response = client.post("/inbox/bulk/", data, follow=True)
        assert texts(response)[0].startswith("1 e-mail approved. 1 could not be")

    def test_without_a_selection_it_goes_back(self, client, message):
        assert texts(self.preview(client)) == ["Select e-mails in the list first."]

    def test_a_strangers_messages_are_left_alone(self, client_of, other, message):
        response = client_of(other).post("/inbox/bulk/", {"action": "approve", "select": [message.pk]})
        assert response.status_code == 302
        message.refresh_from_db()
        assert message.state == "review"

    def test_senseless_values_are_refused(self, client):
        assert client.get("/inbox/bulk/?action=delete").status_code == 400

    def test_it_rejects_put(self, client):
        assert client.put("/inbox/bulk/").status_code == 405


class TestQueries:
    @pytest.fixture(params=[3, 30])
    def many(self, request, user, mailbox):
        for n in range(request.param):
            own = ApplicationFactory(user=user, at=RECEIVED - timedelta(days=9))
            other = ApplicationFactory(user=user, at=RECEIVED - timedelta(days=9))
            ranked = [[str(own.pk), 86], [str(other.pk), 40]]
            at = RECEIVED - timedelta(minutes=n)
            MessageFactory(mailbox=mailbox, suggestion=own, ranked=ranked, received_at=at)
            MessageFactory(mailbox=mailbox, state="orphan", ranked=ranked, received_at=at)
            decided = MessageFactory(mailbox=mailbox, suggestion=own, received_at=at)
            inbox.approve(user, decided.pk, RECEIVED)

    @pytest.mark.parametrize("tab", ["review", "orphans", "decided"])
    def test_a_page_takes_at_most_twelve(self, client, many, tab, django_assert_max_num_queries):
        client.get("/inbox/")
        with django_assert_max_num_queries(12):
            client.get(f"/inbox/?tab={tab}")

    @pytest.mark.parametrize("tab", ["review", "orphans", "decided"])
    def test_a_fragment_takes_at_most_eight(self, client, many, tab, django_assert_max_num_queries):
        client.get("/inbox/")
        with django_assert_max_num_queries(8):
            client.get(f"/inbox/?tab={tab}", headers=HTMX)

    def test_a_bulk_preview_takes_at_most_twelve(self, client, many, django_assert_max_num_queries):
        chosen = "&".join(f"select={pk}" for pk in Message.objects.pending().values_list("pk", flat=True))
        client.get("/inbox/")
        with django_assert_max_num_queries(12):
            client.get(f"/inbox/bulk/?action=approve&{chosen}")
