from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_unknown_address_says_so_to_a_visitor_and_to_a_user(client, user, client_of):
    for each in (client, client_of(user)):
        response = each.get("/nowhere/")
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()


def test_a_form_that_is_too_old_says_what_to_do(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post("/inbox/undo/")
    assert response.status_code == 403
    assert "The page was open for too long" in response.content.decode()


def test_a_senseless_request_says_that_nothing_changed(user, client_of):
    response = client_of(user).post("/inbox/undo/")
    assert response.status_code == 400
    assert "Nothing was changed." in response.content.decode()


def test_the_page_for_our_own_faults_needs_nothing_of_the_request():
    assert "Something went wrong on our side" in render_to_string("500.html")
