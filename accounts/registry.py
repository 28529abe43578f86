"""What higher floors want done when an account is exported or deleted. Each fills it in its AppConfig."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User

Exporter = Callable[[User], Any]
Deleter = Callable[[User], None]

_exporters: dict[str, Exporter] = {}
_deleters: list[Deleter] = []


def on_export(section: str, exporter: Exporter) -> None:
    """Add a section to every export: `exporter` gives JSON-ready values for one user."""
    _exporters[section] = exporter


def before_delete(deleter: Deleter) -> None:
    """Have `deleter` called before a user's rows go."""
    _deleters.append(deleter)


def export(user: User) -> dict[str, Any]:
    """Everything kept about `user`, by section."""
    return {section: exporter(user) for section, exporter in _exporters.items()}


def delete(user: User) -> None:
    """Delete `user` and all that is theirs, letting every floor clean up first."""
    for deleter in _deleters:
        deleter(user)
    user.delete()
