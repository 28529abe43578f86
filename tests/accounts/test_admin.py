"""Operators see how things stand, and nothing private."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import ApiToken, Grant, Notification, User
from applications import editing
from applications.models import Application, Event
from billing.models import Subscription
from tests.factories import (
    ApiTokenFactory,
    ApplicationFactory,
    GrantFactory,
    NotificationFactory,
    UserFactory,
)

OURS = [User, Grant, Notification, ApiToken, Subscription, Application, Event]
PRIVATE = ["1//refresh", "Lumen Secret", "Chief Secret", "secret note", "Secret News", "Secret Laptop"]


@pytest.fixture
def client(db, client_of):
    return client_of(UserFactory(email="operator@example.org", is_staff=True, is_superuser=True))


@pytest.fixture
def rows(user):
    application = ApplicationFactory(
        user=user, company="Lumen Secret", title="Chief Secret", notes="secret note"
    )
    token = ApiTokenFactory(user=user, name="Secret Laptop")
    return {
        User: user,
        Grant: GrantFactory(user=user),
        Notification: NotificationFactory(user=user, text="Secret News"),
        ApiToken: token,
        Subscription: user.subscription,
        Application: application,
        Event: editing.note(application, "secret note", application.created_at),
    }


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", OURS)
def test_lists_work_and_tell_nothing_private(client, rows, model):
    response = client.get(url(model, "changelist"), {"q": "sam"})
    content = response.content.decode()
    assert response.status_code == 200
    assert not [word for word in [*PRIVATE, ApiToken.objects.get().digest] if word in content]


@pytest.mark.parametrize("model", [Grant, Notification, ApiToken, Event])
def test_pages_of_one_row_tell_nothing_private(client, rows, model):
    response = client.get(url(model, "change", rows[model].pk))
    assert response.status_code == 200
    content = response.content.decode()
    assert not [word for word in [*PRIVATE, ApiToken.objects.get().digest] if word in content]


@pytest.mark.parametrize("model", [Grant, Notification, ApiToken, Application, Event])
def test_what_the_program_writes_is_read_only(client, rows, model):
    assert client.get(url(model, "add")).status_code == 403
    assert client.post(url(model, "change", rows[model].pk), {"status": "accepted"}).status_code == 403


def test_the_status_of_an_application_is_not_set_here(client, rows):
    application = rows[Application]
    content = client.get(url(Application, "change", application.pk)).content.decode()
    assert 'name="status"' not in content
    client.post(url(Application, "change", application.pk), {"status": "accepted"})
    application.refresh_from_db()
    assert application.status == "applied"


def test_the_plan_is_set_here(client, free_user):
    client.post(url(Subscription, "add"), {"user": free_user.pk, "plan_code": "premium"})
    assert free_user.subscription.plan.name == "Premium"
    since = free_user.subscription.since
    change = url(Subscription, "change", free_user.subscription.pk)
    client.post(change, {"plan_code": "platinum"})
    free_user.subscription.refresh_from_db()
    assert free_user.subscription.plan.name == "Platinum"
    assert free_user.subscription.since > since


def test_a_user_can_be_made_and_shut_out(client):
    sent = {"email": "new@example.org", "usable_password": "true"}
    sent |= {"password1": "battery staple", "password2": "battery staple"}
    client.post(url(User, "add"), sent)
    made = User.objects.get(email="new@example.org")
    assert made.check_password("battery staple")
    form = client.get(url(User, "change", made.pk))
    assert form.status_code == 200
    sent = {"email": made.email, "name": "", "timezone": "UTC", "_save": "1"}
    client.post(url(User, "change", made.pk), sent)
    made.refresh_from_db()
    assert not made.is_active


def test_a_token_can_be_revoked_here(client, rows):
    client.post(url(ApiToken, "delete", rows[ApiToken].pk), {"post": "yes"})
    assert not ApiToken.objects.exists()


def test_others_do_not_get_in(client_of, user):
    assert client_of(user).get("/admin/").status_code == 302


def test_every_model_of_these_floors_is_there():
    assert set(OURS) <= set(admin.site._registry)
