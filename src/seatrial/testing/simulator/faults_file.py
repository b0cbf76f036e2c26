"""A schedule of faults as the user writes it: a YAML file, or rates in one line like `429=0.05,cut=0.02`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatrial.core.errors import SpecError
from seatrial.spec.nodes import Node
from seatrial.spec.yaml import read_yaml
from seatrial.testing.simulator.fault import FINE, Fault
from seatrial.testing.simulator.schedule import Listed, Rated, Schedule, Then

KEYS = ("rates", "calls", "then")
_EITHER = "either rates: {429: 0.05} or calls: [fine, 429]"


def read_faults(path: Path, *, seed: int) -> Schedule:
    """Read a file with `rates:` or with `calls:` and `then:`. Raises SpecError with every mistake in it."""
    root = read_yaml(path)
    fields = root.fields("a schedule of faults", KEYS) or {}
    if root.kind == "mapping" and ("rates" in fields) == ("calls" in fields):
        root.problem("a schedule has rates or calls, and one of them", expected=_EITHER)
    if "then" in fields and "calls" not in fields:
        fields["then"].key_problem("then: says what comes after calls:, and there are none")
    then = fields["then"].choice("then", ("fine", "again")) if "then" in fields else "fine"
    rates = _read_rates(fields["rates"]) if "rates" in fields else {}
    calls = [_read_entry(node) for node in fields["calls"].items("calls") or ()] if "calls" in fields else []
    root.problems.raise_any()
    if calls:
        chosen: Then = "again" if then == "again" else "fine"
        return Listed(calls, chosen)
    try:
        return Rated(rates, seed)
    except SpecError as error:
        raise placed(error, fields["rates"]) from error


def parse_rates(text: str, *, seed: int) -> Schedule:
    """`429=0.05,cut=0.02`. Raises SpecError."""
    rates: dict[Fault, float] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        kind, _, rate = each.partition("=")
        try:
            rates[Fault(kind.strip())] = float(rate)
        except ValueError as error:
            raise SpecError(
                "the faults are not right",
                expected="FAULT=RATE with commas between, like 429=0.05,cut=0.02, or a .yaml file",
                got=repr(each),
            ) from error
    return Rated(rates, seed)


def placed(error: SpecError, node: Node) -> SpecError:
    """The same mistakes, with where they stand."""
    for problem in error.problems:
        node.problem(
            problem.what, expected=problem.expected, got=problem.got, nearest=problem.nearest, hint=problem.hint
        )
    return SpecError(node.problems.found)


def _read_rates(node: Node) -> dict[Fault, float]:
    rates: dict[Fault, float] = {}
    for kind, entry in (node.entries("rates") or {}).items():
        parameters = dict(entry.value) if entry.kind == "mapping" else {"rate": entry}
        if "rate" not in parameters:
            entry.problem(f"the fault {kind} has no rate", expected="a number from 0 to 1 under rate:")
            continue
        rate = parameters.pop("rate").number("rate", least=0, most=1)
        fault = _make(entry, kind, {name: each.plain() for name, each in parameters.items()})
        if fault is not None and rate is not None:
            rates[fault] = rate
    return rates


def _read_entry(node: Node) -> tuple[Fault, ...]:
    """One call: a name, a name with a value or parameters, several in a list, or `fine`."""
    if node.kind == "list":
        return tuple(fault for each in node.value for fault in _read_entry(each))
    if node.kind == "mapping":
        made = [_read_one(kind, entry) for kind, entry in node.value.items()]
        return tuple(fault for fault in made if fault is not None)
    if node.value is None or node.value in FINE:
        return ()
    fault = _make(node, str(node.value), {})
    return (fault,) if fault is not None else ()


def _read_one(kind: str, entry: Node) -> Fault | None:
    if entry.kind == "mapping":
        return _make(entry, kind, entry.plain())
    return _make(entry, kind, {}, entry.plain())


def _make(node: Node, kind: str, parameters: Mapping[str, Any], value: Any = None) -> Fault | None:
    try:
        return Fault(kind, value, **parameters)
    except SpecError as error:
        placed(error, node)
    return None
