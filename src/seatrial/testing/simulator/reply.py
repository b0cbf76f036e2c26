"""What the simulator says, whatever wire it is said on: text, reasoning, tool calls, a finish reason, usage."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from seatrial.core.conversation import Message
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import Reasoning, Text, ToolCall, ToolResult
from seatrial.models.pieces import pieces
from seatrial.testing.simulator.asked import Asked


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. Without `finish` it is `tool_calls` where there are any, else `stop`; without `usage` words are
    counted as tokens. `model` is what the answer says answered, by default what was asked for.

    `raw_finish` is a finish reason in words that no wire has; empty leaves it out. `has_usage` False leaves usage out.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: FinishReason | None = None
    usage: Usage | None = None
    model: str | None = None
    raw_finish: str | None = None
    has_usage: bool = True

    @property
    def ended(self) -> FinishReason:
        return self.finish or ("tool_calls" if self.tool_calls else "stop")

    def finish_in(self, words: Mapping[FinishReason, str], otherwise: str | None = None) -> str | None:
        """How it ended in the words of a wire, `otherwise` where it has none; None where that is left out."""
        if self.raw_finish is not None:
            return self.raw_finish or None
        return words[self.ended] if otherwise is None else words.get(self.ended, otherwise)

    def counted(self, asked: Asked) -> Usage:
        return self.usage or Usage(
            input_total=sum(count_tokens(_words(message)) for message in asked.messages),
            output_total=sum(map(count_tokens, (self.text, self.reasoning, *(c.arguments for c in self.tool_calls)))),
            reasoning=count_tokens(self.reasoning),
        )


def count_tokens(text: str) -> int:
    """Words: no tokeniser counts so, and each counts differently."""
    return len(text.split())


def tokens(text: str) -> list[str]:
    """The pieces in which a text is streamed; joined they are the text."""
    return list(pieces(text, split=True))


def _words(message: Message) -> str:
    """What of a message is counted."""
    if isinstance(message.content, str):
        return message.content
    texts = [part.text for part in message.content if isinstance(part, Text | Reasoning | ToolResult)]
    return " ".join([*texts, *(part.arguments for part in message.content if isinstance(part, ToolCall))])
