from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import ApplicationFactory, UserFactory

URL = "/settings/plan/"


def main_of(response):
    return " ".join(response.content.decode().partition("<main")[2].split())


@pytest.mark.parametrize(("plan", "name"), [("", "Free"), ("premium", "Premium"), ("platinum", "Platinum")])
def test_it_says_which_plan_one_is_on(db, client_of, plan, name):
    content = main_of(client_of(UserFactory(plan=plan)).get(URL))
    assert f"You are on {name}" in content
    assert re.search(rf'aria-current="true">{name} ', content)
    assert content.count("Your plan") == 1


def test_it_says_what_is_used(client_of, free_user, other):
    ApplicationFactory.create_batch(2, user=free_user, at=timezone.now())
    ApplicationFactory(user=other, at=timezone.now())
    assert "<dt>New applications this month</dt><dd>2 of 5</dd>" in main_of(client_of(free_user).get(URL))


def test_what_the_plan_lacks_is_not_counted_of_zero(client_of, free_user):
    assert "<dt>Conversations watched</dt><dd>Not in this plan</dd>" in main_of(client_of(free_user).get(URL))


def test_it_says_whom_to_ask_and_has_no_dead_buttons(client_of, user, settings):
    settings.DEFAULT_FROM_EMAIL = "Heardback <help@heardback.example>"
    content = main_of(client_of(user).get(URL))
    assert 'href="mailto:help@heardback.example"' in content
    assert "<button" not in content.partition('id="toasts"')[0]


def test_it_takes_few_queries(client_of, user, django_assert_max_num_queries):
    client = client_of(user)
    with django_assert_max_num_queries(12):
        client.get(URL)


def test_it_asks_strangers_to_sign_in(db):
    assert Client().get(URL)["Location"].startswith("/accounts/login/")


def test_it_rejects_post(client_of, user):
    assert client_of(user).post(URL).status_code == 405
