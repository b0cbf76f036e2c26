"""Texts inside values: found, put back, and names kept apart."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.guard.leaves import leaves, texts_in, with_leaves, with_texts_in

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value):
    assert with_texts_in(value, texts_in(value)) == value
    assert with_leaves(value, lambda leaf: leaf) == value


@given(VALUES)
def test_every_text_and_number_is_asked_for_in_order(value):
    asked = []
    with_leaves(value, lambda leaf: asked.append(leaf) or leaf)
    assert asked == list(leaves(value))


def test_names_that_become_the_same_stay_apart():
    assert with_leaves({"a": 1, "b": 2, "x 2": 3}, lambda leaf: "x" if leaf in ("a", "b") else leaf) == {
        "x": 1,
        "x 2": 2,
        "x 2 3": 3,
    }


def test_many_names_that_become_the_same_take_no_square_of_time():
    changed = with_leaves({str(number): number for number in range(50_000)}, lambda leaf: "x" if leaf != 7 else leaf)
    assert len(changed) == 50_000
