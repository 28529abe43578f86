"""The table in docs/reliability.md names tests that exist."""

from __future__ import annotations

import re

import pytest

from config.embedded import ROOT

TABLE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)


def test_each_line_names_a_test():
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    assert all(re.search(r"`tests/[\w/]+\.py::test_\w+`", row) for row in rows)


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_it_exists(path: str, name: str):
    assert re.search(rf"^\s*def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
