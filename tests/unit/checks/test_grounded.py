"""Whether what an answer says stands in what it was given."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.detectors import facts
from seatrial.core.errors import SpecError

CONTEXT = [
    "The Harbour Museum opens at 9 and closes at 17:30. A ticket is 12 euros; groups of ten pay €95.50. In 2023 it had"
    " 1,204,500 visitors, 12.5 % more than before. Mira Holm has led it since 3 May 2019.",
    'The tower is 45 m high and weighs 3.2 tonnes. "We do not close in winter," says Holm. The lift carries 8 people.',
]


def answer(text, **fields):
    return {"message": {"role": "assistant", "content": text}, "context": CONTEXT, **fields}


@pytest.mark.parametrize(
    "text",
    [
        "A ticket costs €12.",
        "A ticket costs twelve euros [1].",
        "It had 1204500 visitors in 2023, up 12.5 percent.",
        "Das sind die 1.204.500 Besucher, die gekommen sind.",
        "The tower is 45 meters high [2].",
        "Groups pay 95.5 EUR.",
        "Since May 3, 2019 Mira Holm leads it.",
        "Seit dem 3. Mai 2019 wird es von Mira Holm geleitet.",
        "It was 2019-05-03.",
        "She said “we do not close in winter”.",
        'As they say: "We do not … in winter".',
        "Open from 9 to 17:30.",
        "The Harbour Museum's tower carries 8 people [1, 2].",
        "1. The museum opens at 9.\n2. It closes at 17:30.",
    ],
)
def test_what_is_in_the_context_is_grounded(judge, text):
    verdict = judge("grounded", answer(text))
    assert verdict.state == "pass", (verdict.reason, [text[span.start : span.end] for span in verdict.spans])


@pytest.mark.parametrize(
    ("text", "missing", "kind"),
    [
        ("A ticket costs 15 euros.", "15 euros", "numbers"),
        ("A ticket costs $12.", "$12", "numbers"),
        ("The tower is 45 km high.", "45 km", "numbers"),
        ("It had 1,204,501 visitors.", "1,204,501", "numbers"),
        ("It grew by fifteen.", "fifteen", "numbers"),
        ("She started on 4 May 2019.", "4 May 2019", "dates"),
        ("It was on 2019-03-05.", "2019-03-05", "dates"),
        ("The head is Jonas Holm.", "Jonas Holm", "names"),
        ("It stands in Rotterdam today.", "Rotterdam", "names"),
        ("They said “we close in winter and spring”.", "we close in winter and spring", "quotes"),
        ("It opens at 9 [3].", "[3]", "citations"),
        ("It opens at 9 [1-4].", "[1-4]", "citations"),
        ("It opens at 9 [0].", "[0]", "citations"),
    ],
)
def test_what_is_not_is_pointed_at(judge, text, missing, kind):
    verdict = judge("grounded", answer(text))
    assert [(text[span.start : span.end], span.label) for span in verdict.spans] == [(missing, kind)]
    assert (verdict.state, verdict.label) == ("fail", kind)


def test_the_score_is_the_share_that_is_there(judge):
    verdict = judge("grounded", answer("A ticket is 12 euros or 15 euros [1]."))
    assert verdict.score == pytest.approx(2 / 3)
    assert verdict.reason == "1 of 3 claims are not in the context (numbers)"


def test_what_the_user_said_counts_unless_it_is_not_to(judge):
    asked = {"request": {"messages": [{"role": "user", "content": "we are 14, is that fine?"}]}}
    assert judge("grounded", answer("14 is fine.", **asked)).state == "pass"
    assert judge({"grounded": {"question": False}}, answer("14 is fine.", **asked)).state == "fail"


def test_without_context_or_claims_there_is_nothing_to_judge(judge):
    assert judge("grounded", "It costs 12.").state == "unscored"
    assert judge("grounded", answer("Yes, gladly.")).state == "unscored"
    assert judge({"grounded": ["citations"]}, answer("It costs 15.")).state == "unscored"


def test_unknown_claims_are_refused(judge):
    with pytest.raises(SpecError):
        judge({"grounded": ["facts"]}, "x")


@given(st.integers(0, 10**12), st.sampled_from(["{:d}", "{:,}", "{:,.2f}"]))
def test_a_number_means_itself_however_it_is_written(number, form):
    (found,) = facts.numbers("x " + form.format(number) + " y")
    assert number in found[2]
    swapped = form.format(number).translate(str.maketrans(",.", ".,"))
    (found,) = facts.numbers(f"x {swapped} y")
    assert number in found[2]


@given(st.text('0123456789.,-[] $€km%JunMay"“” \n', max_size=40))
def test_any_text_can_be_looked_up(judge, text):
    verdict = judge("grounded", answer(text))
    assert verdict.state in ("pass", "fail", "unscored")
    assert all(0 <= span.start < span.end <= len(text) for span in verdict.spans)


@pytest.mark.parametrize(
    ("claim", "kind"), [("[1] ", "citations"), ("17 ", "numbers"), ("on 3 May 2019 ", "dates"), ("so Mira. ", "names")]
)
def test_more_claims_than_are_looked_up_are_refused_and_not_passed(judge, claim, kind):
    verdict = judge({"grounded": [kind]}, answer(claim * 10_001))
    assert (verdict.state, verdict.label) == ("error", "too-many-claims")
    assert f"more {kind} than the 10,000" in verdict.reason


def test_quotes_are_looked_up_as_far_as_the_length_of_the_context_allows(judge):
    long = {"context": ["so far " * 140_000]}
    few, many = ('"so far so" ' * times for times in (400, 600))
    assert judge({"grounded": ["quotes"]}, answer(few, **long)).state == "pass"
    assert judge({"grounded": ["quotes"]}, answer(many, **long)).label == "too-many-claims"
    assert judge({"grounded": ["quotes"]}, answer(many)).state == "fail"


@given(
    st.lists(st.sampled_from(["3 May 2019", "[1, 2]", "17", "4.5 km", "1. ", "-8", "\n", "7-4-99", " "]), max_size=12)
)
def test_a_number_is_looked_up_where_no_date_citation_or_item_of_a_list_covers_it(judge, parts):
    text = "\n".join(parts)
    others = [(start, end) for start, end, _ in (*facts.dates(text), *facts.citations(text))]
    others += [match.span(1) for match in re.finditer(r"(?m)^[ \t]*(\d{1,3})[.)](?=\s)", text)]
    alone = [start for start, *_ in facts.numbers(text) if not any(first <= start < last for first, last in others)]
    verdict = judge({"grounded": ["numbers"]}, answer(text, context=["nothing"]))
    assert [span.start for span in verdict.spans] == sorted(alone)
