"""On a stream guards come to what they come to on the whole text, wherever it is cut, and hold back no longer than they
say.
"""

import asyncio

import pytest
from guard_cases import output, setting
from hypothesis import given
from hypothesis import strategies as st

from seatrial.guard.stream import AnswerGuards

CHANGING = [
    ["{test-card: {action: redact}}"],
    ["{test-card: {action: mask}}"],
    ["{test-card: {action: pseudonymise}}"],
    ["{test-name: {action: redact}}", "{test-card: {action: mask}}"],
    ["{test-card: {action: redact}}", "{not-contains: {value: AR, action: mask}}"],
    ["{not-contains-any: {values: [aba, bab, '12'], action: redact}}"],
    ["{test-name: {action: flag}}", "{test-card: {action: redact, mode: shadow}}", "{test-name: {action: mask}}"],
    ["{not-regex: {pattern: 'a.{1,3}b', action: redact}}", "{not-icontains: {value: EDA, action: pseudonymise}}"],
]
STOPPING = [
    ["{not-contains: {value: abba, action: refuse, with: no}}"],
    ["{test-card: {action: replace, with: other}}", "{test-name: {action: refuse, with: no}}"],
    ["{test-name: {action: retry, with: again}}", "{test-card: {action: refuse, with: no}}"],
    ["{test-card: {action: redact}}", "{not-contains: {value: '[CARD] a', action: refuse, with: no}}"],
    [
        "{not-contains: {value: Ab, action: refuse, with: no}}",
        "{test-name: {action: redact}}",
        "{not-regex: {pattern: '[ab]{3}', action: replace, with: other}}",
    ],
    ["{test-loud: {action: refuse, with: no, window: 8}}", "{test-card: {action: redact}}"],
    [
        "{test-card: {action: escalate, with: {test-loud: {action: refuse, with: no}}}}",
        "{test-name: {action: refuse, with: other}}",
    ],
]
WHOLE = [
    ["{test-loud: {action: refuse, with: no, window: all}}"],
    ["{test-card: {action: redact}}", "{test-loud: {action: replace, with: no, window: all}}"],
    ["{test-loud: {action: redact, window: all}}", "{test-card: {action: mask}}"],
]
SAMPLES = [
    "",
    "abba",
    "say abba once, then abba twice",
    "1234 and 12345 and 111111 end 33",
    "Ada Bo paid 3333333333 to Cy Di 444444",
    "333333333333333333333333333333",
    "ababababab 12 baba",
    "[CARD] a 1233 a",
    "AB CDE loud here THEN quiet now AGAIN LOUD",
    "aab axxb Eda eda EDA Ada Bo Ada Bob",
    "👍🏽 Ada Bo 1 2 3 12300 ﬃ",
]
LOOP = asyncio.new_event_loop()
LETTERS = "ab AB13 .é"


class Run:
    """What came of an answer in these pieces. `delay` is the most that was ever held back."""

    def __init__(self, entries, pieces):
        given = setting()
        self.guards = AnswerGuards(output(*entries), given, given.clock("output"))
        self.left = ""
        self.delay = 0
        LOOP.run_until_complete(self._run(pieces))
        stop = self.guards.stop
        self.stop = stop and (stop.guard.check.id, stop.guard.reply, stop.verdict.state)
        self.told = [
            (
                made.verdict.check,
                made.did,
                made.verdict.state,
                made.verdict.reason,
                made.verdict.spans,
                made.fingerprints,
            )
            for made in self.guards.decisions
        ]

    async def _run(self, pieces):
        came = gone = 0
        for piece in pieces:
            self.left += await self.guards.feed(piece)
            if self.guards.stop is not None:
                return
            came += len(piece)
            gone = sum(each._rewriter.done for each in self.guards._passes[:1])
            if len(piece) == 1:
                self.delay = max(self.delay, came - gone)
        self.left += await self.guards.close()

    @property
    def outcome(self):
        """What the final exchange is made of."""
        return ("" if self.stop else self.left), self.stop, self.told


def cuts(text):
    """Every way into two pieces, and the one into characters."""
    yield list(text)
    for at in range(1, len(text)):
        yield [text[:at], text[at:]]


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("entries", CHANGING, ids=str)
def test_a_changed_answer_is_the_same_at_every_cut(entries, text):
    whole = Run(entries, [text])
    assert not whole.stop
    for pieces in cuts(text):
        assert Run(entries, pieces).outcome == whole.outcome, pieces


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("entries", STOPPING, ids=str)
def test_a_stopped_answer_stops_alike_at_every_cut(entries, text):
    whole = Run(entries, [text])
    for pieces in cuts(text):
        run = Run(entries, pieces)
        assert run.outcome == whole.outcome, pieces
        if not run.stop:
            assert run.left == whole.left


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("entries", WHOLE, ids=str)
def test_with_a_window_of_all_nothing_leaves_before_the_verdict(entries, text):
    whole = Run(entries, [text])
    for pieces in cuts(text):
        run = Run(entries, pieces)
        assert (run.left, run.outcome) == (whole.left, whole.outcome), pieces
        assert not (run.stop and run.left)


@given(
    entries=st.sampled_from([*CHANGING, *STOPPING]),
    text=st.text(LETTERS, max_size=40),
    sizes=st.lists(st.integers(1, 9), max_size=12),
)
def test_any_text_in_any_pieces(entries, text, sizes):
    pieces, rest = [], text
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    whole, run = Run(entries, [text]), Run(entries, [*pieces, rest])
    assert run.outcome == whole.outcome


@given(entries=st.sampled_from(STOPPING), text=st.text(LETTERS, max_size=30))
def test_what_left_before_a_stop_is_the_beginning_of_what_was_allowed(entries, text):
    run = Run(entries, list(text))
    changing = [each for each in entries if "redact" in each]
    assert Run(changing, [text]).left.startswith(run.left)


@given(
    entries=st.sampled_from([each for each in CHANGING + STOPPING if "escalate" not in str(each)]),
    text=st.text(LETTERS, max_size=60),
)
def test_no_more_is_held_back_than_the_stated_bound(entries, text):
    run = Run(entries, list(text))
    first = run.guards._passes[0]
    assert run.delay <= first.bound


PERSONAL = ["{personal-data: {action: redact}}", "{secrets: {action: mask}}", "{invisible-text: {action: redact}}"]


@pytest.mark.parametrize(
    "text",
    [
        "write to ada@example.org or call +44 20 7946 0958, card 4111 1111 1111 1111, password=hunter2-Xyz99! ok?",
        "AKIA1234567890ABCDEF at 10.0.0.12, IBAN DE89 3704 0044 0532 0130 00, a\u200bb " + "and so on " * 30,
        "_ada@example.org_, __+44 20 7946 0958__, _4111 1111 1111 1111_, card_4111111111111111, _AKIA1234567890ABCDEF_",
    ],
)
def test_the_detectors_of_personal_data_and_secrets_together(text):
    pytest.importorskip("phonenumbers")
    pytest.importorskip("stdnum")
    whole = Run(PERSONAL, [text])
    assert "[" in whole.left
    for pieces in [list(text), *([text[:at], text[at:]] for at in range(1, len(text), 7))]:
        run = Run(PERSONAL, pieces)
        assert run.outcome == whole.outcome, pieces
        assert run.delay <= run.guards.bound


CONSTRUCTS = [
    "{markdown-exfiltration: {action: redact}}",
    "{urls: {action: redact, allow: [ok.test]}}",
    "{code-danger: {action: redact}}",
]


@pytest.mark.parametrize("text", ["![a][1], so\n[1]: //evil.test/p\nok", "\n[1]: //evil.test/p\nso ![a] ![1]"])
def test_pictures_by_reference_go_at_every_cut(text):
    whole = Run([CONSTRUCTS[0]], [text])
    assert "[IMAGE-BEACON]" in whole.left
    for pieces in cuts(text):
        run = Run([CONSTRUCTS[0]], pieces)
        assert run.outcome == whole.outcome, pieces


@pytest.mark.parametrize("entry", CONSTRUCTS)
def test_a_construct_goes_whole_at_every_cut(entry):
    text = "![x](https://evil.test/p(1).png 'a') {{7*7}}, ${7*7} [y](javascript:alert(1)) see (https://e.test/{a}) ok"
    whole = Run([entry], [text])
    left = whole.left
    for pair in ("()", "{}", "[]"):
        assert left.count(pair[0]) == left.count(pair[1]), left
    for pieces in cuts(text):
        run = Run([entry], pieces)
        assert run.outcome == whole.outcome, pieces
        assert run.delay <= run.guards.bound
