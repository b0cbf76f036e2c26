"""Whose models a model is one of, by its name: rows of data, since names are all that providers share of it.

A name that fits no row (a deployment, a tune of one's own) has no family; nothing is guessed from the provider, who may
serve anybody's models.
"""

from __future__ import annotations

import re

FAMILIES: tuple[tuple[str, str], ...] = (
    ("gpt", r"(?:chat)?gpt|o[1-9](?![a-z0-9])|davinci|codex"),
    ("claude", r"claude"),
    ("gemini", r"gemini|gemma|palm|learnlm"),
    ("llama", r"llama|codellama"),
    ("mistral", r"(?:open-)?(?:mistral|mixtral|ministral|magistral|codestral|devstral|pixtral)"),
    ("qwen", r"qwen|qwq|qvq"),
    ("deepseek", r"deepseek"),
    ("grok", r"grok"),
    ("command", r"command|c4ai|aya"),
    ("nova", r"nova-(?:micro|lite|pro|premier|sonic)"),
    ("phi", r"phi-?\d"),
    ("jamba", r"jamba"),
    ("granite", r"granite"),
    ("nemotron", r"nemotron"),
    ("glm", r"(?:chat)?glm"),
    ("kimi", r"kimi|moonshot"),
    ("olmo", r"olmo|tulu"),
    ("smollm", r"smollm"),
)
"""A family and the names its models begin with. A tune that keeps two names (deepseek-r1-distill-llama) is of the first
that its name begins with.
"""

_START = r"(?:^|[/.:_-]|@)"


def family_of(use: str) -> str | None:
    """The family of `provider/model`, or None."""
    model = use.partition("/")[2].lower()
    found = [
        (match.start(), family)
        for family, names in FAMILIES
        if (match := re.search(_START + f"(?:{names})", model)) is not None
    ]
    return min(found)[1] if found else None
