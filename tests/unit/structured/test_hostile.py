"""Texts made to cost time or stack: each gets its outcome, and twice the text costs about twice the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.structured.parse import compile_schema, parse_output
from seatrial.structured.partial import PartialParser

SCHEMAS = [
    compile_schema(schema)
    for schema in ({}, {"type": "object", "required": ["a"]}, {"type": "array"}, {"enum": ["x", "y"]})
]


def _filled(piece: str, size: int, before: str = "", after: str = "") -> str:
    return before + piece * (size // len(piece)) + after


WORST: dict[str, Callable[[int], str]] = {
    "opening brackets": lambda n: _filled("[", n),
    "opening braces": lambda n: _filled("{", n),
    "objects in objects": lambda n: _filled('{"a":', n),
    "objects in arrays": lambda n: _filled("[{", n),
    "closed arrays": lambda n: _filled("[]", n),
    "quotes": lambda n: _filled('"', n, '{"a": "'),
    "quotes in a text": lambda n: _filled(' "b" c', n, '{"a": "x'),
    "quotes after commas": lambda n: _filled('b, "c" ', n, '{"a": "'),
    "apostrophes": lambda n: _filled("it's ", n, "{'a': '"),
    "backslashes": lambda n: _filled("\\", n, '{"a": "'),
    "stray backslashes": lambda n: _filled("\\d", n, '{"a": "', '"}'),
    "half surrogates": lambda n: _filled("\\ud83d", n, '{"a": "', '"}'),
    "line breaks in a text": lambda n: _filled("\n", n, '{"a": "', '"}'),
    "white space": lambda n: _filled(" \n", n, '{"a":'),
    "comments": lambda n: _filled("/* a word */", n, "{"),
    "hashes": lambda n: _filled("#", n, "{"),
    "a number": lambda n: _filled("7", n, '{"a": ', "}"),
    "trailing commas": lambda n: _filled("1,", n, "[", "]"),
    "commas": lambda n: _filled(",", n, "{"),
    "missing commas": lambda n: _filled('"a"\n', n, "[", "]"),
    "the same key": lambda n: _filled("'a':1,", n, "{", "}"),
    "unquoted keys": lambda n: _filled("a:1,", n, "{", "}"),
    "joined texts": lambda n: _filled('"a" + ', n, '{"a": '),
    "triple quotes": lambda n: _filled('"""', n, '{"a": '),
    "doubled braces": lambda n: _filled('{{"a":', n),
    "a long key above many parts": lambda n: _filled("k", n // 2, '{"', '": ') + _filled("'b', ", n // 2, "[", "]}"),
    "wrappers": lambda n: _filled('{"r":', 500, "", _filled('"a", ', n, "[", "1]") + "}" * 100),
    "thoughts": lambda n: _filled("<think></think>", n),
    "thoughts between marks": lambda n: _filled("<think></think>\ufeff", n),
    "fences": lambda n: _filled("```json\n", n),
    "marks of prose": lambda n: _filled("[x] {y} ", n),
    "refusals": lambda n: _filled("I can't help with this. ", n),
    "words": lambda n: _filled("x or y ", n),
    "escapes around": lambda n: _filled('\\"a\\":', n, "{"),
    "entities": lambda n: _filled("&quot;a&quot;:", n, "{"),
    "closing braces": lambda n: _filled("}", n, '{"a": 1}'),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_texts_get_their_outcome(name: str) -> None:
    text = WORST[name](3000)
    for schema in SCHEMAS:
        assert parse_output(text, schema).outcome is not None
    assert parse_output(text, SCHEMAS[1], "length").outcome is not None
    parser = PartialParser({})
    for start in range(0, len(text), 100):
        parser.feed(text[start : start + 100])


def test_ten_thousand_brackets_are_no_value() -> None:
    for text in ("[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000, "{{" * 10_000):
        assert parse_output(text, {}).outcome in ("invalid", "truncated")


def _lines_run(work: Callable[[], Any]) -> int:
    """How many lines of Python a piece of work runs: steady where a clock is not."""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_the_work_grows_with_the_text_and_no_faster(name: str) -> None:
    small, large = (
        _lines_run(lambda size=size: parse_output(WORST[name](size), SCHEMAS[1])) for size in (4000, 16_000)
    )
    assert large <= 4.5 * small + 500


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_a_megabyte_is_read_in_seconds(name: str) -> None:
    assert parse_output(WORST[name](1_000_000), SCHEMAS[1]).outcome is not None
