"""The table of attacks: mail that tries to steer the program that reads it, at least ten of each idea."""

from __future__ import annotations

from tests.router.attacking.headers import HEADERS
from tests.router.attacking.looks import LOOKS
from tests.router.attacking.wordings import WORDINGS

ATTACKS = [*WORDINGS, *LOOKS, *HEADERS]
