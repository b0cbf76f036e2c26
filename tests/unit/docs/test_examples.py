"""What README and docs show is true: files go through the real loaders, Python runs, commands and options exist.

A block is a file when its fence or its first line names one: ```` ```csv data/x.csv ````, or `# evals/tone.yaml`. After
the name, `, under cases:` says that the block goes into the file below that line, and any other words that it is a
variant of the file, read but not kept. On pages in WALKED the console blocks run too, and print what is shown: a line
`…` stands for lines left out; run ids, hashes and times are not compared.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml

from seatrial.checks.define import CHECKS
from seatrial.cli.app import app, run
from seatrial.core.errors import SeatrialError
from seatrial.evals.suites import load_suites
from seatrial.feature.feature import load
from seatrial.feature.spec import read_feature
from seatrial.models.recording import load_recording
from seatrial.models.scripted import load_scripted
from seatrial.prompts.prompt import load_prompt
from seatrial.spec.code import load_file
from seatrial.spec.rows import read_rows
from seatrial.testing.simulator.faults_file import read_faults

ROOT = Path(__file__).parents[3]
GENERATED = ROOT / "docs" / "reference"
WALKED = ("docs/tutorial.md", "docs/guides/checks.md", "docs/guides/detectors.md")
PIPELINES = (".github/workflows/evals.yml", ".gitlab-ci.yml")
MOST_LINES = 12

PAGES = [ROOT / "README.md"]
PAGES += sorted(page for page in (ROOT / "docs").rglob("*.md") if not page.is_relative_to(GENERATED))
LINKED = [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]

_FENCE = re.compile(r"^```(\w+)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# (?P<file>[\w./-]+\.(?:yaml|py))(?:, (?P<part>[^\n]+))?\n")
_UNDER = re.compile(r"under (\w+):")
_INLINE = re.compile(r"`(seatrial\s+[a-z-][^`]*)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_VARYING = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}|\b[0-9a-f]{16}\b|\b[\d,.]+ (?:s|ms)\b")


class Block(NamedTuple):
    """A fenced block. `file` is what it shows, if a file; `part` says which part or variant of it."""

    page: str
    line: int
    language: str
    text: str
    file: str | None
    part: str | None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [_block(page, match, text.count("\n", 0, match.start()) + 1) for match in _FENCE.finditer(text)]


def _block(page: Path, match: re.Match[str], line: int) -> Block:
    language, name, body = match.groups()
    named = _NAMED.match(body)
    file, part = (name, None) if name else (named["file"], named["part"]) if named else (None, None)
    if file is None and body.startswith("suite:"):
        file = "evals/shown.yaml"
    return Block(page.relative_to(ROOT).as_posix(), line, language, body, file, part)


ALL = [block for page in PAGES for block in blocks(page)]


SHOWN = [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES if blocks(page)]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is a copy of the harbor example and has it in examples/harbor too."""
    monkeypatch.setattr(CHECKS, "_loaded", dict(CHECKS._loaded))  # checks a page registers end with the test
    folder = tmp_path / "work"
    for copy in (folder, folder / "examples" / "harbor"):
        left_out = shutil.ignore_patterns(".seatrial", "__pycache__", "test_*.py")
        shutil.copytree(ROOT / "examples" / "harbor", copy, ignore=left_out, dirs_exist_ok=True)
    (folder / "data" / "questions.csv").write_text("question,answer\n2 and 2,4\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("page", SHOWN)
def test_what_a_page_shows_is_read_runs_and_prints_as_shown(
    page: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page.name == "tutorial.md":
        empty = workspace / "empty"
        empty.mkdir()
        monkeypatch.chdir(empty)
    for block in blocks(page):
        try:
            _follow(block, monkeypatch)
        except SeatrialError as error:
            pytest.fail(f"{block.place}: {error}")
    if page.name != "tutorial.md":
        for path in Path().glob("evals/test_*.py"):
            _run_tests(path)


def _run_tests(path: Path) -> None:
    """The tests of a file, with the feature of the working directory. Pytest inside pytest would take seconds."""
    feature = load()
    for name, function in vars(load_file(path)).items():
        if name.startswith("test_"):
            (mark,) = getattr(function, "pytestmark", [pytest.mark.parametrize("feature", [feature]).mark])
            argument, values = mark.args
            for value in values:
                function(**{"feature": feature, argument: value})


def _follow(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    if block.language == "console" and block.page in WALKED:
        _walk(block, monkeypatch)
    elif block.file is not None and block.file not in PIPELINES:
        path = Path(block.file)
        before = path.read_bytes() if path.exists() else b""
        _write(path, block)
        _load(path)
        if block.part is not None and not _UNDER.match(block.part):
            path.write_bytes(before)
    elif block.language == "python":
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})
    elif block.language in ("yaml", "csv", "jsonl", "markdown"):
        assert block.file in PIPELINES, f"{block.place}: say which file this is"


def _write(path: Path, block: Block) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    under = _UNDER.match(block.part or "")
    text = block.text
    if under is not None:
        existing = path.read_text(encoding="utf-8")
        entries = text.split("\n", 1)[1]
        text, found = re.subn(rf"(?m)^{under[1]}:( #.*)?\n", lambda match: match[0] + entries, existing)
        assert found == 1, f"{block.place}: {path} has no line {under[1]}:"
    path.write_text(text, encoding="utf-8")


def _load(path: Path) -> None:
    """Read a file as the product does. Raises SpecError when it is not right."""
    if path.name == "feature.yaml":
        read_feature(path.parent)
    elif path.name == "faults.yaml":
        read_faults(path, seed=0)
    elif path.name == "model.yaml":
        load_scripted("main", "scripted/model.yaml", path, file=str(path))
    elif path.parent.name == "prompts" and path.name != "house_rules.md":
        load_prompt(path, root=Path())
    elif path.parent.name == "recordings":
        load_recording("main", "recording/x", path, match=None, file=str(path))
    elif path.suffix == ".py" and not path.name.startswith("test_"):
        load_file(path)
    elif path.suffix in (".csv", ".jsonl"):
        assert list(read_rows(path))
    elif path.suffix == ".yaml":
        (suite,) = load_suites(Path(), [str(path)], lend=load().lend)
        for case in suite.cases():
            for entry in (*case.checks, *(entry for turn in case.turns for entry in turn.checks)):
                suite.binder.bind(entry)


def _walk(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each command of a console block and compare what it prints with what is shown."""
    for shown in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = shown.partition("\n")
        if command.startswith("cd "):
            monkeypatch.chdir(command.removeprefix("cd "))
            continue
        said = re.match(r'echo "([^"]*)" \| ', command)
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{said[1]}\n" if said else ""))
        (words,) = seatrial_calls(command)
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            run(words)
        _compare(expected, out.getvalue(), f"{block.place}: {command}")


def _compare(expected: str, printed: str, place: str) -> None:
    pieces = [_plain(piece) for piece in re.split(r"^…\n", expected, flags=re.MULTILINE)]
    rest = _plain(printed)
    assert rest.startswith(pieces[0]), f"{place} prints\n{printed}"
    for piece in pieces:
        assert piece in rest, f"{place} prints\n{printed}"
        rest = rest.split(piece, 1)[1] if piece else rest
    assert expected.endswith("…\n") or not rest, f"{place} prints more:\n{rest}"


def _plain(text: str) -> str:
    """Without what differs from run to run; columns may be wider where a number is."""
    return re.sub(r"[ ]{2,}", "  ", _VARYING.sub("~", text)).strip("\n")


def seatrial_calls(line: str) -> Iterator[list[str]]:
    """The arguments of every call of `seatrial` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("|&;<>"):
            if words and words[0].endswith("seatrial"):
                yield words[1:]
            words = []
        else:
            words.append(word)


def shell_lines(block: Block) -> list[str]:
    if block.language == "console":
        return [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    if block.language == "sh":
        return block.text.splitlines()
    if block.file in PIPELINES:
        return re.findall(r"(?:- run: |- )(seatrial .*)", block.text)
    return []


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


LINES = [(block.place, line) for block in ALL for line in shell_lines(block)]
LINES += [(page.name, " ".join(call.split())) for page in PAGES for call in _INLINE.findall(prose(page))]
CALLS = [
    pytest.param(words, id=f"{place} {' '.join(words)}") for place, line in LINES for words in seatrial_calls(line)
]


@pytest.mark.parametrize("words", CALLS)
def test_every_command_shown_exists_with_its_options(words: list[str]) -> None:
    command: click.Command = app
    context = click.Context(app, info_name="seatrial")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    assert not rest, f"arguments too many: {rest}"
    missing = [each.name for each in command.params if each.required and given.get(each.name or "") is None]
    assert missing == []


@pytest.mark.parametrize("name", PIPELINES)
def test_the_pipelines_are_yaml_and_the_same_on_every_page(name: str) -> None:
    shown = {block.text for block in ALL if block.file == name}
    assert len(shown) == 1
    text = shown.pop()
    read = yaml.load(text, Loader=yaml.BaseLoader)
    assert any("seatrial eval" in str(line) for line in _scalars(read))
    if name.startswith(".github"):
        assert len([line for line in text.splitlines() if line.strip()]) <= MOST_LINES
        assert set(read) == {"name", "on", "permissions", "jobs"}


def _scalars(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _scalars(each)
    else:
        yield node


LINKS = [
    pytest.param(page, link, id=f"{page.relative_to(ROOT)} {link}")
    for page in LINKED
    for link in _LINK.findall(prose(page))
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_every_link_leads_to_a_file_and_a_heading(page: Path, link: str) -> None:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if target.is_relative_to(GENERATED) and not GENERATED.is_dir():
        pytest.skip("the reference is not generated yet")
    assert target.exists(), f"there is no {target.relative_to(ROOT)}"
    if anchor:
        assert anchor in _headings(target)


def _headings(page: Path) -> list[str]:
    found = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]
