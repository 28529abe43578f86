"""Word lists of general language that the comparison of names and titles rests on.

They lie in `wordlists/` as plain text, lower case, without accents, parted by white space.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "wordlists"


def _words(name: str) -> frozenset[str]:
    return frozenset((_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split())


# Legal forms of companies in many countries, without dots and slashes ("S.p.A." is "spa").
LEGAL_FORMS = _words("legal_forms")
# Words that describe a trade rather than name a company: weak evidence when they agree or are left out.
GENERIC = _words("trade")
# Everyday words: a company called by one of these alone is easily met by chance.
ORDINARY = _words("ordinary")
# Words about hiring that employers, and those who imitate them, put behind a name in a domain.
HIRING = _words("hiring")
# What else a domain may hold beside a name: places, trades, legal forms.
AFFIXES = GENERIC | LEGAL_FORMS | _words("affixes")
# Words around a title that do not belong to it, and those that state a rank.
TITLE_NOISE = _words("title_noise")
TITLE_RANKS = _words("title_ranks")
