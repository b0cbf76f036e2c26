"""What a client asked, whatever wire it asked on, and how a request is refused."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seatrial.core.conversation import Message, Tool

Operation = Literal["chat", "embed", "embed_batch", "predict", "moderate", "models", "health"]


class Asked(msgspec.Struct, kw_only=True):
    """One chat request. `params` are the keys of the body that say how to answer, as the wire names them; `most` is
    the limit of output tokens; `tool_choice` is `auto`, `none`, `required` or the name of a tool; `array` asks for a
    stream that is one JSON array, and not server-sent events.
    """

    wire: str
    model: str
    messages: tuple[Message, ...]
    params: dict[str, Any] = {}
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    schema: dict[str, Any] | None = None
    most: int | None = None
    stream: bool = False
    usage_wanted: bool = True
    logprobs: bool = False
    array: bool = False

    @property
    def text(self) -> str:
        """The last text of the user's."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")


class Refused(Exception):
    """The request is not answered: `status` is that of HTTP, `code` the provider's own where it has one. `in_answer`
    says that the error stands in the place of an answer, whose own status is 200.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        in_answer: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.in_answer = in_answer
