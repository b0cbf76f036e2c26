"""`seatrial init`: a new feature that is green offline at once, and never anything overwritten."""

from __future__ import annotations

import errno
import glob
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import seatrial
from seatrial.cli.app import run
from seatrial.cli.init import TEMPLATES
from seatrial.core.errors import SpecError
from seatrial.evals.suites import load_suites
from seatrial.feature.feature import load

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


EACH_TEMPLATE = pytest.mark.parametrize(
    ("template", "suites"), [("chat", ["conversations", "tone"]), ("extract", ["fields", "must"])]
)


@EACH_TEMPLATE
def test_the_new_feature_is_green_at_once(
    template: str, suites: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["init", "bot", "--template", template]) == 0
    monkeypatch.chdir("bot")
    capsys.readouterr()
    assert run(["eval", "--json"]) == 0
    found = json_of(capsys)["suites"]
    assert [suite["suite"] for suite in found] == suites
    assert all(suite["passed"] == suite["cases"] >= 2 for suite in found)


def test_the_template_extract_counts_fields_and_repairs(capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "bot", "--template", "extract"])
    capsys.readouterr()
    assert run(["eval", "bot", "--json"]) == 0
    fields = json_of(capsys)["suites"][0]
    assert {name: (each["accuracy"]["estimate"], each["accuracy"]["n"]) for name, each in fields["fields"].items()} == {
        "day": (1.0, 5),
        "people": (1.0, 5),
        "time": (1.0, 5),
    }
    assert fields["repairs"]["names"] == {"fence": 1, "trailing-comma": 1}


def test_the_template_extract_shows_the_value_in_a_chat(capsys: pytest.CaptureFixture[str], chatting: Any) -> None:
    run(["init", "bot", "--template", "extract"])
    chatting("just me for lunch, monday half past twelve\n")
    assert run(["chat", "bot"]) == 0
    assert 'value {"people":1,"day":"monday","time":"12:30"}' in capsys.readouterr().out


@EACH_TEMPLATE
def test_the_commands_of_its_readme_exist(template: str, suites: list[str]) -> None:
    run(["init", "bot", "--template", template])
    commands = [
        line.split("#")[0].split() for line in Path("bot/README.md").read_text().splitlines() if line[:4] == "    "
    ]
    assert commands == [["seatrial", "eval"], ["seatrial", "chat"], ["pytest"]]


def test_the_new_feature_can_be_talked_to_at_once(capsys: pytest.CaptureFixture[str], chatting: Any) -> None:
    run(["init", "bot"])
    chatting("something no rule knows\n")
    assert run(["chat", "bot"]) == 0
    assert "put a real model into feature.yaml" in capsys.readouterr().out


@pytest.fixture
def chatting(monkeypatch: pytest.MonkeyPatch) -> Any:
    import io

    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.slow
@pytest.mark.parametrize(("template", "tests"), [("chat", 3), ("extract", 2)])
def test_its_pytest_example_passes(here: Path, template: str, tests: int) -> None:
    run(["init", "my-bot", "--template", template])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "/dev/null"],
        cwd=here / "my-bot",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout


@EACH_TEMPLATE
def test_one_marked_line_makes_it_a_real_model(
    template: str, suites: list[str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["init", "bot", "--template", template])
    path = here / "bot" / "feature.yaml"
    lines = path.read_text().splitlines()
    [at] = [number for number, line in enumerate(lines) if line.strip().startswith("main:")]
    marked = lines[at - 1].strip()
    assert marked.startswith("# main: ")
    lines[at] = "  " + marked.removeprefix("# ")
    path.write_text("\n".join(lines))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SpecError, match="OPENAI_API_KEY"):
        load("bot").prepare()
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    load("bot").prepare()


@EACH_TEMPLATE
def test_a_template_ships_no_gate(template: str, suites: list[str], here: Path) -> None:
    run(["init", "bot", "--template", template])
    assert [suite.gate for suite in load_suites(here / "bot")] == [None, None]


@EACH_TEMPLATE
def test_it_says_what_was_made_and_the_next_step(
    template: str, suites: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(["init", "bot", "--template", template])
    said = capsys.readouterr().out
    files = [path.relative_to("bot").as_posix() for path in Path("bot").rglob("*") if path.is_file()]
    assert all(file in said for file in files)
    assert said.splitlines()[-1] == "next    cd bot && seatrial eval"


def test_json_names_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "bot", "--json"])
    made = json_of(capsys)
    assert made | {"files": None} == {
        "feature": "bot",
        "folder": "bot",
        "template": "chat",
        "files": None,
        "next": "cd bot && seatrial eval",
    }
    assert sorted(made["files"]) == sorted(
        path.relative_to("bot").as_posix() for path in Path("bot").rglob("*") if path.is_file()
    )


def test_without_a_name_it_is_the_assistant() -> None:
    assert run(["init"]) == 0
    assert load("assistant").name == "assistant"


def test_dir_says_where_and_gives_the_name() -> None:
    assert run(["init", "--dir", "services/helper"]) == 0
    assert load("services/helper").name == "helper"


def test_dir_may_be_called_otherwise_than_the_feature(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "bot", "--dir", "a folder"]) == 0
    assert load("a folder").name == "bot"
    assert capsys.readouterr().out.endswith("next    cd 'a folder' && seatrial eval\n")


def test_an_empty_folder_is_filled_and_stays_the_same_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / "mine"
    (folder / ".git").mkdir(parents=True)
    inode = folder.stat().st_ino
    assert run(["init", "--dir", "mine"]) == 0
    assert folder.stat().st_ino == inode
    assert load(folder).name == "mine"
    assert not list(folder.glob("*.part")) + list(folder.glob(".*.part"))


def test_in_the_current_folder_the_next_step_needs_no_cd(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mine").mkdir()
    monkeypatch.chdir("mine")
    assert run(["init", "--dir", "."]) == 0
    assert capsys.readouterr().out.endswith("next    seatrial eval\n")
    assert load().name == "mine"


def test_a_folder_with_something_in_it_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bot").mkdir()
    (here / "bot" / "notes.txt").write_text("mine")
    assert run(["init", "bot"]) == 2
    assert everything(here) == ["bot", "bot/notes.txt"]
    assert "not empty" in (said := capsys.readouterr().err)
    assert "notes.txt" in said


def test_a_second_init_changes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "bot"])
    (here / "bot" / "feature.yaml").write_text("changed")
    assert run(["init", "bot"]) == 2
    assert (here / "bot" / "feature.yaml").read_text() == "changed"
    assert "there is a feature already" in capsys.readouterr().err


@pytest.mark.parametrize("dangling", [False, True])
def test_a_file_of_the_name_is_left_alone(here: Path, dangling: bool, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bot").symlink_to("nowhere") if dangling else (here / "bot").write_text("mine")
    assert run(["init", "bot"]) == 2
    assert everything(here) == ["bot"]
    assert "there is a file of this name" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/tmp", ".hidden", "-x", "a b", "a\nb", "a\0b", "{{ x }}", "x" * 51]
)
def test_a_name_that_cannot_be_a_folder_is_refused(here: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--", name]) == 2
    assert everything(here) == []
    assert "hint: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("my bot", "seatrial init my-bot\n"),
        ("services/bot", "seatrial init bot --dir services/bot\n"),
        ("!?", "seatrial init assistant\n"),
    ],
)
def test_a_refused_name_comes_with_a_possible_one(name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", name])
    assert capsys.readouterr().err.endswith(hint)


@given(name=st.text(st.characters(codec="utf-8"), max_size=60) | st.from_regex(r"\w[\w.-]{0,49}", fullmatch=True))
@example(name="true")
@example(name="NULL")
@example(name="123")
@example(name="1e5")
@example(name="0x1f")
@example(name="no")
@example(name="ünï")
@example(name="v1.2")
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_refused_whole_or_becomes_the_name_of_a_feature(
    name: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path_factory.mktemp("any")
    code = run(["init", "--json", "--dir", str(root / "made"), "--", name])
    capsys.readouterr()
    if code == 2:
        assert everything(root) == []
    else:
        assert code == 0
        assert load(root / "made").name == name
        load_suites(root / "made")


@pytest.mark.parametrize(
    ("template", "said"),
    [("chatt", "did you mean chat?"), ("zzz", "hint: templates: chat, extract"), ("extrakt", "mean extract?")],
)
def test_an_unknown_template_is_told_from_the_known(
    here: Path, template: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "bot", "--template", template]) == 2
    assert said in capsys.readouterr().err
    assert everything(here) == []


def stop_at_write(monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException) -> None:
    """Raise at the number-th file written."""
    write, written = Path.write_text, 0

    def stopping(self: Path, *args: Any, **options: Any) -> int:
        nonlocal written
        written += 1
        if written == number:
            raise error
        return write(self, *args, **options)

    monkeypatch.setattr(Path, "write_text", stopping)


@pytest.mark.parametrize("number", [1, 4, 7])
def test_a_full_disk_leaves_nothing(
    here: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_at_write(monkeypatch, number, OSError(errno.ENOSPC, "No space left on device"))
    assert run(["init", "bot"]) == 3
    assert everything(here) == []
    assert "bot: the feature could not be written: No space left on device" in capsys.readouterr().err


def test_an_interrupt_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_at_write(monkeypatch, 3, KeyboardInterrupt())
    assert run(["init", "bot"]) == 130
    assert everything(here) == []


@pytest.mark.parametrize("exists", [False, True])
def test_killed_at_any_moment_there_is_a_whole_feature_or_none(
    here: Path, exists: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if exists:
        (here / "bot").mkdir()
    rename, seen = Path.rename, []

    def watching(self: Path, target: Path) -> Path:
        seen.append((here / "bot" / "feature.yaml").exists())
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watching)
    assert run(["init", "bot"]) == 0
    assert seen == [False] * len(seen)  # it takes the last rename to make a feature
    assert load(here / "bot").name == "bot"


def test_a_part_left_by_a_killed_init_is_in_nobodys_way(here: Path) -> None:
    (here / ".bot.a1b2c3.part").mkdir()
    assert run(["init", "bot"]) == 0


def test_the_package_data_takes_every_file_of_the_templates() -> None:
    package = Path(seatrial.__file__).parent
    packed = {Path(path) for path in glob.glob(str(package / "cli/templates/**/*"), recursive=True)}
    assert {path for path in TEMPLATES.rglob("*") if path.is_file()} <= packed
