"""The pages that anybody may see: true, complete, and without anything from elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client

from billing.comparison import comparison
from billing.plans import PLANS

pytestmark = pytest.mark.django_db

PAGES = ["/", "/pricing/", "/privacy/", "/terms/", "/accounts/login/", "/accounts/signup/"]


class Fetched(HTMLParser):
    """Every address a browser would fetch for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source", "video"}:
            self.found.append(given.get("src") or "")
        if tag == "link":
            self.found.append(given["href"])


@pytest.mark.parametrize("page", PAGES)
def test_nothing_comes_from_elsewhere(page):
    content = Client().get(page).content.decode()
    parser = Fetched()
    parser.feed(content)
    assert parser.found
    assert all(not url or url.startswith("/") for url in parser.found)
    assert "style=" not in content.replace('type="text/css"', "")
    assert re.search(r'<meta name="description" content="[^"]{40,}"', content)


@pytest.mark.parametrize("page", PAGES)
def test_each_leads_to_the_promises(page):
    content = Client().get(page).content.decode()
    for link in ("/pricing/", "/privacy/", "/terms/"):
        assert f'href="{link}"' in content


class TestHome:
    def test_what_it_shows_of_the_product_is_out_of_reach(self):
        content = Client().get("/").content.decode()
        shots = re.findall(r'<div class="[^"]*\bshot\b[^"]*"([^>]*)>', content)
        assert len(shots) == 3
        assert all("inert" in each and 'aria-hidden="true"' in each for each in shots)
        assert "Likely 86" in content

    def test_the_bands_are_the_ones_that_hold(self, settings):
        settings.AUTO_LINK_THRESHOLD, settings.REVIEW_THRESHOLD = 97, 60
        content = Client().get("/").content.decode()
        for words in ("97 to 100", "60 to 96", "Below 60"):
            assert words in content

    def test_it_asks_the_database_for_nothing(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            Client().get("/")


class TestPricing:
    def test_it_says_what_the_plans_say(self):
        content = Client().get("/pricing/").content.decode()
        for plan in PLANS.values():
            assert plan.name in content
            assert f"${plan.dollars_a_month}" in content
        for row in comparison():
            assert row.label in content

    def test_a_user_sees_it_too(self, user, client_of):
        assert "Your plan" in client_of(user).get("/pricing/").content.decode()

    def test_it_rejects_post(self):
        assert Client().post("/pricing/").status_code == 405


class TestPrivacy:
    def test_it_names_who_and_how_long(self, settings):
        settings.OPERATOR, settings.PRIVACY_CONTACT = "Example Ltd", "privacy@example.org"
        settings.FULL_CONTENT_RETENTION_DAYS = 45
        content = " ".join(Client().get("/privacy/").content.decode().split())
        assert "run by Example Ltd" in content
        assert 'href="mailto:privacy@example.org"' in content
        assert "deleted 45 days after it was received" in content

    def test_it_has_what_google_asks_for(self):
        content = " ".join(Client().get("/privacy/").content.decode().split())
        assert "Google API Services User Data Policy</a>, including the Limited Use requirements" in content
        assert "gmail.readonly" in content

    def test_it_names_other_companies_where_there_are_any(self, settings):
        assert "No other company processes your data" in Client().get("/privacy/").content.decode()
        settings.SUBPROCESSORS = ["Example Hosting (servers)"]
        content = Client().get("/privacy/").content.decode()
        assert "Example Hosting (servers)" in content
        assert "No other company" not in content


def test_browsers_that_were_told_of_no_icon_find_it():
    response = Client().get("/favicon.ico")
    assert (response.status_code, response["Location"].startswith("/static/mark")) == (302, True)


def test_robots_are_kept_to_the_public_pages():
    response = Client().get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Disallow: /"
    assert {"Allow: /$", "Allow: /pricing/", "Allow: /privacy/"} <= set(lines)


@time_machine.travel(datetime(2026, 3, 5, 12, tzinfo=UTC))
def test_researchers_find_where_to_write(settings):
    settings.PRIVACY_CONTACT = "security@example.org"
    content = Client().get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:security@example.org" in content
    assert "Expires: 2027-03-05T00:00:00Z" in content


class TestDesign:
    def test_staff_see_every_component_in_both_themes(self, user, client_of):
        user.is_staff = True
        user.save()
        content = client_of(user).get("/design/").content.decode()
        for part in (
            "button primary",
            "field invalid",
            "chip status-rejected",
            "toast",
            "skeleton",
            "timeline",
        ):
            assert content.count(f'class="{part}') >= 2, part
        ids = re.findall(r'\bid="([^"]+)"', content)
        assert len(ids) == len(set(ids))

    def test_to_all_others_there_is_no_such_page(self, user, client_of):
        assert client_of(user).get("/design/").status_code == 404
