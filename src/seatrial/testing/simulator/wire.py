"""What every wire of the simulator can do, and the small readings of JSON they share."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from seatrial.core.parts import Image, ToolCall
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.plan import Framing, Send
from seatrial.testing.simulator.reply import Reply

T = TypeVar("T")

CREATED = 1_700_000_000
"""The time answers say they were made at: always the same, so that equal calls have equal answers."""

LOGPROB = -0.25
"""Of every token, where a client asks for log-probabilities."""

NOT_JSON = "We could not parse the JSON body of your request."
GOOGLE_NOT_JSON = "Invalid JSON payload received."

encode = msgspec.json.Encoder().encode


class Wire(Protocol):
    """How one provider speaks. `model` is the name in the path, where the wire has it there."""

    name: str

    def read(self, call: Call, model: str, *, stream: bool) -> Asked:
        """What is asked in a chat. Raises Refused as the provider would."""

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        """The answer in one piece."""

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        """The answer as a stream, with what frames the events on this wire."""

    def framing(self, asked: Asked) -> Framing:
        """What stands around the events of a stream."""

    def token_event(self, asked: Asked, number: int) -> Callable[[str], bytes]:
        """Makes an event of a text."""

    def error(self, refused: Refused) -> bytes:
        """The body of an answer that is an error."""

    def error_event(self, asked: Asked, status: int, message: str) -> bytes:
        """An error inside a stream."""

    def check_key(self, call: Call, key: str) -> None:
        """Raises Refused when the call does not carry the key."""

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        """The headers that every answer has, and those of one that is an error."""

    def models(self, names: Sequence[str]) -> bytes:
        """The list of models."""

    def operations(self) -> dict[str, Callable[[Call, str], bytes]]:
        """What there is beside chat, by the name of its operation. May raise Refused."""


def decode_object(body: bytes, complaint: str) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Refused(400, complaint) from error
    if not isinstance(data, dict):
        raise Refused(400, complaint)
    return data


def convert(data: Any, wanted: type[T]) -> T:
    try:
        return msgspec.convert(data, wanted)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refused(400, str(error)) from error


def object_arguments(call: ToolCall) -> msgspec.Raw:
    """The arguments of a call on a wire where they are an object, not text."""
    try:
        msgspec.json.decode(call.arguments)
    except msgspec.DecodeError as error:
        raise Refused(500, f"the arguments of {call.name} are not JSON, and this wire has no place for text") from error
    return msgspec.Raw(call.arguments.encode())


def image_of(address: str) -> Image:
    """A `data:` address as bytes, any other as it stands."""
    if not address.startswith("data:"):
        return Image(url=address)
    kind, _, data = address.removeprefix("data:").partition(",")
    return Image(media_type=kind.partition(";")[0], data=decode_base64(data))


def decode_base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise Refused(400, "the data of an image or a file is not base64") from error


def bearer(call: Call) -> str:
    """The token of `Authorization: Bearer`, or nothing."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def camel(data: dict[str, Any]) -> dict[str, Any]:
    """Proto JSON takes the names of fields in both spellings."""
    return {
        _camel_name(key): camel(value) if isinstance(value, dict) and key in _NESTED else value
        for key, value in data.items()
    }


_NESTED = frozenset({"generation_config", "generationConfig", "tool_config", "toolConfig"})


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
