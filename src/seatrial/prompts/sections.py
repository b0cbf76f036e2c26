"""Cuts a prompt's body into sections, so that no rendered value can ever start one."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from seatrial.core.errors import Problem
from seatrial.spec.nodes import Problems

SectionKind = Literal["system", "user", "assistant", "history", "examples"]
KINDS: tuple[str, ...] = get_args(SectionKind)

_MARKER = re.compile(rf"(?P<escape>\\?)(?P<kind>{'|'.join(KINDS)}):[ \t]*\Z")


class Section(msgspec.Struct, frozen=True):
    """`text` is a template, `line` the file line it starts on, `marker` the line that starts the section. `history` and
    `examples` have no text.
    """

    kind: SectionKind
    text: str
    line: int
    marker: int


def split_sections(body: str, *, file: str, first_line: int, problems: Problems) -> tuple[Section, ...]:
    """A line that holds only `system:`, `user:`, `assistant:`, `history:` or `examples:` starts a section; with a
    backslash before it, it is that text. Mistakes are noted in `problems`.
    """
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(body.split("\n"), first_line):
        marker = _MARKER.match(line)
        if marker and not marker["escape"]:
            found.append((marker["kind"], [], number))
            continue
        text = line.removeprefix("\\") if marker else line
        if found:
            found[-1][1].append(text)
        elif text.strip():
            problems.add(
                Problem(
                    what="the prompt does not start with a section",
                    file=file,
                    line=number,
                    expected="a line that holds only system: or user:",
                    got=repr(text.strip()[:60]),
                    hint="put the line  system:  above this text",
                )
            )
            return ()
    if not found:
        problems.add(
            Problem(what="the prompt is empty", file=file, line=first_line, expected="a section like system: or user:")
        )
    sections = tuple(_section(kind, lines, marker) for kind, lines, marker in found)
    for section in sections:
        _check(section, sections, file, problems)
    return sections


def _section(kind: str, lines: list[str], marker: int) -> Section:
    text = "\n".join(lines)
    blank = len(text) - len(text.lstrip("\n"))
    return Section(kind, text.strip("\n"), marker + 1 + blank, marker)  # type: ignore[arg-type]


def _check(section: Section, sections: tuple[Section, ...], file: str, problems: Problems) -> None:
    if section.kind in ("history", "examples"):
        if section.text.strip():
            problems.add(
                Problem(
                    what=f"{section.kind}: only marks a place",
                    file=file,
                    line=section.line,
                    expected="the next section's line right after it",
                    got=repr(section.text.strip()[:60]),
                )
            )
        if next(other for other in sections if other.kind == section.kind) is not section:
            problems.add(Problem(what=f"{section.kind}: stands twice", file=file, line=section.marker))
    elif section.kind == "system" and any(other.kind != "system" for other in sections[: sections.index(section)]):
        problems.add(
            Problem(
                what="system: comes after another section",
                file=file,
                line=section.marker,
                hint="models read the system text first; move it to the top",
            )
        )
