"""Word lists for titles and names, and tokens of a text with their places."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tracking.router.lexicon.text import fold
from tracking.router.lexicon.wordlists import word_list

_TOKEN: Final = re.compile(
    r"[^\W_](?:[\w+#]|['’.\-/](?=\w))*(?:\+\+|#)?(?:\((?:a|o|e|in|r)\)|[:*/_](?:in|innen|a|e|r|frau)\b)?"
)
_ENDING: Final = re.compile(r"(?:\((?:a|o|e|in|r)\)|[:*/_](?:in|innen|a|e|r|frau))$")

HIRING: Final = word_list("hiring")
NOT_NAMES: Final = word_list("not_a_name")


class Token(NamedTuple):
    """One word of a text: as written, folded, and where it stands."""

    text: str
    plain: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[:1].isupper() or self.text[:1].isdigit()


@lru_cache(maxsize=32)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The words of `text`, with apostrophes and dots inside kept out of the folded form."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group().rstrip(".-/'’")
        found.append(Token(word, plain_word(word), match.start(), match.start() + len(word)))
    return tuple(found)


@lru_cache(maxsize=50_000)
def plain_word(word: str) -> str:
    """A word folded, without apostrophes and dots."""
    return _ENDING.sub("", fold(word)).replace("'", "").replace(".", "").strip("-/ \n")
