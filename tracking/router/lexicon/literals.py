"""What a text must hold before a regular expression can match it: literal pieces, found in its source."""

from __future__ import annotations

import re
from typing import Final

_LITERAL: Final = re.compile(r"[a-z '-]+")
_OPTIONAL: Final = frozenset("?*{")
_GROUP: Final = re.compile(r"^\?(?:i?:|P<\w+>|<?[=!])")
SHORTEST: Final = 3  # characters that a needed piece has at least

Pieces = tuple[str, ...]


def needed_literals(source: str) -> tuple[Pieces, ...]:
    """Groups of literal pieces: a text that `source` matches holds at least one piece of each group.

    The group that says most stands first. Empty where nothing is certain; then the line is always tried.
    """
    branches = _alternatives(source)
    if len(branches) > 1:
        whole = _of_any(branches)
        return (whole,) if whole else ()
    groups = dict.fromkeys(pieces for options in _mandatory(source) if (pieces := _of_any(options)))
    return tuple(sorted(groups, key=_weight, reverse=True))


def may_match(needed: tuple[Pieces, ...], text: str) -> bool:
    """Whether `text`, in lower case, holds at least one piece of each group."""
    for group in needed:
        for piece in group:
            if piece in text:
                break
        else:
            return False
    return True


def _of_any(options: list[str]) -> Pieces:
    """The best pieces of alternatives together; nothing where one of them has none."""
    found = [_best(option) for option in options]
    return tuple(dict.fromkeys(piece for pieces in found for piece in pieces)) if all(found) else ()


def _best(option: str) -> Pieces:
    if _LITERAL.fullmatch(option):
        return (option,) if len(option) >= SHORTEST else ()
    groups = needed_literals(option)
    return groups[0] if groups else ()


def _weight(pieces: Pieces) -> float:
    return min(map(len, pieces)) / (1 + 0.1 * len(pieces))


def _mandatory(source: str) -> list[list[str]]:
    """The parts of one alternative that must match, each as its own alternatives."""
    parts: list[list[str]] = []
    literal, index = "", 0
    while index < len(source):
        character = source[index]
        if character == "(":
            end = _closing(source, index)
            inner = _GROUP.sub("", source[index + 1 : end])
            following = source[end + 1 : end + 2]
            plain = not source.startswith(("(?=", "(?!", "(?<"), index) and following not in _OPTIONAL
            parts.append([literal])
            literal = ""
            if plain:
                parts.append(_alternatives(inner))
            index = _after(source, end + 1)
        elif character == "[":
            parts.append([literal])
            literal, index = "", _after(source, source.index("]", index + 2) + 1)
        elif character == "\\":
            parts.append([literal])
            literal, index = "", _after(source, index + 2)
        elif source[index + 1 : index + 2] in _OPTIONAL and source[index + 1 : index + 2]:
            parts.append([literal])
            literal, index = "", _after(source, index + 1)
        elif _LITERAL.match(character):
            literal += character
            index += 1
        else:
            parts.append([literal])
            literal, index = "", index + 1
    return [part for part in [*parts, [literal]] if any(part)]


def _closing(source: str, start: int) -> int:
    depth = 0
    for index in range(start, len(source)):
        if source[index - 1] == "\\" and index > start:
            continue
        depth += {"(": 1, ")": -1}.get(source[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"unbalanced: {source}")


_TOKENS: Final = re.compile(r"\\.|\[\^?.[^\]]*\]|[()|]", re.DOTALL)


def _alternatives(source: str) -> list[str]:
    """The parts between the "|" that stand in no group and no set of characters."""
    found, depth, start = [], 0, 0
    for token in _TOKENS.finditer(source):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "|" and depth == 0:
            found.append(source[start : token.start()])
            start = token.end()
    return [*found, source[start:]]


def _after(source: str, index: int) -> int:
    """The place behind a repetition mark that stands at `index`."""
    if source[index : index + 1] == "{":
        return source.index("}", index) + 1
    while source[index : index + 1] and source[index] in "?*+":
        index += 1
    return index
