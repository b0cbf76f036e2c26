"""The way to values inside JSON data."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.checks.jsonpath import JsonPath, NothingThere
from seatrial.core.errors import SpecError

SHOP = {
    "name": "Harbor",
    "items": [{"price": 5, "qty": 1}, {"price": 7}],
    "a key": {"it's": [True]},
    "empty": [],
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [("$", SHOP)]),
        ("$.name", [("$.name", "Harbor")]),
        ("name", [("$.name", "Harbor")]),
        ("$['name']", [("$.name", "Harbor")]),
        ('$["a key"]["it\'s"][0]', [("$['a key'][\"it's\"][0]", True)]),
        ("$['a key']['it\\'s'][0]", [("$['a key'][\"it's\"][0]", True)]),
        ("$.items[0].price", [("$.items[0].price", 5)]),
        ("$.items[-1].price", [("$.items[-1].price", 7)]),
        ("$.items[*].price", [("$.items[0].price", 5), ("$.items[1].price", 7)]),
        ("$.items[0].*", [("$.items[0].price", 5), ("$.items[0].qty", 1)]),
        ("$.0", [("$.0", "zero")]),
        ("$.items", [("$.items", SHOP["items"])]),
    ],
)
def test_a_path_finds_values_and_their_places(path, found):
    assert JsonPath.read(path).values(SHOP) == found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$.nam", "$ has no key 'nam'; it has name, items, a key, empty, 0"),
        ("$.items[2]", "$.items has 2 items, so there is no [2]"),
        ("$.items[-3]", "$.items has 2 items, so there is no [-3]"),
        ("$.items.price", "$.items is a list, which has no key 'price'"),
        ("$[0]", "$ is an object, which has no [0]"),
        ("$.name[0]", "$.name is the text 'Harbor', which has no [0]"),
        ("$.name[*]", "$.name is the text 'Harbor', which has no items"),
        ("$.items[*].qty", "$.items[1] has no key 'qty'; it has price"),
        ("$.empty[*]", "$.empty[*] finds nothing: the list it goes through is empty"),
    ],
)
def test_a_path_to_nothing_says_what_is_there(path, said):
    with pytest.raises(NothingThere) as caught:
        JsonPath.read(path).values(SHOP)
    assert str(caught.value) == said


def test_many_keys_are_cut_short():
    with pytest.raises(NothingThere, match=r"it has k0, .*, k7, …"):
        JsonPath.read("$.x").values({f"k{number}": 0 for number in range(100)})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$..price", "uses .."),
        ("$.items[0:2]", "uses slices"),
        ("$.items[::2]", "uses slices"),
        ("$.items[?(@.price > 5)]", "uses filters"),
        ("$.items[(@.length-1)]", "uses expressions"),
        ("$['a','b']", "uses several steps at once"),
        ("$.items[0", "is not a path, from '[0' on"),
        ("$.", "is not a path, from '.' on"),
        ("$name", "is not a path, from 'name' on"),
        ("$.a b", "is not a path, from ' b' on"),
        ("$.items[1.5]", "is not a path, from '[1.5]' on"),
    ],
)
def test_a_path_that_is_not_read_is_refused_with_what_is(path, said):
    with pytest.raises(SpecError) as caught:
        JsonPath.read(path)
    assert said in str(caught.value)
    assert "expected names, indexes and [*]" in str(caught.value)


@pytest.mark.parametrize("raw", [5, "", " ", None, ["$.a"]])
def test_a_path_is_text(raw):
    with pytest.raises(SpecError, match="expected a path"):
        JsonPath.read(raw)


@settings(deadline=None)
@given(steps=st.lists(st.text(max_size=6) | st.integers(0, 3), max_size=6), value=st.integers())
def test_any_key_and_index_can_be_written(steps, value):
    data, path = value, ""
    for step in reversed(steps):
        data = {step: data} if isinstance(step, str) else [None] * step + [data]
    for step in steps:
        quoted = "'" + step.replace("\\", "\\\\").replace("'", "\\'") + "'" if isinstance(step, str) else step
        path += f"[{quoted}]"
    assert [found for _, found in JsonPath.read("$" + path).values(data)] == [value]


@settings(deadline=None)
@given(path=st.text(alphabet="$.[]*'\"a01-\\ ?:,", max_size=15))
def test_any_text_is_a_path_or_a_spec_error(path):
    with suppress(SpecError):
        assert str(JsonPath.read(path)) == path.strip()
