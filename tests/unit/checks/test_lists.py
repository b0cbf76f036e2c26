"""Block lists and allow lists."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.bind import bind_entry
from seatrial.core.errors import SpecError
from seatrial.core.view import View


def spans(verdict):
    return [(span.start, span.end) for span in verdict.spans]


@pytest.mark.parametrize(
    ("entry", "text", "found"),
    [
        (["ass"], "a class of ass, ASS!", [(11, 14), (16, 19)]),
        (["ice cream"], "Ice\tCream and ice-cream", [(0, 9)]),
        (["ice", "ice cream"], "ice cream", [(0, 9)]),
        (["c++"], "I like C++ and c+", [(7, 10)]),
        (["fück"], "FUCK that FÜCK", [(0, 4), (10, 14)]),
        (["ｂａｄ"], "bad", [(0, 3)]),
        (["傻"], "你真傻啊", [(2, 3)]),
        ([42], "42 and 421", [(0, 2)]),
        ([{"pattern": r"b[a4]d\w{0,3}"}], "b4dly", [(0, 5)]),
        (["a b", "b c"], "a b c", [(0, 3), (2, 5)]),
        (["ok"], "no\ud800k ok", [(5, 7)]),
        (["heck"], "_heck_, __heck__, heck_ or ___heck", [(1, 5), (10, 14), (18, 22), (30, 34)]),
        (["heck"], "the_heck, heck_it, h_eck_ and ____heck____", []),
        (["_x", "y_"], "_x __x a_x y_ y__", [(0, 2), (11, 13)]),
        (["ice cream"], "_ice cream_", [(1, 10)]),
        (["ice cream"], "ice  cream, ice\r\n   cream, ice\xa0\u2028cream", [(0, 10), (12, 25), (27, 37)]),
        (["ice cream"], f"ice{' ' * 16}cream, ice{' ' * 17}cream, icecream", [(0, 24)]),
    ],
)
def test_entries_are_found_as_whole_words(judge, entry, text, found):
    verdict = judge({"blocklist": entry}, text)
    assert spans(verdict) == found


@pytest.mark.parametrize(
    ("options", "text", "state"),
    [
        ({"whole_words": False}, "a hackathon", "fail"),
        ({}, "a hackathon", "pass"),
        ({"exact": True}, "Hack", "pass"),
        ({"exact": True}, "_hack_", "fail"),
        ({"disguised": True}, "_h4ck_", "fail"),
        ({"exact": True}, "hack", "fail"),
        ({"disguised": True}, "h4ck", "fail"),
        ({"disguised": True}, "h\u200ba\u200bck", "fail"),
        ({"disguised": True}, "aGFjayB0aGUgcGxhbmV0", "fail"),
        ({}, "h4ck", "pass"),
        ({"allow_quoted": True}, 'he said "what a hack" to me', "pass"),
        ({"allow_quoted": True}, "> a hack\n\nwell, no", "pass"),
        ({"allow_quoted": True}, "`hack`", "pass"),
        ({"allow_quoted": True}, 'a hack and a "word"', "fail"),
    ],
)
def test_options_say_what_counts(judge, options, text, state):
    assert judge({"blocklist": {"words": ["hack"], **options}}, text).state == state


def test_the_reason_does_not_repeat_what_was_found(judge):
    verdict = judge({"blocklist": ["otterly", "b"]}, "otterly bad b")
    assert verdict.reason == "has entries of the list at 2 places"
    assert {span.label for span in verdict.spans} == {"blocked"}


def test_a_list_is_read_from_a_file_beside_the_suite(tmp_path, exchange_of):
    (tmp_path / "words.txt").write_text("# not these\nheck\n\n  golly gosh \n")
    check = bind_entry({"blocklist": "words.txt"}, tmp_path)
    assert [check.check(View.of(exchange_of(text))).state for text in ("golly gosh", "not these")] == ["fail", "pass"]
    (tmp_path / "words.txt").write_text("heck\n")
    assert bind_entry({"blocklist": "words.txt"}, tmp_path).version != check.version


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "an empty list"),
        ("nowhere.txt", "no such file"),
        ([""], "an entry of the list"),
        ([True], "an entry of the list"),
        ([{"pattern": "("}], "is not a pattern"),
        ([{"patern": "x"}], "expected {pattern"),
        ({"word": ["x"]}, "did you mean words"),
        ({"whole_words": True}, "needs words"),
    ],
)
def test_a_list_that_cannot_be_is_refused(judge, entry, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        judge({"blocklist": entry}, "x")


def test_thousands_of_entries_find_what_each_alone_finds(judge):
    chance = random.Random(3)
    words = ["".join(chance.choices("abcde", k=chance.randint(3, 7))) for _ in range(2_000)]
    text = " ".join(["".join(chance.choices("abcde", k=chance.randint(3, 7))) for _ in range(300)])
    expected = [match.span() for match in re.finditer(r"\w+", text) if match[0] in set(words)]
    assert expected
    assert spans(judge({"blocklist": words}, text)) == expected


@pytest.mark.parametrize("options", [{}, {"exact": True}, {"disguised": True}, {"whole_words": False}])
@pytest.mark.parametrize("gap", ["  ", "\n", "\r\n    ", "\xa0", " \u3000\t"])
def test_a_white_space_of_a_phrase_is_any(judge, options, gap):
    check = {"blocklist": {"words": ["golly gosh"], **options}}
    assert spans(judge(check, f"oh golly{gap}gosh!")) == [(3, 12 + len(gap))]


@pytest.mark.parametrize(
    ("word", "read", "passes"),
    [
        ("zilk", "z i l k", "zi lk"),
        ("vip", "v1p", "v i p"),
        ("heck", "w h a t  t h e  h e c k", "h e c k"),
        ("heck", "%68%65%63%6b", b"heck".hex()),
        ("quompits", b"quompits".hex(), b"quompits"[1:].hex()),
        ("brimfostelan", "YnJpbWZvc3RlbGFu", "ZnJpbWZvc3RlbA=="),
        ("heck", "what the heck is this"[::-1], "heck"[::-1]),
        ("heck", "jung gur urpx vf guvf", "urpx"),
    ],
)
def test_words_in_disguise_are_read_from_the_length_on_that_the_guide_tells(judge, word, read, passes):
    check = {"blocklist": {"words": [word], "disguised": True}}
    assert [judge(check, text).state for text in (read, passes)] == ["fail", "pass"]


WORDS = st.lists(st.text("ab c-é", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=4)
LEFT = r"(?:(?<!\w)|(?<=^_)|(?<=\W_)|(?<=^__)|(?<=\W__))"
RIGHT = r"(?!\w)|(?=_{1,2}(?!\w))"


@given(words=WORDS, text=st.text("abAB c-éÉ\n_", max_size=30).filter(lambda text: "___" not in text))
def test_a_whole_word_search_finds_what_a_pattern_of_python_finds(judge, words, text):
    def edged(word):
        left, right = (LEFT if word[0].isalnum() else ""), (f"(?:{RIGHT})" if word[-1].isalnum() else "")
        return left + r"\s{1,16}".join(map(re.escape, word.split())) + right

    flat = text.lower().replace("é", "e")
    starts = {
        match.start()
        for word in words
        for match in re.finditer(f"(?={edged(' '.join(word.split()).lower().replace('é', 'e'))})", flat)
    }
    assert {start for start, _ in spans(judge({"blocklist": words}, text))} == starts


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["yes", "no", "not sure"], "Yes... not sure, NO", []),
        (["yes", "no", "not sure"], "sure, yes", [(0, 4)]),
        ([{"pattern": r"\d{1,4}"}, "euros"], "12 euros", []),
        ([{"pattern": r"\d{1,4}"}, "euros"], "12 dollars", [(3, 10)]),
        (["don't"], "don't", []),
        (["a"], "…!", []),
    ],
)
def test_an_allow_list_points_at_every_other_word(judge, words, text, found):
    verdict = judge({"allowlist": words}, text)
    assert [text[start:end].strip(",") for start, end in spans(verdict)] == [
        text[start:end].strip(",") for start, end in found
    ]
