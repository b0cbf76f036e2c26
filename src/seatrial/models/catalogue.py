"""Which providers there are: a compatible provider is a row of data, only a new wire format is a module."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.models.facts import Facts

WireName = Literal["openai-chat", "anthropic", "gemini", "bedrock", "transformers", "recording", "scripted"]
Auth = Literal["bearer", "api-key", "x-api-key", "x-goog-api-key", "google", "aws"]
"""How the key is shown: `authorization: Bearer KEY`, or in a header of that name. `google` is an access token: KEY, or
what Google's Application Default Credentials give. `aws` is a Bedrock API key, or requests signed with an access key.
"""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """`key` names the environment variable with the API key; None sends no key. `base_url` may hold `{option}`s, which
    are keys of the model's line in feature.yaml; `path` and `versioned_path` too, and `{model}` and `{operation}`:
    `chat/completions`, `embeddings` or `moderations`. `versioned_path` is used where the line has `api_version:`.
    `base_urls` holds those of the regions that `base_url` does not fit. With `key_optional` the account has another way
    to prove itself. `variables` of the environment are what that way needs, `more_variables` what it also reads.
    `option_variables` are asked in order for an option that the line does not have.
    """

    wire: WireName = "openai-chat"
    base_url: str | None = None
    base_urls: dict[str, str] = {}
    key: str | None = None
    key_optional: bool = False
    variables: tuple[str, ...] = ()
    more_variables: tuple[str, ...] = ()
    auth: Auth = "bearer"
    path: str | None = None
    versioned_path: str | None = None
    options: tuple[str, ...] = ()
    option_variables: dict[str, tuple[str, ...]] = {}
    facts: Facts = Facts()

    @property
    def over_http(self) -> bool:
        return self.wire not in ("transformers", "recording", "scripted")


PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        base_url="https://api.openai.com/v1", key="OPENAI_API_KEY", facts=Facts(base64_vectors=True, logprobs=True)
    ),
    "openai-compatible": Provider(),
    # Azure's v1 API names the deployment as the model; the older one has it in the path, with a dated version.
    "azure": Provider(
        key="AZURE_OPENAI_API_KEY",
        auth="api-key",
        path="/openai/v1/{operation}",
        versioned_path="/openai/deployments/{model}/{operation}?api-version={api_version}",
        options=("api_version",),
        facts=Facts(logprobs=True),
    ),
    "ollama": Provider(base_url="http://localhost:11434/v1"),
    "vllm": Provider(base_url="http://localhost:8000/v1"),
    "llama.cpp": Provider(base_url="http://localhost:8080/v1"),
    "groq": Provider(base_url="https://api.groq.com/openai/v1", key="GROQ_API_KEY"),
    "together": Provider(base_url="https://api.together.xyz/v1", key="TOGETHER_API_KEY"),
    "openrouter": Provider(base_url="https://openrouter.ai/api/v1", key="OPENROUTER_API_KEY"),
    "mistral": Provider(base_url="https://api.mistral.ai/v1", key="MISTRAL_API_KEY", facts=Facts(usage_option=False)),
    "deepseek": Provider(
        base_url="https://api.deepseek.com/v1", key="DEEPSEEK_API_KEY", facts=Facts(schema="json", images=False)
    ),
    "gemini": Provider(
        wire="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        key="GEMINI_API_KEY",
        auth="x-goog-api-key",
        path="/models/{model}",
    ),
    # Google Cloud documentation, "Deployments and endpoints": the global endpoint and the multi-regions have hosts of
    # their own.
    "vertex": Provider(
        wire="gemini",
        base_url="https://{region}-aiplatform.googleapis.com",
        base_urls={
            "global": "https://aiplatform.googleapis.com",
            "us": "https://aiplatform.us.rep.googleapis.com",
            "eu": "https://aiplatform.eu.rep.googleapis.com",
        },
        key="GOOGLE_OAUTH_ACCESS_TOKEN",
        key_optional=True,
        auth="google",
        path="/v1/projects/{project}/locations/{region}/publishers/google/models/{model}",
        options=("region", "project"),
        option_variables={"region": ("GOOGLE_CLOUD_LOCATION",), "project": ("GOOGLE_CLOUD_PROJECT",)},
        facts=Facts(embeddings=False),
    ),
    "anthropic": Provider(
        wire="anthropic",
        base_url="https://api.anthropic.com/v1",
        key="ANTHROPIC_API_KEY",
        auth="x-api-key",
        facts=Facts(default_max_tokens=8192),
    ),
    "bedrock": Provider(
        wire="bedrock",
        base_url="https://bedrock-runtime.{region}.amazonaws.com",
        key="AWS_BEARER_TOKEN_BEDROCK",
        key_optional=True,
        variables=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        more_variables=("AWS_SESSION_TOKEN",),
        auth="aws",
        options=("region",),
        option_variables={"region": ("AWS_REGION", "AWS_DEFAULT_REGION")},
        facts=Facts(schema="tool"),
    ),
    "transformers": Provider(wire="transformers", options=("device", "dtype", "revision"), facts=Facts(schema="none")),
    "recording": Provider(wire="recording"),
    "scripted": Provider(wire="scripted"),
}


def find_provider(use: str) -> tuple[Provider, str]:
    """The provider of `provider/model`, and the model. Raises SpecError without a place."""
    name, slash, model = use.partition("/")
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
