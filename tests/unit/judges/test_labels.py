"""Labels: blind, one key each, by several people, and what they come to together."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cli.app import run as seatrial
from seatrial.core.conversation import Message
from seatrial.core.errors import SpecError
from seatrial.evals.align import part_of
from seatrial.evals.labelling import to_label
from seatrial.evals.run import evaluate
from seatrial.judges.labels import Item, Labels, label_of, read_labels

ROWS = [
    {"q": f"question {n}", "answer": f"answer {n}", "judge_said": "pass", "model": "secret-model"} for n in range(5)
]


def item(text="an answer", asked="hi"):
    return Item(messages=(Message("user", asked),), text=text)


def label(word, by="ana", text="an answer", **more):
    return label_of(item(text), word, by=by, at="2026-01-01T00:00:00+00:00", **more)


@pytest.mark.parametrize(
    ("lines", "passes", "disputed"),
    [
        ([label("pass")], [True], 0),
        ([label("pass"), label("pass", "ben")], [True], 0),
        ([label("pass"), label("fail", "ben")], [], 1),
        ([label("pass"), label("unsure", "ben")], [True], 0),
        ([label("unsure")], [], 1),
        ([label("pass"), label("fail")], [False], 0),
        ([label("pass"), label("fail", "ben"), label("fail", "cai", kind="adjudication")], [False], 0),
        ([label("pass"), label("pass", "ben"), label("fail", "cai", kind="adjudication")], [False], 0),
    ],
)
def test_what_people_said_of_an_item_comes_to_one_word_or_is_disputed(lines, passes, disputed):
    labels = Labels(lines)
    assert [each.passes for each in labels.decided()] == passes
    assert len(labels.disputed()) == disputed


def test_people_are_compared_in_pairs_where_both_were_sure():
    words = {"ana": "pass", "ben": "fail", "cai": "pass", "dee": "unsure"}
    labels = Labels([label(word, by) for by, word in words.items()])
    assert sorted(labels.pairs()) == [("fail", "pass"), ("pass", "fail"), ("pass", "pass")]


@given(st.lists(st.text(max_size=5), max_size=12), st.integers(0, 3), st.integers(1, 6))
def test_everybody_gets_the_same_sample_in_an_order_of_their_own(texts, seed, size):
    items = [item(text) for text in texts]
    given = {by: to_label(items, Labels([]), by=by, sample=size, seed=seed) for by in ("ana", "ben")}
    assert {each.id for each in given["ana"]} == {each.id for each in given["ben"]}
    assert len(given["ana"]) == min(size, len({each.id for each in items}))
    done = Labels([label_of(each, "pass", by="ana", at="") for each in given["ana"][:2]])
    assert to_label(items, done, by="ana", sample=size, seed=seed) == given["ana"][2:]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=20, unique=True), st.integers(0, 5))
def test_answers_to_one_ask_stay_in_one_part_whatever_else_is_labelled(asked, seed):
    for each in asked:
        assert part_of(item("one", each), seed) == part_of(item("another", each), seed)


def test_a_bad_line_is_told_with_its_place(tmp_path):
    path = tmp_path / "labels.jsonl"
    good = msgspec.json.encode(label("pass")).decode()
    path.write_text(f'{good}\n{{"item": "x"}}\n{good.replace("an answer", "another")}\n')
    with pytest.raises(SpecError) as error:
        read_labels(path)
    assert [(each.line, each.what[:20]) for each in error.value.problems] == [
        (2, "this is no label: Ob"),
        (3, "the label's item is "),
    ]


@pytest.fixture
def desk(project, monkeypatch, capsys):
    """Run `judge label` with these lines coming through a pipe."""
    project.rows("rows.jsonl", ROWS)
    monkeypatch.chdir(project.root)

    def run(keys, *options, by="ana"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(keys))
        source = [] if "--adjudicate" in options or "--run" in options else ["--from", "rows.jsonl", "--asked", "q"]
        code = seatrial(["judge", "label", "labels.jsonl", "--by", by, *source, *options])
        return code, capsys.readouterr()

    return run


def stored(project):
    return [json.loads(line) for line in (project.root / "labels.jsonl").read_text().splitlines()]


def test_every_key_is_a_line_at_once_and_the_next_time_goes_on(desk, project):
    code, shown = desk("p\nf\n?\nu\nq\n")
    assert (code, [line["label"] for line in stored(project)]) == (0, ["pass", "fail", "unsure"])
    assert "3 of 5 labelled by ana" in shown.out
    _, shown = desk("p\np\np\n")
    assert "2 answers to label" in shown.out
    assert len({line["item"] for line in stored(project)}) == 5
    assert "has labelled everything" in desk("")[1].out


def test_it_is_blind(desk):
    _, shown = desk("p\np\np\np\np\n", "--question", "Is it kind?")
    assert "Is it kind?" in shown.out
    assert "question 3" in shown.out
    assert "secret-model" not in shown.out
    assert "judge_said" not in shown.out
    assert "ana" not in desk("p\n" * 5, by="ben")[1].out


def test_going_back_labels_again_and_the_last_word_counts(desk, project):
    desk("p\nb\nf\nq\n")
    [decided] = read_labels(project.root / "labels.jsonl").decided()
    assert (decided.passes, len(stored(project))) == (False, 2)


def test_a_note_goes_with_the_label(desk, project, monkeypatch):
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: "too long")
    desk("n\nf\nq\n")
    assert stored(project)[0]["note"] == "too long"


def test_what_people_do_not_agree_on_is_ruled_on_without_their_names(desk, project):
    desk("p\n" * 5)
    desk("f\n" * 5, by="ben")
    code, shown = desk("f\nf\nq\n", "--adjudicate", by="cai")
    assert (code, "5 answers to rule on" in shown.out) == (0, True)
    assert "person 1  pass" in shown.out
    assert "person 2  fail" in shown.out
    assert not {"ana", "ben"} & set(shown.out.split())
    labels = read_labels(project.root / "labels.jsonl")
    assert (len(labels.decided()), len(labels.disputed())) == (2, 3)


def test_the_answers_of_a_run_are_labelled(desk, project):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: one}, {ask: two}]\n")
    evaluate(project.root)
    _, shown = desk("p\np\n", "--run", "latest")
    assert "2 of 2 labelled" in shown.out
    assert {line["judged"]["messages"][0]["content"] for line in stored(project)} == {"one", "two"}


def test_what_could_steer_the_terminal_is_shown_as_signs(desk, project):
    project.rows("rows.jsonl", [{"q": "hi", "answer": "\x1b[2Jgone"}])
    assert "\x1b[2J" not in desk("p\n")[1].out


@pytest.mark.parametrize(
    ("options", "what"),
    [(["--run", "latest"], "there is no run yet"), (["--from", "rows.jsonl", "--text", "nothing"], "nothing")],
)
def test_what_cannot_be_labelled_is_told(desk, options, what):
    code, shown = desk("p\n", *options)
    assert code == 2
    assert what in shown.err


def test_something_has_to_be_labelled(project, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    assert seatrial(["judge", "label", "labels.jsonl", "--by", "ana"]) == 2
    assert "one of --run and --from" in capsys.readouterr().err


def read_until(master, text):
    """What the terminal shows up to `text`, or to its end without one."""
    seen = b""
    while text is None or text not in seen:
        ready, _, _ = select.select([master], [], [], 60)
        assert ready, seen
        try:
            seen += os.read(master, 65536)
        except OSError:  # the other end is closed
            return seen
    return seen


@pytest.mark.slow
def test_on_a_terminal_a_key_is_enough(project):
    project.rows("rows.jsonl", ROWS)
    master, slave = pty.openpty()
    options = ["judge", "label", "labels.jsonl", "--by", "ana", "--from", "rows.jsonl", "--asked", "q"]
    command = [sys.executable, "-c", "from seatrial.cli import main; main()", *options]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=project.root)
    os.close(slave)
    try:
        os.write(master, b"p")  # typed ahead, before anything is shown
        for key in (b"f", b"q"):
            read_until(master, b"p/f/u > ")
            os.write(master, key)
        assert b"2 of 5 labelled by ana" in read_until(master, None)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert [line["label"] for line in stored(project)] == ["pass", "fail"]
