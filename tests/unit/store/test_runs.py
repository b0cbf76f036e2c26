"""Run folders: whole lines whatever happens, the newest run by its name, one writer at a time."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.errors import OutsideError, SpecError
from seatrial.store.disk import LineWriter
from seatrial.store.records import Result
from seatrial.store.runs import RunFolder, create_run, find_run, list_runs, lock_run


def result(case: str, *, repeat: int = 1, output: str = "", suite: str = "s") -> Result:
    return Result(case=case, suite=suite, variant="main", repeat=repeat, made_by="m", state="pass", output=output)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(tmp_path)


def begin(run: RunFolder) -> RunFolder:
    (run.path / "run.json").write_text("{}", encoding="utf-8")
    return run


def write(run: RunFolder, *results: Result, append: bool = True) -> None:
    with LineWriter(run.path / "results.jsonl", append=append) as out:
        for each in results:
            out.write(each)


def test_a_run_has_a_name_of_its_time_and_six_digits(run):
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", run.id)
    assert run.path.parent.name == "runs"
    assert run.path.parent.parent.name == ".seatrial"


def test_runs_made_in_one_second_sort_by_when_they_were_made(tmp_path):
    made = [create_run(tmp_path).id for _ in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50


def test_of_equal_keys_the_last_line_wins(run):
    write(run, result("a", output="old"), result("b"), result("a", repeat=2), result("a", output="new"))
    assert [(each.case, each.repeat, each.output) for each in run.results()] == [
        ("b", 1, ""),
        ("a", 2, ""),
        ("a", 1, "new"),
    ]


def test_a_run_without_results_has_none(run):
    assert list(run.results()) == []
    assert list(run.cases()) == []
    assert run.index() == {}


@given(cut=st.integers(0, 400), texts=st.lists(st.text(max_size=20), min_size=1, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_a_file_is_torn_the_whole_lines_before_are_read_and_written_on(run, cut, texts):
    path = run.path / "results.jsonl"
    whole = [result(str(number), output=text) for number, text in enumerate(texts)]
    write(run, *whole, append=False)
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    kept = whole[: content.count(b"\n")]
    assert list(run.results()) == kept
    write(run, result("more"))
    assert list(run.results()) == [*kept, result("more")]


def test_a_line_the_disk_did_not_take_is_taken_back(run, monkeypatch):
    real = os.write

    def full(file, data):
        if b'"second"' in data:
            real(file, bytes(data[:10]))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    with LineWriter(run.path / "results.jsonl", append=False) as out:
        out.write(result("first"))
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            with pytest.raises(OutsideError, match="No space left"):
                out.write(result("second"))
        out.write(result("third"))
    assert [each.case for each in run.results()] == ["first", "third"]


def test_a_write_the_system_cuts_short_goes_on(run, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, bytes(data[:7])))
    write(run, result("a", output="x" * 100), append=False)
    monkeypatch.undo()
    assert [each.output for each in run.results()] == ["x" * 100]


def test_a_line_that_is_no_result_is_named(run):
    write(run, result("a"))
    path = run.path / "results.jsonl"
    path.write_bytes(path.read_bytes() + b"\x00\x00\n")
    with pytest.raises(SpecError) as caught:
        list(run.results())
    assert caught.value.problems[0].where == f"{path}:2"


def test_results_of_cases_that_are_gone_are_taken_out(run):
    write(run, result("a", output="old"), result("b"), result("a", output="new"))
    run.keep_only({("s", "a", "main", 1)})
    assert [each.output for each in run.results()] == ["old", "new"][1:]
    run.keep_only({("s", "a", "main", 1)})
    assert len((run.path / "results.jsonl").read_bytes().splitlines()) == 2


def test_a_record_of_another_version_is_named(run):
    (run.path / "run.json").write_text('{"id": 5}', encoding="utf-8")
    with pytest.raises(SpecError, match=r"run\.json cannot be read"):
        run.record()


def test_folders_that_hold_no_run_are_no_runs(tmp_path):
    first = begin(create_run(tmp_path))
    create_run(tmp_path)
    second = begin(create_run(tmp_path))
    assert [each.id for each in list_runs(tmp_path)] == [first.id, second.id]
    assert list_runs(tmp_path / "nowhere") == []


def test_a_run_is_found_by_id_beginning_end_path_or_as_the_newest(tmp_path):
    first, second = begin(create_run(tmp_path)), begin(create_run(tmp_path))
    assert find_run(tmp_path).id == find_run(tmp_path, "latest").id == second.id
    for name in (first.id, first.id[-6:], str(first.path)):
        assert find_run(tmp_path, name).id == first.id


@pytest.mark.parametrize("name", ["2", "nothing", None])
def test_a_run_that_is_not_there_or_not_alone_says_what_to_do(tmp_path, name):
    if name == "2":
        begin(create_run(tmp_path))
        begin(create_run(tmp_path))
    with pytest.raises(SpecError) as caught:
        find_run(tmp_path, name)
    assert caught.value.problems[0].hint


def test_one_writer_at_a_time(run):
    with lock_run(run), pytest.raises(OutsideError, match="another process"), lock_run(run):
        pass
    with lock_run(run):
        pass


def test_an_error_while_the_lock_is_held_stays_what_it_is(run):
    with pytest.raises(ConnectionResetError), lock_run(run):
        raise ConnectionResetError("of somebody else")


def test_a_folder_that_cannot_be_made_is_an_outside_error_with_the_right_hint(tmp_path):
    (tmp_path / ".seatrial").write_text("", encoding="utf-8")
    with pytest.raises(OutsideError) as caught:
        create_run(tmp_path)
    assert "--resume" not in str(caught.value)
