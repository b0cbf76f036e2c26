"""What is said to differ between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.case import Case
from seatrial.core.verdict import State
from seatrial.evals.difference import CaseChange, Difference, difference
from seatrial.store.disk import LineWriter
from seatrial.store.records import ModelRecord, Result, RunRecord, SuiteRecord, VariantRecord
from seatrial.store.runs import RunFolder

States = dict[tuple[str, str, int], State]
"""case, variant and repeat to state"""

PROMPT = "system:\nBe kind.\nuser:\n{{ question }}\n"


def variant(name: str = "main", **fields: Any) -> VariantRecord:
    given = {
        "feature_version": "f1",
        "prompt_version": "p1",
        "models": {"main": ModelRecord("openai/a", {"temperature": 0.5}, "m1")},
        "prompts": {"chat.md": PROMPT},
    }
    return VariantRecord(variant=name, **(given | fields))


def suite(name: str = "tone", **fields: Any) -> SuiteRecord:
    given = {"file": "evals/tone.yaml", "hash": "h1", "cases": 2, "checks": {"max-words": "c1"}}
    return SuiteRecord(suite=name, **(given | fields))


def stored(path: Path, states: States | None = None, **fields: Any) -> RunFolder:
    path.mkdir(parents=True)
    run = RunFolder(path)
    given = {"started": "2026-01-05T10:22:33+00:00", "variants": (variant(),), "suites": (suite(),)}
    run.write_record(RunRecord(id=path.name, feature="demo", **(given | fields)))
    found = states or {}
    with LineWriter(path / "cases.jsonl", append=False) as out:
        for case in dict.fromkeys(case for case, _, _ in found):
            out.write(Case(id=case, suite="tone", name=f"the {case}"))
    with LineWriter(path / "results.jsonl", append=False) as out:
        for (case, name, repeat), state in found.items():
            out.write(
                Result(case=case, suite="tone", variant=name, repeat=repeat, made_by="m", state=state, output="hey")
            )
    return run


def compared(tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> Difference:
    return difference(stored(tmp_path / "a", **before), stored(tmp_path / "b", **after))


def keys(changes: tuple[CaseChange, ...]) -> set[tuple[str, str, int]]:
    return {(change.case, change.variant, change.repeat) for change in changes}


def test_equal_runs_have_the_same_setup(tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {})
    assert found.same_setup
    assert found.unfinished == ("a", "b")


def test_a_changed_prompt_is_a_unified_diff(tmp_path: Path) -> None:
    changed = variant(feature_version="f2", prompts={"chat.md": PROMPT.replace("kind", "short")})
    found = compared(tmp_path, {}, {"variants": (changed,)})
    (prompt,) = found.prompts
    assert (prompt.before, prompt.after) == ("chat.md", "chat.md")
    assert prompt.diff.splitlines()[:2] == ["--- a/chat.md", "+++ b/chat.md"]
    assert {"-Be kind.", "+Be short."} <= set(prompt.diff.splitlines())
    (version,) = found.versions
    assert version.feature == ("f1", "f2")


def test_one_prompt_each_is_compared_under_different_names(tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {"variants": (variant(prompts={"new.md": PROMPT + "bye\n"}),)})
    (prompt,) = found.prompts
    assert (prompt.before, prompt.after) == ("chat.md", "new.md")
    assert "+bye" in prompt.diff


def test_among_several_prompts_one_that_is_new_stands_alone(tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {"variants": (variant(prompts={"chat.md": PROMPT, "claude.md": "hi"}),)})
    (prompt,) = found.prompts
    assert (prompt.before, prompt.after) == (None, "claude.md")


def test_models_differ_by_what_they_use_and_their_parameters(tmp_path: Path) -> None:
    warm = {"main": ModelRecord("openai/a", {"temperature": 0.9}, "m2"), "local": ModelRecord("ollama/b", {}, "m3")}
    found = compared(tmp_path, {}, {"variants": (variant(models=warm),)})
    changes = {change.model: change for change in found.models}
    assert changes["local"].before is None
    before, after = changes["main"].before, changes["main"].after
    assert before is not None
    assert after is not None
    assert (before.params, after.params) == ({"temperature": 0.5}, {"temperature": 0.9})


def test_suites_differ_by_files_and_checks(tmp_path: Path) -> None:
    changed = suite(hash="h2", checks={"max-words": "c2", "refusal": "c3"})
    found = compared(tmp_path, {}, {"suites": (changed, suite("safety"))})
    by_name = {change.suite: change for change in found.suites}
    assert by_name["safety"].before is None
    assert [(check.name, check.before, check.after) for check in by_name["tone"].checks] == [
        ("max-words", "c1", "c2"),
        ("refusal", None, "c3"),
    ]


def test_a_changed_option_is_a_setting(tmp_path: Path) -> None:
    found = compared(tmp_path, {"package_version": "1"}, {"package_version": "2", "options": {"sample": 5}})
    assert {(each.name, each.before, each.after) for each in found.settings} == {
        ("sample", None, 5),
        ("seatrial", "1", "2"),
    }


def test_cases_are_sorted_by_what_became_of_them(tmp_path: Path) -> None:
    before: dict[str, State] = {"broke": "pass", "fixed": "fail", "bad": "error", "good": "pass", "gone": "pass"}
    after: dict[str, State] = {"broke": "unscored", "fixed": "pass", "bad": "fail", "good": "pass", "new": "fail"}
    found = compared(
        tmp_path,
        {"states": {(case, "main", 1): state for case, state in before.items()}},
        {"states": {(case, "main", 1): state for case, state in after.items()}},
    ).cases
    (broke,) = found.newly_failing
    assert (broke.case, broke.name, broke.before, broke.after) == ("broke", "the broke", "pass", "unscored")
    assert keys(found.newly_passing) == {("fixed", "main", 1)}
    assert keys(found.still_failing) == {("bad", "main", 1)}
    assert [(each.case, each.name, each.after) for each in found.only_in_a] == [("gone", "the gone", None)]
    assert [(each.case, each.name, each.before) for each in found.only_in_b] == [("new", "the new", None)]
    assert (found.both, found.passed_before, found.passed_after) == (4, 2, 2)


def test_runs_of_one_variant_each_are_matched_whatever_its_name(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        {"states": {("a", "main", 1): "pass"}},
        {"states": {("a", "local", 1): "fail"}, "variants": (variant("local"),)},
    )
    assert keys(found.cases.newly_failing) == {("a", "local", 1)}
    assert not found.cases.only_in_a


def test_of_several_variants_only_equal_names_are_matched(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        {"states": {("a", "main", 1): "pass", ("a", "old", 1): "pass"}, "variants": (variant(), variant("old"))},
        {"states": {("a", "main", 1): "pass"}},
    )
    assert found.cases.both == 1
    assert keys(found.cases.only_in_a) == {("a", "old", 1)}


def test_the_last_line_of_a_result_counts(tmp_path: Path) -> None:
    a = stored(tmp_path / "a", {("a", "main", 1): "fail"})
    b = stored(tmp_path / "b", {("a", "main", 1): "fail"})
    with LineWriter(b.path / "results.jsonl", append=True) as out:
        out.write(Result(case="a", suite="tone", variant="main", repeat=1, made_by="m", state="pass"))
    assert len(difference(a, b).cases.newly_passing) == 1


states = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.just("main"), st.integers(1, 2)),
    st.sampled_from(["pass", "fail", "unscored", "error"]),
    max_size=10,
)


@settings(deadline=None)
@given(states, states)
def test_every_result_is_in_one_place(tmp_path_factory: pytest.TempPathFactory, before: States, after: States) -> None:
    found = compared(tmp_path_factory.mktemp("runs"), {"states": before}, {"states": after}).cases
    assert keys(found.only_in_a) == set(before) - set(after)
    assert keys(found.only_in_b) == set(after) - set(before)
    both = set(before) & set(after)
    assert found.both == len(both)
    assert keys(found.newly_failing) == {key for key in both if before[key] == "pass" and after[key] != "pass"}
    assert keys(found.newly_passing) == {key for key in both if before[key] != "pass" and after[key] == "pass"}
    assert keys(found.still_failing) == {key for key in both if before[key] != "pass" and after[key] != "pass"}
    assert found.passed_after - found.passed_before == len(found.newly_passing) - len(found.newly_failing)


@settings(deadline=None)
@given(states, states)
def test_the_other_way_round_is_the_opposite(
    tmp_path_factory: pytest.TempPathFactory, before: States, after: States
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    a, b = stored(folder / "a", before), stored(folder / "b", after)
    there, back = difference(a, b).cases, difference(b, a).cases
    assert keys(there.newly_failing) == keys(back.newly_passing)
    assert keys(there.only_in_a) == keys(back.only_in_b)
    assert keys(there.still_failing) == keys(back.still_failing)
