"""The corpus of the benchmark: nothing in it is read as a value that it is not, and every repair has its name."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from seatrial.structured.jsontext import same_json
from seatrial.structured.parse import parse_output
from seatrial.structured.repairs import REPAIRS

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def corpus() -> Any:
    """The cases, each with what became of it; the modules that make them are no package."""
    kept = sys.modules.copy()
    for name in ("structured_rules", "structured_corpus"):
        spec = spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    yield [(case, parse_output(case.text, case.schema, case.finish)) for case in module.make_corpus()]
    for name in sys.modules.keys() - kept.keys():
        if name.startswith("structured_"):
            del sys.modules[name]


def test_nothing_is_read_as_a_value_that_it_is_not(corpus: Any) -> None:
    assert len(corpus) >= 400
    for case, parsed in corpus:
        if parsed.outcome == "value":
            assert case.outcome == "value", (case, parsed)
            assert same_json(parsed.value, case.value), (case, parsed)


def test_nearly_all_is_read_as_what_it_is(corpus: Any) -> None:
    other = [case for case, parsed in corpus if parsed.outcome != case.outcome]
    assert {case.rule for case in other} <= {"missing quote of a key"}  # where its lost quote may be that of the value


def test_every_repair_is_a_known_one_and_every_known_one_occurs(corpus: Any) -> None:
    assert {repair.name for _, parsed in corpus for repair in parsed.repairs} == REPAIRS.keys()


def test_every_repair_is_explained() -> None:
    page = (BENCHMARKS.parent / "docs/explanation/structured-output.md").read_text(encoding="utf-8")
    assert [name for name in REPAIRS if f"`{name}`" not in page] == []
