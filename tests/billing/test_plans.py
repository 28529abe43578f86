from __future__ import annotations

import pytest

from billing.comparison import comparison
from billing.entitlements import entitlements, plan_of
from billing.models import Subscription
from billing.plans import FREE, PLANS, PLATINUM, PREMIUM
from billing.usage import Usage

# The table of product.md: what each plan holds, Free, Premium, Platinum.
TABLE = {
    "new_applications_a_month": (5, None, None),
    "automatic_status": (False, True, True),
    "mail_sync": (False, True, True),
    "active_threads": (0, 50, None),
    "real_time_notifications": (False, True, True),
    "create_from_mail": (False, True, True),
    "kinds": (False, True, True),
    "insights": (False, False, True),
    "reply_suggestions": (False, False, True),
    "performance": (False, False, True),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_row_of_the_table(name):
    assert tuple(getattr(plan.entitlements, name) for plan in (FREE, PREMIUM, PLATINUM)) == TABLE[name]


def test_prices_and_sync():
    assert [plan.dollars_a_month for plan in PLANS.values()] == [0, 9, 19]
    assert [plan.entitlements.sync_seconds for plan in PLANS.values()][:2] == [None, 300]
    assert PLATINUM.entitlements.sync_seconds <= 30


@pytest.mark.parametrize(
    ("used", "adding", "fits"), [(0, 5, True), (4, 1, True), (5, 1, False), (4, 2, False)]
)
def test_what_fits_in_free(used, adding, fits):
    assert FREE.entitlements.may_add(used, adding) is fits


def test_everything_fits_where_there_is_no_limit():
    assert PREMIUM.entitlements.may_add(10_000, 500)


def test_whoever_has_no_subscription_is_on_free(free_user):
    assert plan_of(free_user) == FREE


def test_a_subscription_says_the_plan(user, free_user):
    assert plan_of(user) == PLATINUM
    Subscription.objects.create(user=free_user, plan_code="premium")
    assert entitlements(free_user) == PREMIUM.entitlements


def test_a_plan_that_is_none_any_more_is_free(user):
    Subscription.objects.update(plan_code="gold")
    assert plan_of(user) == FREE


@pytest.mark.parametrize(("used", "limit", "left"), [(1, 5, 4), (5, 5, 0), (9, 5, 0), (9, None, None)])
def test_what_is_left(used, limit, left):
    assert Usage("Things", used, limit).left == left


def test_the_comparison_says_it_in_words():
    rows = {row.label: row.values for row in comparison()}
    assert rows["Applications"] == ["5 new a month", "Unlimited", "Unlimited"]
    assert rows["Status updates"] == ["By hand", "Automatic", "Automatic"]
    assert rows["Active threads monitored"] == [False, "Up to 50", "Unlimited"]
    assert rows["New mail shows"] == [False, "Every 5 min", "Within 30 seconds"]
    assert rows["Reply suggestions"] == [False, False, True]
