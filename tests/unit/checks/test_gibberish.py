"""Letters that make no words, and text that goes round in circles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError


@pytest.mark.parametrize(
    "text",
    [
        "xkqzv wpfjt bnmrq zzxcv",
        "asdfghjkl qwrtpsdf zxcvbnm, asdkjhaskd",
        "Sure! kjhgfdsa lkjhgfd mnbvcxz poiuytrq and so on zxcvb hjklm",
        "ＸＫＱＺＶＷＲ ｗｐｆｊｔｂｎ",
    ],
)
def test_letters_that_make_no_words_are_found(judge, text):
    verdict = judge("gibberish", text)
    assert (verdict.state, verdict.label) == ("fail", "gibberish")
    assert all(text[span.start : span.end].isalpha() for span in verdict.spans)


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog.",
        "rhythm and lyrics of psychology",
        "Donaudampfschifffahrtsgesellschaft und Krankenhausverwaltung sind lange Wörter.",
        "Wszystkiego najlepszego z okazji urodzin, przepraszam za spóźnienie.",
        "Çok teşekkürler, yarın görüşürüz sevgili arkadaşım",
        "Hvor skal vi mødes i morgen formiddag?",
        "the hash is 9f86d081884c7d659a2feaa0c55ad015 and the id 550e8400-e29b-41d4-a716-446655440000",
        "see https://example.org/xkqzvwpfjt and `zxcvbnm qwrtp` or foo_bzxqr",
        "teh wether is realy nise tommorow",
        "NASA, UNESCO and HTML5",
    ],
)
def test_words_of_many_languages_and_ids_are_none(judge, text):
    assert judge("gibberish", text).state in ("pass", "unscored")


@pytest.mark.parametrize("text", ["", "hi", "你好，世界", "Привет", "123 456"])
def test_without_long_latin_words_there_is_nothing_to_judge(judge, text):
    assert judge("gibberish", text).state == "unscored"


def test_most_random_letters_are_found(judge):
    chance = random.Random(11)
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts = [" ".join("".join(chance.choices(letters, k=chance.randint(5, 10))) for _ in range(8)) for _ in range(50)]
    assert sum(judge("gibberish", text).state == "fail" for text in texts) >= 49


@pytest.mark.parametrize(
    "text",
    [
        "I will look into it and come back. " * 5,
        "ha " * 40,
        "a" * 200,
        "Here is the list: " + "one two three four five six, " * 6,
        "\n".join(["- please contact the support team for help"] * 6),
        "对不起，我不明白您的意思。" * 5,
    ],
)
def test_text_that_goes_round_in_circles_is_found(judge, text):
    verdict = judge("repetition", text)
    assert (verdict.state, verdict.label) == ("fail", "repeated")
    assert verdict.spans


@pytest.mark.parametrize(
    "text",
    [
        "Row, row, row your boat, gently down the stream.",
        "no no no no",
        "----------------------------------------------------------",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |",
        "First, open the door. Second, open the window. Third, open the box and take the key out of it.",
        "",
    ],
)
def test_text_that_repeats_a_little_is_none(judge, text):
    assert judge("repetition", text).state == "pass"


def test_the_share_that_may_repeat_can_be_set(judge):
    text = "we sail at dawn when the tide is high. but first we rest a while. we sail at dawn when the tide is high."
    assert judge("repetition", text).state == "pass"
    assert judge({"repetition": 0.2}, text).state == "fail"
    with pytest.raises(SpecError):
        judge({"repetition": 1.5}, text)


@given(st.lists(st.sampled_from(["a", "b", "c d", "e"]), max_size=30), st.integers(2, 8))
def test_the_score_is_the_share_of_words_that_are_new(judge, words, run):
    text = " ".join(words)
    given = text.split()
    covered = {
        place + offset
        for place in range(len(given) - run + 1)
        if tuple(given[place : place + run]) in {tuple(given[i : i + run]) for i in range(place)}
        for offset in range(run)
    }
    verdict = judge({"repetition": {"max_share": 0.0, "run": run}}, text)
    expected = 1 - len(covered) / len(given) if len(given) >= 12 else 1.0
    assert verdict.score == pytest.approx(expected if verdict.state == "pass" or covered else 1.0)
