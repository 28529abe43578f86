from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory

pytest_plugins = ["tests.standins.fixtures", "tests.standins.dovecot"]


@pytest.fixture
def user(db: None) -> User:
    """Somebody on Platinum."""
    return UserFactory(plan="platinum")


@pytest.fixture
def free_user(db: None) -> User:
    return UserFactory()


@pytest.fixture
def other(db: None) -> User:
    """A stranger, on Platinum."""
    return UserFactory(plan="platinum", email="stranger@example.org", name="Robin Stranger")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A client signed in as the user given."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
