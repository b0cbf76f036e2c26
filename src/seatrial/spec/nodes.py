"""A parsed file as a tree of nodes that know where they stand, and the readers that turn nodes into typed values.

Readers never raise on a wrong value: they note a `Problem` and return None, so that one pass over a file finds all its
mistakes; `Problems.raise_any()` ends the pass. msgspec.convert was tried for this and stops at the first mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.units import parse_duration, write_duration

Kind = Literal["scalar", "list", "mapping"]
T = TypeVar("T")

MOST_PROBLEMS = 50
"""After this many mistakes the rest of a file only repeats them."""


class Problems:
    """Collects the mistakes of one load."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        if problem not in self.found:
            self.found.append(problem)

    def extend(self, error: SpecError) -> None:
        for problem in error.problems:
            self.add(problem)

    def raise_any(self) -> None:
        if self.found:
            raise SpecError(self.found[:MOST_PROBLEMS])


class Node:
    """One value of a file. `value` is a scalar, a list of Nodes, or a dict of key to Node; lines count from 1.

    `key_line` is the line of the key it stands under, 0 for a merged one. `size` counts the values in it, `depth` the
    levels below it, both with anchors expanded.
    """

    __slots__ = ("column", "depth", "file", "key_line", "kind", "line", "problems", "size", "value")

    def __init__(
        self, kind: Kind, value: Any, line: int, column: int, file: str, problems: Problems, size: int = 1
    ) -> None:
        self.kind = kind
        self.value = value
        self.line = line
        self.column = column
        self.file = file
        self.problems = problems
        self.size = size
        self.depth = 0
        self.key_line = line

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"

    def problem(
        self,
        what: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        nearest: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problems.add(
            Problem(
                what=what,
                file=self.file,
                line=self.line,
                column=self.column,
                expected=expected,
                got=got,
                nearest=nearest,
                hint=hint,
            )
        )

    def placed(self, *, key_line: int) -> Node:
        """The same value under a key on that line."""
        node = Node(self.kind, self.value, self.line, self.column, self.file, self.problems, self.size)
        node.depth, node.key_line = self.depth, key_line
        return node

    def key_problem(self, what: str, *, nearest: str | None = None, hint: str | None = None) -> None:
        """A mistake in the key this value stands under; a merged key is shown where its value stands."""
        line = self.key_line or self.line
        self.problems.add(Problem(what=what, file=self.file, line=line, nearest=nearest, hint=hint))

    def plain(self) -> Any:
        """The value as plain Python data."""
        if self.kind == "scalar":
            return self.value
        if self.kind == "list":
            return [item.plain() for item in self.value]
        return {key: item.plain() for key, item in self.value.items()}

    def wanted(self, what: str, expected: str) -> None:
        self.problem(f"{what} is not right", expected=expected, got=describe(self))

    # Each reader below returns None after it noted a problem.

    def fields(
        self, what: str, known: Iterable[str], *, later: Iterable[str] = (), required: Iterable[str] = ()
    ) -> dict[str, Node] | None:
        """A mapping with known keys. A key of `later` belongs to the design but not to this version."""
        if self.kind != "mapping":
            self.wanted(what, "a mapping")
            return None
        names = list(known)
        for key, node in self.value.items():
            if key in names:
                continue
            if key in later:
                node.key_problem(
                    f"{key}: not in this version", hint="take the key out; nothing is accepted and ignored"
                )
            else:
                nearest = nearest_name(str(key), names)
                node.key_problem(
                    f"unknown key {key!r} in {what}",
                    nearest=nearest,
                    hint=None if nearest else f"known keys: {', '.join(names)}",
                )
        for key in required:
            if key not in self.value:
                self.problem(f"{what} has no {key!r}", expected=f"the key {key!r}")
        return {key: node for key, node in self.value.items() if key in names}

    def text(self, what: str, *, empty: bool = False) -> str | None:
        if self.kind == "scalar" and isinstance(self.value, str) and (empty or self.value.strip()):
            return self.value
        hint = 'put it in quotes: "..."' if self.kind == "scalar" and self.value is not None else None
        self.problem(f"{what} is not right", expected="text", got=describe(self), hint=hint)
        return None

    def number(self, what: str, *, least: float | None = None, most: float | None = None) -> float | None:
        value = self.value
        if self.kind != "scalar" or isinstance(value, bool) or not isinstance(value, int | float):
            self.wanted(what, "a number")
            return None
        if (least is not None and value < least) or (most is not None and value > most) or value != value:
            self.wanted(what, _range("a number", least, most))
            return None
        return value

    def integer(self, what: str, *, least: int | None = None, most: int | None = None) -> int | None:
        value = self.value
        if self.kind != "scalar" or isinstance(value, bool) or not isinstance(value, int):
            self.wanted(what, "a whole number")
            return None
        if (least is not None and value < least) or (most is not None and value > most):
            self.wanted(what, _range("a whole number", least, most))
            return None
        return value

    def duration(self, what: str, *, most: float, zero: bool = False, like: str = "800ms or 30s") -> float | None:
        """Seconds, above 0 unless `zero` may be said too; `most` is in seconds, `like` what fits the place."""
        seconds = parse_duration(self.value) if isinstance(self.value, str) else None
        if seconds is None or seconds > most or (not seconds and not zero):
            self.wanted(what, f"a duration like {like}, of at most {write_duration(most)}")
            return None
        return seconds

    def boolean(self, what: str) -> bool | None:
        if self.kind == "scalar" and isinstance(self.value, bool):
            return self.value
        self.wanted(what, "true or false")
        return None

    def choice(self, what: str, options: Iterable[str]) -> str | None:
        names = list(options)
        if self.kind == "scalar" and self.value in names:
            return str(self.value)
        self.problem(
            f"{what} is not right",
            expected=" or ".join(names) if len(names) < 4 else f"one of {', '.join(names)}",
            got=describe(self),
            nearest=nearest_name(str(self.value), names) if self.kind == "scalar" else None,
        )
        return None

    def items(self, what: str) -> list[Node] | None:
        if self.kind == "list":
            return list(self.value)
        self.wanted(what, "a list")
        return None

    def entries(self, what: str) -> Mapping[str, Node] | None:
        """A mapping with keys of the user's choice."""
        if self.kind == "mapping":
            return dict(self.value)
        self.wanted(what, "a mapping")
        return None

    def texts(self, what: str) -> list[str] | None:
        nodes = self.items(what)
        if nodes is None:
            return None
        read = [node.text(f"an entry of {what}") for node in nodes]
        return [text for text in read if text is not None]

    def walk(self) -> Iterator[Node]:
        yield self
        if self.kind == "list":
            children: Iterable[Node] = self.value
        elif self.kind == "mapping":
            children = self.value.values()
        else:
            return
        for child in children:
            yield from child.walk()


def describe(node: Node) -> str:
    """What stands there, short enough for a message."""
    return describe_value(node.value)


def describe_value(value: object) -> str:
    """The same of a value in the words of the user's files."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {value[:60]!r}" + ("…" if len(value) > 60 else "") if value else "empty text"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, Mapping):
        return f"a mapping with {', '.join(map(str, list(value)[:4])) or 'no keys'}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _range(noun: str, least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"{noun} from {least} to {most}"
    if least is not None:
        return f"{noun} of at least {least}"
    return f"{noun} of at most {most}"
