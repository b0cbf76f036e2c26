"""Messages of parts: text for people, parts for wires, the same after a round trip through JSON."""

import msgspec
import pytest

from seatrial.core.conversation import Message
from seatrial.core.parts import File, Image, Reasoning, Text, ToolCall, ToolResult

EVERY = (
    Text("see "),
    Image(data=b"\x89PNG", media_type="image/png"),
    Image(url="https://example.com/a.png"),
    File(data=b"%PDF", name="a.pdf"),
    Reasoning("hm", {"wire": "w", "signature": "s"}),
    Text("this"),
    ToolCall("1", "f", "{}"),
    ToolResult("1", "f", "no", is_error=True),
)


def test_a_message_of_parts_comes_back_from_json_as_it_was() -> None:
    message = Message("user", EVERY)
    assert msgspec.json.decode(msgspec.json.encode(message), type=Message) == message


def test_the_text_of_a_message_is_its_text_parts() -> None:
    assert Message("user", EVERY).text == "see this"
    assert Message("user", "hi").text == "hi"


def test_plain_text_is_one_part_and_empty_text_none() -> None:
    assert Message("user", "hi").parts == (Text("hi"),)
    assert Message("user", "").parts == ()
    assert Message("user", EVERY).parts == EVERY


@pytest.mark.parametrize("kind", [Image, File])
@pytest.mark.parametrize("given", [{}, {"data": b"x", "url": "https://example.com"}])
def test_an_image_or_file_is_bytes_or_an_address(kind: type, given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="data or url"):
        kind(**given)
