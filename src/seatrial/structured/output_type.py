"""Python types as outputs: the JSON Schema of one, and a parsed value as one.

msgspec turns what it knows (Structs, dataclasses, typed dictionaries, enums); a pydantic model brings methods of its
own, so that pydantic is never imported here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.errors import SpecError


def schema_of(wanted: Any) -> dict[str, Any]:
    """Raises SpecError for a type that no JSON Schema can be made of."""
    if _is_pydantic(wanted):
        schema: dict[str, Any] = wanted.model_json_schema()
        return schema
    try:
        schema = msgspec.json.schema(wanted)
    except (TypeError, NameError) as error:
        raise SpecError(
            f"no JSON Schema can be made of {wanted!r}: {error}",
            expected="a msgspec Struct, a dataclass or a pydantic model",
        ) from error
    return _unfolded(schema)


def to_type(value: Any, wanted: Any) -> Any:
    """A JSON value as the type. Raises ValueError, with what is wrong and where. A pydantic model reads it as JSON: as
    Python data a strict one would refuse the text of a date.
    """
    if _is_pydantic(wanted):
        return wanted.model_validate_json(msgspec.json.encode(value))
    return msgspec.convert(value, wanted, str_keys=True)


def mistakes_in(error: ValueError) -> tuple[str, ...]:
    """What `to_type` raised as sentences: pydantic knows the place of each mistake, msgspec says that of the first."""
    if not hasattr(error, "errors"):
        return (str(error),)
    return tuple(f"${''.join(map(_step, each['loc']))}: {each['msg']}" for each in error.errors())


def _step(key: int | str) -> str:
    return f"[{key}]" if isinstance(key, int) else f".{key}"


def to_plain(value: Any) -> Any:
    """A value of such a type as JSON data again."""
    return msgspec.to_builtins(value, enc_hook=_dumped)


def _is_pydantic(wanted: Any) -> bool:
    return isinstance(wanted, type) and hasattr(wanted, "model_json_schema") and hasattr(wanted, "model_validate_json")


def _dumped(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    raise NotImplementedError(f"{type(value).__name__} is no JSON data")


def _unfolded(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with an object at its root, which providers demand, where msgspec has put it under `$defs`."""
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    definitions = schema.get("$defs", {})
    if name not in definitions:
        return schema
    needed = (
        {**definitions}
        if f'"#/$defs/{name}"' in msgspec.json.encode(definitions).decode()
        else {key: each for key, each in definitions.items() if key != name}
    )
    return {**definitions[name], **({"$defs": needed} if needed else {})}
