"""Turns the models of feature.yaml into Model objects, wrapped as their lines say."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.shapes import Model
from seatrial.feature.spec import FILE, ModelSpec
from seatrial.models.catalogue import Provider, find_provider
from seatrial.models.http import HttpTransport
from seatrial.models.openai_chat import OpenAIChat
from seatrial.models.recording import load_recording
from seatrial.models.scripted import load_scripted
from seatrial.models.transport import Transport
from seatrial.models.wrappers import Priced, Retry

_CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[HttpTransport, AsyncGenerator[None]]] = WeakKeyDictionary()


def client_of_loop() -> Transport:
    """The HTTP client of the running event loop: connections belong to a loop and are shared by its models."""
    loop = asyncio.get_running_loop()
    known = _CLIENTS.get(loop)
    if known is None:
        for other in [each for each in _CLIENTS if each.is_closed()]:
            del _CLIENTS[other]  # a client refers to its loop, so the weak key alone would keep both
        client = HttpTransport()
        known = _CLIENTS[loop] = (client, _closing(client))
        with suppress(StopIteration):
            known[1].asend(None).send(None)  # runs up to the yield, where the loop has taken note of it
    return known[0]


async def _closing(client: HttpTransport) -> AsyncGenerator[None]:
    """Closes the client when the loop is shut down, as `asyncio.run` does at its end: a loop closes the asynchronous
    generators it knows of, and has no other door for that.
    """
    try:
        yield
    finally:
        await client.aclose()


async def close_client() -> None:
    """Close the running loop's connections."""
    known = _CLIENTS.pop(asyncio.get_running_loop(), None)
    if known is not None:
        await known[1].aclose()


def assemble(spec: ModelSpec, folder: Path) -> Model:
    """The Model of one line. Raises SpecError when its file or its key is missing."""
    provider, model = find_provider(spec.use)
    if provider.wire == "recording":
        built: Model = load_recording(spec.name, spec.use, folder / model, match=spec.match, file=model)
    elif provider.wire == "scripted":
        built = load_scripted(spec.name, spec.use, folder / model, file=model)
    else:
        built = _over_http(spec, provider, model)
    return Priced(built, spec.price.cost_nusd) if spec.price is not None else built


def _over_http(spec: ModelSpec, provider: Provider, model: str) -> Model:
    chat = OpenAIChat(
        spec.name,
        spec.use,
        base_url=spec.base_url or "",
        model=model,
        transport=client_of_loop,
        timeout=spec.timeout,
        key_name=spec.key,
        key=_key(spec),
        usage_option=provider.usage_option,
    )
    return Retry(chat, spec.retries) if spec.retries else chat


def _key(spec: ModelSpec) -> str | None:
    """Keys come from the environment only."""
    if spec.key is None:
        return None
    value = os.environ.get(spec.key, "").strip()
    if not value:
        raise SpecError(
            f"the model {spec.name} ({spec.use}) needs a key",
            file=FILE,
            expected=f"the environment variable {spec.key}",
            hint=f"export {spec.key}=…, or name another variable with  key: ENV_NAME",
        )
    return value


def model_version(spec: ModelSpec, folder: Path) -> str:
    """The hash of what answers: provider, model, parameters, address; for a file its content."""
    provider, model = find_provider(spec.use)
    content = None
    if provider.wire in ("recording", "scripted"):
        path = folder / model
        content = digest(path.read_bytes()) if path.is_file() else None
    return digest([spec.use, spec.params, spec.base_url, spec.match, content])
