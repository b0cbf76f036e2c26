"""How much more evidence would do: the least count that is enough."""

from collections.abc import Callable

FURTHER_MAX = 10_000_000


def least_count(enough: Callable[[int], bool]) -> int | None:
    """The least count from 1 on that is enough, None beyond `FURTHER_MAX`.

    Every count above one that is enough has to be enough too: so doubling brackets it and halving finds it.
    """
    short, reached = 0, 1
    while not enough(reached):
        if reached == FURTHER_MAX:
            return None
        short, reached = reached, min(2 * reached, FURTHER_MAX)
    while reached - short > 1:
        middle = (short + reached) // 2
        if enough(middle):
            reached = middle
        else:
            short = middle
    return reached
