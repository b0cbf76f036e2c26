"""Puts a model over HTTP together from a provider's row: wire format, account, facts and address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import quote

from seatrial.core.errors import SpecError
from seatrial.core.registry import load_attribute
from seatrial.core.shapes import Model
from seatrial.models.accounts import Account, KeyHeader
from seatrial.models.catalogue import PROVIDERS, Provider, find_provider
from seatrial.models.facts import Facts, facts_of
from seatrial.models.http_model import HttpModel
from seatrial.models.json_call import Endpoint
from seatrial.models.retry import Retry
from seatrial.models.schema_words import InWords
from seatrial.models.transport import Timeouts, Transport
from seatrial.models.wire import Wire

if TYPE_CHECKING:
    from seatrial.models.batches import Batches, BatchWire
    from seatrial.models.embeddings import HttpEmbedder
    from seatrial.models.moderations import HttpModerator

Headers = tuple[tuple[str, str], ...]

WIRES: dict[str, str] = {
    "openai-chat": "seatrial.models.openai_chat:OpenAIChat",
    "anthropic": "seatrial.models.anthropic:AnthropicMessages",
    "gemini": "seatrial.models.gemini:Gemini",
    "bedrock": "seatrial.models.bedrock:BedrockConverse",
}
"""The class of each wire format, imported when a model speaks it; made with the model, its facts, and `path=`."""

ACCOUNTS: dict[str, str] = {
    "google": "seatrial.models.google_account:GoogleAccount",
    "aws": "seatrial.models.aws_account:aws_account",
}
"""What makes each kind of account that is more than a header, of the variable's name and its value; one whose row names
variables also gets `options=` and `environment=`.
"""


EMBEDDINGS: dict[str, str] = {
    "openai-chat": "seatrial.models.embeddings:OpenAIEmbeddings",
    "gemini": "seatrial.models.embeddings:GeminiEmbeddings",
}
MODERATIONS: dict[str, str] = {"openai-chat": "seatrial.models.moderations:OpenAIModerations"}
"""The formats for texts in batches, by the wire format of chats; made with the model, its facts, `params` and `path=`.
"""


class Settings(TypedDict, total=False):
    """What may be said of a model over HTTP. `key_name` is the environment variable with the key, and `key` its value;
    `facts` changes what is known of the model; `options` are the provider's own (`api_version`, `region`, …);
    `environment` holds the variables its row names.
    """

    base_url: str | None
    key_name: str | None
    key: str | None
    timeouts: Timeouts | None
    facts: Mapping[str, Any] | None
    options: Mapping[str, str] | None
    environment: Mapping[str, str] | None


def http_model(name: str, use: str, *, transport: Callable[[], Transport], **settings: Unpack[Settings]) -> HttpModel:
    """The Model that `use`, `provider/model`, names. Raises SpecError for an unknown provider, and where its address is
    not complete; OutsideError where its account needs what is not installed.
    """
    line = _Line(use, settings)
    wire: Wire = line.format(WIRES, "chat/completions")
    if line.facts.schema in ("json", "none"):
        wire = InWords(wire, line.facts)
    return HttpModel(name, wire=wire, endpoint=line.endpoint(transport, wire.sends))


def embedder(
    name: str,
    use: str,
    *,
    transport: Callable[[], Transport],
    around: Callable[[Model], Model] = Retry,
    params: Mapping[str, Any] | None = None,
    **settings: Unpack[Settings],
) -> HttpEmbedder:
    """The Embedder that `use` names. `around` wraps each call, as it would wrap a Model; `params` are `dimensions` and
    what else the provider knows. Raises like `http_model`, and SpecError for a provider without embeddings.
    """
    from seatrial.models.embeddings import HttpEmbedder

    line = _Line(use, settings)
    if line.facts.embeddings is False:
        raise line.has_no("embeddings", EMBEDDINGS)
    return HttpEmbedder(line.batches(name, EMBEDDINGS, "embeddings", transport, around, dict(params or {})))


def moderator(
    name: str,
    use: str,
    *,
    transport: Callable[[], Transport],
    around: Callable[[Model], Model] = Retry,
    params: Mapping[str, Any] | None = None,
    **settings: Unpack[Settings],
) -> HttpModerator:
    """The Moderator that `use` names; all is as with `embedder`."""
    from seatrial.models.moderations import HttpModerator

    line = _Line(use, settings)
    return HttpModerator(line.batches(name, MODERATIONS, "moderations", transport, around, dict(params or {})))


class _Line:
    """A provider's row, with what the model's line says beside it."""

    def __init__(self, use: str, settings: Settings) -> None:
        self.use = use
        self.provider, self.model = find_provider(use)
        self.facts: Facts = facts_of(use, self.provider.facts, [dict(settings.get("facts") or {})])
        self._settings = settings
        self._options = settings.get("options") or {}

    def format(self, formats: Mapping[str, str], operation: str, *more: Any) -> Any:
        """The format of this wire in a table, made for the model."""
        provider, options = self.provider, self._options
        if provider.wire not in formats:
            raise self.has_no(operation, formats)
        path = provider.versioned_path if "api_version" in options else provider.path
        written = {}
        if path is not None:
            written["path"] = self._filled(path, model=quote(self.model, safe="/:@"), operation=operation)
        return load_attribute(formats[provider.wire])(self.model, self.facts, *more, **written)

    def has_no(self, operation: str, formats: Mapping[str, str]) -> SpecError:
        rows = [name for name, row in PROVIDERS.items() if row.wire in formats and row.facts.embeddings is not False]
        return SpecError(f"{self.use} has no {operation} here", expected=f"a model of {', '.join(rows)}")

    def endpoint(self, transport: Callable[[], Transport], sends: Headers) -> Endpoint:
        settings = self._settings
        name = settings.get("key_name") or self.provider.key
        account = _account(self.provider, name, settings.get("key"), self._options, settings.get("environment") or {})
        return Endpoint(
            self.use,
            account=account,
            base_url=self._address(),
            transport=transport,
            timeouts=settings.get("timeouts") or Timeouts(),
            sends=sends,
        )

    def _address(self) -> str:
        usual, given = self.provider.base_url, self._settings.get("base_url")
        if given is not None and given != usual:
            return given
        return self._filled(self.provider.base_urls.get(self._options.get("region", ""), usual or ""))

    def _filled(self, template: str, **values: str) -> str:
        try:
            return template.format(**values, **self._options)
        except KeyError as error:
            name = error.args[0]
            raise SpecError(f"the address of {self.use} needs {name}:", hint=f"add  {name}: …  to the model") from error

    def batches(
        self,
        name: str,
        formats: Mapping[str, str],
        operation: str,
        transport: Callable[[], Transport],
        around: Callable[[Model], Model],
        params: dict[str, Any],
    ) -> Batches[Any]:
        from seatrial.models.batches import Batches

        wire: BatchWire[Any] = self.format(formats, operation, params)
        endpoint = self.endpoint(transport, wire.sends)
        return Batches(name, wire=wire, endpoint=endpoint, around=around, params=params)


def _account(
    provider: Provider, name: str | None, key: str | None, options: Mapping[str, str], environment: Mapping[str, str]
) -> Account:
    if provider.auth == "bearer":
        return KeyHeader(name, key)
    if provider.auth in ACCOUNTS:
        more = {"options": options, "environment": environment} if provider.variables else {}
        account: Account = load_attribute(ACCOUNTS[provider.auth])(name, key, **more)
        return account
    return KeyHeader(name, key, header=provider.auth, prefix="")
