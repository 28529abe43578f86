"""What htmx gets is a part of the page that a browser without JavaScript gets."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from tests.factories import ApplicationFactory, MailboxFactory, MessageFactory, SyncRunFactory

pytestmark = pytest.mark.django_db

FRAGMENTS = [
    ("/inbox/", "inbox"),
    ("/inbox/?tab=orphans", "inbox"),
    ("/inbox/?tab=decided", "inbox"),
    ("/inbox/?q=nothing+like+it", "inbox"),
    ("/inbox/?tab=orphans&find=lumen", "found"),
    ("/inbox/runs/", "runs"),
    ("/dashboard/", "dashboard"),
    ("/applications/", "applications"),
    ("/applications/?view=cards", "applications"),
    ("/applications/?view=list", "applications"),
    ("/notifications/", "news"),
    ("/shortcuts/", "shortcuts-help"),
    ("/commands/?q=inbox", "command-results"),
]


@pytest.fixture
def client(user, client_of):
    mailbox = MailboxFactory(user=user, last_success_at=timezone.now())
    application = ApplicationFactory(user=user, company="Lumen Health", at=timezone.now() - timedelta(days=9))
    MessageFactory(mailbox=mailbox, suggestion=application)
    MessageFactory(mailbox=mailbox, state="orphan")
    MessageFactory(mailbox=mailbox, linked_to=application)
    SyncRunFactory(mailbox=mailbox)
    return client_of(user)


def words(response):
    """The visible text, without what differs from one answer to the next."""
    html = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", response.content.decode())
    return " ".join(strip_tags(html).split())


@pytest.mark.parametrize(("path", "target"), FRAGMENTS)
def test_a_fragment_is_a_part_of_its_page(client, path, target):
    page = client.get(path)
    fragment = client.get(path, headers={"HX-Request": "true", "HX-Target": target})
    assert words(fragment)
    assert words(fragment) in words(page)
    assert len(fragment.content) < len(page.content)


@pytest.mark.parametrize(("path", "target"), FRAGMENTS)
def test_caches_are_told_that_they_differ(client, path, target):
    for headers in ({}, {"HX-Request": "true", "HX-Target": target}):
        assert "HX-Request" in client.get(path, headers=headers).headers["Vary"]


@pytest.mark.parametrize("kind", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_links_and_restored_history_get_the_page(client, kind):
    response = client.get("/inbox/", headers={"HX-Request": "true", kind: "true"})
    assert "<!doctype html>" in response.content.decode()


def test_a_decision_by_htmx_comes_back_with_its_undo(client, user):
    message = client.get("/inbox/").context["message"]
    response = client.post(
        f"/inbox/{message.pk}/approve/",
        {"back": "tab=review"},
        headers={"HX-Request": "true", "HX-Target": "inbox"},
        follow=True,
    )
    page = response.content.decode()
    assert "<!doctype html>" not in page
    assert 'hx-swap-oob="beforeend:#toasts"' in page
    assert "data-undo" in page
