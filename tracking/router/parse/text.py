"""Characters that a reader does not see or mistakes for others."""

from __future__ import annotations

import re
from typing import Final

_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u115f\u1160\u3164"
_BIDI: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROLS: Final = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), *range(127, 160)]))
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_TABLE: Final = (
    dict.fromkeys(map(ord, _ZERO_WIDTH + _BIDI + _CONTROLS))
    | dict.fromkeys(map(ord, _SPACES), " ")
    | dict.fromkeys(map(ord, "\u2028\u2029"), "\n")
    | dict.fromkeys(range(0xE0000, 0xE0080))  # tag characters: invisible ASCII
)
_ODD: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[ ]{2,}")
_LINE_ENDS: Final = re.compile(r" *\n *")
_LINES: Final = re.compile(r"\n{3,}")

_OVERRIDE: Final = re.compile(r"[\u202a\u202b\u202d\u202e\u2066\u2067\u2068]")
_SPLIT_WORD: Final = re.compile(r"[A-Za-z][\u200b\u200c\u200d\u2060\ufeff\u180e]+[A-Za-z]")
_MIXED_WORD: Final = re.compile(
    r"[A-Za-z][\w]*[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff]"
    r"|[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff][\w]*[A-Za-z]"
)
_LETTERLIKE: Final = re.compile(r"[\U0001d400-\U0001d7ff\uff21-\uff5a]{3}")


def clean(text: str) -> str:
    """`text` without zero-width, bidi and control characters, with plain spaces and line ends."""
    if not text.isascii() or _ODD.search(text):
        text = text.translate(_TABLE)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _LINE_ENDS.sub("\n", _BLANKS.sub(" ", text))
    return _LINES.sub("\n\n", text).strip()


def tricks(*texts: str) -> tuple[str, ...]:
    """Codes of the character tricks found in any of `texts`."""
    odd = [text for text in texts if text and not text.isascii()]
    tests = (
        ("bidi", _OVERRIDE),
        ("zero_width", _SPLIT_WORD),
        ("homoglyph", _MIXED_WORD),
        ("homoglyph", _LETTERLIKE),
    )
    found = [code for code, pattern in tests if any(pattern.search(text) for text in odd)]
    return tuple(dict.fromkeys(found))
