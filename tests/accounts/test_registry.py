from __future__ import annotations

import pytest

from accounts import registry


@pytest.fixture
def empty(monkeypatch):
    monkeypatch.setattr(registry, "_exporters", {})
    monkeypatch.setattr(registry, "_deleters", [])


def test_each_floor_adds_its_section(user, empty):
    registry.on_export("pets", lambda user: [user.email])
    registry.on_export("plants", lambda user: [])
    assert registry.export(user) == {"pets": [user.email], "plants": []}


def test_nothing_is_deleted_where_a_floor_cannot_clean_up(user, empty):
    def fail(user):
        raise RuntimeError("the provider does not answer")

    registry.before_delete(fail)
    with pytest.raises(RuntimeError):
        registry.delete(user)
    user.refresh_from_db()


def test_what_the_floors_have_registered():
    assert {"account", "grants", "notifications", "api_tokens", "subscription", "applications"} <= set(
        registry._exporters
    )
