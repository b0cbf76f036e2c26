"""YAML to `Node` trees: YAML 1.2 scalars, anchors and merges, with size, depth and expansion bounded.

Built from libyaml's event stream rather than its composer: the composer recurses in C, so that deep nesting ends the
process, and it drops the positions of keys. Scalars follow the 1.2 core schema (`no`, `on`, dates and `1:30` are text).
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from seatrial.core.errors import Problem, SpecError
from seatrial.spec.files import read_text
from seatrial.spec.nodes import Node, Problems

MAX_DEPTH = 60
MAX_NODES = 2_000_000
"""Counted after anchors are expanded, so that a few lines cannot stand for billions of values."""

MAX_DIGITS = 4000
"""Of a number; Python itself refuses to read longer ones in linear time."""

_BREAKS_OF_YAML_1_1 = {0x85: 0xF0085, 0x2028: 0xF2028, 0x2029: 0xF2029}
_RESTORED = {stand_in: real for real, stand_in in _BREAKS_OF_YAML_1_1.items()}
"""Line breaks to libyaml, plain characters in YAML 1.2 and in JSON: private-use characters stand in for them while it
reads, or they would end lines, be folded into spaces and shift every line number below them.
"""

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_MERGE = object()
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_BASED = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)\Z")
_TAGS = {
    "tag:yaml.org,2002:str": "str",
    "tag:yaml.org,2002:int": "int",
    "tag:yaml.org,2002:float": "float",
    "tag:yaml.org,2002:bool": "bool",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:map": "map",
    "tag:yaml.org,2002:seq": "seq",
    "!": "str",
}


def read_yaml(path: Path, *, file: str | None = None, problems: Problems | None = None) -> Node:
    """The one document of a YAML file. Raises SpecError when it is not YAML; see `parse_yaml`."""
    return parse_yaml(read_text(path, file=file), file=file or str(path), problems=problems)


def parse_yaml(text: str, *, file: str, first_line: int = 1, problems: Problems | None = None) -> Node:
    """`text` as a tree. Mistakes of syntax raise SpecError at once, since nothing after them can be trusted; duplicate
    keys are noted in `problems`. `first_line` is the file line the text starts on.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(file, first_line, problems if problems is not None else Problems())
    builder.stand_ins = any(chr(code) in text for code in _BREAKS_OF_YAML_1_1)
    try:
        for event in yaml.parse(text.translate(_BREAKS_OF_YAML_1_1) if builder.stand_ins else text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(
            Problem(
                what=f"this is not YAML: {error.problem or error.context}",
                file=file,
                line=min(mark.line, text.rstrip().count("\n")) + first_line if mark else first_line,
                column=mark.column + 1 if mark else None,
                hint=_hint(error.problem),
            )
        ) from error
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        code, position = _unreadable(error)
        raise SpecError(
            Problem(
                what=f"the character U+{code:04X} may not stand in YAML",
                file=file,
                line=text[:position].count("\n") + first_line,
                hint="take it out, or write it as an escape in double quotes",
            )
        ) from error
    return builder.document()


def _hint(problem: str | None) -> str:
    if problem and "Unicode character escape" in problem:
        return "write the character itself; YAML knows no pairs of \\u escapes for one character"
    return "check the indentation and the quotes around here; YAML indents with spaces only"


def _unreadable(error: yaml.reader.ReaderError | UnicodeEncodeError) -> tuple[int, int]:
    """The code point that cannot be read and where it stands in the text."""
    if isinstance(error, UnicodeEncodeError):
        return ord(error.object[error.start]), error.start
    return int(error.character), int(error.position)


class _Builder:
    """Turns libyaml events into Nodes with an explicit stack."""

    def __init__(self, file: str, first_line: int, problems: Problems) -> None:
        self.file = file
        self.first_line = first_line
        self.problems = problems
        self.anchors: dict[str, Node] = {}
        self.stack: list[tuple[Node, str | None]] = []
        self.pending_key: list[tuple[Any, int] | None] = []
        self.root: Node | None = None
        self.documents = 0
        self.stand_ins = False

    def document(self) -> Node:
        if self.root is None:
            return Node("scalar", None, self.first_line, 1, self.file, self.problems)
        return self.root

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, "mapping")
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, "list")
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node, anchor = self.stack.pop()
            self.pending_key.pop()
            self._add(node, anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse(event, "a second document starts here", "one document a file; take out the '---' line")

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + self.first_line

    def _refuse(self, event: Any, what: str, hint: str) -> NoReturn:
        raise SpecError(
            Problem(
                what=what,
                file=self.file,
                line=self._line(event),
                column=event.start_mark.column + 1,
                hint=hint,
            )
        )

    def _node(self, event: Any, kind: Any, value: Any) -> Node:
        return Node(kind, value, self._line(event), event.start_mark.column + 1, self.file, self.problems)

    def _take_scalar(self, event: Any) -> None:
        at_key = bool(self.stack) and self.stack[-1][0].kind == "mapping" and self.pending_key[-1] is None
        text = event.value.translate(_RESTORED) if self.stand_ins else event.value
        if at_key and event.anchor is None and event.tag is None:
            # As written: a version like 1.10 is a name here, and a quoted << merges nothing.
            merges = text == "<<" and event.implicit[0]
            self.pending_key[-1] = (_MERGE if merges else text, self._line(event))
        else:
            self._add(self._node(event, "scalar", self._scalar(event, text)), event.anchor)

    def _scalar(self, event: Any, text: str) -> Any:
        kind = self._tag(event)
        if kind == "str" or (kind is None and not event.implicit[0]):
            return text
        try:
            value = resolve(text)
        except ValueError as error:
            self._refuse(event, f"the number {text[:40]} cannot be read: {error}", "quotes make it text")
        if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if kind is not None and kind != _kind_of(value):
            self._refuse(event, f"{text[:40]!r} is not tagged truly", f"expected a value of type {kind}")
        return value

    def _tag(self, event: Any) -> str | None:
        if event.tag is None:
            return None
        kind = _TAGS.get(event.tag)
        if kind is None:
            self._refuse(event, f"the tag {event.tag!r} is not allowed", "files hold plain data; take out the tag")
        return kind

    def _open(self, event: Any, kind: str) -> None:
        tag = self._tag(event)
        if tag is not None and tag != {"mapping": "map", "list": "seq"}[kind]:
            self._refuse(event, f"a {kind} is not tagged truly", f"expected a value of type {tag}")
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the data")
        node = self._node(event, kind, {} if kind == "mapping" else [])
        self.stack.append((node, event.anchor))
        self.pending_key.append(None)

    def _alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            self._refuse(event, f"*{event.anchor} names no anchor above it", f"write &{event.anchor} on a value first")
        if len(self.stack) + node.depth > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels once anchors are expanded", "flatten the data")
        self._add(node, None)

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if parent.size > MAX_NODES:
            raise SpecError(
                Problem(
                    what=f"more than {MAX_NODES:,} values once anchors are expanded",
                    file=self.file,
                    line=node.line,
                    hint="keep large data in a JSONL or CSV file and read it with from:",
                )
            )
        if parent.kind == "list":
            parent.value.append(node)
        elif self.pending_key[-1] is None:
            self.pending_key[-1] = (self._key(node), node.line)
        else:
            key, line = self.pending_key[-1]
            self.pending_key[-1] = None
            self._set(parent, key, line, node)

    def _key(self, node: Node) -> Any:
        if node.kind != "scalar":
            node.problem("a key must be text", expected="text", got="a " + node.kind)
            return f"<{node.kind}>"
        return node.value if isinstance(node.value, str) else _as_written(node.value)

    def _set(self, parent: Node, key: Any, line: int, node: Node) -> None:
        if key is _MERGE:
            self._merge(parent, node)
            return
        merged = parent.value.get(key)
        if merged is not None and merged.key_line > 0:
            self.problems.add(
                Problem(
                    what=f"the key {key!r} stands twice",
                    file=self.file,
                    line=line,
                    hint=f"it first stands on line {merged.key_line}; keep one of the two",
                )
            )
            return
        parent.value[key] = node.placed(key_line=line)

    def _merge(self, parent: Node, node: Node) -> None:
        """`<<: *anchor` or a list of them: keys that stand in the mapping itself win, earlier merges over later."""
        sources = node.value if node.kind == "list" else [node]
        for source in sources:
            if source.kind != "mapping":
                source.problem("only a mapping can be merged", expected="an alias of a mapping")
                continue
            for key, value in source.value.items():
                if key not in parent.value:
                    parent.value[key] = value.placed(key_line=0)  # may be overridden by a written one


def resolve(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema: null, boolean, integer, float, or the text itself. Raises ValueError
    for a number too long or too large to hold.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in "0123456789+-.":
        if _INT.match(text):
            return int(_bounded(text))
        if _FLOAT.match(text):
            return _finite(text)
        if _BASED.match(text):
            return int(_bounded(text), 0)
    return text


def _bounded(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"more than {MAX_DIGITS} digits")
    return digits


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too large")
    return number


def _kind_of(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "str")


def _as_written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
