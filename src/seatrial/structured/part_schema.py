"""What a schema says of a part of its value, as far as can be told before the whole is there."""

from __future__ import annotations

from typing import Any

from seatrial.structured.jsontext import MAX_DEPTH

_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def below(schema: Any, key: str | None, root: Any) -> Any:
    """The schema of the member with a key, or of an array's next part; None for what is not known."""
    here = schema if isinstance(schema, dict) else {}
    if key is None:
        return resolved(None if "prefixItems" in here else here.get("items"), root)
    known = here.get("properties", {}).get(key)
    return resolved(here.get("additionalProperties") if known is None else known, root)


def resolved(schema: Any, root: Any) -> Any:
    """What a reference inside the schema stands for; None for what is not known."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#").split("/")[1:]:
            target = target.get(step) if isinstance(target, dict) else None
        schema = target
    return None


def kind(value: Any) -> str:
    return _KINDS[type(value)]


def may_be(schema: Any, kind: str) -> bool:
    """Whether a schema lets a value be of a type, as far as its own `type` says."""
    types = schema.get("type") if isinstance(schema, dict) else None
    if types is None:
        return schema is not False
    wanted = {types} if isinstance(types, str) else set(types)
    return kind in wanted or (kind in ("integer", "number") and not wanted.isdisjoint({"integer", "number"}))


def choices(schema: Any, root: Any) -> list[Any]:
    """The values of an enum, and of a union those of its enums, where no other text fits it; empty where any may."""
    if not isinstance(schema, dict):
        return []
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    found: list[Any] = []
    for branch in schema.get("anyOf") or schema.get("oneOf") or ():
        branch = resolved(branch, root)
        inner = choices(branch, root) if branch is not schema else []
        if not inner and may_be(branch, "string"):
            return []
        found += inner
    return found


def is_choice(schema: Any) -> bool:
    """Whether only some texts fit, so that a half-written one says nothing."""
    if not isinstance(schema, dict):
        return False
    return not schema.keys().isdisjoint({"enum", "const", "anyOf", "oneOf", "allOf", "format", "pattern"})
