"""What is made of an object once and kept while it is in use; objects are known by identity.

A set of candidates is one object for a whole sync, and a mail is one object on its whole way: comparing
either by content would cost more than what is kept here saves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def once(kept: int) -> Callable[[Callable[[Key], Value]], Callable[[Key], Value]]:
    """Decorate a function of one object: its value is kept for the last `kept` objects it was asked of."""

    def remembering(make: Callable[[Key], Value]) -> Callable[[Key], Value]:
        found: OrderedDict[int, tuple[Key, Value]] = (
            OrderedDict()
        )  # holds the object, so its id stays its own

        @wraps(make)
        def value_of(key: Key) -> Value:
            held = found.get(id(key))
            if held is None or held[0] is not key:
                held = found[id(key)] = key, make(key)
                while len(found) > kept:
                    found.popitem(last=False)
            return held[1]

        return value_of

    return remembering
