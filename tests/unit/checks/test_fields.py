"""Checks on a field of the answer's value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.bind import bind_entry
from seatrial.checks.fields import LONGEST_CLASS, class_of
from seatrial.core.errors import SpecError
from seatrial.structured.jsontext import same_json

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    SCALARS | st.text(max_size=8) | st.sampled_from(["3", "null", '"a"', " a", "(missing)", "", "[1]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def value(parsed, **fields):
    return {"outcome": "value", "parsed": parsed, **fields}


@pytest.mark.parametrize(
    ("field", "wanted", "parsed", "state", "reason"),
    [
        ("intent", "refund", {"intent": "refund"}, "pass", 'intent is "refund"'),
        ("$.intent", "refund", {"intent": "Refund"}, "fail", 'intent is "Refund", not "refund"'),
        ("n", 3, {"n": 3.0}, "pass", "n is 3"),
        ("n", 3, {"n": "3"}, "fail", 'n is "3", not 3'),
        ("n", "3", {"n": 3}, "fail", 'n is 3, not "3"'),
        ("n", 1, {"n": True}, "fail", "n is true, not 1"),
        ("n", None, {"n": None}, "pass", "n is null"),
        ("n", None, {}, "fail", "n: $ has no key 'n'; it has no keys"),
        ("a.b[0]", [1], {"a": {"b": [[1]]}}, "pass", "a.b[0] is [1]"),
        ("items[*].ok", True, {"items": [{"ok": True}, {"ok": True}]}, "pass", "items[*].ok is true"),
        ("items[*].ok", True, {"items": [{"ok": 1}, {"ok": True}]}, "fail", "items[0].ok is 1, not true"),
        ("items[*]", 1, {"items": []}, "fail", "items[*]: items[*] finds nothing: the list it goes through is empty"),
        ("$", 5, 5, "pass", "$ is 5"),
    ],
)
def test_a_field_is_compared_as_json_data(judge, field, wanted, parsed, state, reason):
    verdict = judge({"field-equals": {"field": field, "value": wanted}}, value(parsed))
    assert (verdict.state, verdict.reason) == (state, reason)


@pytest.mark.parametrize("check", [{"field-equals": {"field": "a", "value": 1}}, {"json-path": "$.a"}])
def test_the_value_is_what_the_feature_has_read_and_not_what_the_text_looks_like(judge, check):
    said = {"message": {"role": "assistant", "content": '{"a": 1}'}}
    assert judge(check, said).state == "pass"  # the output is text
    assert judge(check, value({"b": 1}, **said)).state == "fail"
    refused = judge(check, {"outcome": "refusal", **said})
    assert refused.state == "fail"
    assert "the answer has no value: refusal" in refused.reason


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (value({"intent": "refund"}), "refund"),
        (value({"intent": "lost_card"}), "lost_card"),
        (value({"intent": "3"}), '"3"'),
        (value({"intent": 3}), "3"),
        (value({"intent": ["b", {"a": 1}]}), '["b",{"a":1}]'),
        (value({}), "(missing)"),
        ({"outcome": "refusal"}, "(no value)"),
        ("no JSON at all", "(no value)"),
    ],
)
def test_field_accuracy_says_what_was_expected_and_what_came(judge, answer, got):
    verdict = judge({"field-accuracy": {"field": "$.intent", "expected": "refund"}}, answer)
    compared = verdict.compared
    assert (compared.field, compared.expected, compared.got) == ("intent", "refund", got)
    assert verdict.label == f"refund -> {got}"
    assert (verdict.state, verdict.score) == (("pass", 1.0) if got == "refund" else ("fail", 0.0))


@given(expected=DATA, got=DATA)
def test_two_values_are_of_one_class_exactly_when_they_are_the_same_data(judge, expected, got):
    compared = judge({"field-accuracy": {"field": "x", "expected": expected}}, value({"x": got})).compared
    assert compared.right is same_json(expected, got)
    assert compared.got not in ("(missing)", "(no value)")


def test_a_long_value_is_cut_and_still_a_class_of_its_own():
    one, other = "a" * 500, "a" * 499 + "b"
    assert class_of(one) != class_of(other)
    assert len(class_of(one)) < LONGEST_CLASS + 20


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"field-equals": "intent"}, "field-equals needs value"),
        ({"field-equals": {"field": "a..b", "value": 1}}, "uses .., not supported here"),
        ({"field-equals": {"field": "a", "expected": 1}}, "no parameter 'expected'"),
        ({"field-accuracy": {"field": "items[*].a", "expected": 1}}, "without \\[\\*\\]"),
        ({"all": [{"field-accuracy": {"field": "a", "expected": 1}}]}, "cannot stand inside another check"),
        (
            {"json-path": {"path": "$.a", "check": {"field-accuracy": {"field": "a", "expected": 1}}}},
            "field-equals here",
        ),
    ],
)
def test_mistakes_are_named(entry, said):
    with pytest.raises(SpecError, match=said):
        bind_entry(entry)
