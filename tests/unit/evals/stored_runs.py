"""Run folders written line by line, for what reads stored runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seatrial.core.case import Case, Repeat
from seatrial.core.verdict import State, Verdict
from seatrial.store.disk import LineWriter
from seatrial.store.records import Result, RunRecord, SuiteRecord, VariantRecord
from seatrial.store.runs import RunFolder


class Told:
    """One case and what came of it: a state for every repeat."""

    def __init__(
        self,
        *states: State,
        suite: str = "tone",
        group: str | None = None,
        tags: Iterable[str] = (),
        need: int | None = None,
        **result: Any,
    ) -> None:
        self.states = states
        self.suite = suite
        self.group = group
        self.tags = tuple(tags)
        self.need = need if need is not None else len(states)
        self.result = result


def stored_run(
    path: Path, told: Mapping[str, Told], *, variants: Iterable[str] = ("main",), version: str = "f1", **record: Any
) -> RunFolder:
    """A run in which every variant got the same."""
    path.mkdir(parents=True)
    run = RunFolder(path)
    suites = dict.fromkeys(each.suite for each in told.values())
    given = {
        "started": "2026-01-05T10:22:33+00:00",
        "variants": tuple(
            VariantRecord(variant=name, feature_version=version, prompt_version="p", models={}, prompts={})
            for name in variants
        ),
        "suites": tuple(
            SuiteRecord(suite=name, file=f"evals/{name}.yaml", hash="h", cases=len(told), checks={}) for name in suites
        ),
    }
    run.write_record(RunRecord(id=path.name, feature="demo", **(given | record)))
    with LineWriter(path / "cases.jsonl", append=False) as out:
        for case, each in told.items():
            repeat = Repeat(len(each.states), each.need)
            out.write(
                Case(id=case, suite=each.suite, name=f"the {case}", group=each.group, tags=each.tags, repeat=repeat)
            )
    with LineWriter(path / "results.jsonl", append=False) as out:
        for variant in variants:
            for case, each in told.items():
                for repeat, state in enumerate(each.states, 1):
                    out.write(_result(case, variant, repeat, state, each))
    return run


def _result(case: str, variant: str, repeat: int, state: State, told: Told) -> Result:
    verdicts = () if state in ("error",) else (Verdict(state=state, check="polite", score=told.result.get("score")),)
    fields = {"verdicts": verdicts, **{key: value for key, value in told.result.items() if key != "score"}}
    return Result(
        case=case, suite=told.suite, variant=variant, repeat=repeat, made_by="m", state=state, output="hey", **fields
    )
