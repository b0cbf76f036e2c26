"""Pieces of an answer, put together again."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer
from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import TokenLogprob
from seatrial.core.parts import Reasoning, Text, ToolCall

words = st.text(min_size=1, max_size=8)
opaque = st.none() | st.dictionaries(st.just("signature"), words, min_size=1, max_size=1)
parts = st.lists(st.builds(Text, words) | st.builds(Reasoning, words, opaque), max_size=6)


def cut(text: str, at: int) -> list[str]:
    return [piece for piece in (text[: at % (len(text) + 1)], text[at % (len(text) + 1) :]) if piece]


@given(parts, st.integers(0, 9))
def test_the_order_and_the_text_of_parts_are_those_of_the_stream(parts: list[Text | Reasoning], at: int) -> None:
    answer, expected = Answer(), []
    for index, part in enumerate(parts):
        for number, piece in enumerate(pieces := cut(part.text, at)):
            last = number == len(pieces) - 1
            event: Event = TextDelta(piece)
            if isinstance(part, Reasoning):
                event = ReasoningDelta(piece, index, part.opaque if last else None)
            answer.take(event)
        if isinstance(part, Text) and expected and isinstance(expected[-1], Text):
            expected[-1] = Text(expected[-1].text + part.text)
        else:
            expected.append(part)
    assert list(answer.parts) == expected
    assert answer.text == "".join(part.text for part in expected if isinstance(part, Text))
    assert answer.reasoning == "".join(part.text for part in expected if isinstance(part, Reasoning))
    assert answer.is_plain == all(isinstance(part, Text) for part in expected)
    assert answer.begun == bool(expected)


@given(st.lists(st.tuples(st.integers(0, 3), words), max_size=12))
def test_deltas_of_concurrent_calls_may_interleave(pieces: list[tuple[int, str]]) -> None:
    answer = Answer()
    for index, piece in pieces:
        answer.take(ToolCallDelta(index, f"id{index}", f"f{index}", piece))
    wanted = {index: "".join(piece for other, piece in pieces if other == index) for index, _ in pieces}
    assert answer.tool_calls == tuple(ToolCall(f"id{i}", f"f{i}", wanted[i]) for i in sorted(wanted))


def test_a_call_stands_where_it_began_and_logprobs_are_joined() -> None:
    answer, sure = Answer(), TokenLogprob("a", -0.1, {"b": -2.0})
    events = (TextDelta("a", (sure,)), ToolCallDelta(0, "1", "f", "{"), TextDelta("b"), ToolCallDelta(0, "", "", "}"))
    for event in events:
        answer.take(event)
    assert answer.parts == (Text("a"), ToolCall("1", "f", "{}"), Text("b"))
    assert answer.logprobs == (sure,)
