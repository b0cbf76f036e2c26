"""Front matter and the body below it."""

import pytest

from seatrial.core.errors import SpecError
from seatrial.spec.frontmatter import FrontMatter, split_front_matter
from seatrial.spec.nodes import Problems


def split(text: str) -> FrontMatter:
    return split_front_matter(text, file="p.md", problems=Problems())


def test_head_and_body_keep_their_lines() -> None:
    found = split("---\na: 1\nb: 2\n---\nsystem:\nhi\n")
    assert found.head.plain() == {"a": 1, "b": 2}
    assert found.head.value["b"].line == 3
    assert (found.body, found.body_line) == ("system:\nhi\n", 5)


@pytest.mark.parametrize("text", ["system:\nhi", "", "----\na", " ---\na", "a\n---\n"])
def test_a_file_that_does_not_start_with_dashes_is_all_body(text: str) -> None:
    found = split(text)
    assert (found.head.plain(), found.body, found.body_line) == (None, text, 1)


def test_an_empty_head_is_nothing() -> None:
    found = split("---\n---\nbody")
    assert (found.head.plain(), found.body, found.body_line) == (None, "body", 3)


def test_dashes_in_the_body_are_body() -> None:
    assert split("---\na: 1\n---\nx\n---\ny").body == "x\n---\ny"


def test_windows_line_ends_are_fine() -> None:
    found = split("---\r\na: 1\r\n---\r\nbody\r\n")
    assert (found.head.plain(), found.body, found.body_line) == ({"a": 1}, "body\r\n", 4)


def test_characters_that_look_like_line_ends_do_not_shift_the_lines() -> None:
    found = split("---\na: 'x\u2028y\x85z'\n---\nbody")
    assert (found.head.plain(), found.body, found.body_line) == ({"a": "x\u2028y\x85z"}, "body", 4)


def test_an_open_head_is_refused() -> None:
    with pytest.raises(SpecError, match="not closed") as caught:
        split("---\na: 1\n")
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == ("p.md", 1)


def test_a_mistake_in_the_head_has_its_line_of_the_file() -> None:
    with pytest.raises(SpecError) as caught:
        split("---\na: 1\nb: [\n---\nbody")
    assert caught.value.problems[0].line == 3
