"""What is made of an object once: known by identity, and only for the last few."""

from __future__ import annotations

from tracking.router.once import once


def test_a_value_is_made_once_for_each_object() -> None:
    made = []

    @once(2)
    def size(key: tuple[int, ...]) -> int:
        made.append(key)
        return len(key)

    first, equal = made_of(1, 2), made_of(1, 2)
    assert [size(first), size(first), size(equal)] == [2, 2, 2]
    assert len(made) == 2  # equal, yet another object


def test_only_the_last_few_are_kept() -> None:
    made = []

    @once(2)
    def size(key: tuple[int, ...]) -> int:
        made.append(key)
        return len(key)

    keys = [made_of(n) for n in range(3)]
    for key in (*keys, keys[0]):
        size(key)
    assert made == [*keys, keys[0]]


def made_of(*numbers: int) -> tuple[int, ...]:
    """A new tuple at each call."""
    return numbers
