from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import notifications
from accounts.grants import tokens
from accounts.models import User
from tests.factories import UserFactory
from tracking.providers import budgets, calling, fetching, pushing
from tracking.providers.gmail import api as gmail
from tracking.providers.imap import api as imap
from tracking.providers.imap import wire
from tracking.providers.outlook import api as outlook
from tracking.push import google_tokens

# Seconds after which somebody is taken to be away, or a page is handed over as it is
LIMITS = [
    (notifications, "REDIS_SECONDS"),
    (budgets, "REDIS_SECONDS"),
    (fetching, "PAGE_SECONDS"),
    (tokens, "TIMEOUT"),
    (google_tokens, "TIMEOUT"),
    (pushing, "TIMEOUT"),
    (pushing, "QUICK"),
    (gmail, "TIMEOUT"),
    (outlook, "TIMEOUT"),
    (imap, "TRIAL_SECONDS"),
    (wire, "CONNECT_SECONDS"),
    (wire, "COMMAND_SECONDS"),
]

pytest_plugins = ["tests.standins.fixtures", "tests.standins.dovecot"]


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """A machine may stand still for some seconds: nothing is taken to be away or slow for that."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in LIMITS:
            patch.setattr(module, name, 300.0)
        patch.setattr(calling, "monotonic", lambda: 0.0)  # only what is waited counts
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Nothing that another test, or an earlier run, has counted: attempts to sign in, calls, units."""
    cache.clear()


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
