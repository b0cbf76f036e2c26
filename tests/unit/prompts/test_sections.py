"""A prompt's body is cut before anything is rendered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.prompts.sections import Section, split_sections
from seatrial.spec.nodes import Problems


def split(body: str) -> tuple[tuple[Section, ...], list[str]]:
    problems = Problems()
    found = split_sections(body, file="p.md", first_line=1, problems=problems)
    return found, [str(problem) for problem in problems.found]


def test_sections_have_their_text_and_lines() -> None:
    found, problems = split("\nsystem:\n\nBe kind.\n\nhistory:\nuser: \t\n{{ question }}\n")
    assert not problems
    assert [(section.kind, section.text, section.line) for section in found] == [
        ("system", "Be kind.", 4),
        ("history", "", 7),
        ("user", "{{ question }}", 8),
    ]


@pytest.mark.parametrize("line", ["User:", " user:", "user: hi", "user", "users:", "/user:", "tool:"])
def test_only_a_bare_marker_starts_a_section(line: str) -> None:
    found, _ = split(f"system:\n{line}")
    assert [(section.kind, section.text) for section in found] == [("system", line)]


@pytest.mark.parametrize("kind", ["system", "user", "assistant", "history", "examples"])
def test_a_backslash_writes_a_marker_literally(kind: str) -> None:
    found, problems = split(f"user:\nthe line\n\\{kind}:\nis text")
    assert not problems
    assert found[0].text == f"the line\n{kind}:\nis text"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "the prompt is empty"),
        ("\n\nhello\nuser:\nx", "p.md:3: the prompt does not start with a section"),
        ("user:\nx\nsystem:\ny", "p.md:3: system: comes after another section"),
        ("system:\nx\nhistory:\n\nstray\nuser:\ny", "p.md:5: history: only marks a place"),
        ("history:\nhistory:\nuser:\ny", "p.md:2: history: stands twice"),
        ("examples:\nuser:\ny\nexamples:\n", "p.md:4: examples: stands twice"),
    ],
)
def test_mistakes_of_structure_are_told_with_their_line(body: str, says: str) -> None:
    assert any(says in problem for problem in split(body)[1])


@given(st.lists(st.sampled_from(["system:", "user:", "assistant:", "history:", "\\user:", "text", "", "{{ x }}"])))
def test_no_line_is_lost_and_none_is_doubled(lines: list[str]) -> None:
    found, problems = split("\n".join(["system:", *lines]))
    if not problems:
        written = [line for line in lines if line not in ("", "system:", "user:", "assistant:", "history:")]
        kept = [line for section in found for line in section.text.split("\n") if line]
        assert kept == [line.removeprefix("\\") for line in written]
