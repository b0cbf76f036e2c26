"""A check held against labelled data: counts, ratios, and what is not counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.checks.bind import BoundCheck
from seatrial.checks.define import define, unscored
from seatrial.core.errors import SpecError
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.evals.measure import Measured, Positive, measure, read_check
from seatrial.spec.rows import Row

counts = st.integers(0, 60)


def rows(*values: dict[str, Any]) -> list[Row]:
    return [Row(each, "data.jsonl", number + 1, number) for number, each in enumerate(values, 1)]


def own(function: Any) -> BoundCheck:
    """A function as a check without parameters."""
    from seatrial.checks.entry import Entry

    return BoundCheck(define(function, "own"), Entry(name="own", negated=False, params={}), {})


def held(entry: Any, *values: dict[str, Any], positive: Positive = "pass", **columns: str) -> Measured:
    check = (lambda row: entry) if isinstance(entry, BoundCheck) else read_check(entry, Path())
    return measure([check], rows(*values), **{"text": "t", "label": "good", "positive": positive, **columns}).union


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["yes", "no", "", None]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from(["pass", "fail"]),
)
def test_every_row_is_counted_once(data: list[tuple[str | None, bool]], positive: Positive) -> None:
    def says_yes(text: str) -> bool | Verdict:
        return text == "yes" if text else unscored("nothing said")

    found = held(own(says_yes), *({"t": text, "good": good} for text, good in data), positive=positive)
    called = [(text == "yes") == (positive == "pass") for text, _ in data if text]
    truly = [good for text, good in data if text]
    pairs = list(zip(called, truly, strict=True))
    assert (found.tp, found.fp) == (pairs.count((True, True)), pairs.count((True, False)))
    assert (found.tn, found.fn) == (pairs.count((False, False)), pairs.count((False, True)))
    assert found.n + found.unscored == len(data)
    assert found.tp + found.fp + found.tn + found.fn == found.n


@settings(deadline=None)
@given(counts, counts, counts, counts)
def test_kappa_is_agreement_beyond_chance(tp: int, fp: int, tn: int, fn: int) -> None:
    found = Measured(tp=tp, fp=fp, tn=tn, fn=fn, unscored=0, errors=0)
    n = tp + fp + tn + fn
    if n == 0:
        assert found.kappa is None
        return
    agreed = (tp + tn) / n
    by_chance = (tp + fp) / n * (tp + fn) / n + (fn + tn) / n * (fp + tn) / n
    if min(tp + fp + fn, tn + fp + fn) == 0:  # both sides always say the same: chance alone agrees on all
        assert found.kappa is None
    else:
        assert found.kappa == pytest.approx((agreed - by_chance) / (1 - by_chance), abs=1e-9)
        assert -1 - 1e-9 <= found.kappa <= 1 + 1e-9


@settings(deadline=None)
@given(counts, counts, counts, counts)
def test_a_ratio_without_anything_below_the_line_is_null(tp: int, fp: int, tn: int, fn: int) -> None:
    data = Measured(tp=tp, fp=fp, tn=tn, fn=fn, unscored=0, errors=0).as_data()
    assert data["precision"] == (tp / (tp + fp) if tp + fp else None)
    assert data["recall"] == (tp / (tp + fn) if tp + fn else None)
    assert data["accuracy"] == ((tp + tn) / data["n"] if data["n"] else None)


def test_kappa_of_cohens_worked_example() -> None:
    """Cohen's formula on 45, 15, 25, 15 of 100: agreement 0.70, by chance 0.54."""
    found = Measured(tp=45, fp=15, tn=25, fn=15, unscored=0, errors=0)
    assert found.kappa == pytest.approx(0.375)


def test_positive_names_the_state_that_calls_a_row_positive() -> None:
    row = {"t": "hey", "good": True}
    assert held("starts-lowercase", row, positive="pass").tp == 1
    assert held("starts-lowercase", row, positive="fail").fn == 1


def test_a_check_that_breaks_is_counted_apart_and_its_first_error_kept() -> None:
    def broken(text: str) -> bool:
        return int(text) > 0

    found = held(own(broken), {"t": "3", "good": True}, {"t": "x", "good": True}, {"t": "y", "good": False})
    assert (found.n, found.tp, found.errors) == (1, 1, 2)
    assert found.first_error is not None
    assert found.first_error.startswith("row 2: the check broke: ValueError")


def test_a_null_text_is_no_answer_to_judge() -> None:
    found = held("starts-lowercase", {"t": None, "good": True}, {"t": "hey", "good": True})
    assert (found.n, found.unscored) == (1, 1)


def test_the_first_disagreements_are_kept_with_their_rows() -> None:
    found = held("starts-lowercase", *({"t": "Hey", "good": True} for _ in range(25)))
    assert found.fn == 25
    assert [each.number for each in found.disagreements] == list(range(1, 11))
    assert found.disagreements[0].line == 2


def test_text_and_label_are_columns_of_any_name_or_expressions() -> None:
    row = {"6b model": {"said": "hey"}, "a b": "ok", "good": 1}
    found = held("starts-lowercase", row, text='row["6b model"].said', label='row["a b"] == "ok"')
    assert found.tp == 1
    assert held("starts-lowercase", {"my text": "hey", "good": True}, text="my text").tp == 1


def test_a_check_in_python_sees_the_whole_row() -> None:
    def as_expected(text: str, case: Any) -> bool:
        return bool(text == case.row["wanted"])

    assert held(own(as_expected), {"t": "a", "wanted": "a", "good": True}).tp == 1


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ({"number-equals": {"value": "{{ wanted }}", "weight": 2}}, {"wanted": 7}),
        ({"number-equals": '{{ row["6 b"].n }}'}, {"6 b": {"n": 7}}),
        ({"contains-any": ["nothing", "{{ a }}{{ b }}"]}, {"a": "se", "b": "ven"}),
        ({"all": [{"max-words": 3}, {"any": [{"contains": "{{ a }}"}]}]}, {"a": "seven"}),
        ("{{ which }}", {"which": {"contains": "7"}}),
    ],
)
def test_parameters_may_come_from_the_row(entry: Any, column: dict[str, Any]) -> None:
    other = {key: "none" if key != "which" else {"contains": "x"} for key in column} | {"wanted": 8, "6 b": {"n": 8}}
    found = held(entry, {"t": "seven is 7", "good": True, **column}, {"t": "seven is 7", "good": False, **other})
    assert (found.tp, found.tn) == (1, 1)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"number-equals": "{{ wnated }}"}, "did you mean wanted?"),
        ({"max-words": "{{ wanted }}"}, "max-words: limit is not right"),
        ({"max-word": "{{ wanted }}"}, "did you mean max-words?"),
    ],
)
def test_a_parameter_the_row_does_not_give_is_a_mistake_at_its_line(entry: Any, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        held(entry, {"t": "seven", "good": True, "wanted": "many"})
    assert str(caught.value).startswith("data.jsonl:2: ")
    assert expected in str(caught.value)


def test_an_entry_that_is_wrong_needs_no_row_to_say_so() -> None:
    with pytest.raises(SpecError, match="did you mean max-words"):
        read_check("max-word", Path())
    with pytest.raises(SpecError, match="cannot be read"):
        read_check({"contains": "{{ a +"}, Path())


@pytest.mark.parametrize("on", ["answer", "raw", "input", "context"])
def test_the_text_is_judged_wherever_the_check_looks(on: str) -> None:
    assert held({"contains": {"value": "robot", "on": on}}, {"t": "a robot", "good": True}).tp == 1


def test_an_asynchronous_check_is_awaited() -> None:
    async def later(view: View) -> bool:
        return view.text == "hey"

    assert held(own(later), {"t": "hey", "good": True}).tp == 1


@pytest.mark.parametrize(
    ("row", "columns", "expected"),
    [
        ({"t": "hey", "good": "no"}, {}, "neither true nor false"),
        ({"t": "hey", "good": None}, {}, "neither true nor false"),
        ({"t": "hey", "good": 0.5}, {}, "neither true nor false"),
        ({"t": 5, "good": True}, {}, "the text is no text"),
        ({"t": {"a": 1}, "good": True}, {}, "a mapping with a"),
        ({"t": "hey", "good": True}, {"label": "goood"}, "did you mean good?"),
        ({"t": "hey", "good": True}, {"label": "good =="}, "cannot be read"),
    ],
)
def test_a_row_that_does_not_fit_is_a_mistake_at_its_line(
    row: dict[str, Any], columns: dict[str, str], expected: str
) -> None:
    with pytest.raises(SpecError) as caught:
        held("starts-lowercase", row, **columns)
    assert str(caught.value).startswith("data.jsonl:2: ")
    assert expected in str(caught.value)


def test_data_without_rows_is_a_mistake() -> None:
    with pytest.raises(SpecError, match="no rows"):
        held("starts-lowercase")
