"""Which call gets which fault, and how a schedule is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.testing import Fault, Pace, ProviderServer
from seatrial.testing.simulator.fault import parse_faults
from seatrial.testing.simulator.faults_file import parse_rates, read_faults
from seatrial.testing.simulator.kinds import KINDS
from seatrial.testing.simulator.schedule import Schedule, schedule_of

RATES = st.dictionaries(st.sampled_from(sorted(KINDS)), st.floats(0, 1 / len(KINDS)), max_size=len(KINDS))


def drawn(schedule: Schedule, count: int) -> list[tuple[Fault, ...]]:
    return [schedule.next() for _ in range(count)]


@given(rates=RATES, seed=st.integers())
def test_the_same_seed_gives_the_same_faults(rates: Mapping[str, float], seed: int) -> None:
    first, second = (drawn(schedule_of(rates, then="fine", seed=seed), 50) for _ in range(2))
    assert first == second
    assert {fault.kind for faults in first for fault in faults} <= {kind for kind, rate in rates.items() if rate}


def test_rates_are_kept_to() -> None:
    found = drawn(schedule_of({"429": 0.25, Fault("cut", after=3): 0.5}, then="fine", seed=7), 4000)
    assert 0.21 < found.count((Fault("429"),)) / 4000 < 0.29
    assert 0.46 < found.count((Fault("cut", after=3),)) / 4000 < 0.54


def test_another_seed_gives_other_faults() -> None:
    assert drawn(schedule_of({"429": 0.5}, then="fine", seed=1), 64) != drawn(
        schedule_of({"429": 0.5}, then="fine", seed=2), 64
    )


def test_a_list_is_done_in_order_and_then_all_is_fine_or_it_begins_again() -> None:
    faults = [None, "cut; after=2", Fault("429"), ["split", Fault("no-usage")], "fine"]
    once = [(), (Fault("cut", after=2),), (Fault("429"),), (Fault("split"), Fault("no-usage")), ()]
    assert drawn(schedule_of(faults, then="fine", seed=0), 8) == [*once, (), (), ()]
    assert drawn(schedule_of(faults, then="again", seed=0), 8) == [*once, *once[:3]]
    assert drawn(schedule_of([], then="again", seed=0), 2) == [(), ()]


def test_calls_get_their_faults_in_order_and_a_header_changes_nothing_for_the_others(ask: Any) -> None:
    with ProviderServer(faults=["503", None, "500"]) as server:
        url = f"{server.openai_url}/chat/completions"
        statuses = [
            ask(url).status,
            ask(url, x_simulate="429").status,
            ask(f"{server.url}/health", method="GET").status,
            ask(url).status,
            ask(url).status,
            ask(url).status,
        ]
    assert statuses == [503, 429, 200, 200, 500, 200]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("fine", ()),
        ("none", ()),
        ("", ()),
        ("cut", (Fault("cut"),)),
        (" stall ; seconds = 200ms ; after=3 , 429;retry_after=1 ", (Fault("stall", 0.2, after=3), Fault("429", 1.0))),
        ("split; into=utf8", (Fault("split", "utf8"),)),
        ("split; into=5", (Fault("split", 5),)),
        ("error-event; message=it broke", (Fault("error-event", message="it broke"),)),
    ],
)
def test_faults_as_text(text: str, faults: tuple[Fault, ...]) -> None:
    assert parse_faults(text) == faults


@given(kind=st.sampled_from(sorted(KINDS)))
def test_a_fault_is_read_back_from_what_is_shown_of_it(kind: str) -> None:
    numbers = {name: value for name, value in KINDS[kind].defaults.items() if isinstance(value, int | float)}
    fault = Fault(kind, **numbers)
    assert parse_faults(str(fault)) == (fault,)
    assert hash(fault) == hash(Fault(kind, **numbers))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fault("ct"), "did you mean cut?"),
        (lambda: Fault("flood"), "faults are 400, 401"),
        (lambda: Fault("cut", befor=1), "the fault cut has no parameter 'befor'"),
        (lambda: Fault("cut", after=-1), "after of the fault cut is not right"),
        (lambda: Fault("cut", after="two"), "got 'two'"),
        (lambda: Fault("stall", seconds="soon"), "a duration is seconds, or like 200ms"),
        (lambda: Fault("split", into="halves"), "into of the fault split is not right"),
        (lambda: Fault("no-usage", 3), "takes no value"),
        (lambda: parse_faults("cut; 3"), "expected NAME=VALUE"),
        (lambda: schedule_of({"429": 1.5}, then="fine", seed=0), "expected a number from 0 to 1, got 1.5"),
        (lambda: schedule_of({"429": 0.8, "cut": 0.7}, then="fine", seed=0), "together are more than 1"),
        (lambda: schedule_of("cut", then="fine", seed=0), "faults is not right"),
        (lambda: parse_rates("429", seed=0), "expected FAULT=RATE"),
        (lambda: parse_rates("429=often", seed=0), "expected FAULT=RATE"),
        (lambda: parse_rates("492=0.1", seed=0), "there is no fault '492'"),
    ],
)
def test_what_is_not_right_is_said(make: Any, said: str) -> None:
    with pytest.raises(SpecError) as raised:
        make()
    assert said in str(raised.value)


def test_rates_in_one_line() -> None:
    assert drawn(parse_rates("429=1, cut=0", seed=0), 3) == [(Fault("429"),)] * 3


def schedule_file(folder: Path, text: str) -> Path:
    path = folder / "faults.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_calls(tmp_path: Path) -> None:
    text = """\
calls:
  - fine
  - ~
  - 429
  - cut: 3
  - stall: {seconds: 200ms, after: 2}
  - [{split: utf8}, no-usage]
then: again
"""
    found = drawn(read_faults(schedule_file(tmp_path, text), seed=0), 8)
    assert found[:4] == [(), (), (Fault("429"),), (Fault("cut", after=3),)]
    assert found[4:6] == [(Fault("stall", 0.2, after=2),), (Fault("split", "utf8"), Fault("no-usage"))]
    assert found[6:] == [(), ()]


def test_a_file_of_rates(tmp_path: Path) -> None:
    path = schedule_file(tmp_path, "rates: {429: {rate: 0.5, retry_after: 2s}, cut: 0.25}\n")
    found = drawn(read_faults(path, seed=3), 400)
    assert set(found) == {(), (Fault("429", 2.0),), (Fault("cut"),)}
    assert found == drawn(read_faults(path, seed=3), 400)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "a schedule has rates or calls"),
        ("rates: {cut: 0.1}\ncalls: [cut]", "a schedule has rates or calls"),
        ("rates: {ct: 0.1}", "faults.yaml:1: there is no fault 'ct'"),
        ("rates:\n  cut: 2", "faults.yaml:2: rate is not right"),
        ("rates:\n  cut: {after: 1}", "faults.yaml:2: the fault cut has no rate"),
        ("rates: {cut: 0.9, 429: 0.9}", "faults.yaml:1: the rates together are more than 1"),
        ("calls: [cut]\nthen: never", "faults.yaml:2: then is not right"),
        ("rates: {cut: 1}\nthen: again", "then: says what comes after calls:"),
        ("calls:\n  - stall: {second: 1}", "faults.yaml:2: the fault stall has no parameter 'second'"),
        ("call: [cut]", "did you mean calls?"),
        ("- cut", "expected a mapping"),
    ],
)
def test_mistakes_in_a_file_are_said_with_their_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        read_faults(schedule_file(tmp_path, text), seed=0)
    assert said in str(raised.value)


@given(seed=st.integers(), latency=st.floats(0, 2), jitter=st.floats(0, 2))
def test_jitter_is_drawn_with_the_seed_and_never_more_than_said(seed: int, latency: float, jitter: float) -> None:
    pace = Pace(latency=latency, jitter=jitter)
    first, second = Random(seed), Random(seed)
    waits = [pace.draw(first) for _ in range(20)]
    assert waits == [pace.draw(second) for _ in range(20)]
    assert all(max(0.0, latency - jitter - 1e-9) <= wait <= latency + jitter + 1e-9 for wait in waits)
