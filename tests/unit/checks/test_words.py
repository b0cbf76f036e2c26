"""Checks on the words of a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.errors import SpecError

TRICKY = st.text(alphabet="aAsSßẞiIİıſKkﬁfσςΣ e\u0301\u0307👍🏽", max_size=30)
"""Letters whose case folding changes their number, or meets another letter's."""


def spans(verdict):
    return [(span.start, span.end) for span in verdict.spans]


@pytest.mark.parametrize(
    ("value", "answer", "state"),
    [
        ("Paris", "\n Paris ", "pass"),
        ("Paris\n", "Paris", "pass"),
        ("Paris", "Paris.", "fail"),
        ("42", "42", "pass"),
        (42, "42", "pass"),
        (42, "42.0", "pass"),
        (42, "042", "fail"),
        (42, "forty-two", "fail"),
        (True, "true", "pass"),
        (True, "1", "fail"),
        (1, "true", "fail"),
        (None, "null", "pass"),
        ({"a": [1, {"b": True}]}, '{"a": [1.0, {"b": true}]}', "pass"),
        ({"a": [1, {"b": True}]}, '{"a": [1, {"b": 1}]}', "fail"),
        ({"a": 1}, '{"a": 1, "b": 2}', "fail"),
        ([1, 2], "[2, 1]", "fail"),
        ([1, 2], "[1, 2]", "pass"),
    ],
)
def test_equals_compares_text_as_text_and_anything_else_as_json(judge, value, answer, state):
    assert judge({"equals": {"value": value}}, answer).state == state


def test_equals_says_both_sides(judge):
    assert judge({"equals": "Paris"}, "Rome").reason == "is 'Rome', not 'Paris'"


def test_equals_on_data_says_why_an_answer_is_not_json(judge):
    assert "not JSON" in judge({"equals": {"value": [1]}}, "one").reason


def test_a_long_answer_is_cut_in_the_reason(judge):
    assert len(judge({"equals": "Paris"}, "x" * 10_000).reason) < 200


def test_contains_points_at_every_place(judge):
    assert spans(judge({"contains": "na"}, "banana na")) == [(2, 4), (4, 6), (7, 9)]


def test_contains_counts_code_points(judge):
    assert spans(judge({"contains": "ok"}, "👍🏽 ok")) == [(3, 5)]


def test_a_forbidden_text_that_is_there_is_pointed_at(judge):
    verdict = judge({"not-contains": "As an AI"}, "Well. As an AI, I")
    assert (verdict.state, verdict.reason, spans(verdict)) == ("fail", "contains 'As an AI'", [(6, 14)])


def test_a_missing_text_has_no_span(judge):
    verdict = judge({"contains": "x"}, "abc")
    assert (verdict.reason, spans(verdict)) == ("does not contain 'x'", [])


def test_a_whole_number_is_looked_for_by_its_digits(judge):
    assert judge({"contains": 42}, "it is 42").state == "pass"
    assert judge({"contains-any": [41, 42]}, "it is 42").state == "pass"


@pytest.mark.parametrize(
    ("value", "answer", "found"),
    [
        ("STRASSE", "die Straße.", [(4, 10)]),
        ("straße", "DIE STRASSE.", [(4, 11)]),
        ("s", "aß", [(1, 2)]),
        ("ss t", "Spaß total", [(3, 6)]),
        ("x", "İx", [(1, 2)]),
        ("ΣΑΣ", "ςας", [(0, 3)]),
        ("k", "K", [(0, 1)]),
        ("ﬁne", "I am FINE", [(5, 9)]),
        ("fi", "ﬁ and fi", [(0, 1), (6, 8)]),
    ],
)
def test_icontains_finds_by_case_folding_and_points_into_the_text_as_it_is(judge, value, answer, found):
    verdict = judge({"icontains": value}, answer)
    assert (verdict.state, spans(verdict)) == ("pass", found)


@settings(deadline=None)
@given(answer=TRICKY, word=TRICKY.filter(bool))
def test_icontains_passes_exactly_when_the_folded_text_has_the_folded_word(judge, answer, word):
    verdict = judge({"icontains": word}, answer)
    assert (verdict.state == "pass") == (word.casefold() in answer.casefold())
    for start, end in spans(verdict):
        assert 0 <= start < end <= len(answer)
        assert word.casefold() in answer[start:end].casefold()
        assert word.casefold() not in answer[start + 1 : end - 1].casefold()
    assert spans(verdict) == sorted(set(spans(verdict)))


@settings(deadline=None)
@given(answer=TRICKY, word=TRICKY.filter(bool))
def test_contains_passes_exactly_when_the_text_has_the_word(judge, answer, word):
    verdict = judge({"contains": word}, answer)
    assert (verdict.state == "pass") == (word in answer)
    assert all(answer[start:end] == word for start, end in spans(verdict))


@settings(deadline=None)
@given(answer=TRICKY, words=st.lists(TRICKY.filter(bool), min_size=1, max_size=4))
@pytest.mark.parametrize("fold", ["", "i"])
def test_the_any_and_all_forms_agree_with_asking_for_each_word(judge, fold, answer, words):
    each = [judge({f"{fold}contains": word}, answer).state == "pass" for word in words]
    anyone = judge({f"{fold}contains-any": words}, answer)
    everyone = judge({f"{fold}contains-all": words}, answer)
    assert (anyone.state == "pass") == any(each)
    assert (everyone.state == "pass") == all(each)
    assert everyone.score == pytest.approx(sum(each) / len(each))


def test_contains_any_points_at_every_word_it_finds(judge):
    verdict = judge({"contains-any": ["toy", "dog", "car"]}, "a dog, a toy, a dog")
    assert verdict.reason == "contains 'toy', 'dog'"
    assert spans(verdict) == [(2, 5), (9, 12), (16, 19)]


def test_contains_all_names_what_is_missing(judge):
    verdict = judge({"contains-all": ["toy", "dog", "car"]}, "a dog")
    assert verdict.reason == "does not contain 'toy', 'car'"


def test_a_threshold_lets_contains_all_pass_on_a_share(judge):
    entry = {"contains-all": {"values": ["toy", "dog"], "threshold": 0.5}}
    assert judge(entry, "a dog").state == "pass"
    assert judge(entry, "a cat").state == "fail"


@pytest.mark.parametrize(
    ("entry", "answer", "state", "found"),
    [
        ({"starts-with": "Sure"}, "\n Sure!", "pass", [(2, 6)]),
        ({"starts-with": " Sure"}, "Sure!", "pass", [(0, 4)]),
        ({"starts-with": "Sure"}, "sure!", "fail", []),
        ({"starts-with": "Sure"}, "", "fail", []),
        ({"starts-with": 4}, "42", "pass", [(0, 1)]),
        ({"ends-with": "bye"}, "good bye \n", "pass", [(5, 8)]),
        ({"ends-with": "bye"}, "bye.", "fail", []),
        ({"ends-with": "bye"}, "", "fail", []),
    ],
)
def test_starts_with_and_ends_with_look_past_white_space(judge, entry, answer, state, found):
    verdict = judge(entry, answer)
    assert (verdict.state, spans(verdict)) == (state, found)


@pytest.mark.parametrize(
    ("pattern", "answer", "found"),
    [
        ("b+", "abbc", [(1, 3)]),
        ("(?i)HELLO", "👍🏽 hello", [(3, 8)]),
        (r"[\pL]à", "un é là", [(5, 7)]),
        ("a|", "b", []),
        ("x", "\ud800x", [(1, 2)]),
    ],
)
def test_regex_matches_anywhere_and_points_in_code_points(judge, pattern, answer, found):
    verdict = judge({"regex": pattern}, answer)
    assert (verdict.state, spans(verdict)) == ("pass", found)


def test_a_whole_match_is_asked_for_with_anchors(judge):
    assert judge({"regex": "^(yes|no)$"}, "yes, no").state == "fail"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "(x+x+)+y"])
def test_a_hostile_pattern_cannot_hang(judge, pattern):
    assert judge({"regex": pattern}, "a" * 50_000 + "x" * 50_000 + "!").state == "fail"


@pytest.mark.parametrize(
    ("entry", "answer", "state"),
    [
        ({"one-of": ["yes", "no"]}, " no\n", "pass"),
        ({"one-of": ["yes", "no"]}, "No", "fail"),
        ({"one-of": {"values": ["yes", "no"], "ignore_case": True}}, "No", "pass"),
        ({"one-of": {"values": ["straße"], "ignore_case": True}}, "STRASSE", "pass"),
        ({"one-of": [1, 2]}, "2", "pass"),
        ({"one-of": ["yes", "no"]}, "", "fail"),
    ],
)
def test_one_of_compares_the_whole_answer(judge, entry, answer, state):
    assert judge(entry, answer).state == state


@pytest.mark.parametrize(
    ("entry", "expected", "got"),
    [
        ({"contains": ["a"]}, "`int | str`", "a list"),
        ({"contains": 1.10}, "`int | str`", "the number 1.1"),
        ({"contains": ""}, "length >= 1", "empty text"),
        ({"contains-any": "a, b"}, "`array`", "the text 'a, b'"),
        ({"contains-all": []}, "length >= 1", "an empty list"),
        ({"code-danger": {"kinds": ["shel"]}}, "one of shell, sql", "did you mean shell?"),
        ({"finish-reason": ["stop", "stpo"]}, "one of stop, length", "cancelled, error, got the text 'stpo'"),
        ({"one-of": [True]}, "`int | str`", "a list"),
        ({"one-of": {"values": ["a"], "ignore_case": "maybe"}}, "`bool`", "the text 'maybe'"),
        ({"regex": 5}, "a pattern", "the number 5"),
        ({"starts-with": "  "}, "matching regex", "the text '  '"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused_with_expected_and_got(judge, entry, expected, got):
    with pytest.raises(SpecError) as caught:
        judge(entry, "x")
    assert expected in str(caught.value)
    assert got in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "hint"), [("(?=a)", "no lookaround"), (r"(a)\1", "no back-references"), ("(", "the syntax is RE2's")]
)
def test_a_pattern_re2_does_not_read_is_refused_with_the_way_around(judge, pattern, hint):
    with pytest.raises(SpecError, match="is not a pattern") as caught:
        judge({"regex": pattern}, "x")
    assert hint in str(caught.value)
