"""Sets of UIDs, short enough for a cursor: [[low, high], …], ascending, both ends included."""

from __future__ import annotations

from collections.abc import Iterable

Ranges = list[list[int]]


def ranges_of(uids: Iterable[int]) -> Ranges:
    """`uids` as ranges."""
    found: Ranges = []
    for uid in sorted(set(uids)):
        if found and uid == found[-1][1] + 1:
            found[-1][1] = uid
        else:
            found.append([uid, uid])
    return found


def take_last(ranges: Ranges, count: int) -> tuple[list[int], Ranges]:
    """The highest `count` UIDs, highest first, and the ranges without them."""
    taken: list[int] = []
    rest = [list(each) for each in ranges]
    while rest and len(taken) < count:
        low, high = rest.pop()
        lowest = max(low, high - (count - len(taken)) + 1)
        taken += range(high, lowest - 1, -1)
        if lowest > low:
            rest.append([low, lowest - 1])
    return taken, rest
