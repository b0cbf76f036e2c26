"""Turns the models of feature.yaml into Model objects, wrapped as their lines say."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.shapes import Embedder, Model, Moderator
from seatrial.feature.models_spec import FILE, OPTION, ModelSpec
from seatrial.feature.prices import is_replayed, pricing
from seatrial.feature.resilience import Traffic, resilient
from seatrial.models.catalogue import find_provider
from seatrial.models.http import HttpTransport
from seatrial.models.local_weights import weights_version
from seatrial.models.provider import Settings, embedder, http_model, moderator
from seatrial.models.recording import load_recording
from seatrial.models.scripted import load_scripted
from seatrial.models.transport import Transport
from seatrial.models.wrappers import Priced

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


def assemble(
    spec: ModelSpec, folder: Path, *, traffic: Traffic, around: Callable[[Model], Model] = lambda model: model
) -> Model:
    """The Model of one line. `traffic` is what its calls share; `around` wraps what makes a single call, inside
    everything that may make several. Raises SpecError when its file or its key is missing.
    """
    return wrap_call(_caller(spec, folder), spec, traffic=traffic, around=around)


def wrap_call(call: Model, spec: ModelSpec, *, traffic: Traffic, around: Callable[[Model], Model]) -> Model:
    """What makes a single call, with all that the model's line puts around it."""
    one_call = around(priced(call, spec))
    return one_call if is_replayed(spec) else resilient(one_call, spec.name, spec.use, spec.resilience, traffic)


def priced(model: Model, spec: ModelSpec) -> Model:
    """The model with the price of its line on every attempt; a replay has none unless one is written."""
    return model if is_replayed(spec) and spec.price is None else Priced(model, pricing(spec))


def _caller(spec: ModelSpec, folder: Path) -> Model:
    provider, model = find_provider(spec.use)
    if provider.wire == "recording":
        return load_recording(spec.name, spec.use, folder / model, match=spec.match, file=model)
    if provider.wire == "scripted":
        return load_scripted(spec.name, spec.use, folder / model, file=model)
    if provider.wire == "transformers":
        return _in_process(spec, folder)
    return _over_http(spec)


def _in_process(spec: ModelSpec, folder: Path) -> Model:
    from seatrial.models.local_model import load_transformers  # few want it: the others do not pay for its import

    return load_transformers(
        spec.name,
        spec.use,
        folder,
        file=FILE,
        timeouts=spec.timeouts,
        facts=spec.facts,
        options=spec.options,
    )


def _over_http(spec: ModelSpec) -> Model:
    return http_model(spec.name, spec.use, transport=client_of_loop, **_settings(spec))


def assemble_embedder(spec: ModelSpec, *, around: Callable[[Model], Model]) -> Embedder:
    """The Embedder of one line; `around` wraps each of its calls. Raises SpecError when its provider has none."""
    return embedder(spec.name, spec.use, transport=client_of_loop, around=around, params=spec.params, **_settings(spec))


def assemble_moderator(spec: ModelSpec, *, around: Callable[[Model], Model]) -> Moderator:
    """The Moderator of one line; all is as with an embedder."""
    return moderator(
        spec.name, spec.use, transport=client_of_loop, around=around, params=spec.params, **_settings(spec)
    )


def _settings(spec: ModelSpec) -> Settings:
    key = _key(spec)
    return {
        "base_url": spec.base_url,
        "key_name": spec.key,
        "key": key,
        "timeouts": spec.timeouts,
        "facts": spec.facts,
        "options": _options(spec),
        "environment": _environment(spec) if key is None else {},
    }


def _key(spec: ModelSpec) -> str | None:
    """Keys come from the environment only."""
    if spec.key is None:
        return None
    value = os.environ.get(spec.key, "").strip()
    provider, _ = find_provider(spec.use)
    if not value and provider.key_optional and spec.key == provider.key:
        return None
    if not value:
        raise SpecError(
            f"the model {spec.name} ({spec.use}) needs a key",
            file=FILE,
            expected=f"the environment variable {spec.key}",
            hint=f"export {spec.key}=…, or name another variable with  key: ENV_NAME",
        )
    return value


def _environment(spec: ModelSpec) -> dict[str, str]:
    """The variables by which the model's account proves itself where it has no key."""
    provider, _ = find_provider(spec.use)
    found = {name: os.environ.get(name, "").strip() for name in (*provider.variables, *provider.more_variables)}
    missing = [name for name in provider.variables if not found[name]]
    if missing:
        raise SpecError(
            f"the model {spec.name} ({spec.use}) needs an account",
            file=FILE,
            expected=f"the environment variable {provider.key}, or {' and '.join(provider.variables)}",
            got=f"no {' and no '.join(missing)}",
            hint=f"export {missing[0]}=…, or name a variable that holds a key with  key: ENV_NAME",
        )
    return {name: value for name, value in found.items() if value}


def _options(spec: ModelSpec) -> dict[str, str]:
    """The provider's own options: as the line has them, else as the environment does."""
    provider, _ = find_provider(spec.use)
    options = dict(spec.options)
    for name, variables in provider.option_variables.items():
        if name in options:
            continue
        variable = next((each for each in variables if os.environ.get(each, "").strip()), None)
        value = os.environ[variable].strip() if variable is not None else None
        if value is None or not OPTION.fullmatch(value):
            raise SpecError(
                f"the model {spec.name} ({spec.use}) needs {name}:",
                file=FILE,
                expected=f"{name}: …  on its line, or the environment variable {' or '.join(variables)}",
                got=f"{variable}={value!r}" if value is not None else None,
            )
        options[name] = value
    return options


def model_version(spec: ModelSpec, folder: Path) -> str:
    """The hash of what answers: provider, model, parameters, address; for a file its content."""
    provider, model = find_provider(spec.use)
    content = None
    if provider.wire in ("recording", "scripted"):
        path = folder / model
        content = digest(path.read_bytes()) if path.is_file() else None
    elif provider.wire == "transformers":
        content = weights_version(folder / model)
    return digest([spec.use, spec.params, spec.base_url, spec.match, content, spec.facts, spec.options])
