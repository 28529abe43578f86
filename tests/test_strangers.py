"""Over every address of the project: a stranger gets 404, and nobody without signing in gets in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from applications.editing import notes_digest
from applications.models import Event
from tests.factories import (
    AllowedSenderFactory,
    ApiTokenFactory,
    ApplicationFactory,
    ImportFactory,
    MailboxFactory,
    MessageFactory,
    NotificationFactory,
    SyncRunFactory,
    TaskFactory,
)
from tracking import inbox

pytestmark = pytest.mark.django_db

METHODS = ["get", "head", "post", "put", "patch", "delete", "options"]
OURS = ["accounts", "billing", "applications", "tracking"]
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")

# Not ours: the admin asks for staff, allauth has tests of its own.
NOT_OURS = {"admin", "allauth.urls"}

# Whose id each route takes. A new route needs a line here.
MESSAGE, WAITING, APPLICATION, THREAD = "message", "waiting", "application", "thread"
TAKES = {
    "applications/<uuid:pk>/": APPLICATION,
    "applications/<uuid:pk>/edit/": APPLICATION,
    "applications/<uuid:pk>/thread/": APPLICATION,
    "applications/<uuid:pk>/status/": APPLICATION,
    "applications/<uuid:pk>/archive/": APPLICATION,
    "applications/<uuid:pk>/restore/": APPLICATION,
    "applications/<uuid:pk>/note/": APPLICATION,
    "applications/<uuid:pk>/notes/": APPLICATION,
    "applications/<uuid:pk>/tasks/": APPLICATION,
    "applications/<uuid:pk>/followed-up/": APPLICATION,
    "applications/<uuid:pk>/remind/": APPLICATION,
    "applications/<uuid:pk>/remind/undo/": APPLICATION,
    "applications/events/<uuid:pk>/undo/": "event",
    "applications/events/<uuid:pk>/redo/": "event",
    "applications/import/<uuid:pk>/": "import",
    "applications/import/<uuid:pk>/run/": "import",
    "applications/import/<uuid:pk>/undo/": "import",
    "tasks/<uuid:pk>/": "task",
    "tasks/<uuid:pk>/done/": "task",
    "tasks/<uuid:pk>/delete/": "task",
    "tasks/<uuid:pk>/restore/": "task",
    "inbox/<uuid:pk>/approve/": WAITING,
    "inbox/<uuid:pk>/ignore/": WAITING,
    "inbox/<uuid:pk>/link/": WAITING,
    "inbox/<uuid:pk>/create/": WAITING,
    "messages/<uuid:pk>/unmatch/": MESSAGE,
    "threads/<uuid:pk>/": THREAD,
    "threads/<uuid:pk>/watch/": THREAD,
    "settings/integrations/<uuid:pk>/pause/": "mailbox",
    "settings/integrations/<uuid:pk>/resume/": "mailbox",
    "settings/integrations/<uuid:pk>/sync/": "mailbox",
    "settings/integrations/<uuid:pk>/backfill/": "mailbox",
    "settings/integrations/<uuid:pk>/retry/": "mailbox",
    "settings/integrations/<uuid:pk>/disconnect/": "mailbox",
    "settings/integrations/<uuid:pk>/skipped/": "mailbox",
    "settings/integrations/<uuid:pk>/skipped/take/": "mailbox",
    "settings/integrations/senders/<uuid:pk>/forget/": "allowed",
    "notifications/<uuid:pk>/": "notification",
    "notifications/<uuid:pk>/read/": "notification",
    "settings/tokens/<uuid:pk>/revoke/": "token",
    "api/post-application/inbox/<uuidstr:id>": WAITING,
    "api/post-application/inbox/<uuidstr:id>/approve": WAITING,
    "api/post-application/inbox/<uuidstr:id>/deny": WAITING,
    "api/post-application/inbox/<uuidstr:id>/undo": MESSAGE,
    "api/post-application/applications/<uuidstr:id>/emails": APPLICATION,
}

# What a valid form of these says beside the id of the address; `theirs` is of who sends it.
FORMS: dict[str, Callable[[Owned], dict[str, str]]] = {
    "inbox/<uuid:pk>/link/": lambda theirs: {"application": str(theirs.ids[APPLICATION])},
    "inbox/<uuid:pk>/create/": lambda theirs: {"company": "Quillstone", "title": "Editor"},
    "applications/<uuid:pk>/edit/": lambda theirs: {"company": "Quillstone", "title": "Editor"},
    "settings/integrations/<uuid:pk>/disconnect/": lambda theirs: {"applications": "delete"},
    "settings/integrations/<uuid:pk>/backfill/": lambda theirs: {"days": "365"},
    "applications/<uuid:pk>/status/": lambda theirs: {"status": "rejected"},
    "applications/<uuid:pk>/notes/": lambda theirs: {"notes": "Ask for more", "seen": notes_digest("")},
    "applications/<uuid:pk>/tasks/": lambda theirs: {"text": "Call back"},
    "applications/<uuid:pk>/note/": lambda theirs: {"text": "Called back", "note": "Called back"},
}

# What anybody may see.
PUBLIC = {
    "",  # the home page
    "healthz",
    "readyz",
    "pricing/",
    "privacy/",
    "terms/",
    "robots.txt",
    "favicon.ico",
    ".well-known/security.txt",
    "icons.svg",
    "settings/",  # leads to the profile, which asks to sign in
    "api/openapi.json",
    "api/docs",
}
# The root of the API, an unsubscribe link without its token, and what no route takes: 404 for all
# What providers call: each call proves itself, or has no effect. tests/tracking/test_push_*.py forges them.
WEBHOOKS = {"push/gmail", "push/outlook"}
SIGN_IN_ELSEWHERE = {"accounts/google/login/", "accounts/microsoft/login/"}  # where no client is set
NOTHING_THERE = {"api/", "unsubscribe/"} | SIGN_IN_ELSEWHERE
OPEN_FORMS = {"theme/"}  # what anybody may send a form to


@dataclass
class Owned:
    """One row of each kind that an address can name, all of one user."""

    user: Any
    ids: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def by(cls, user: Any) -> Owned:
        mailbox = MailboxFactory(user=user, provider="gmail")
        application = ApplicationFactory(user=user)
        message = MessageFactory(mailbox=mailbox, suggestion=application)
        decision = inbox.approve(user, message.pk, message.received_at)
        waiting = MessageFactory(mailbox=mailbox, suggestion=application)
        rows = {
            APPLICATION: application,
            MESSAGE: message,
            WAITING: waiting,
            THREAD: message.thread,
            "mailbox": mailbox,
            "decision": decision,
            "run": SyncRunFactory(mailbox=mailbox),
            "event": application.record(Event.Kind.NOTE, message.received_at, text="Called back"),
            "notification": NotificationFactory(user=user),
            "token": ApiTokenFactory(user=user),
            "task": TaskFactory(application=application),
            "import": ImportFactory(user=user),
            "allowed": AllowedSenderFactory(message=message),
        }
        return cls(user, {kind: row.pk for kind, row in rows.items()})


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every address of the project that is ours, as its pattern."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            module = getattr(each.urlconf_name, "__name__", each.app_name)
            if module not in NOT_OURS:
                yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route


def parameters(route: str) -> list[str]:
    """The names of the parameters of `route`, also of one written as a regular expression."""
    return [*PARAMETER.findall(route.replace("(?P<", "<")), *re.findall(r"\((?!\?)", route)]


ROUTES = sorted(set(routes()))
WITH_ID = [route for route in ROUTES if parameters(route)]
API = "api/"


def address(route: str, owned: Owned) -> str:
    return "/" + PARAMETER.sub(lambda found: str(owned.ids[TAKES[route]]), route)


def send(client: Client, method: str, route: str, owned: Owned, sender: Owned) -> Any:
    form = FORMS[route](sender) if route in FORMS and method == "post" else {}
    kind = {"content_type": "application/json"} if route.startswith(API) and method == "post" else {}
    return getattr(client, method)(address(route, owned), form, **kind)


def snapshot() -> dict[str, list[Any]]:
    """All that is stored about anybody."""
    kept: list[type[models.Model]] = [
        model for app in OURS for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in kept}


def test_every_route_with_an_id_has_its_line_above():
    assert set(WITH_ID) == set(TAKES)
    assert all(len(parameters(route)) == 1 for route in WITH_ID)


def test_the_walk_finds_what_is_there():
    assert {"inbox/", "api/post-application/inbox", "inbox/<uuid:pk>/approve/"} <= set(ROUTES)
    assert not [
        route for route in ROUTES if route.startswith(("admin/", "accounts/")) and route not in NOTHING_THERE
    ]


@pytest.mark.parametrize("route", WITH_ID)
def test_a_stranger_finds_nothing_and_changes_nothing(route, user, other, client_of):
    owned, theirs = Owned.by(user), Owned.by(other)
    client, before = client_of(other), snapshot()
    answers = {method: send(client, method, route, owned, theirs).status_code for method in METHODS}
    assert set(answers.values()) <= {404, 405}
    assert 404 in answers.values()
    assert snapshot() == before


@pytest.mark.parametrize("route", WITH_ID)
def test_the_owner_does_find_it(route, user, client_of):
    """Without this, an address filled with a wrong id would pass for one that is closed to strangers."""
    owned, client = Owned.by(user), client_of(user)
    answers = [send(client, method, route, owned, owned).status_code for method in ("get", "post")]
    assert {200, 302} & set(answers)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/inbox/undo/", {"decision": "decision"}),
        ("/inbox/?m={waiting}", None),
        ("/oauth/gmail/start?mailbox={mailbox}", None),
        ("/api/post-application/inbox?mailbox={mailbox}", None),
    ],
)
def test_a_strangers_id_in_a_query_or_form_is_not_found_either(path, form, user, other, client_of):
    owned = Owned.by(user)
    client, before = client_of(other), snapshot()
    url = path.format(**owned.ids)
    data = {name: str(owned.ids[kind]) for name, kind in (form or {}).items()}
    response = client.get(url) if form is None else client.post(url, data)
    assert response.status_code == 404
    assert snapshot() == before


def test_a_bulk_decision_leaves_a_strangers_mail_alone(user, other, client_of):
    owned = Owned.by(user)
    client, before = client_of(other), snapshot()
    client.post("/inbox/bulk/", {"action": "approve", "select": [str(owned.ids[WAITING])]})
    assert snapshot() == before


@pytest.mark.parametrize("route", sorted(set(ROUTES) - PUBLIC - WEBHOOKS - NOTHING_THERE - OPEN_FORMS))
def test_nobody_gets_in_without_signing_in(route, user, client):
    owned = Owned.by(user)
    before = snapshot()
    answers = [send(client, method, route, owned, owned) for method in METHODS]
    turned_away = [
        answer.status_code == 401
        or (answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"))
        for answer in answers
    ]
    wrong_method = [answer.status_code == 405 for answer in answers]
    assert all(away or wrong for away, wrong in zip(turned_away, wrong_method, strict=True)), answers
    assert any(turned_away)
    assert snapshot() == before


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_what_is_public_is_there_for_anybody(route, client):
    assert route in ROUTES
    assert client.get(f"/{route}").status_code in {200, 302}


@pytest.mark.parametrize("route", sorted(WEBHOOKS))
def test_webhooks_take_posts_alone_and_do_nothing_without_a_proof(route, user, client_of):
    owned = Owned.by(user)
    client, before = client_of(user), snapshot()
    answers = {method: send(client, method, route, owned, owned).status_code for method in METHODS}
    assert answers.pop("post") in {401, 404}
    assert set(answers.values()) == {405}
    assert snapshot() == before


@pytest.mark.parametrize("route", sorted(NOTHING_THERE))
def test_where_nothing_is_nothing_is_found(route, client):
    assert client.get(f"/{route}").status_code == 404
    assert client.get(f"/{route}nothing-here").status_code == 404
