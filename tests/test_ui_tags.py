from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import TemplateSyntaxError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.templatetags import ui
from tracking.templatetags.mail import confidence, mail_text, plain_mail_text

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5, seconds=59), "5 min ago"),
        (timedelta(hours=2), "2h ago"),
        (timedelta(hours=26), "yesterday"),
        (timedelta(days=3), "3d ago"),
        (timedelta(days=12), "21 Feb"),
        (timedelta(days=300), "9 May 2025"),
        (timedelta(seconds=-20), "in a moment"),
        (timedelta(minutes=-4), "in 4 min"),
        (timedelta(hours=-3), "in 3h"),
        (timedelta(hours=-26), "tomorrow"),
        (timedelta(days=-4), "in 4 days"),
        (timedelta(days=-40), "14 Apr"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_how_long_ago(gone, words):
    assert ui.relative(NOW - gone, NOW) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (datetime(2026, 3, 4, 15, 0, tzinfo=UTC), "today"),  # 5 March begins in Tokyo
        (datetime(2026, 3, 4, 15, 0, 1, tzinfo=UTC), "20h ago"),
        (datetime(2026, 3, 3, 15, 0, tzinfo=UTC), "yesterday"),
        (datetime(2026, 3, 5, 15, 0, tzinfo=UTC), "in 3h"),
    ],
)
def test_a_day_without_an_hour_is_today_and_not_hours_ago(when, words):
    with timezone.override("Asia/Tokyo"), time_machine.travel(NOW, tick=False):
        assert ui.relative(when, NOW) == words


@time_machine.travel(NOW, tick=False)
def test_the_exact_time_stands_behind_in_the_users_zone():
    with timezone.override("Asia/Tokyo"):
        shown = ui.ago(NOW - timedelta(hours=2))
    assert ">2h ago</time>" in shown
    assert 'title="Thu 5 Mar 2026, 19:00 (Asia/Tokyo)"' in shown


@time_machine.travel(NOW, tick=False)
def test_a_full_time_says_how_long_ago_only_where_it_is_not_long():
    assert ">Thu 5 Mar 2026, 10:00, 2h ago<" in ui.full(NOW - timedelta(hours=2))
    assert ">Sun 1 Feb 2026, 12:00<" in ui.full(datetime(2026, 2, 1, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize("show", [ui.ago, ui.exact, ui.full, ui.day])
def test_no_time_is_no_text(show):
    assert show(None) == ""


def test_an_icon_is_a_piece_of_one_file_and_hidden_from_screen_readers(client):
    assert ui.icon("inbox").startswith('<svg class="icon"')
    assert 'aria-hidden="true"' in ui.icon("inbox")
    file = client.get("/icons.svg")
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert '<symbol id="inbox"' in file.content.decode()


def test_an_unknown_icon_is_an_error_at_once():
    with pytest.raises(TemplateSyntaxError):
        ui.icon("no-such-icon")


@pytest.mark.parametrize(
    ("percent", "word"),
    [(99, "Almost certain"), (86, "Likely"), (70, "Probable"), (50, "Possible"), (8, "Unlikely")],
)
def test_confidence_is_a_word_and_a_number(percent, word):
    assert confidence(percent) == f"{word} {percent}\u202f%"


def test_paragraphs_lines_and_links():
    shown = mail_text("Hi,\r\nsee https://jobs.example/a?b=1&c=2.\r\n\r\nBye")
    assert shown.startswith('<p>Hi,<br>see <a href="https://jobs.example/a?b=1&amp;c=2"')
    assert "<b>jobs.example</b>/a?b=1&amp;c=2</a>.</p><p>Bye</p>" in shown


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://google.com@evil.example/x", "evil.example"),
        ("https://аpple.com/", "xn--pple-43d.com"),
        ("HTTPS://Jobs.Example:8443/x", "jobs.example"),
    ],
)
def test_a_link_shows_the_host_it_leads_to(url, host):
    assert f"<b>{host}</b>" in mail_text(url)


@pytest.mark.parametrize("url", ["https://[broken/", "https:///nowhere", "https://" + "a" * 70 + ".example/"])
def test_what_is_no_address_stays_text(url):
    assert "<a " not in mail_text(url)


def test_long_links_are_cut_but_not_their_host():
    shown = mail_text("https://jobs.example/" + "x" * 200)
    assert "<b>jobs.example</b>" in shown
    assert "x…</a>" in shown


@given(st.text(alphabet="<>&\"'\n ahtps:/.=x", max_size=80))
def test_nothing_of_a_mail_becomes_markup(text):
    for shown in (mail_text(text), plain_mail_text(text)):
        assert set(re.findall(r"<[^>]*?([a-z]+)", shown)) <= {"p", "br", "a", "b"}
