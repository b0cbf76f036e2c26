"""The binary event stream of AWS: held to AWS's own decoder, cut anywhere, and broken in every byte."""

import json
from itertools import pairwise
from struct import pack

import pytest
from aws_bytes import event, header, message
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from seatrial.models.aws_stream import AwsStreamDecoder
from seatrial.models.sse import EventTooLarge

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)
BODIES = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=9), max_size=3)
TWO = event("messageStart", {"role": "assistant"}) + event("messageStop", {"stopReason": "é"})


def decode(*chunks: bytes) -> list[object]:
    decoder = AwsStreamDecoder()
    found = [payload for chunk in chunks for payload in decoder.feed(chunk)]
    assert decoder.close() == []
    return [json.loads(payload) for payload in found]


@given(st.lists(st.tuples(NAMES, BODIES), max_size=4), st.lists(st.floats(0, 1), max_size=6))
def test_events_come_out_as_they_went_in_wherever_the_bytes_are_cut(
    events: list[tuple[str, dict[str, object]]], cuts: list[float]
) -> None:
    raw = b"".join(event(*each) for each in events)
    places = [0, *sorted(int(cut * len(raw)) for cut in cuts), len(raw)]
    assert decode(*(raw[a:b] for a, b in pairwise(places))) == [{name: body} for name, body in events]


@given(st.lists(st.tuples(NAMES, BODIES), min_size=1, max_size=3))
def test_what_the_tests_write_is_what_the_official_decoder_reads(events: list[tuple[str, dict[str, object]]]) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(event(*each) for each in events))
    read = [(found.headers[":event-type"], json.loads(found.payload)) for found in buffer]
    assert read == events


@given(st.integers(0, len(TWO) - 1), st.integers(1, 255))
def test_a_single_wrong_byte_is_refused(place: int, change: int) -> None:
    """The length of a message stands before everything else, and has a checksum of its own."""
    broken = bytearray(TWO)
    broken[place] ^= change
    with pytest.raises(ValueError, match="event stream is broken"):
        decode(bytes(broken))


@given(st.integers(1, len(TWO) - 1))
def test_a_stream_that_ends_inside_an_event_says_so(length: int) -> None:
    decoder = AwsStreamDecoder()
    found = list(decoder.feed(TWO[:length]))
    first = len(event("messageStart", {"role": "assistant"}))
    assert len(found) == (length >= first)
    if length != first:
        with pytest.raises(ValueError, match="inside an event"):
            decoder.close()


@given(st.integers(0, len(TWO) - 1))
def test_what_came_whole_before_a_broken_event_is_not_lost(place: int) -> None:
    broken = bytearray(TWO)
    broken[place] ^= 1
    found: list[object] = []
    with pytest.raises(ValueError, match="event stream"):
        found.extend(map(json.loads, AwsStreamDecoder().feed(TWO + broken)))
    whole = [{"messageStart": {"role": "assistant"}}, {"messageStop": {"stopReason": "é"}}]
    second = place >= len(event("messageStart", {"role": "assistant"}))
    assert found == [*whole, *whole[:second]]


def test_headers_of_every_type_are_passed_over() -> None:
    values = {0: b"", 1: b"", 2: b"\x01", 3: b"12", 4: b"1234", 5: b"12345678", 8: b"12345678", 9: b"1" * 16}
    others = b"".join(b"\x01x" + bytes([kind]) + value for kind, value in values.items())
    others += b"\x01x\x06" + pack(">H", 3) + b"\xff\xfe\xfd"
    headers = others + header(":event-type", "a") + header(":message-type", "event")
    assert decode(message(headers, b"{}"), message(headers, b"")) == [{"a": {}}, {"a": {}}]


def test_what_is_no_event_is_an_exception() -> None:
    error = (
        header(":error-code", "InternalError") + header(":error-message", "it broke") + header(":message-type", "error")
    )
    assert decode(
        event("throttlingException", {"message": "slow"}, "exception"),
        event("x", b"", "exception"),
        message(error, b""),
    ) == [
        {"exception": {"name": "throttlingException", "body": {"message": "slow"}}},
        {"exception": {"name": "x", "body": {}}},
        {"exception": {"name": "InternalError", "body": {"message": "it broke"}}},
    ]


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        (b"", "no known type"),
        (header(":message-type", "event"), "no known type"),
        (header(":event-type", "a"), "no known type"),
        (header(":message-type", "exception"), "no known type"),
        (b"\x05a", "cannot be read"),
        (b"\x01a\x0a", "cannot be read"),
        (b"\x01\xff\x00", "cannot be read"),
        (b"\x01a\x07\x00\x09x", "are cut"),
        (b"\x01a\x05x", "are cut"),
    ],
)
def test_headers_that_are_not_right_are_refused(headers: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decode(message(headers, b"{}"))


def prelude(total: int, headers: int) -> bytes:
    import zlib

    lengths = pack(">II", total, headers)
    return lengths + pack(">I", zlib.crc32(lengths))


def test_lengths_that_cannot_be_are_refused_before_the_rest_came() -> None:
    with pytest.raises(EventTooLarge):
        decode(prelude(2**31, 0))
    with pytest.raises(ValueError, match="shorter than its headers"):
        decode(prelude(40, 30))


@given(st.binary(max_size=40))
def test_other_bytes_are_refused_or_waited_on(raw: bytes) -> None:
    with pytest.raises(ValueError, match="event stream"):
        decode(raw, b"\0")
