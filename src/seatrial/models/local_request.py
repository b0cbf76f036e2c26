"""Writes a request for a model in this process: messages for its chat template, parameters for `generate`.

Sources: the Transformers documentation, "Chat templates" and "Generation" (GenerationConfig).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.parts import Reasoning, Text
from seatrial.models.facts import Facts

RENAMED = {"max_tokens": "max_new_tokens", "max_completion_tokens": "max_new_tokens", "min_tokens": "min_new_tokens"}

OURS = {
    "max_length": "say max_tokens: it counts the answer alone",
    "stop_strings": "say stop",
    "eos_token_id": "say stop",
    "max_time": "say  timeout:  of the model",
    "num_beams": "one sequence is generated, token by token",
    "num_return_sequences": "one sequence is generated; repeat: asks again",
    "return_dict_in_generate": "say logprobs for the probabilities of tokens",
    "output_scores": "say logprobs",
    "output_logits": "say logprobs",
}
"""Parameters of `generate` that would change what comes back, and what to say in their place."""

SAMPLING = ("temperature", "top_p", "top_k", "min_p", "typical_p")
MOST_LOGPROBS = 20

PLAIN_STOP = "\nUser:"
_PLAIN_NAMES = {"user": "User", "assistant": "Assistant"}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`generation` holds names of GenerationConfig; `top_logprobs` is None where no log-probabilities are asked for.
    `template` are the chat template's own variables.
    """

    messages: list[dict[str, str]]
    generation: dict[str, Any] = {}
    stop: tuple[str, ...] = ()
    seed: int | None = None
    top_logprobs: int | None = None
    template: dict[str, Any] = {}


def write_ask(request: ModelRequest, facts: Facts) -> Ask:
    """Raises ValueError for what a model in this process cannot be asked."""
    if request.tools:
        raise ValueError(
            "a model in this process takes no tools\nhint: serve it, with vLLM or llama.cpp, and name the server"
        )
    if request.schema is not None:
        raise ValueError(
            "a model in this process cannot be held to a JSON Schema\nhint: a llama.cpp or vLLM server can"
        )
    params = dict(request.params)
    if facts.default_max_tokens is not None and not params.keys() & {"max_tokens", "max_completion_tokens"}:
        params["max_tokens"] = facts.default_max_tokens
    return Ask(
        messages=_messages(request.messages, facts),
        stop=_stops(params.pop("stop", None)),
        seed=_seed(params.pop("seed", None)),
        top_logprobs=_top_logprobs(params.pop("logprobs", None), params.pop("top_logprobs", None)),
        template=_template(params.pop("chat_template_kwargs", None)),
        generation=_generation(params),
    )


def plain_prompt(messages: Iterable[dict[str, str]]) -> str:
    """The text for a model without a chat template: instructions, then who says what, and the assistant's turn open.
    Its answer ends where it would go on with the next `User:`.
    """
    turns = [
        each["content"] if each["role"] == "system" else f"{_PLAIN_NAMES[each['role']]}: {each['content']}"
        for each in messages
    ]
    return "\n\n".join((*turns, "Assistant:"))


def _messages(messages: Iterable[Message], facts: Facts) -> list[dict[str, str]]:
    written = [{"role": message.role, "content": _text(message)} for message in messages]
    if facts.system == "system":
        return written
    if facts.system == "developer":
        return [{**each, "role": "developer"} if each["role"] == "system" else each for each in written]
    return _joined({**each, "role": "user"} if each["role"] == "system" else each for each in written)


def _joined(messages: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """User's messages that follow each other as one: templates without a system role want the turns to alternate."""
    joined: list[dict[str, str]] = []
    for each in messages:
        if joined and joined[-1]["role"] == each["role"] == "user":
            joined[-1] = {"role": "user", "content": f"{joined[-1]['content']}\n\n{each['content']}"}
        else:
            joined.append(each)
    return joined


def _text(message: Message) -> str:
    other = next((part for part in message.parts if not isinstance(part, Text | Reasoning)), None)
    if other is not None:
        raise ValueError(f"a model in this process reads text, and no {type(other).__name__}")
    return message.text


def _stops(stop: Any) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else stop if stop is not None else []
    if not isinstance(stops, list | tuple) or not all(isinstance(each, str) and each for each in stops):
        raise ValueError(f"params: stop wants a text or a list of texts, not {stop!r}")
    return tuple(stops)


def _seed(seed: Any) -> int | None:
    if seed is not None and (type(seed) is not int or not -(2**63) <= seed < 2**63):
        raise ValueError(f"params: seed wants a whole number of 64 bits, not {seed!r}")
    return seed


def _top_logprobs(asked: Any, top: Any) -> int | None:
    if asked not in (None, True, False) or (top is not None and not asked):
        raise ValueError("params: logprobs wants true or false, and top_logprobs wants logprobs: true")
    if top is not None and (type(top) is not int or not 0 <= top <= MOST_LOGPROBS):
        raise ValueError(f"params: top_logprobs wants a whole number from 0 to {MOST_LOGPROBS}, not {top!r}")
    return (top or 0) if asked else None


def _template(values: Any) -> dict[str, Any]:
    if values is not None and not isinstance(values, dict):
        raise ValueError(f"params: chat_template_kwargs wants a mapping, not {values!r}")
    return values or {}


def _generation(params: dict[str, Any]) -> dict[str, Any]:
    """Asking for randomness is asking to sample: without `do_sample` the library would ignore a temperature."""
    for name in OURS.keys() & params.keys():
        raise ValueError(f"params: {name} is not for a model in this process\nhint: {OURS[name]}")
    named = {RENAMED.get(name, name): value for name, value in params.items() if value is not None}
    if named.get("top_k") == -1:  # vLLM's word for: all of them
        named["top_k"] = 0
    if named.get("temperature") == 0:
        named |= {"do_sample": False}
    elif any(name in named for name in SAMPLING):
        named.setdefault("do_sample", True)
    if named.get("do_sample") is False:
        named |= dict.fromkeys(SAMPLING)  # the model's own settings may hold some, and the library warns of each
    return named
