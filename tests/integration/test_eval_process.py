"""Whole processes: killed, interrupted, side by side, on a full disk. What finished is never lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CASES = 40


def command(root: Path, *options: str) -> list[str]:
    return [sys.executable, "-c", "from seatrial.cli import main; main()", "eval", str(root), *options]


def finish(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(root, *options), capture_output=True, text=True, timeout=300, check=False)


@contextmanager
def started(root: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command(root, *options), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def results_of(root: Path) -> Path | None:
    return next(iter((root / ".seatrial" / "runs").glob("*/results.jsonl")), None)


def wait_for_lines(root: Path, process: subprocess.Popen[str], count: int) -> Path:
    """Watches the file grow; ends when the process does, so that it cannot wait for ever."""
    while process.poll() is None:
        path = results_of(root)
        if path is not None and path.read_bytes().count(b"\n") >= count:
            return path
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.005)
    raise AssertionError(f"the process ended first: {process.stderr.read() if process.stderr else ''}")


@pytest.fixture
def slow(project: Any) -> Path:
    """Forty cases that take 50 ms each."""
    project.write("script.yaml", "rules: [{when: '.', reply: fine, delay: 50ms}]\n")
    cases = "".join(f"  - {{ask: q{number}, name: q{number}}}\n" for number in range(CASES))
    project.suite(f"suite: demo\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    return Path(project.root)


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


@pytest.mark.parametrize("concurrency", ["1", "8"])
def test_kill_9_loses_nothing_that_finished(slow: Path, concurrency: str) -> None:
    with started(slow, "--concurrency", concurrency) as process:
        path = wait_for_lines(slow, process, 5)
        process.kill()
    finished = records(path)
    assert 5 <= len(finished) < CASES
    assert path.read_bytes().endswith(b"\n")
    assert not (path.parent / "summary.json").exists()
    done = finish(slow, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["suites"][0]["passed"] == CASES
    assert Path(summary["run"]) == path.parent
    after = records(path)
    assert after[: len(finished)] == finished
    assert len({record["case"] for record in after}) == len(after) == CASES


def test_ctrl_c_exits_with_130_and_the_run_can_be_resumed(slow: Path) -> None:
    with started(slow, "--concurrency", "2") as process:
        path = wait_for_lines(slow, process, 4)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said
    before = len(records(path))
    assert 4 <= before < CASES
    assert finish(slow, "--resume").returncode == 0
    assert len(records(path)) == CASES


def test_two_processes_do_not_write_one_run(slow: Path) -> None:
    with started(slow, "--concurrency", "1") as process:
        path = wait_for_lines(slow, process, 2)
        second = finish(slow, "--resume")
        assert second.returncode == 3
        assert "another process is writing this run" in second.stderr
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert len(records(path)) == CASES


def test_a_changed_model_is_refused_with_a_way_out(slow: Path) -> None:
    with started(slow) as process:
        wait_for_lines(slow, process, 2)
        process.kill()
    (slow / "script.yaml").write_text("rules: []\ndefault: other\n", encoding="utf-8")
    done = finish(slow, "--resume")
    assert done.returncode == 2
    assert "a model changed since the run began" in done.stderr
    assert "hint: a run measures one version: start anew with  seatrial eval" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_exits_with_3_and_keeps_what_was_written(slow: Path, small_disk: Path) -> None:
    (slow / "script.yaml").write_text(f"rules: []\ndefault: fine {'x' * 3000}\n", encoding="utf-8")
    (slow / ".seatrial").symlink_to(small_disk)
    done = finish(slow)
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    path = results_of(slow)
    assert path is not None
    assert 0 < len(records(path)) < CASES
    assert path.read_bytes().endswith(b"\n")
