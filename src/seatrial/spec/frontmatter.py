"""Splits a text file into its YAML front matter and the body below it, keeping line numbers."""

from __future__ import annotations

from typing import NamedTuple

from seatrial.core.errors import SpecError
from seatrial.spec.nodes import Node, Problems
from seatrial.spec.yaml import parse_yaml


class FrontMatter(NamedTuple):
    """`head` is an empty scalar node when the file has no front matter; `body_line` is the body's first line."""

    head: Node
    body: str
    body_line: int


def split_front_matter(text: str, *, file: str, problems: Problems) -> FrontMatter:
    """A file that starts with a line `---` has front matter up to the next such line."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return FrontMatter(Node("scalar", None, 1, 1, file, problems), text, 1)
    for index, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            head = parse_yaml("\n".join(lines[1:index]), file=file, first_line=2, problems=problems)
            return FrontMatter(head, "\n".join(lines[index + 1 :]), index + 2)
    raise SpecError("the front matter is not closed", file=file, line=1, expected="a second line that holds only ---")
