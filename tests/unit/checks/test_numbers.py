"""The check on the number an answer arrives at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.checks.numbers import answer_number
from seatrial.core.errors import SpecError

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12)


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("it is 18.", 18, "18"),
        ("16 - 3 - 4 = 9 eggs", 9, "9"),
        ("first 5, then 7", 7, "7"),
        ("**18**", 18, "18"),
        ("$18.50!", "18.50", "$18.50"),
        ("18%", 18, "18"),
        ("90° or 5kg", 5, "5"),
        ("the 18th", 18, "18"),
        ("1,234,567.89", "1234567.89", "1,234,567.89"),
        ("1{,}000", 1000, "1{,}000"),
        ("1,00,000 rupees", 100000, "1,00,000"),
        ("1\u202f000\u202f000 or 1’000", 1000, "1’000"),
        ("one of 1, 2", 2, "2"),
        ("-5", -5, "-5"),
        ("−5", -5, "−5"),
        ("-$5", -5, "-$5"),
        ("$-5", -5, "$-5"),
        ("x=-4", -4, "-4"),
        ("5-3", 3, "3"),
        ("5 - 3", 3, "3"),
        ("pages 5–7", 7, "7"),
        ("+4", 4, "+4"),
        (".5", "0.5", ".5"),
        ("1/2", "0.5", "1/2"),
        ("1 1/2 cups", "1.5", "1 1/2"),
        ("-3/4", "-0.75", "-3/4"),
        (r"\frac{3}{4}", "0.75", r"\frac{3}{4}"),
        ("on 12/05/2024", 2024, "2024"),
        ("1/0", 0, "0"),
        ("1.5e3", 1500, "1.5e3"),
        ("2E-3", "0.002", "2E-3"),
        ("1.5 × 10^6", 1500000, "1.5 × 10^6"),
        (r"3 \times 10^{-2}", "0.03", r"3 \times 10^{-2}"),
        ("$1.2 million", 1200000, "$1.2 million"),
        ("5 millionaires", 5, "5"),
        ("GPT4 says 7 for x2 and H2O", 7, "7"),
        ("٤٢", 42, "٤٢"),
        ("共18个", 18, "18"),
        ("9007199254740993", 9007199254740993, "9007199254740993"),
    ],
)
def test_a_number_is_read_as_written(text, value, written):
    reading = answer_number(text)
    assert reading.value == Decimal(value)
    assert text[reading.start : reading.end] == written


@pytest.mark.parametrize("text", ["", "none", "GPT4", "x_1", "...", "$", "²", "-", "A:", "#### none", "\\boxed{x}"])
def test_a_text_without_a_number_has_none(text):
    assert answer_number(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9 * 2 = 18\nA: 18", 18),
        ("A: 18, which takes 2 steps", 18),
        ("so\n#### 1,250\nI am 99 % sure", 1250),
        ("#### 1\n#### 2\nof 3", 2),
        ("The answer is 18. It took 2 steps.", 18),
        ("The final answer is: $-4$ in 3 steps", -4),
        ("**Answer:** 18 eggs in 2 days", 18),
        ("Answer:\n\n**18** eggs\nin 2 days", 18),
        ("Answer: 5 + 3 = 8", 8),
        ("Answer: x = 18 eggs for 3 people", 18),
        ("Answer: 18 eggs (n = 9)", 18),
        ("Answer: she has 18", 18),
        ("Answer: 3-4", 4),
        (r"The answer is \boxed{18} after 2 steps", 18),
        (r"so \boxed{\frac{1}{2}} in 7 steps", "0.5"),
        (r"\boxed{1}, no, \boxed{2}, 3", 2),
        ("Plan A: 5 steps, 18 eggs", 18),
        ("the answer is 18\nanswer: see above", 18),
        ("12 eggs. Answer: unknown", 12),
    ],
)
def test_the_number_behind_a_marker_comes_first_then_the_boxed_then_the_last(text, value):
    assert answer_number(text).value == Decimal(value)


@settings(deadline=None)
@given(
    number=DECIMALS,
    form=st.sampled_from(["{}", "{:,}", "{:+}", "{:e}"]),
    before=st.sampled_from(["", "it is ", "= ", "$", "**", "A: ", "7 and ", "("]),
    after=st.sampled_from(["", ".", " eggs", "%", "**", ")", ", ok", "\n", "°"]),
)
def test_a_number_written_in_any_usual_form_is_read_back(number, form, before, after):
    text = before + form.format(number) + after
    reading = answer_number(text)
    assert reading.value == Decimal(form.format(number).replace(",", ""))
    assert 0 <= reading.start < reading.end <= len(text)


@settings(deadline=None)
@given(text=st.text(max_size=60) | st.text(alphabet="0123456789.,-/$#A: \n=e×^{}\\boxedfrac", max_size=60))
def test_any_text_has_a_number_within_it_or_none(text):
    reading = answer_number(text)
    assert reading is None or (0 <= reading.start < reading.end <= len(text) and reading.value.is_finite())


@settings(deadline=None)
@given(text=st.text(alphabet="12.,-/$ ex%", max_size=30))
def test_the_marker_decides_whatever_is_said_before(text):
    assert answer_number(f"{text}\nA: 18").value == 18


@pytest.mark.parametrize(
    "piece", ["####", "A:\n", "answer is ", "1,", "1", "-", "$", "\\", "\\boxed{", "1/", "1 ", "0", "x=", "answer = "]
)
def test_a_long_monotonous_text_is_read_in_one_pass(piece):
    reading = answer_number(piece * (30_000 // len(piece)))
    assert reading is None or reading.end <= 30_000


@pytest.mark.parametrize(
    ("entry", "answer", "state"),
    [
        (18, "18.00", "pass"),
        ("18", "18", "pass"),
        ("1,234", "$1234", "pass"),
        ("16 - 3 = 13 eggs, 5 * 2 = 10\nA: 10", "so 10", "pass"),
        ("#### 70000", "$70,000", "pass"),
        (0.1, "0.10", "pass"),
        (9007199254740992, "9007199254740993", "fail"),
        ("1/3", "1/3", "pass"),
        ("1/3", "0.33", "fail"),
        ({"value": "1/3", "tolerance": 0.01}, "0.33", "pass"),
        ({"value": 0.3, "tolerance": 0.1}, "0.4", "pass"),
        ({"value": 0.3, "tolerance": 0.1}, "0.401", "fail"),
        ({"value": 200, "relative": 0.01}, "198", "pass"),
        ({"value": -200, "relative": 0.01}, "-197", "fail"),
        ({"value": 200, "relative": 0.001, "tolerance": 5}, "195", "pass"),
        ({"value": 1000.5, "decimal": ","}, "1.000,50 Euro", "pass"),
        ({"value": 3.5, "decimal": ","}, "3,5", "pass"),
        (1e300, "1e300", "pass"),
        (5, "5e999", "fail"),
    ],
)
def test_number_equals_compares_values(judge, entry, answer, state):
    assert judge({"number-equals": entry}, answer).state == state


def test_the_reason_says_both_numbers_and_points_at_the_answers(judge):
    verdict = judge({"number-equals": "so\nA: 1,250"}, "It costs $1,251.")
    assert (verdict.reason, [(s.start, s.end) for s in verdict.spans]) == (
        "the number is $1,251, expected 1,250",
        [(9, 15)],
    )


def test_an_answer_without_a_number_fails(judge):
    assert judge({"number-equals": 5}, "five").reason == "has no number, expected 5"


@pytest.mark.parametrize(
    ("entry", "expected", "got"),
    [
        ({"number-equals": "none"}, "a number, or text with a number in it", "the text 'none'"),
        ({"number-equals": True}, "a number", "true"),
        ({"number-equals": float("nan")}, "a number", "the number nan"),
        ({"number-equals": [1]}, "a number", "a list"),
        ({"number-equals": {"value": 1, "tolerance": -1}}, ">= 0", "the number -1"),
        ({"number-equals": {"value": 1, "decimal": ";"}}, "';'", "the text ';'"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused_with_expected_and_got(judge, entry, expected, got):
    with pytest.raises(SpecError) as caught:
        judge(entry, "1")
    assert expected in str(caught.value)
    assert got in str(caught.value)
