"""Which providers there are: a compatible provider is a row of data, only a new wire format is a module."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name

Wire = Literal["openai-chat", "recording", "scripted"]


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """`key` names the environment variable with the API key; None sends no key. `usage_option`: whether usage on a
    stream must be asked for with `stream_options` (some servers refuse fields they do not know).
    """

    wire: Wire = "openai-chat"
    base_url: str | None = None
    key: str | None = None
    usage_option: bool = True


PROVIDERS: dict[str, Provider] = {
    "openai": Provider(base_url="https://api.openai.com/v1", key="OPENAI_API_KEY"),
    "openai-compatible": Provider(),
    "ollama": Provider(base_url="http://localhost:11434/v1"),
    "vllm": Provider(base_url="http://localhost:8000/v1"),
    "llama.cpp": Provider(base_url="http://localhost:8080/v1"),
    "groq": Provider(base_url="https://api.groq.com/openai/v1", key="GROQ_API_KEY"),
    "together": Provider(base_url="https://api.together.xyz/v1", key="TOGETHER_API_KEY"),
    "openrouter": Provider(base_url="https://openrouter.ai/api/v1", key="OPENROUTER_API_KEY"),
    "mistral": Provider(base_url="https://api.mistral.ai/v1", key="MISTRAL_API_KEY", usage_option=False),
    "deepseek": Provider(base_url="https://api.deepseek.com/v1", key="DEEPSEEK_API_KEY"),
    "recording": Provider(wire="recording"),
    "scripted": Provider(wire="scripted"),
}

LATER = frozenset({"anthropic", "gemini", "azure", "bedrock", "vertex", "transformers"})
"""Providers of the design that this version does not speak to yet."""


def find_provider(use: str) -> tuple[Provider, str]:
    """The provider of `provider/model`, and the model. Raises SpecError without a place."""
    name, slash, model = use.partition("/")
    if name in LATER:
        raise SpecError(f"{name}: not in this version", hint=f"this version knows: {', '.join(PROVIDERS)}")
    if not slash or not model:
        raise SpecError("use: is not right", expected="provider/model, like openai/gpt-4o-mini", got=repr(use))
    if name not in PROVIDERS:
        nearest = nearest_name(name, PROVIDERS)
        raise SpecError(
            f"there is no provider {name!r}",
            nearest=nearest,
            hint="a server of your own that speaks the OpenAI API:  use: openai-compatible/NAME  with  base_url:"
            if nearest is None
            else None,
        )
    return PROVIDERS[name], model
