"""The plainest value that a JSON Schema allows: what the simulator answers when it is asked for JSON.

Covers what structured output of the providers allows: types, enum, const, properties, items, `$ref` inside the schema,
`anyOf`/`oneOf`/`allOf`, and the least lengths and values. Patterns and formats are not solved: text stands there.
"""

from __future__ import annotations

from typing import Any

import msgspec

MOST_DEPTH = 16
_PLAIN: dict[str, Any] = {"string": "text", "integer": 0, "number": 0, "boolean": True, "null": None}


def sample_json(schema: dict[str, Any]) -> str:
    """JSON text of a value of the schema."""
    return msgspec.json.encode(_sample(schema, schema, 0)).decode()


def _sample(schema: Any, root: dict[str, Any], depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MOST_DEPTH:
        return None
    schema = _resolved(schema, root)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return _first(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _sample(schema[key][0], root, depth + 1)
    if "allOf" in schema:
        return _sample(_together(schema, root), root, depth + 1)
    return _by_type(schema, root, depth)


def _by_type(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = str(_first(kind) if isinstance(kind, list) else kind).lower()  # Gemini writes types in capitals
    if kind == "object":
        wanted = schema.get("required", list(schema.get("properties", {})))
        return {name: _sample(schema.get("properties", {}).get(name, {}), root, depth + 1) for name in wanted}
    if kind == "array":
        least = max(int(schema.get("minItems", 1)), 0)
        return [_sample(schema.get("items", {}), root, depth + 1) for _ in range(min(least, 100))]
    if kind in ("integer", "number"):
        return schema.get("minimum", min(0, schema.get("maximum", 0)))
    if kind == "string":
        text = "text".ljust(min(int(schema.get("minLength", 0)), 10_000), "x")
        return text[: int(schema.get("maxLength", len(text)))]
    return _PLAIN.get(kind)


def _together(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """A schema and the parts of its `allOf` as one."""
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [own, *(_resolved(part, root) for part in schema["allOf"])]
    merged = {key: value for part in parts for key, value in part.items()}
    merged["properties"] = {name: each for part in parts for name, each in part.get("properties", {}).items()}
    merged["required"] = [name for part in parts for name in part.get("required", part.get("properties", {}))]
    return merged


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` points at; an empty schema where it points nowhere."""
    for _ in range(MOST_DEPTH):
        address = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(address, str):
            break
        schema = root
        for step in address.removeprefix("#").strip("/").split("/"):
            schema = schema.get(step, {}) if isinstance(schema, dict) and step else schema
    return schema if isinstance(schema, dict) else {}


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None
