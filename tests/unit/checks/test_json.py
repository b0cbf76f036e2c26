"""Checks on JSON answers."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.checks.bind import bind_entry
from seatrial.checks.define import CHECKS, check
from seatrial.core.errors import SpecError
from seatrial.core.view import View
from seatrial.structured.jsontext import MAX_DEPTH, NotJson, found_json, read_json, same_json

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CONTAINERS = st.lists(DATA, min_size=2, max_size=3) | st.dictionaries(st.text(max_size=5), DATA, min_size=1, max_size=3)
JUNK = st.text(alphabet='[]{}",:\\1a \n', max_size=40)


def spans(verdict):
    return [(span.start, span.end) for span in verdict.spans]


@pytest.mark.parametrize(
    "answer", ['{"a": 1}', " [1, 2]\n", "3", '"text"', "null", "-0.5e3", '{"a": 1, "a": 2}', "1" * 400, '"\\u00e9"']
)
def test_is_json_passes_on_json(judge, answer):
    assert judge("is-json", answer).state == "pass"


@pytest.mark.parametrize(
    ("answer", "reason", "place"),
    [
        ("", "not JSON: the text is empty", []),
        ("{a: 1}", "not JSON: object keys must be strings, at character 2, 'a'", [(1, 2)]),
        ('{"é": x}', "not JSON: invalid character, at character 7, 'x'", [(6, 7)]),
        ("[1, 2,]", "not JSON: trailing comma in array, at character 7, ']'", [(6, 7)]),
        ('{"a": 1', "not JSON: input data was truncated", []),
        ('{"a": 1} ok', "not JSON: trailing characters, at character 10, 'o'", [(9, 10)]),
        ("NaN", "not JSON: invalid character, at character 1, 'N'", [(0, 1)]),
        ("[1e999]", "not JSON: number out of range - at `$[0]`", []),
        ("\u00a01", "not JSON: invalid character, at character 1, '\\xa0'", [(0, 1)]),
        ('"\ud800"', "not JSON: half of a surrogate pair", []),
    ],
)
def test_is_json_says_why_and_where_an_answer_is_not(judge, answer, reason, place):
    verdict = judge("is-json", answer)
    assert (verdict.state, verdict.reason, spans(verdict)) == ("fail", reason, place)


def test_json_in_a_fence_is_not_the_whole_answer_and_the_reason_says_so(judge):
    assert "contains-json allows" in judge("is-json", '```json\n{"a": 1}\n```').reason


def test_a_schema_is_held_and_the_first_breach_named(judge):
    entry = {"is-json": {"schema": {"properties": {"n": {"type": "integer"}}}}}
    assert judge(entry, '{"n": 1}').state == "pass"
    assert judge(entry, '{"n": "1"}').reason == 'JSON that breaks the schema: "1" is not of type "integer" at $.n'


def test_a_schema_may_stand_in_a_file(exchange_of, tmp_path):
    (tmp_path / "answer.json").write_text('{"type": "array"}')
    bound = bind_entry({"is-json": "answer.json"}, tmp_path)
    assert [bound.check(View.of(exchange_of(text))).state for text in ("[]", "{}")] == ["pass", "fail"]


@pytest.mark.parametrize(("depth", "state"), [(MAX_DEPTH, "pass"), (MAX_DEPTH + 1, "fail"), (100_000, "fail")])
def test_nesting_is_read_to_a_fixed_depth(judge, depth, state):
    assert judge("is-json", "[" * depth + "]" * depth).state == state
    assert judge("is-json", '{"a":' * depth + "1" + "}" * depth).state == state


def test_brackets_inside_text_are_no_nesting(judge):
    assert judge("is-json", json.dumps(["[" * 1000, '\\"{' * 1000])).state == "pass"


@settings(deadline=None)
@given(data=DATA)
def test_what_is_written_as_json_is_read_back_the_same(data):
    assert same_json(read_json(json.dumps(data)), data)


@settings(deadline=None)
@given(text=JUNK)
def test_reading_agrees_with_a_strict_parser(text):
    try:
        expected = [json.loads(text)]
    except ValueError:
        expected = []
    try:
        data = [read_json(text)]
    except NotJson:
        data = []
    assert data == expected


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ('{"a": 1}', [(0, 8)]),
        ('Here: {"a": 1}.', [(6, 14)]),
        ("```json\n[]\n```", [(8, 10)]),
        ('say "hi {" then {"a": 1}', [(16, 24)]),
        ('[see {"a": 1}] for it', [(5, 13)]),
        ('[1, {"a": [2, 3]}, oops', [(4, 17)]),
        ('["unclosed {"a": 1}', [(11, 19)]),
        ('{"a": 1, {"b": 2}}', [(9, 17)]),
        ("👍 [1, 2]", [(2, 8)]),
        ("[1] says it is [4, 5]", [(15, 21)]),
        ("[1]\n", [(0, 3)]),
    ],
)
def test_contains_json_finds_an_object_or_array(judge, answer, place):
    verdict = judge("contains-json", answer)
    assert (verdict.state, spans(verdict)) == ("pass", place)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "plain",
        "as shown in [1]",
        "- [ ] a task",
        "function() {}",
        "{a: 1}",
        "[1, 2",
        '{"a": NaN}',
        "3",
        "[1e999, 2]",
    ],
)
def test_contains_json_fails_without_one(judge, answer):
    verdict = judge("contains-json", answer)
    assert (verdict.state, verdict.reason) == ("fail", "contains no JSON object or array")


def test_contains_json_looks_for_json_that_fits_the_schema(judge):
    entry = {"contains-json": {"schema": {"type": "object", "required": ["name"]}}}
    verdict = judge(entry, 'not {"age": 1} but {"name": "Ada"}')
    assert (verdict.state, spans(verdict)) == ("pass", [(19, 34)])
    assert judge(entry, 'only {"age": 1}').reason.startswith("JSON that breaks the schema:")
    assert judge({"contains-json": {"schema": {"type": "array"}}}, "an empty [] one").state == "pass"


@settings(deadline=None)
@given(before=st.text(alphabet="ab 1.,:\n", max_size=10), data=CONTAINERS, after=st.text(max_size=10))
def test_data_in_the_middle_of_prose_is_found_whole(before, data, after):
    written = json.dumps(data)
    found = list(found_json(before + written + after))
    assert found[0][:2] == (len(before), len(before) + len(written))
    assert same_json(found[0][2], data)


@settings(deadline=None)
@given(text=JUNK)
def test_all_that_is_found_is_json_and_nothing_is_missed(text):
    found = list(found_json(text))
    end = 0
    for start, stop, data in found:
        assert end <= start
        assert json.loads(text[start:stop]) == data
        end = stop
    assert bool(found) == any(
        is_container(text[start:stop]) for start in range(len(text)) for stop in closers(text, start)
    )


def closers(text, start):
    if text[start] not in "[{":
        return []
    return [index + 1 for index in range(start, len(text)) if text[index] in "]}"]


def is_container(text):
    try:
        return isinstance(json.loads(text), list | dict)
    except ValueError:
        return False


@pytest.mark.parametrize(
    "piece", ["[", "{", '{"a":', "[1,", '["', '["\\"', '"[', "[]x", "[[]", '{"a":{}', "]", "[ ", '[{"a":1},']
)
@pytest.mark.parametrize("end", ["", "]", "}", '"]'])
def test_a_long_hostile_text_is_searched_in_one_pass(judge, piece, end):
    text = piece * (10_000 // len(piece)) + end
    assert judge("contains-json", "x" + text).state in ("pass", "fail")
    assert judge("is-json", text).state == "fail"


# json-path


@pytest.mark.parametrize(
    ("entry", "answer", "state"),
    [
        ({"path": "$.name", "check": "starts-lowercase"}, '{"name": "ada"}', "pass"),
        ({"path": "name", "check": {"equals": "Ada"}}, 'so: {"name": "Ada"}.', "pass"),
        ({"path": "$.n", "check": {"equals": 1}}, '{"n": 1.0}', "pass"),
        ({"path": "$.n", "check": {"contains": '"a"'}}, '{"n": {"a": 1}}', "pass"),
        ({"path": "$.n"}, '{"n": null}', "pass"),
        ("$.n", '{"m": null}', "fail"),
        ("$[-1]", "[]", "fail"),
        ("$", "not json", "fail"),
    ],
)
def test_json_path_hands_the_value_to_the_inner_check(judge, entry, answer, state):
    assert judge({"json-path": entry}, answer).state == state


def test_json_path_names_the_place_and_the_inner_reason_and_points_nowhere(judge):
    verdict = judge({"json-path": {"path": "$.a[*]", "check": {"not-contains": "x"}}}, '{"a": ["ok", "xx"]}')
    assert (verdict.state, verdict.reason, verdict.spans) == ("fail", "$.a[1]: contains 'x'", ())


def test_json_path_scores_the_worst_value(judge):
    entry = {"json-path": {"path": "$[*]", "check": {"contains-all": ["a", "b"]}}}
    assert judge(entry, '["ab", "a"]').score == 0.5


def test_json_path_of_a_text_that_is_not_the_answer_judges_that_text(judge):
    exchange = {"raw": '{"n": 5}', "message": {"role": "assistant", "content": '{"n": 6}'}}
    assert judge({"json-path": {"path": "$.n", "check": {"equals": 5}, "on": "raw"}}, exchange).state == "pass"


def test_json_path_stays_unscored_where_the_inner_check_is(judge):
    verdict = judge({"json-path": {"path": "$.n", "check": "refusal"}}, '{"n": " "}')
    assert (verdict.state, verdict.score) == ("unscored", None)


@pytest.fixture
def slow_check(monkeypatch):
    """A check whose verdict is awaited."""
    monkeypatch.setattr(CHECKS, "_loaded", dict(CHECKS._loaded))

    @check("says-ok")
    async def says_ok(text: str) -> bool:
        await asyncio.sleep(0)
        return text == "ok"


@pytest.mark.usefixtures("slow_check")
def test_json_path_awaits_an_inner_check_that_takes_time(exchange_of):
    bound = bind_entry({"json-path": {"path": "$[*]", "check": "says-ok"}})

    async def judged(answer):
        return (await bound.check(View.of(exchange_of(answer)))).state

    assert asyncio.run(judged('["ok", "ok"]')) == "pass"
    assert asyncio.run(judged('["ok", "no"]')) == "fail"


@settings(deadline=None)
@given(data=DATA)
def test_any_value_reaches_the_inner_check_as_its_json(judge, data):
    text = msgspec.json.encode({"v": data}).decode()
    assert judge({"json-path": {"path": "$.v", "check": {"equals": {"value": data}}}}, text).state == "pass"


@pytest.mark.parametrize(
    ("entry", "expected", "got"),
    [
        ({"is-json": {"schema": 5}}, "a JSON Schema, or the path of a JSON file", "the number 5"),
        ({"is-json": {"schema": {"type": "objekt"}}}, "not a JSON Schema", "objekt"),
        ({"json-path": 5}, "a path like $.items[0].name", "the number 5"),
        ({"json-path": {"path": "$.a", "check": {"max-words": "x"}}}, "`int`", "the text 'x'"),
        ({"json-path": {"path": "$.a", "check": "max-word"}}, "max-word", "did you mean max-words"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused_with_expected_and_got(judge, entry, expected, got):
    with pytest.raises(SpecError) as caught:
        judge(entry, "{}")
    assert expected in str(caught.value)
    assert got in str(caught.value)
