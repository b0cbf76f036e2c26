"""Reads an answer while it is still being written: what can be shown of its value, and what will not change any more.

Decided here: what is shown is never taken back by what follows of the same value, so only JSON is read, without
mending but for enum values; from the first thing on that is none, nothing more is shown, and `parse_output` has the
last word on the whole answer. A half-written string is shown as far as it goes, a half-written number, literal, key or
enum value not at all. A long answer is shown in growing steps, which keeps the work linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from seatrial.core.events import Snapshot
from seatrial.structured.jsontext import MAX_DEPTH, step_of
from seatrial.structured.options import meant_option
from seatrial.structured.part_schema import below, choices, is_choice, kind, may_be, resolved
from seatrial.structured.schema import Schema, compile_schema

__all__ = ["PartialParser"]

_EVERY_STEP = 16_384  # characters up to which each piece is shown
_GROWTH = 1.1
_LONGEST_PATH = 200  # of what is listed as complete; a part further down is so when one above it is
_HIDDEN = object()


class _Silent(Exception):
    """Nothing more can be shown."""


class _Open:
    """A container that is not closed yet, and the schema of its parts as far as it is known."""

    def __init__(self, container: dict[str, Any] | list[Any], path: str, schema: Any) -> None:
        self.container = container
        self.path = path
        self.schema = schema
        self.key = ""
        self.expects = "first"

    def place(self) -> str | int:
        return self.key if isinstance(self.container, dict) else len(self.container)


class PartialParser:
    """Takes an answer piece by piece. Raises SpecError for what is no JSON Schema."""

    def __init__(self, schema: Mapping[str, Any] | Schema) -> None:
        self._schema = compile_schema(schema)
        root = self._schema.schema.get("type")
        self._openers = {"object": "{", "array": "["}.get(root if isinstance(root, str) else "", "{[")
        self._tail = ""
        self._thinks: bool | None = None
        self._stack: list[_Open] = []
        self._root: Any = _HIDDEN
        self._string: list[str] | None = None
        self._complete: list[str] = []
        self._size = self._shown = 0
        self._silent = False

    def feed(self, delta: str) -> Snapshot | None:
        """The value so far, or None where this piece of the answer changes nothing that can be shown."""
        if self._silent or not delta:
            return None
        self._tail += delta
        try:
            if self._root is _HIDDEN and not self._begin():
                return None
            before = self._size
            self._run()
        except _Silent:
            self._silent = True
            return None
        if self._stack and self._size == before:
            return None
        if not self._stack:
            self._silent = True
        elif self._size > _EVERY_STEP and self._size < self._shown * _GROWTH:
            return None
        self._shown = self._size
        return Snapshot(self._value(), tuple(self._complete))

    # Before the value

    def _begin(self) -> bool:
        """Whether the value has begun; what stands before it is dropped."""
        if self._thinks is None:
            start = self._tail.lstrip()
            if start and not "<thinking>".startswith(start[:9].lower()):
                self._thinks = start[:7].lower() == "<think>"
            elif len(start) >= len("<thinking"):
                self._thinks = True
            if self._thinks is None:
                return False
        if self._thinks:
            end = re.search(r"</think(?:ing)?>", self._tail, re.IGNORECASE)
            if end is None:
                self._tail = self._tail[-12:]
                return False
            self._tail, self._thinks = self._tail[end.end() :], False
        opening = re.search(rf"[{re.escape(self._openers)}]", self._tail)
        if opening is None:
            self._tail = ""
            return False
        self._tail = self._tail[opening.start() :]
        self._open(self._tail[0], "$", self._schema.schema)
        self._tail = self._tail[1:]
        return True

    # The value

    def _run(self) -> None:
        at = 0
        while self._stack:
            before = at
            at = self._text(at) if self._string is not None else self._token(at)
            if at == before:
                break
        self._tail = self._tail[at:]

    def _token(self, at: int) -> int:
        """Behind the next token; the same place where it has not come whole."""
        space = _SPACE.match(self._tail, at)
        assert space is not None  # it matches nothing, too
        at = space.end()
        if at == len(self._tail):
            return at
        frame, here = self._stack[-1], self._tail[at]
        is_object = isinstance(frame.container, dict)
        if here == ("}" if is_object else "]") and frame.expects in ("first", "after"):
            self._close()
        elif here == "," and frame.expects == "after":
            frame.expects = "key" if is_object else "value"
        elif here == ":" and frame.expects == "colon":
            frame.expects = "value"
        elif here == '"' and frame.expects in ("first", "key", "value"):
            self._string = []
        elif frame.expects == "value" or (frame.expects == "first" and not is_object):
            if here in "{[":
                self._open(here, _path_below(frame.path, frame.place()), self._schema_below(frame))
            else:
                return self._scalar(at)
        else:
            raise _Silent
        return at + 1

    def _scalar(self, at: int) -> int:
        token = _SCALAR.match(self._tail, at)
        if token is None or token.end() - at > _LONGEST_SCALAR:
            raise _Silent
        if token.end() == len(self._tail):
            return at  # more of it may follow
        try:
            value = msgspec.json.decode(token[0])
        except msgspec.DecodeError as error:
            raise _Silent from error
        self._put(value)
        return token.end()

    def _text(self, at: int) -> int:
        """Behind what has come of a string."""
        assert self._string is not None
        chunk = _CHUNK.match(self._tail, at)
        if chunk is not None:
            self._string.append(chunk[0])
            self._size += len(chunk[0])
            return chunk.end()
        if at == len(self._tail):
            return at
        if self._tail[at] == '"':
            self._end_string("".join(self._string))
            return at + 1
        escape = _ESCAPE.match(self._tail, at)
        if escape is None:
            if _HALF_ESCAPE.fullmatch(self._tail, at):
                return at
            raise _Silent
        self._string.append(msgspec.json.decode(f'"{escape[0]}"'))
        self._size += 1
        return escape.end()

    def _end_string(self, value: str) -> None:
        self._string = None
        frame = self._stack[-1]
        if not isinstance(frame.container, dict) or frame.expects == "value":
            self._put(value)
            return
        if value in frame.container or self._is_foreign(frame, value):
            raise _Silent
        frame.key, frame.expects = value, "colon"

    def _is_foreign(self, frame: _Open, key: str) -> bool:
        """Whether a key is none of the schema's: one around the value, or a mistake."""
        schema = frame.schema if isinstance(frame.schema, dict) else {}
        if key in schema.get("properties", {key: {}}):
            return False
        at_root = len(self._stack) == 1 and bool(self._schema.required)
        return schema.get("additionalProperties") is False or (at_root and not frame.container)

    def _open(self, bracket: str, path: str, schema: Any) -> None:
        if len(self._stack) == MAX_DEPTH or not may_be(schema, "object" if bracket == "{" else "array"):
            raise _Silent
        container: dict[str, Any] | list[Any] = {} if bracket == "{" else []
        if self._stack:
            self._place(container)
        else:
            self._root = container
        self._stack.append(_Open(container, path, resolved(schema, self._schema.schema)))
        self._size += 1

    def _put(self, value: Any) -> None:
        frame = self._stack[-1]
        schema = self._schema_below(frame)
        options = choices(schema, self._schema.schema)
        listed = isinstance(schema, dict) and not schema.keys().isdisjoint({"enum", "const"})
        if options and value not in options and (listed or isinstance(value, str)):
            meant = meant_option(value, options) if isinstance(value, str) else None
            if meant is None:
                raise _Silent
            value = meant[0]
        elif not may_be(schema, kind(value)):
            raise _Silent
        self._completed(_path_below(frame.path, frame.place()))
        self._place(value)
        self._size += 1

    def _place(self, value: Any) -> None:
        frame = self._stack[-1]
        if isinstance(frame.container, dict):
            frame.container[frame.key] = value
        else:
            frame.container.append(value)
        frame.expects = "after"

    def _close(self) -> None:
        self._completed(self._stack.pop().path)
        self._size += 1

    def _completed(self, path: str) -> None:
        if path:
            self._complete.append(path)

    def _schema_below(self, frame: _Open) -> Any:
        return below(frame.schema, frame.key if isinstance(frame.container, dict) else None, self._schema.schema)

    # What is shown

    def _value(self) -> Any:
        """A copy of the open containers; what is closed does not change and is shared."""
        shown = self._half_string()
        for frame in reversed(self._stack):
            copied: Any = frame.container.copy()
            if shown is not _HIDDEN:
                if not isinstance(copied, dict):
                    if frame is not self._stack[-1]:
                        copied.pop()
                    copied.append(shown)
                else:
                    copied[frame.key] = shown
            shown = copied
        return self._root if shown is _HIDDEN else shown

    def _half_string(self) -> Any:
        if self._string is None:
            return _HIDDEN
        frame = self._stack[-1]
        if isinstance(frame.container, dict) and frame.expects != "value":
            return _HIDDEN  # a key
        schema = self._schema_below(frame)
        if not may_be(schema, "string") or is_choice(schema):
            return _HIDDEN
        return "".join(self._string)


_SPACE = re.compile(r"[ \t\r\n]*+")
_SCALAR = re.compile(r"-?[0-9][-+.eE0-9]*+|-|[a-z]++")
_LONGEST_SCALAR = 400
_CHUNK = re.compile(r'[^"\\\x00-\x1f]++')
_ESCAPE = re.compile(
    r'\\(?:["\\/bfnrt]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})'
)
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,4}|u[dD][89abAB][0-9a-fA-F]{2}\\(?:u[0-9a-fA-F]{0,3})?)?")


def _path_below(path: str, part: str | int) -> str:
    """The path of a part; empty where it is too long to be listed."""
    if not path or (isinstance(part, str) and len(part) > _LONGEST_PATH):
        return ""
    whole = path + step_of(part)
    return whole if len(whole) <= _LONGEST_PATH else ""
