"""Which call gets which fault: by a list, or at rates drawn with a seed. Same seed, same calls, same faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain, cycle, repeat
from random import Random
from typing import Literal, Protocol

from seatrial.core.errors import SpecError
from seatrial.testing.simulator.fault import FINE, Fault, parse_faults

Entry = Fault | str | None | Sequence["Fault | str"]
Faults = Sequence[Entry] | Mapping[str, float] | Mapping[Fault, float] | Mapping["str | Fault", float]
Then = Literal["fine", "again"]


class Schedule(Protocol):
    """Says what is done to the next call; nothing when it is empty."""

    def next(self) -> tuple[Fault, ...]: ...


class Listed:
    """The k-th call gets the k-th entry; after the last all are fine, or the list begins again."""

    def __init__(self, entries: Iterable[tuple[Fault, ...]], then: Then = "fine") -> None:
        given = list(entries)
        self._rest = cycle(given) if then == "again" and given else chain(given, repeat(()))

    def next(self) -> tuple[Fault, ...]:
        return next(self._rest)


class Rated:
    """Each call gets a fault with its probability, at most one; one number is drawn for each call."""

    def __init__(self, rates: Mapping[Fault, float], seed: int) -> None:
        for fault, rate in rates.items():
            if not 0 <= rate <= 1:
                raise SpecError(f"the rate of {fault} is not right", expected="a number from 0 to 1", got=str(rate))
        if sum(rates.values()) > 1 + 1e-9:
            raise SpecError("the rates together are more than 1", got=f"{sum(rates.values()):g}")
        self._random = Random(seed)  # noqa: S311 - a schedule that can be repeated, and no secret
        self._bounds = list(zip(accumulate(rates.values()), ((fault,) for fault in rates), strict=True))

    def next(self) -> tuple[Fault, ...]:
        drawn = self._random.random()
        return next((faults for bound, faults in self._bounds if drawn < bound), ())


def schedule_of(faults: Faults | Schedule, *, then: Then, seed: int) -> Schedule:
    """Raises SpecError for a fault there is not or a rate that is none."""
    if isinstance(faults, Mapping):
        return Rated({_one(fault): rate for fault, rate in faults.items()}, seed)
    if isinstance(faults, str):
        raise SpecError("faults is not right", expected='a list, or rates like {"429": 0.05}', got=repr(faults))
    if isinstance(faults, Sequence):
        return Listed([entry_of(entry) for entry in faults], then)
    return faults


def entry_of(entry: Entry) -> tuple[Fault, ...]:
    """What is done to one call: nothing, a fault, or several at once."""
    if entry is None or entry in FINE:
        return ()
    if isinstance(entry, Fault):
        return (entry,)
    if isinstance(entry, str):
        return parse_faults(entry)
    return tuple(fault for each in entry for fault in entry_of(each))


def _one(fault: Fault | str) -> Fault:
    return fault if isinstance(fault, Fault) else Fault(fault)
