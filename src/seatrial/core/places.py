"""Places in a text: pairs of where one begins and where it ends, in code points."""

from __future__ import annotations

from collections.abc import Iterable

Place = tuple[int, int]


def merged(places: Iterable[Place]) -> list[Place]:
    """The places, which come in order, with those that touch or overlap as one."""
    apart: list[Place] = []
    for start, end in places:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart
