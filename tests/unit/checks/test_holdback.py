"""The law of hold-back (seatrial/checks/holdback.py), held for every check that has one."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.bind import bind_entry
from seatrial.checks.define import check
from seatrial.checks.holdback import Holdback
from seatrial.spec.pattern_width import WIDEST, longest_match

ENTRIES = [
    # entry, the characters of the texts it is tried on
    ({"not-contains": "abab"}, "ab "),
    ({"not-icontains": "ssa"}, "sSßaé "),
    ({"not-icontains": "ﬃx"}, "fFiﬁﬃx"),
    ({"not-contains-any": ["aa", "aba", "c"]}, "abc"),
    ({"not-icontains-any": ["ab", "BA"]}, "aAbB"),
    ({"not-regex": r"\bab{1,3}\b"}, "ab "),
    ({"not-regex": r"(?i)a{2}|[b-c]a?b"}, "aAbc"),
    ({"not-regex": r"a.?b|\pL\d{2,3}"}, "ab12é"),
]


def spans_of(judge, entry, text):
    verdict = judge(entry, text)
    return sorted((span.start, span.end, span.label) for span in verdict.spans) if verdict.state == "fail" else []


@pytest.mark.parametrize(("entry", "letters"), ENTRIES, ids=[str(entry) for entry, _ in ENTRIES])
@given(data=st.data())
def test_what_is_settled_stays_so_whatever_follows(judge, entry, letters, data):
    holdback = bind_entry(entry).holdback
    text = data.draw(st.text(letters, max_size=14))
    whole = text + data.draw(st.text(letters, max_size=10))
    settled = holdback.settled(text)
    found = spans_of(judge, entry, whole)
    assert [span for span in found if span[0] < settled] == [
        span for span in spans_of(judge, entry, text) if span[0] < settled
    ]
    assert len(text) - settled <= holdback.bound
    k = data.draw(st.integers(0, settled))
    cut = max(0, k - holdback.before)
    later = [(start + cut, end + cut, label) for start, end, label in spans_of(judge, entry, whole[cut:])]
    assert [span for span in later if span[0] >= k] == [span for span in found if span[0] >= k]


@pytest.mark.parametrize(
    "entry",
    [
        {"contains": "a"},  # fails where the text is missing: that has no place
        {"not-contains-all": ["a", "b"]},
        {"not-regex": "^a"},
        {"not-regex": "a+"},
        {"not-contains": {"value": "a", "threshold": 0.5}},
        {"max-chars": 5},
        "not-refusal",
        {"any": [{"not-contains": "a"}]},
    ],
)
def test_a_check_that_judges_whole_texts_has_no_holdback(entry):
    assert bind_entry(entry).holdback is None


def test_a_check_of_ones_own_says_what_it_needs_of_its_configuration(judge):
    @check("shouted-word", kind="detector", holdback=lambda *, word: Holdback(bound=len(word), before=0))
    def shouted_word(text: str, *, word: str) -> bool:
        return word.upper() not in text

    assert bind_entry({"shouted-word": "ahoy"}).holdback.bound == 4
    assert bind_entry({"not-shouted-word": "ahoy"}).holdback is None


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("abc", 3),
        ("a|bcd|", 3),
        (r"a{2,5}b?", 6),
        (r"(?P<x>ab){3}[]x]{2}", 8),
        (r"(?i)(?:a|\x{1F600})\.\pL", 3),
        (r"\d{3}?[[:alpha:]]", 4),
        (r"\bx\B", 1),
        ("a{b", 3),
        ("a*", None),
        ("a{3,}", None),
        ("(a+)?", None),
        ("^a", None),
        ("(?m)a$", None),
        (r"\Aa", None),
        (r"\Qa+\E", None),
        (r"\b", None),
        (f"a{{{WIDEST}}}b", None),
    ],
)
def test_the_longest_match_of_a_pattern(pattern, longest):
    assert longest_match(pattern) == longest


ATOMS = st.sampled_from(["a", "b", ".", r"\d", "[ab]", r"\b", "(a|bb)", "(?:ab)", r"\pL", "é"])
TIMES = st.sampled_from(["", "?", "{2}", "{0,2}", "{1,3}?", "*", "+"])


@given(st.lists(st.tuples(ATOMS, TIMES), min_size=1, max_size=4), st.text("ab1é ", max_size=30))
def test_no_match_is_longer_than_the_longest(parts, text):
    pattern = "|".join("".join(atom + times for atom, times in parts[at : at + 2]) for at in range(0, len(parts), 2))
    longest = longest_match(pattern)
    found = [match.end() - match.start() for match in re2.finditer(pattern, text)]
    assert longest is None or max(found, default=0) <= longest
