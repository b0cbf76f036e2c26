"""Checks on the form of a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.checks.sentences import sentence_spans
from seatrial.core.errors import SpecError

ANY_TEXT = st.text(max_size=80)
PROSE = st.text(alphabet="ab AB.!?…。'\")(*`1 \n👍é你", max_size=60)
WORD = st.text(alphabet="abcdefgé", min_size=2, max_size=8).filter(lambda word: word not in ABBREVIATIONS)
ABBREVIATIONS = {"ed", "fig", "eg", "ca", "dec", "feb"}
SENTENCE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)


def spans(verdict):
    return [(span.start, span.end) for span in verdict.spans]


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ("hey", "pass", "starts with the lower-case 'h'"),
        ("Hey", "fail", "starts with the upper-case 'H'"),
        ("  \n\t“hey”", "pass", "starts with the lower-case 'h'"),
        ("👋 *Hey*", "fail", "starts with the upper-case 'H'"),
        ("3 apples", "pass", "starts with the lower-case 'a'"),
        ("élan", "pass", "starts with the lower-case 'é'"),
        ("Élan", "fail", "starts with the upper-case 'É'"),
        ("ǅ", "fail", "starts with the upper-case 'ǅ'"),
        ("привет", "pass", "starts with the lower-case 'п'"),
        ("𝐇ello", "fail", "starts with the upper-case '𝐇'"),
        ("你好 Hey", "pass", "starts with '你', whose script has no case"),
        ("مرحبا", "pass", "starts with 'م', whose script has no case"),
        ("👍 42!", "pass", "has no letter"),
        ("", "fail", "is empty"),
        (" \n", "fail", "is empty"),
    ],
)
def test_starts_lowercase_reads_the_first_letter(judge, answer, state, reason):
    verdict = judge("starts-lowercase", answer)
    assert (verdict.state, verdict.reason) == (state, reason)


@settings(deadline=None)
@given(answer=ANY_TEXT)
def test_starts_lowercase_ignores_what_is_no_letter_in_front(judge, answer):
    assert judge("starts-lowercase", " 12 – 👍 " + answer + "x").state == judge("starts-lowercase", answer + "x").state


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", 0),
        (" \n ", 0),
        ("one  two\nthree", 3),
        ("well-known don't a/b", 3),
        ("one\u3000two\u00a0three", 3),
        ("👍 ok", 2),
        ("你好，世界。", 4),
        ("我用 Python 3 写", 5),
        ("你好 👍 -- ok!", 5),
        ("--", 1),
        ("--㐀", 1),
        ("\x1b㐀", 1),
        ("(用Python写)", 3),
        ("すし、おいしい！", 6),
        ("안녕하세요 여러분", 2),
        ("Привет, мир", 2),
    ],
)
def test_words_stand_between_white_space_and_a_chinese_or_japanese_character_is_one(judge, answer, words):
    assert judge({"max-words": words}, answer).state == "pass"
    assert judge({"min-words": words}, answer).state == "pass"
    assert judge({"min-words": words + 1}, answer).state == "fail"
    if words:
        assert judge({"max-words": words - 1}, answer).state == "fail"


def test_the_words_over_the_limit_are_pointed_at(judge):
    verdict = judge({"max-words": 2}, "one two three four\n")
    assert (verdict.reason, spans(verdict)) == ("4 words, at most 2 allowed", [(8, 18)])


def test_too_few_words_are_counted_in_the_reason(judge):
    assert judge({"min-words": 3}, "one").reason == "1 word, at least 3 wanted"


@settings(deadline=None)
@given(answer=ANY_TEXT, limit=st.integers(0, 12))
def test_max_words_and_min_words_meet_at_the_limit(judge, answer, limit):
    at_most, more = judge({"max-words": limit}, answer), judge({"min-words": limit + 1}, answer)
    assert {at_most.state, more.state} == {"pass", "fail"}
    assert judge({"max-words": limit}, answer + " word").state == judge({"max-words": limit}, "word " + answer).state
    for start, end in spans(at_most):
        assert answer[start:end] == answer[start:].strip() != ""
        assert start > 0 or limit == 0


def test_max_chars_counts_code_points_and_points_at_the_rest(judge):
    assert judge({"max-chars": 2}, "👍🏽").state == "pass"
    verdict = judge({"max-chars": 2}, "abc")
    assert (verdict.reason, spans(verdict)) == ("3 characters, at most 2 allowed", [(2, 3)])


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("", 0),
        ("👍", 0),
        ("?!", 0),
        ("ok", 1),
        ("hey. whats up. not much", 3),
        ("what?! no way!!! ok", 3),
        ("Great job! 🎉", 1),
        ("Great!🎉 Next one", 2),
        ("Dr. Smith met Mr. Jones. They ate.", 2),
        ("Fruit, e.g. apples, i.e. food, etc. is fine. Ok.", 2),
        ("Milk, eggs, etc. Then bread.", 2),
        ("We left at 5 p.m. on Monday", 1),
        ("We left at 5 p.m. Then we ate", 2),
        ("The U.S. team won", 1),
        ("J. R. Tolkien wrote it. Yes", 2),
        ("So do I. Then no", 2),
        ("No. 5 lives. no. thanks", 3),
        ("In Jan. 2020 it cost 3.14 dollars.", 1),
        ("We run v1.2.3. It works", 2),
        ("It is 42. Done", 2),
        ("See https://example.com/a.b?c=1!d. ok", 2),
        ("Hi.Bye", 1),
        ("well... maybe. yes", 2),
        ("Well... Maybe… no", 2),
        ("“Really?” he asked. She nodded.", 2),
        ("(Really.) **Yes.** Ok", 3),
        ("1. Milk\n2. Eggs\n  3. Bread.", 3),
        ("- milk\n- eggs", 2),
        ("Title\n\nText here.", 2),
        ("你好。你好吗？很好！", 3),
        ("क्या हाल है? ठीक है। धन्यवाद।", 3),
        ("كيف الحال؟ بخير.", 2),
        ("```\nprint(1). x. y.\n```\nDone.", 1),
        ("```\nnever closed. x. y", 0),
    ],
)
def test_sentences_are_counted(judge, answer, count):
    verdict = judge({"sentence-count": count}, answer)
    assert verdict.state == "pass", verdict.reason


@pytest.mark.parametrize(
    ("entry", "answer", "reason"),
    [
        ({"sentence-count": 2}, "One.", "1 sentence, exactly 2 wanted"),
        ({"sentence-count": 0}, "One.", "1 sentence, exactly 0 wanted"),
        ({"sentence-count": {"min": 2}}, "One.", "1 sentence, at least 2 wanted"),
        ({"sentence-count": {"max": 1}}, "One. Two.", "2 sentences, at most 1 allowed"),
    ],
)
def test_a_wrong_number_of_sentences_says_how_many_and_how_many_are_right(judge, entry, answer, reason):
    verdict = judge(entry, answer)
    assert (verdict.state, verdict.reason) == ("fail", reason)


def test_the_sentences_over_the_limit_are_pointed_at(judge):
    assert spans(judge({"sentence-count": {"max": 1}}, "One. Two! Three? ")) == [(5, 16)]


@settings(deadline=None)
@given(text=PROSE | ANY_TEXT)
def test_sentence_spans_are_in_order_apart_and_hold_a_letter_or_digit(text):
    end = 0
    for start, stop in sentence_spans(text):
        assert end <= start < stop <= len(text)
        assert text[start:stop] == text[start:stop].strip()
        assert any(character.isalnum() for character in text[start:stop])
        end = stop


@settings(deadline=None)
@given(text=PROSE.filter(lambda text: "``" not in text))
def test_no_letter_or_digit_stands_outside_a_sentence(text):
    inside = "".join(text[start:stop] for start, stop in sentence_spans(text))
    assert [c for c in inside if c.isalnum()] == [c for c in text if c.isalnum()]


@settings(deadline=None)
@given(
    sentences=st.lists(SENTENCE, min_size=1, max_size=6),
    marks=st.lists(st.sampled_from([". ", "! ", "? ", "?! ", ".\n", "\n\n", "! 🎉 ", ".” "]), min_size=6, max_size=6),
    last=st.sampled_from(["", ".", "!", "…", " 👍"]),
    capitals=st.booleans(),
)
def test_plain_sentences_put_together_are_as_many(sentences, marks, last, capitals):
    if capitals:
        sentences = [sentence.capitalize() for sentence in sentences]
    else:
        marks = [mark for mark in marks if "”" not in mark] + [". "] * 6
    text = "".join(sentence + mark for sentence, mark in zip(sentences[:-1], marks, strict=False))
    assert len(sentence_spans(text + sentences[-1] + last)) == len(sentences)


@pytest.mark.parametrize(
    "piece", [".", "!?", "a.", "1. ", "1.\n", "e.g. ", "```\n", "  \n", "\"'", "a. b! ", "...", "U.S.", "Mr. "]
)
def test_a_long_monotonous_text_is_counted_in_one_pass(judge, piece):
    text = piece * (30_000 // len(piece))
    assert judge({"sentence-count": {"min": 0}}, text).state == "pass"


@pytest.mark.parametrize(
    ("entry", "expected", "got"),
    [
        ({"max-words": "60"}, "`int`", "the text '60'"),
        ({"max-words": True}, "`int`", "true"),
        ({"max-words": -1}, ">= 0", "the number -1"),
        ({"min-words": 2.5}, "`int`", "the number 2.5"),
        ({"max-chars": [1]}, "`int`", "a list"),
        ({"sentence-count": {"min": -1}}, ">= 0", "the number -1"),
        ({"sentence-count": "two"}, "`int | null`", "the text 'two'"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused_with_expected_and_got(judge, entry, expected, got):
    with pytest.raises(SpecError) as caught:
        judge(entry, "x")
    assert expected in str(caught.value)
    assert got in str(caught.value)
