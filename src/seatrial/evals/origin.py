"""The run that an eval goes on with (`--resume`) or judges again (`--rejudge`), and what the eval takes over from it.

A resumed run keeps everything that says what runs, so that both halves are one measurement; options that say only how
fast are free to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from seatrial.core.errors import SpecError
from seatrial.evals.options import NEWEST, EvalOptions
from seatrial.evals.past import Past
from seatrial.evals.suites import find_suites
from seatrial.store.records import RunRecord, VariantRecord
from seatrial.store.runs import RESULTS, RunFolder, find_run, list_runs

KEPT = ("model", "prompt", "filter", "failed", "sample", "seed")
FREE = ("concurrency", "max_failures", "budget")
DEFAULTS = EvalOptions()


class Origin:
    """`resumes` tells going on from judging again."""

    def __init__(self, run: RunFolder, root: Path, *, resumes: bool) -> None:
        self.run = run
        self.resumes = resumes
        self.record: RunRecord = run.record()
        self._root = root
        try:
            self._before = msgspec.convert(self.record.options, EvalOptions)
        except msgspec.ValidationError as error:
            raise SpecError(
                f"the run's options cannot be read: {error}", file=str(run.path), hint="another version wrote them"
            ) from error

    def options(self, given: EvalOptions) -> EvalOptions:
        """What is given, completed by what the run began with. Raises SpecError where a resumed run would become
        another one.
        """
        if not self.resumes:
            # The variants of a run are all judged again unless some are named.
            named = bool(given.model or given.prompt)
            return (
                given if named else msgspec.structs.replace(given, model=self._before.model, prompt=self._before.prompt)
            )
        self._refuse_kinds()
        kept = {name: getattr(self._before, name) for name in KEPT}
        for name, value in kept.items():
            if getattr(given, name) not in (value, getattr(DEFAULTS, name)):
                raise SpecError(
                    f"--resume goes on with the --{name} the run began with",
                    file=str(self.run.path),
                    expected=str(value or "none"),
                    got=str(getattr(given, name)),
                    hint=f"leave --{name} out, or start anew with  seatrial eval",
                )
        free = {name: getattr(given, name) for name in FREE if getattr(given, name) != getattr(DEFAULTS, name)}
        return msgspec.structs.replace(self._before, **kept, **free, resume=given.resume)

    def _refuse_kinds(self) -> None:
        if self._before.rejudge is not None:
            raise SpecError(
                "a run that judges another again is not resumed",
                file=str(self.run.path),
                hint=f"start anew with  seatrial eval --rejudge {self.record.rejudged}",
            )
        if self._before.record:
            raise SpecError(
                "a run that records is not resumed: its recording would have answers twice",
                file=str(self.run.path),
                hint="delete the recording and start anew with  seatrial eval --record",
            )

    def suites(self, given: Iterable[str] | None) -> list[str] | None:
        """The suites to run: those of a resumed run, which others may not be named for."""
        if not self.resumes:
            return list(given) if given is not None else None
        files = [suite.file for suite in self.record.suites]
        if given is not None and set(find_suites(self._root, given)) != set(find_suites(self._root, files)):
            raise SpecError(
                "--resume goes on with the suites the run began with",
                file=str(self.run.path),
                expected=", ".join(files),
                hint="leave --suite out, or start anew with  seatrial eval",
            )
        return files

    def variants(self, now: Mapping[str, VariantRecord]) -> Mapping[str, VariantRecord]:
        """What the answers were made by: for a run judged again, what stands in its record."""
        before = {variant.variant: variant for variant in self.record.variants}
        return now if self.resumes else {name: before[name] for name in now}

    def refuse_changed(self, now: Mapping[str, VariantRecord]) -> None:
        """Raises SpecError when a resumed run would measure another version than it began with, or a run to be judged
        again has no answers of a variant.
        """
        before = {variant.variant: variant for variant in self.record.variants}
        if not self.resumes:
            self._refuse_missing([name for name in now if name not in before])
            return
        if set(before) != set(now):
            changed = "the variants"
        elif any(before[name].models != now[name].models for name in now):
            changed = "a model"
        elif any(before[name].feature_version != now[name].feature_version for name in now):
            changed = "the feature"
        else:
            return
        raise SpecError(
            f"{changed} changed since the run began",
            file=str(self.run.path),
            hint="a run measures one version: start anew with  seatrial eval",
        )

    def _refuse_missing(self, names: list[str]) -> None:
        if names:
            raise SpecError(
                f"the run has no answers of {', '.join(names)}",
                file=str(self.run.path),
                hint=f"it has {', '.join(variant.variant for variant in self.record.variants)}",
            )

    @contextmanager
    def past(self) -> Iterator[Past]:
        """Its results; an answer that never came is one only where nothing is asked again."""
        with self.run.reader() as read:
            yield Past(self.run.index(), read, self.record, with_errors=not self.resumes)


def find_origin(root: Path, options: EvalOptions) -> Origin | None:
    """None for an eval that starts anew. Raises SpecError when there is no such run."""
    if options.resume is not None:
        run = _unfinished(root) if options.resume == NEWEST else find_run(root, options.resume)
        return Origin(run, root, resumes=True)
    if options.rejudge is None:
        return None
    run = find_run(root, options.rejudge)
    if not (run.path / RESULTS).exists():
        raise SpecError("the run has no answers to judge", file=str(run.path), hint="it was stopped before the first")
    return Origin(run, root, resumes=False)


def _unfinished(root: Path) -> RunFolder:
    for run in reversed(list_runs(root)):
        if not run.finished or _ran_out_of_budget(run):
            return run
    raise SpecError("there is no unfinished run", file=str(root), hint="start one with  seatrial eval")


def _ran_out_of_budget(run: RunFolder) -> bool:
    try:
        summary = run.summary()
    except SpecError:  # one that another version wrote; asked for by its id, it says so
        return False
    return summary is not None and summary.budget is not None and summary.budget.left_out > 0
