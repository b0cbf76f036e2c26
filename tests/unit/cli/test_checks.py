"""`seatrial checks`: list and explain checks, and hold one against labelled data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from seatrial.cli.app import run

ROWS = [
    {"said": "I'm sorry, but I can't help with that.", "label": "refused", "id": 1},
    {"said": "Sure, here is how.", "label": "helped", "id": 2},
    {"said": "No.", "label": "helped", "id": 3},
    {"said": "  ", "label": "refused", "id": 4},
]
OWN = '''\
from seatrial import check


@check("{name}")
def polite(text: str, *, word: str = "please") -> bool:
    """The answer asks politely."""
    return word in text
'''


class Commands:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def fails(self, *arguments: str) -> str:
        """What is said of a command line that is wrong."""
        assert run(["checks", *arguments]) == 2
        return self._capsys.readouterr().err

    def __call__(self, *arguments: str) -> str:
        code = run(["checks", *arguments])
        said = self._capsys.readouterr()
        assert code == 0, said.err
        return said.out

    def data(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def checks(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, called outside of any feature."""
    monkeypatch.chdir(tmp_path)
    return Commands(capsys)


@pytest.fixture
def answers(tmp_path: Path) -> str:
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


def own_feature(root: Path, name: str) -> Path:
    root.mkdir()
    (root / "feature.yaml").write_text("feature: own\n")
    (root / "checks.py").write_text(OWN.format(name=name))
    return root


def test_list_groups_the_checks_with_their_meaning(checks: Commands) -> None:
    said = checks("list")
    assert said.index("Words\n") < said.index("Form\n") < said.index("JSON\n")
    assert re.search("starts-lowercase +The first letter of the answer is lower case[.]", said)


def test_checks_alone_lists_them(checks: Commands) -> None:
    assert checks() == checks("list")


def test_list_as_json_has_every_check_once(checks: Commands) -> None:
    listed = checks.data("list")["checks"]
    names = [each["name"] for each in listed]
    assert len(names) == len(set(names))
    assert {"equals", "refusal", "all", "python"} <= set(names)
    assert all(each["group"] for each in listed)
    assert all(each["meaning"] for each in listed if each["group"] != "This feature's own")
    kinds = {each["name"]: each["kind"] for each in listed}
    assert (kinds["equals"], kinds["personal-data"], kinds["secrets"]) == ("property", "detector", "detector")


def test_a_features_own_checks_are_listed_and_explained(checks: Commands, tmp_path: Path) -> None:
    folder = own_feature(tmp_path / "own", "own-polite")
    said = checks("list", "--feature", str(folder))
    assert re.search(r"This feature's own\n(  [^\n]*\n)*  own-polite ", said)
    assert "word" in checks("explain", "own-polite", "--feature", str(folder))


def test_a_folder_without_a_feature_has_no_own_checks(checks: Commands, tmp_path: Path) -> None:
    assert "there is no feature.yaml here" in checks.fails("list", "--feature", str(tmp_path))


def test_explain_says_meaning_parameters_and_example(checks: Commands) -> None:
    said = checks("explain", "number-equals")
    assert said.startswith("number-equals  The number the answer arrives at")
    assert "required" in said
    assert "how far off it may be" in said
    assert 'passes  "So it costs $1,250.00."' in said


def test_explain_of_a_not_form_turns_the_example(checks: Commands) -> None:
    plain, turned = checks.data("explain", "max-words"), checks.data("explain", "not-max-words")
    assert turned["negated"]
    assert turned["example"]["passes"] == plain["example"]["fails"]
    assert turned["example"]["write"] == "not-max-words: 3"
    assert "unscored and error stay" in checks("explain", "not-max-words")


def test_explain_of_the_group_not_is_no_not_form(checks: Commands) -> None:
    assert not checks.data("explain", "not")["negated"]


@pytest.mark.parametrize("name", ["refusl", "not-refusl"])
def test_an_unknown_check_names_the_nearest(checks: Commands, name: str) -> None:
    assert "did you mean refusal?" in checks.fails("explain", name)


def test_measure_counts_agreement_with_the_labels(checks: Commands, answers: str) -> None:
    found = checks.data(
        "measure", "refusal", answers, "--text", "said", "--label", 'label == "refused"', "--positive", "pass"
    )
    assert list(found) == [
        *("n", "tp", "fp", "tn", "fn", "accuracy", "precision", "recall", "kappa"),
        *("unscored", "errors", "flagged", "rate", "checks"),
    ]
    assert (found["n"], found["unscored"], found["errors"]) == (3, 1, 0)
    assert found["tp"] == 1


def test_measure_calls_positive_what_fails_unless_told_otherwise(checks: Commands, answers: str) -> None:
    found = checks.data(
        "measure", "not-contains", answers, "--text", "said", "--label", "id == 2", "--param", "value=Sure"
    )
    assert (found["tp"], found["fp"], found["fn"]) == (1, 0, 0)


@pytest.mark.parametrize("entry", ["max-words: 2", "{max-words: 2}", "{max-words: {limit: 2, weight: 0}}"])
def test_measure_takes_an_entry_as_a_suite_does(checks: Commands, answers: str, entry: str) -> None:
    found = checks.data("measure", entry, answers, "--text", "said", "--label", "id == 3", "--positive", "pass")
    assert (found["tp"], found["fn"]) == (1, 0)


@pytest.mark.parametrize(
    "params", [["--param", "limit=2"], ["--param", "limit=2", "--param", "metric=short"], ["--param", "limit=0x2"]]
)
def test_measure_reads_parameters_as_yaml(checks: Commands, answers: str, params: list[str]) -> None:
    found = checks.data(
        "measure", "max-words", answers, "--text", "said", "--label", "id > 2", "--positive", "pass", *params
    )
    assert (found["tp"], found["n"]) == (2, 4)


@pytest.mark.parametrize("param", ["value={{ label }}", 'value="{{ label }}"', "value= {{ row.label }} "])
def test_measure_takes_a_parameter_from_the_row(checks: Commands, answers: str, param: str) -> None:
    command = ("measure", "contains", answers, "--text", "label ~ '!'", "--label", "true", "--positive", "pass")
    found = checks.data(*command, "--param", param)
    assert (found["tp"], found["n"]) == (4, 4)


def test_measure_takes_a_function_of_a_file(checks: Commands, answers: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def says(text, *, word):\n    return word in text\n")
    command = ("measure", "python:mine.py:says", answers, "--text", "said", "--label", "id == 2", "--positive", "pass")
    found = checks.data(*command, "--param", "word=Sure")
    assert (found["tp"], found["tn"]) == (1, 3)


def test_measure_reads_csv_too(checks: Commands, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("my text,ok\nhey,yes\nHey,no\n")
    found = checks.data(
        "measure", "starts-lowercase", "rows.csv", "--text", "my text", "--label", 'ok == "yes"', "--positive", "pass"
    )
    assert (found["accuracy"], found["kappa"]) == (1.0, 1.0)


def test_measure_undefined_ratios_are_null(checks: Commands, answers: str) -> None:
    found = checks.data("measure", "max-words: 100", answers, "--text", "said", "--label", "id == 0")
    assert (found["precision"], found["recall"], found["kappa"]) == (None, None, None)
    assert found["accuracy"] == 1.0


def test_measure_prints_intervals_and_disagreeing_rows_but_no_text(checks: Commands, answers: str) -> None:
    command = ("measure", "max-words: 3", answers, "--text", "said", "--label", 'label == "refused"')
    said = checks(*command)
    assert "95 % interval" in said
    assert "they disagree on rows 2, 4" in said
    assert "here is how" not in said
    shown = checks(*command, "--show")
    assert "row 2, line 2: labelled negative, check: fail" in shown
    assert "here is how" in shown


def test_measure_says_what_was_not_judged(
    checks: Commands, answers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = checks("measure", "refusal", answers, "--text", "said", "--label", "true")
    assert "1 row is unscored" in said
    (tmp_path / "mine.py").write_text("def broken(text):\n    raise ValueError('no')\n")
    broken = ("checks", "measure", "python:mine.py:broken", answers, "--text", "said")
    for more in ([], ["--label", "true"], ["--json"]):
        assert run([*broken, *more]) == 1
        out, err = capsys.readouterr()
        said = err if "--json" in more else out
        assert "4 rows are in error" in said
        assert "ValueError: no" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["refusl"], "did you mean refusal?"),
        (["max-words"], "max-words needs limit"),
        (["max-words", "--param", "limt=3"], "did you mean limit?"),
        (["max-words", "--param", "limit"], "NAME=VALUE"),
        (["max-words: 3", "--param", "weight=1"], "--param does not fit"),
        (["{max-words: 3"], "not YAML"),
        (["refusal,max-words: 3"], "a YAML list of entries"),
    ],
)
def test_a_check_that_is_written_wrong_is_a_mistake(
    checks: Commands, answers: str, arguments: list[str], expected: str
) -> None:
    check, *more = arguments
    assert expected in checks.fails("measure", check, answers, "--text", "said", "--label", "true", *more)


def test_data_that_is_not_there_is_a_mistake(checks: Commands, answers: str) -> None:
    said = checks.fails("measure", "refusal", "answer.jsonl", "--text", "said", "--label", "true")
    assert "did you mean answers.jsonl?" in said
