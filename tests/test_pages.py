"""What every page may cost: its size, its queries, its scripts and styles."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve

from config.static import minified
from tests.browser.pages import OWN, PUBLIC, addresses, fill
from tests.factories import ApplicationFactory, MessageFactory, SyncRunFactory
from tests.test_strangers import TAKES, Owned, address, routes
from tracking.mail import Kind
from tracking.models import Mailbox

pytestmark = pytest.mark.django_db

HTML, SCRIPTS, STYLES = 30_000, 25_000, 15_000  # bytes; scripts and styles compressed
QUERIES, QUERIES_OF_A_FRAGMENT = 12, 8
FRAGMENTS = {
    "/inbox/": "inbox",
    "/inbox/?tab=orphans": "inbox",
    "/inbox/?tab=decided": "inbox",
    "/inbox/?q=interview": "inbox",
    "/inbox/?find=data": "found",
    "/inbox/runs/": "runs",
    "/dashboard/": "dashboard",
}
# Answers with something other than a page, or leads on to one.
NO_PAGES = {
    "",
    "settings/",
    "settings/data/export/",
    "live/",
    "healthz",
    "readyz",
    "notifications/<uuid:pk>/",
}
ELSEWHERE = ("api/", "oauth/")


@pytest.fixture
def busy(user):
    """A user all of whose lists are longer than a page."""
    fill(user)
    mailbox = Mailbox.objects.of(user).get()
    for number in range(30):
        application = ApplicationFactory(user=user)
        shared = {"mailbox": mailbox, "kind": Kind.INTERVIEW_INVITATION}
        MessageFactory(suggestion=application, **shared)
        MessageFactory(state="orphan", ranked=[[str(application.pk), 40]], **shared)
        MessageFactory(linked_to=application, **shared)
        if number < 20:
            SyncRunFactory(mailbox=mailbox)
    return user


@pytest.fixture
def client(busy, client_of):
    client = client_of(busy)
    client.get("/dashboard/")
    return client


@pytest.mark.parametrize("name", OWN)
def test_a_page_stays_within_its_budget(busy, client, django_assert_max_num_queries, name):
    path = addresses(busy)[name]
    with django_assert_max_num_queries(QUERIES):
        response = client.get(path)
    assert len(response.content) <= HTML


@pytest.mark.parametrize("name", PUBLIC)
def test_so_does_a_public_page(name):
    assert len(Client().get(PUBLIC[name]).content) <= HTML


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_stays_within_its_budget(client, django_assert_max_num_queries, path):
    headers = {"HX-Request": "true", "HX-Target": FRAGMENTS[path]}
    with django_assert_max_num_queries(QUERIES_OF_A_FRAGMENT):
        client.get(path, headers=headers)


def test_nothing_new_costs_no_query(busy, client, django_assert_num_queries):
    tag = client.get("/live/").headers["ETag"]
    with django_assert_num_queries(0):
        assert client.get("/live/", headers={"If-None-Match": tag}).status_code == 304


def files_of(client, path, tag):
    """The static files that the tags of one kind load."""
    return set(re.findall(rf'<{tag}[^>]+"/static/([^"]+\.(?:js|css))"', client.get(path).content.decode()))


def compressed(files):
    """Their size as they are served, in bytes."""
    return sum(len(gzip.compress(served(file))) for file in files)


def served(file):
    content = Path(finders.find(file)).read_bytes()
    return minified(content) if file.startswith("js/") else content


@pytest.mark.parametrize(("tag", "most"), [("script", SCRIPTS), ("link", STYLES)])
def test_scripts_and_styles_are_small(busy, client, tag, most):
    sizes = {name: compressed(files_of(client, path, tag)) for name, path in addresses(busy).items()}
    sizes |= {f"public {name}": compressed(files_of(Client(), path, tag)) for name, path in PUBLIC.items()}
    assert {name: size for name, size in sizes.items() if size > most} == {}
    assert sizes["dashboard"] > 0


def test_what_comes_on_demand_is_there(client):
    """A script that a page names for later, but that is not there, would be missed by no other test."""
    html = client.get("/applications/").content.decode()
    later = re.findall(r' data-[a-z]+-js="/static/([^"]+)"', html)
    assert len(later) == 4
    assert all(finders.find(file) for file in later)


def test_every_page_has_its_line(busy, client):
    """Axe, the screenshots and these budgets see a page only if tests/browser/pages.py names it."""
    named = {
        resolve(path.partition("?")[0]).route for path in addresses(busy).values() if "nothing" not in path
    }
    named |= {resolve(path).route for path in PUBLIC.values()}
    owned = Owned.by(busy)
    ours = {route for route in routes() if route not in NO_PAGES and not route.startswith(ELSEWHERE)}
    pages = {
        route
        for route in ours
        if gives_page(client, f"/{route}" if route not in TAKES else address(route, owned))
    }
    assert pages - named == set()


def gives_page(client, path):
    response = client.get(path)
    return response.status_code == 200 and response.headers["Content-Type"].startswith("text/html")
