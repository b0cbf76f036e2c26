"""Server-sent events, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.models.sse import MAX_EVENT_BYTES, EventTooLarge, SseDecoder


def decode(data: bytes, *cuts: int) -> tuple[list[bytes], list[bytes]]:
    """The payloads that became complete, and what was left open at the end."""
    decoder, found, start = SseDecoder(), [], 0
    for end in (*sorted(cuts), len(data)):
        found += decoder.feed(data[start:end])
        start = max(start, end)
    return found, decoder.close()


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
        (b"data: a\ndata: b\ndata\n\n", [b"a\nb\n"]),
        (b": note\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", [b"a"]),
        (b"database: x\n\n", []),
        (b"data:\n\n: keep-alive\n\ndata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"\n\n\r\n\r", []),
        ("data: é\u2028\x85\n\n".encode(), ["é\u2028\x85".encode()]),
    ],
)
def test_payloads(data: bytes, events: list[bytes]) -> None:
    assert decode(data) == (events, [])


lines = st.sampled_from([b"data: a", b"data:b", b"data", b": c", b"event: e", b"", b"", b"data: {\xc3\xa9}", b"x"])


@given(st.data(), st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n"])), max_size=12), st.booleans())
def test_where_the_bytes_are_cut_and_how_lines_end_means_nothing(
    data: st.DataObject, parts: list[tuple[bytes, bytes]], bom: bool
) -> None:
    written = b"".join(line + end for line, end in parts)
    expected = decode(b"".join(line + b"\n" for line, _ in parts))
    raw = (b"\xef\xbb\xbf" if bom else b"") + written
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=6))
    assert decode(raw, *cuts) == expected
    assert decode(raw, *range(len(raw))) == expected


@given(st.lists(st.binary(min_size=1, max_size=5).filter(lambda b: not set(b) & {10, 13}), max_size=4))
def test_lines_that_end_in_a_lone_carriage_return(payloads: list[bytes]) -> None:
    raw = b"".join(b"data: " + payload + b"\r\r" for payload in payloads)
    found, left = decode(raw, *range(len(raw)))
    assert found + left == payloads


@pytest.mark.parametrize(
    ("data", "left"), [(b"data: a", [b"a"]), (b"data: a\n", [b"a"]), (b"data: a\n\n: x", []), (b"da", [])]
)
def test_an_event_still_open_at_the_end_is_told_apart(data: bytes, left: list[bytes]) -> None:
    assert decode(data)[1] == left


@pytest.mark.parametrize("chunk", [b"x" * 1_000_000, b"data: " + b"x" * 1_000_000 + b"\n"])
def test_an_event_without_end_is_refused(chunk: bytes) -> None:
    decoder = SseDecoder()
    for _ in range(MAX_EVENT_BYTES // len(chunk)):
        assert decoder.feed(chunk) == []
    with pytest.raises(EventTooLarge):
        decoder.feed(chunk)


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert decode(data) == decode(data, *range(len(data)))
