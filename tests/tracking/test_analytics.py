"""The figures of Analytics: pure computation, and the page that shows them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st

from applications.status import Status, Step
from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, ThreadFactory, UserFactory
from tracking.analytics import figures, ladder, loading, sankey
from tracking.analytics.figures import flows, journey
from tracking.mail import Kind

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
CLOSED = [Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN]
A, I, T, O = Status.APPLIED, Status.INTERVIEWING, Status.TECHNICAL_ROUND, Status.OFFER_EXTENDED  # noqa: E741


def went(*statuses, answered=None):
    """The journey of an application that was set to one status after the other."""
    steps = [Step(AT + timedelta(days=n), status=status) for n, status in enumerate(statuses)]
    return journey(steps, A, AT, answered)


def days(*numbers):
    return [timedelta(days=number) for number in numbers]


class TestJourneys:
    @pytest.mark.parametrize(
        ("statuses", "path"),
        [
            ([], ["applied", "no_answer"]),
            ([I], ["applied", "interviewing", "ongoing"]),
            ([T], ["applied", "technical_round", "ongoing"]),
            (
                [I, T, O, Status.ACCEPTED],
                ["applied", "interviewing", "technical_round", "offer_extended", "accepted"],
            ),
            ([Status.REJECTED], ["applied", "rejected"]),
            ([I, Status.WITHDRAWN], ["applied", "interviewing", "withdrawn"]),
            ([Status.REJECTED, I], ["applied", "interviewing", "ongoing"]),
            ([T, I], ["applied", "interviewing", "technical_round", "ongoing"]),
            ([Status.SAVED, A], ["applied", "no_answer"]),
        ],
    )
    def test_a_path_names_every_stage_once_and_how_it_stands(self, statuses, path):
        assert went(*statuses).path == path

    def test_mail_moves_it_by_the_table(self):
        steps = [Step(AT, "application_received"), Step(AT, "interview_invitation"), Step(AT, "rejection")]
        assert journey(steps, Status.SAVED, AT, None).path == ["applied", "interviewing", "rejected"]

    def test_withdrawing_is_no_answer(self):
        assert [went(*way).heard_back for way in ([Status.WITHDRAWN], [], [Status.REJECTED], [I])] == [
            False,
            False,
            True,
            True,
        ]

    def test_each_way_is_counted(self):
        found = flows([went(), went(), went(I), went(I, Status.REJECTED)])
        assert found == {
            ("applied", "no_answer"): 2,
            ("applied", "interviewing"): 2,
            ("interviewing", "ongoing"): 1,
            ("interviewing", "rejected"): 1,
        }

    @pytest.mark.parametrize(
        ("answered", "took"), [(None, None), (AT + timedelta(days=3), timedelta(days=3))]
    )
    def test_how_long_an_answer_took(self, answered, took):
        assert went(I, answered=answered).took == took

    def test_an_answer_before_applying_says_nothing(self):
        assert went(I, answered=AT - timedelta(days=1)).took is None


class TestFigures:
    def test_the_response_rate_is_of_all_that_were_sent(self):
        assert figures.response_rate([went(), went(I), went(Status.REJECTED)]) == 67
        assert figures.response_rate([]) is None

    def test_the_typical_time_is_the_median(self):
        assert figures.typical(days(1, 2, 90)) == timedelta(days=2)
        assert figures.typical([]) is None

    def test_times_by_span(self):
        found = figures.by_span(days(0, 3, 7, 14, 15, 31))
        assert [(each.count, each.share) for each in found] == [(2, 100), (1, 50), (1, 50), (1, 50), (1, 50)]
        assert [each.share for each in figures.by_span([])] == [0, 0, 0, 0, 0]

    def test_replies_are_counted_from_the_last_mail_before_them(self):
        def letter(thread, hour, sent):
            return thread, AT + timedelta(hours=hour), sent

        letters = [
            letter(1, 0, False),
            letter(1, 2, False),
            letter(1, 5, True),
            letter(1, 6, True),
            letter(1, 9, False),
            letter(2, 10, True),
            letter(2, 11, False),
            letter(2, 12, True),
        ]
        assert figures.reply_times(letters) == [timedelta(hours=3), timedelta(hours=1)]
        assert figures.reply_times([]) == []

    @pytest.mark.parametrize(
        ("span", "words"),
        [
            (None, ""),
            (timedelta(seconds=5), "1 minute"),
            (timedelta(minutes=59), "59 minutes"),
            (timedelta(minutes=61), "1 hour"),
            (timedelta(hours=23), "23 hours"),
            (timedelta(hours=24), "1 day"),
            (timedelta(days=21), "21 days"),
        ],
    )
    def test_in_words(self, span, words):
        assert figures.in_words(span) == words

    def test_bars_fill_the_gaps_and_stand_on_one_another(self):
        first, second = date(2026, 3, 2), date(2026, 3, 9)
        empty, full = figures.bars({second: (3, 1)}, [first, second])
        assert (empty.received, empty.sent, empty.received_share) == (0, 0, 0)
        assert (full.received_y, full.received_share, full.sent_y, full.sent_share) == (25, 75, 0, 25)

    def test_weeks_begin_on_monday_and_months_on_the_first(self):
        assert loading.weeks(date(2026, 3, 4), date(2026, 3, 16)) == [
            date(2026, 3, 2),
            date(2026, 3, 9),
            date(2026, 3, 16),
        ]
        assert loading.months(date(2025, 11, 30), date(2026, 1, 1)) == [
            date(2025, 11, 1),
            date(2025, 12, 1),
            date(2026, 1, 1),
        ]


WAYS = st.dictionaries(
    st.tuples(st.sets(st.sampled_from([I, T, O])), st.sampled_from([None, *CLOSED])).map(
        lambda drawn: (*sorted(drawn[0]), *filter(None, drawn[1:]))
    ),
    st.sampled_from([1, 2, 7, 400, 2000]),
    min_size=1,
)
ONE, EQUAL = {(): 1}, {(I, T, O, Status.ACCEPTED): 3}
UNEQUAL = {(): 1999, (I, Status.REJECTED): 1}
WIDEST, HIGHEST = 7.5, 13  # a character, and a line, of a label in pixels


def flows_of(ways):
    """The flows of so many applications that went each of `ways`."""
    found = Counter()
    for statuses, count in ways.items():
        for flow in flows([went(*statuses)]):
            found[flow] += count
    return dict(found)


def box_of(node):
    """Left, right, top and bottom of the label of a node, estimated generously."""
    width = WIDEST * len(f"{node.label} {node.count}")
    return node.label_x, node.label_x + width, node.label_y - HIGHEST + 3, node.label_y + 3


def overlap(one, other):
    (a, b, c, d), (e, f, g, h) = one, other
    return a < f and e < b and c < h and g < d


class TestSankey:
    @given(WAYS)
    @example(ONE)
    @example(EQUAL)
    @example(UNEQUAL)
    def test_every_ribbon_lies_on_its_bars(self, ways):
        drawing = sankey.draw(flows_of(ways))
        assert next(node.count for node in drawing.nodes if node.code == "applied") == sum(ways.values())
        for node in drawing.nodes:
            assert node.y >= sankey.TOP
            assert node.y + node.height < drawing.height
            assert max(node.taken_in, node.taken_out) <= node.height + 0.001
        leaving = [each.count for each in drawing.ribbons if each.source.code == "applied"]
        assert sum(leaving) == sum(ways.values())

    @given(WAYS)
    @example(ONE)
    @example(EQUAL)
    @example(UNEQUAL)
    def test_no_label_lies_on_a_ribbon_a_bar_or_another_label(self, ways):
        nodes = sankey.draw(flows_of(ways)).nodes
        boxes = {node.code: box_of(node) for node in nodes}
        drawn = [(node.x, node.x + sankey.BAR, node.y, node.y + node.height) for node in nodes]
        drawn.append((0, 4 * sankey.STEP, sankey.TOP, 10_000))  # where ribbons are
        for code, box in boxes.items():
            rest = [*drawn, *(other for name, other in boxes.items() if name != code)]
            assert not any(overlap(box, other) for other in rest), (code, box)
            assert 0 <= box[0] < box[1] <= sankey.WIDTH
            assert box[2] >= 0

    def test_a_single_application_is_no_wall(self):
        (ribbon,) = sankey.draw(flows_of(ONE)).ribbons
        assert ribbon.source.height == sankey.MOST

    def test_nothing_is_drawn_of_nothing(self):
        assert sankey.draw({}).ribbons == []


class TestLadder:
    @given(WAYS)
    @example(ONE)
    @example(EQUAL)
    @example(UNEQUAL)
    def test_a_bar_has_a_part_for_each_way_and_is_no_wider_than_the_page(self, ways):
        found = ladder.rungs(sankey.draw(flows_of(ways)))
        told = {
            (rung.code, part.code): part.count for rung in found for part in rung.parts if not rung.is_end
        }
        assert told == flows_of(ways)
        for rung in found:
            assert sum(part.count for part in rung.parts) == rung.count
            assert all(part.width >= 1 for part in rung.parts)
            assert rung.parts[-1].x + rung.parts[-1].width <= 100.001

    def test_it_goes_from_the_first_stage_to_the_ends(self):
        found = ladder.rungs(sankey.draw(flows([went(), went(I, Status.REJECTED)])))
        assert [(rung.label, rung.count) for rung in found] == [
            ("Applied", 2),
            ("Interviewing", 1),
            ("No answer yet", 1),
            ("Rejected", 1),
        ]

    def test_of_nothing_there_is_none(self):
        assert ladder.rungs(sankey.draw({})) == []


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def mailbox(self, user):
        return MailboxFactory(user=user)

    @pytest.fixture
    def client(self, user, client_of):
        return client_of(user)

    def answered(self, mailbox, days_later, kind=Kind.INTERVIEW_INVITATION, **values):
        """An application of ten days ago with mail about it."""
        application = ApplicationFactory(user=mailbox.user, at=NOW - timedelta(days=20))
        received_at = datetime.combine(application.applied_on, datetime.min.time(), UTC) + timedelta(
            days=days_later
        )
        MessageFactory(mailbox=mailbox, linked_to=application, kind=kind, received_at=received_at, **values)
        return application

    @time_machine.travel(NOW, tick=False)
    def test_it_works(self, client, user, mailbox):
        self.answered(mailbox, 3)
        self.answered(mailbox, 5)
        self.answered(mailbox, 1, Kind.APPLICATION_RECEIVED)
        ApplicationFactory(user=user, at=NOW - timedelta(days=9), status="saved")
        context = client.get("/analytics/").context
        assert (context["sent"], context["heard_back"], context["rate"]) == (3, 2, 67)
        assert (context["first_answer"], context["answers"]) == ("4 days", 2)
        assert context["mail"] == 3
        assert sum(bar.received for bar in context["bars"]) == 3

    @time_machine.travel(NOW, tick=False)
    def test_the_table_says_what_the_drawing_shows(self, client, mailbox):
        self.answered(mailbox, 3)
        page = client.get("/analytics/").content.decode()
        assert "<title>Applied to Interviewing: 1</title>" in page
        assert '<td>Applied</td><td>Interviewing</td><td class="number">1</td>' in page
        assert "<span>Interviewing</span><b>1</b>" in page
        assert "style=" not in page

    @time_machine.travel(NOW, tick=False)
    def test_own_replies(self, client, mailbox):
        application = ApplicationFactory(user=mailbox.user, at=NOW - timedelta(days=20))
        thread = ThreadFactory(mailbox=mailbox, application=application)
        for hours, sent in ((30, False), (28, True)):
            MessageFactory(
                mailbox=mailbox,
                linked_to=application,
                thread=thread,
                sent_by_user=sent,
                received_at=NOW - timedelta(hours=hours),
            )
        context = client.get("/analytics/").context
        assert (context["own_reply"], context["replies"]) == ("2 hours", 1)
        assert sum(bar.sent for bar in context["bars"]) == 1

    @time_machine.travel(NOW, tick=False)
    def test_a_period_takes_what_was_sent_and_received_in_it(self, client, mailbox):
        old = ApplicationFactory(user=mailbox.user, at=NOW - timedelta(days=60))
        MessageFactory(mailbox=mailbox, linked_to=old, received_at=NOW - timedelta(days=50))
        self.answered(mailbox, 3)
        counts = {}
        for code in loading.PERIODS:
            context = client.get(f"/analytics/?period={code}").context
            counts[code] = (context["sent"], context["mail"])
        assert counts == {"30": (1, 1), "90": (2, 2), "365": (2, 2), "all": (2, 2)}

    def test_a_period_that_means_nothing_is_the_usual_one(self, client):
        assert client.get("/analytics/?period=fortnight").context["period"].code == "90"

    def test_mail_that_waits_or_was_ignored_does_not_count(self, client, mailbox):
        application = ApplicationFactory(user=mailbox.user)
        MessageFactory(mailbox=mailbox, suggestion=application)
        MessageFactory(mailbox=mailbox, state="ignored")
        assert client.get("/analytics/?period=all").context["mail"] == 0

    def test_a_stranger_adds_nothing(self, client, other):
        ApplicationFactory(user=other)
        assert "Nothing to count yet" in client.get("/analytics/").content.decode()

    @pytest.mark.parametrize("plan", ["free", "premium"])
    def test_other_plans_see_their_counts_and_what_they_would_get(self, client_of, plan):
        user = UserFactory(plan=plan)
        ApplicationFactory(user=user, status="rejected")
        ApplicationFactory(user=user, status="saved")
        response = client_of(user).get("/analytics/")
        page = response.content.decode()
        assert "1 of the 1 application you have sent was answered so far." in page
        assert "/settings/plan/" in page
        assert '<svg class="sankey"' not in page
        assert "rate" not in response.context

    @pytest.mark.parametrize("count", [3, 30])
    def test_it_takes_at_most_twelve_queries(self, client, mailbox, count, django_assert_max_num_queries):
        for _ in range(count):
            self.answered(mailbox, 2)
        client.get("/analytics/?period=all")
        with django_assert_max_num_queries(12):
            client.get("/analytics/?period=all")

    def test_it_rejects_post(self, client):
        assert client.post("/analytics/").status_code == 405

    def test_it_asks_to_sign_in(self, client):
        client.logout()
        assert client.get("/analytics/").url.startswith("/accounts/login/")
