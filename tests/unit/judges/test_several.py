"""Two orders, many samples, several judges: the checks that ask more than once."""

from __future__ import annotations

import json
from math import log

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.core.exchange import TokenLogprob
from seatrial.judges.scale import expected_score
from seatrial.models.recording import Recorder, load_recording

OURS, OTHER = "ours", "theirs"


def stands_first(request):
    text = request.messages[-1].text
    return text.index(f"> {OURS}") < text.index(f"> {OTHER}")


def prefers(ours, theirs):
    """A judge that says one word where ours stands first, and another where it stands second."""
    return lambda request: json.dumps({"reason": "why", "verdict": ours if stands_first(request) else theirs})


@pytest.mark.parametrize(
    ("first", "second", "label", "usual", "strict", "score"),
    [
        ("first", "second", "better", "pass", "pass", 1.0),
        ("tie", "tie", "tie", "pass", "fail", 0.5),
        ("second", "first", "worse", "fail", "fail", 0.0),
        ("first", "first", "inconsistent", "unscored", "unscored", None),
        ("second", "second", "inconsistent", "unscored", "unscored", None),
        ("first", "tie", "inconsistent", "unscored", "unscored", None),
    ],
)
def test_two_answers_are_compared_in_both_orders(court, first, second, label, usual, strict, score):
    judges = court(prefers(first, second))
    verdict = judges.judge({"pairwise": OTHER}, OURS)
    assert (verdict.label, verdict.state, verdict.score, len(verdict.calls)) == (label, usual, score, 2)
    assert judges.judge({"pairwise": {"against": OTHER, "needs": "better"}}, OURS).state == strict


def test_the_criterion_of_a_comparison_can_be_said(court):
    judges = court(prefers("first", "second"))
    judges.judge({"pairwise": {"against": OTHER, "criterion": "Which one is shorter?"}}, OURS)
    assert all("Which one is shorter?" in request.messages[-1].text for request in judges.requests)


def score(number):
    return json.dumps({"reason": "why", "score": number})


def test_without_log_probabilities_the_mean_of_the_samples_counts(court):
    said = iter([5, 4, 4, 3])
    judges = court(lambda request: score(next(said)))
    verdict = judges.judge({"g-eval": {"criterion": "Is kind.", "samples": 4}}, "x")
    assert (verdict.score, verdict.state) == (0.75, "pass")
    assert sorted(request.repeat for request in judges.requests) == [1, 2, 3, 4]
    assert all("logprobs" not in request.params for request in judges.requests)


def test_with_log_probabilities_one_ask_is_enough(court, said):
    text = score(4)
    before, after = text[: text.index("4")], text[text.index("4") + 1 :]
    digit = TokenLogprob("4", log(0.6), {"4": log(0.6), "5": log(0.3), " 2": log(0.05), "x": log(0.05)})
    tokens = (TokenLogprob(before, 0.0), digit, TokenLogprob(after, 0.0))
    judges = court(lambda request: said(text, logprobs=tokens), facts={"logprobs": True})
    verdict = judges.judge({"g-eval": "Is kind."}, "x")
    mean = (4 * 0.6 + 5 * 0.3 + 2 * 0.05) / 0.95
    assert verdict.score == pytest.approx((mean - 1) / 4)
    assert [request.params["logprobs"] for request in judges.requests] == [True]
    assert "by log-probabilities" in verdict.reason


def test_log_probabilities_are_recorded_and_replayed(court, said, tmp_path):
    text = score(2)
    place = text.index("2")
    digit = TokenLogprob("2", log(0.5), {"3": log(0.5)})
    tokens = (TokenLogprob(text[:place], 0.0), digit, TokenLogprob(text[place + 1 :], 0.0))
    judges = court(lambda request: said(text, logprobs=tokens), facts={"logprobs": True})
    model, lines = judges.models["judge"], []
    judges.models["judge"] = Recorder(model, lines.append)
    first = judges.judge({"g-eval": "Is kind."}, "x")
    (tmp_path / "r.jsonl").write_bytes(msgspec.json.encode(lines[0]) + b"\n")
    judges.models["judge"] = load_recording(
        "judge", "recording/r.jsonl", tmp_path / "r.jsonl", match=None, file="r.jsonl"
    )
    assert judges.judge({"g-eval": "Is kind."}, "x").score == first.score == pytest.approx(1.5 / 4)


def test_a_model_that_gives_none_after_all_is_sampled(court):
    judges = court(lambda request: score(3), facts={"logprobs": True})
    verdict = judges.judge({"g-eval": {"criterion": "Is kind.", "samples": 3}}, "x")
    assert (verdict.score, len(judges.requests)) == (0.5, 3)


def test_a_score_off_the_scale_is_no_verdict(court):
    verdict = court(lambda request: score(9)).judge({"g-eval": "Is kind."}, "x")
    assert (verdict.state, verdict.label) == ("unscored", "unparsable")


@given(st.lists(st.floats(-5, 0), min_size=5, max_size=5), st.integers(1, 5), st.integers(0, 3))
def test_the_expected_score_lies_on_the_scale_and_is_that_of_the_last_number(logprobs, said, cut):
    top = {str(number): each for number, each in enumerate(logprobs, 1)}
    text = f'{{"score": 1}} {{"reason": "", "score": {said}}}'
    place = text.rindex(str(said))
    parts = [text[:cut], text[cut:place], text[place], text[place + 1 :]]
    tokens = [TokenLogprob(part, top.get(part, 0.0), top if part == str(said) else {}) for part in parts]
    found = expected_score(tokens, text, 5)
    assert found is None or 1 <= found <= 5
    if sum(2.718281828**each for each in logprobs) > 0.51:
        assert found is not None


RUBRIC = "Is kind."


def bench(court, **words):
    """Judges that each say one word; `hm` is none."""
    replies = {
        name: (lambda request, word=word: json.dumps({"reason": "why", "verdict": word}))
        for name, word in words.items()
    }
    return court(**replies)


@pytest.mark.parametrize(
    ("words", "majority", "mean", "worst"),
    [
        ("pass pass pass", ("pass", 1.0), ("pass", 1.0), ("pass", 1.0)),
        ("pass pass fail", ("pass", 1.0), ("pass", 2 / 3), ("fail", 0.0)),
        ("pass fail fail", ("fail", 0.0), ("fail", 1 / 3), ("fail", 0.0)),
        ("pass fail", ("unscored", None), ("unscored", None), ("fail", 0.0)),
        ("pass pass fail fail", ("unscored", None), ("unscored", None), ("fail", 0.0)),
        ("pass pass hm", ("pass", 1.0), ("pass", 1.0), ("unscored", None)),
        ("pass fail hm", ("unscored", None), ("unscored", None), ("fail", 0.0)),
        ("pass hm hm", ("unscored", None), ("unscored", None), ("unscored", None)),
    ],
)
def test_a_jury_decides_by_its_rule_or_not_at_all(court, words, majority, mean, worst):
    given = {f"judge{number}": word for number, word in enumerate(words.split())}
    for rule, expected in (("majority", majority), ("mean", mean), ("worst", worst)):
        jury = {"jury": {"rubric": RUBRIC, "judges": list(given), "decide": rule}}
        verdict = bench(court, **given).judge(jury, "x")
        assert (verdict.state, verdict.score) == (expected[0], expected[1] and pytest.approx(expected[1]))
        assert (verdict.label == "disputed") == (verdict.state == "unscored")
        assert len(verdict.calls) == len(given)


def test_a_judge_of_a_jury_that_does_not_answer_is_an_error(court, said):
    judges = court(one=lambda request: score(1), two=lambda request: said("", error="server"))
    verdict = judges.judge({"jury": {"rubric": RUBRIC, "judges": ["one", "two"]}}, "x")
    assert (verdict.state, verdict.label) == ("error", "server")


def test_a_jury_of_one_is_refused(court):
    with pytest.raises(SpecError, match="judges is not right"):
        court().bind({"jury": {"rubric": RUBRIC, "judges": ["judge"]}})


def test_a_juror_there_is_not_is_refused(court):
    with pytest.raises(SpecError, match="no model 'nobody'"):
        court(judge=score).bind({"jury": {"rubric": RUBRIC, "judges": ["judge", "nobody"]}})
