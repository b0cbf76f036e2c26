"""Tokens become text: characters and stop strings are never shown by halves, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import TokenLogprob
from seatrial.models.growing_text import Detokenizer, GrowingText, StopStrings

SMALL = st.text(st.sampled_from("ab\n"), max_size=12)
STOPS = st.lists(st.text(st.sampled_from("ab\n"), min_size=1, max_size=4), max_size=3)


def cut(text: str, stops: Sequence[str]) -> str:
    """What a reader of the whole text would keep: all before the stop string that is complete first."""
    ends = [(end, end - len(stop)) for end in range(len(text) + 1) for stop in stops if text[:end].endswith(stop)]
    return text[: min(ends)[1]] if ends else text


@given(pieces=st.lists(SMALL, max_size=6), stops=STOPS)
def test_a_stop_string_ends_the_text_wherever_it_is_cut(pieces: list[str], stops: list[str]) -> None:
    reader = StopStrings(stops)
    shown = "".join(reader.feed(piece) for piece in pieces) + reader.close()
    whole = "".join(pieces)
    assert shown == cut(whole, stops)
    assert reader.stopped == any(stop in whole for stop in stops)


@given(pieces=st.lists(SMALL, max_size=6), stops=STOPS)
def test_no_more_is_held_back_than_may_begin_a_stop_string(pieces: list[str], stops: list[str]) -> None:
    reader, shown, read = StopStrings(stops), "", ""
    for piece in pieces:
        shown, read = shown + reader.feed(piece), read + piece
        if not reader.stopped:
            held = read[len(shown) :]
            assert held == "" or any(stop.startswith(held) for stop in stops)


@pytest.mark.parametrize(
    ("fed", "shown"),
    [
        (["hello ST", "OP more"], ["hello ", ""]),
        (["hello ST", "AR"], ["hello ", "STAR"]),
        (["S", "S", "TOP"], ["", "S", ""]),
        (["STOP", "more"], ["", ""]),
    ],
)
def test_what_is_shown_when(fed: list[str], shown: list[str]) -> None:
    reader = StopStrings(["STOP"])
    assert [reader.feed(piece) for piece in fed] == shown


def lossy(tokens: Sequence[int]) -> str:
    """A tokenizer of bytes: one token is one byte."""
    return bytes(tokens).decode("utf-8", "replace")


@given(st.text(max_size=20))
def test_characters_come_whole(text: str) -> None:
    detokenizer = Detokenizer(lossy)
    pieces = [detokenizer.add(token) for token in text.encode()]
    assert "".join(pieces) + detokenizer.close() == text
    if "\ufffd" not in text:
        assert all("\ufffd" not in piece for piece in pieces)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_text_are_shown_once(data: bytes) -> None:
    detokenizer = Detokenizer(lossy)
    shown = "".join(detokenizer.add(token) for token in data) + detokenizer.close()
    assert shown == data.decode("utf-8", "replace")


WORDS = ("▁the", "▁fox", "es", ".", "")


def spoken(tokens: Sequence[int]) -> str:
    """A tokenizer of words, which writes no space at the beginning; the last token shows nothing."""
    return "".join(WORDS[token] for token in tokens).replace("▁", " ").removeprefix(" ")


@given(st.lists(st.integers(0, len(WORDS) - 1), max_size=20))
def test_spaces_between_words_are_kept(tokens: list[int]) -> None:
    detokenizer = Detokenizer(spoken)
    assert "".join(map(detokenizer.add, tokens)) + detokenizer.close() == spoken(tokens)


def logprob(token: int) -> TokenLogprob:
    return TokenLogprob(str(token), -1.0)


@given(text=st.text(max_size=12), stops=st.lists(st.text(min_size=1, max_size=2), max_size=2))
def test_every_shown_character_has_the_log_probabilities_of_its_tokens(text: str, stops: list[str]) -> None:
    data = text.encode()
    growing = GrowingText(lossy, stops)
    pieces = [growing.take(token, logprob(token)) for token in data]
    pieces.append(growing.close())
    shown = "".join(piece.text for piece in pieces if piece)
    assert shown == cut(text, stops)
    tokens = [int(each.token) for piece in pieces if piece for each in piece.logprobs]
    assert tokens == list(data[: len(tokens)])
    assert lossy(tokens).startswith(shown) or shown.startswith(lossy(tokens))
    assert len(tokens) >= len(shown.encode())


def test_a_piece_that_is_empty_is_none() -> None:
    growing = GrowingText(lossy, ["STOP"])
    assert growing.take(ord("S"), logprob(0)) is None
    piece = growing.take(ord("a"), logprob(1))
    assert piece is not None
    assert (piece.text, [each.token for each in piece.logprobs]) == ("Sa", ["0", "1"])
    assert growing.close() is None
