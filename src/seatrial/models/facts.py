"""What a model can do and how it wants to be asked: data, so that no code asks who the provider is.

Facts start from a provider's row in the catalogue, are changed by the rows of `MODEL_FACTS` whose pattern fits
`provider/model`, and last by `facts:` in feature.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import msgspec


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each default is what most models do; None is unknown, and then the server decides.

    - `system`: the role that instructions are given in; `user` puts them before the first user message.
    - `max_tokens_name`: what the limit on the answer's length is called.
    - `default_max_tokens`: sent where `params` set no limit, for providers that demand one.
    - `usage_option`: usage on a stream must be asked for with `stream_options`.
    - `schema`: how the answer is held to a JSON Schema: by the server (`native`), only to be JSON (`json`), as what a
      tool is called with (`tool`), not at all (`none`).
    - `tools`, `images`, `files`, `logprobs`: False refuses the request before it is sent.
    - `reasoning_back`: the field in which the model wants its own reasoning text back, if any.
    - `reasoning_budgets`: how many tokens each `reasoning_effort` is, for models that are told a number instead.
    - `unsigned_call`: what stands for the signature of a tool call that another model made, where one is demanded.
    - `embeddings`: False where the provider has them in a format that is not spoken here.
    - `base64_vectors`: embeddings may be asked for as base64, a quarter of the size.
    - `family`: whose models it is one of, where its name does not say so (`claude`, `gpt`, …; see `families.py`).
    - `batch`: the most texts in one request for embeddings or moderations; None is what the wire format allows.
    """

    system: Literal["system", "developer", "user"] = "system"
    max_tokens_name: str = "max_tokens"
    default_max_tokens: int | None = None
    usage_option: bool = True
    schema: Literal["native", "json", "tool", "none"] = "native"
    tools: bool | None = None
    images: bool | None = None
    files: bool | None = None
    logprobs: bool | None = None
    reasoning_back: str | None = None
    reasoning_budgets: dict[str, int] | None = None
    unsigned_call: str | None = None
    embeddings: bool | None = None
    base64_vectors: bool = False
    family: str | None = None
    batch: Annotated[int, msgspec.Meta(ge=1)] | None = None


_GEMINI_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}

MODEL_FACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    # OpenAI API reference, "Create chat completion": max_tokens is not compatible with o-series models.
    ("openai/o[1-9]*", {"max_tokens_name": "max_completion_tokens", "logprobs": False}),
    # The same page: log-probabilities come from reasoning models only with their reasoning switched off.
    ("openai/gpt-5*", {"max_tokens_name": "max_completion_tokens", "logprobs": None}),
    ("azure/o[1-9]*", {"max_tokens_name": "max_completion_tokens", "logprobs": False}),
    ("azure/gpt-5*", {"max_tokens_name": "max_completion_tokens", "logprobs": None}),
    # Gemini API documentation, "OpenAI compatibility": what reasoning_effort stands for; "Thought signatures": the
    # value for calls that came from elsewhere. Gemma is refused with "Developer instruction is not enabled".
    *((f"{provider}/gemini-2.5*", {"reasoning_budgets": _GEMINI_BUDGETS}) for provider in ("gemini", "vertex")),
    *(
        (f"{provider}/gemini-3*", {"unsigned_call": "skip_thought_signature_validator"})
        for provider in ("gemini", "vertex")
    ),
    ("gemini/gemma-*", {"system": "user"}),
    ("openai/gpt-3.5*", {"schema": "json", "images": False, "files": False}),
    # Claude platform documentation, "Structured outputs" (from Claude 4.5 on) and "Models overview" (longest answers).
    ("anthropic/claude-3*", {"schema": "tool"}),
    ("anthropic/claude-3-[osh]*", {"default_max_tokens": 4096}),
    ("anthropic/claude-*-4-[012]*", {"schema": "tool"}),  # 4.0 and 4.1, and 4.0 by its dated names
    # Amazon Bedrock user guide, "Get validated JSON results from models"; a tool works with all that can call one.
    ("bedrock/*anthropic.claude-sonnet-4-5*", {"schema": "native"}),
    ("bedrock/*anthropic.claude-opus-4-[56]*", {"schema": "native"}),
)
"""Patterns over `provider/model`, first to last; a later row changes what an earlier one said."""


def allowed(fact: bool | None, what: str) -> None:
    """Raises ValueError where the fact says that the model does not take `what`."""
    if fact is False:
        raise ValueError(f"this model takes no {what}\nhint: where that is wrong, say so under  facts:  of the model")


def facts_of(use: str, base: Facts, changes: Iterable[dict[str, Any]] = ()) -> Facts:
    """The facts of the model `use`; `changes` come last."""
    fitting = [change for pattern, change in MODEL_FACTS if fnmatchcase(use, pattern)]
    facts = base
    for change in (*fitting, *changes):
        facts = msgspec.structs.replace(facts, **change)
    return facts
