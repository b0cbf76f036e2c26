"""What differs between two stored runs: what was served and judged, and which cases changed their state.

Results are matched by suite, case id, variant and repeat. Two runs of one variant each are matched whatever the
variants are called, since comparing models or prompts is what such runs are for. A case id is the hash of what is
asked, so a case whose text changed is another case: only in A, and only in B.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import unified_diff
from typing import Any

import msgspec

from seatrial.core.verdict import State
from seatrial.evals.lookup import last_states
from seatrial.store.records import ModelRecord, ResultKey, RunRecord, SuiteRecord, VariantRecord
from seatrial.store.runs import RunFolder


class ValueChange(msgspec.Struct, frozen=True):
    """A value by name; None on the side that has none."""

    name: str
    before: Any
    after: Any


class VersionChange(msgspec.Struct, frozen=True, kw_only=True):
    """Two matched variants that did not serve the same."""

    variant_a: str
    variant_b: str
    feature: tuple[str, str]
    prompt: tuple[str, str]


class PromptChange(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt file whose text differs, as a unified diff; `before` or `after` is None where there is no such file."""

    before: str | None
    after: str | None
    diff: str


class ModelChange(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    before: ModelRecord | None
    after: ModelRecord | None


class SuiteChange(msgspec.Struct, frozen=True, kw_only=True):
    """A suite whose files or checks differ; `checks` holds versions by the id of the check."""

    suite: str
    before: SuiteRecord | None
    after: SuiteRecord | None
    checks: tuple[ValueChange, ...]


class CaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One result on both sides. `variant` is B's, or A's where only A has the result."""

    suite: str
    case: str
    name: str | None
    variant: str
    repeat: int
    before: State | None
    after: State | None


class CaseChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Of the results in both runs: how many, how many passed on each side, and those not passing on either. Failing
    is whatever is not `pass`: fail, error and unscored.
    """

    both: int
    passed_before: int
    passed_after: int
    newly_failing: tuple[CaseChange, ...]
    newly_passing: tuple[CaseChange, ...]
    still_failing: tuple[CaseChange, ...]
    only_in_a: tuple[CaseChange, ...]
    only_in_b: tuple[CaseChange, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`a` and `b` are run ids; everything that is empty is the same in both."""

    a: str
    b: str
    unfinished: tuple[str, ...]
    versions: tuple[VersionChange, ...]
    prompts: tuple[PromptChange, ...]
    models: tuple[ModelChange, ...]
    suites: tuple[SuiteChange, ...]
    settings: tuple[ValueChange, ...]
    cases: CaseChanges

    @property
    def same_setup(self) -> bool:
        """Whether both runs served and judged the same."""
        return not (self.versions or self.prompts or self.models or self.suites or self.settings)


def difference(a: RunFolder, b: RunFolder) -> Difference:
    """Compare two runs, finished or not. Memory holds a key and a state per result, and the names of those that did
    change or do not pass. Raises SpecError when a run's files cannot be read.
    """
    before, after = a.record(), b.record()
    variants = match_variants(before, after)
    return Difference(
        a=a.id,
        b=b.id,
        unfinished=tuple(run.id for run in (a, b) if not run.finished),
        versions=tuple(_versions(before, after, variants)),
        prompts=tuple(_prompts(before, after)),
        models=tuple(_models(before, after)),
        suites=tuple(_suites(before, after)),
        settings=tuple(_settings(before, after)),
        cases=_cases(a, b, variants),
    )


def match_variants(before: RunRecord, after: RunRecord) -> dict[str, str]:
    """A's variant names to those of B they are compared with."""
    if len(before.variants) == len(after.variants) == 1:
        return {before.variants[0].variant: after.variants[0].variant}
    names = {variant.variant for variant in after.variants}
    return {variant.variant: variant.variant for variant in before.variants if variant.variant in names}


def _versions(before: RunRecord, after: RunRecord, variants: Mapping[str, str]) -> Iterator[VersionChange]:
    old, new = _by_name(before), _by_name(after)
    for name_a, name_b in variants.items():
        a, b = old[name_a], new[name_b]
        if a.feature_version != b.feature_version:
            yield VersionChange(
                variant_a=name_a,
                variant_b=name_b,
                feature=(a.feature_version, b.feature_version),
                prompt=(a.prompt_version, b.prompt_version),
            )


def _by_name(record: RunRecord) -> dict[str, VariantRecord]:
    return {variant.variant: variant for variant in record.variants}


def _prompts(before: RunRecord, after: RunRecord) -> Iterator[PromptChange]:
    old = {file: text for variant in before.variants for file, text in variant.prompts.items()}
    new = {file: text for variant in after.variants for file, text in variant.prompts.items()}
    if len(old) == len(new) == 1:  # one prompt each: compared with one another, also under different names
        pairs: list[tuple[str | None, str | None]] = list(zip(old, new, strict=True))
    else:
        pairs = [(file if file in old else None, file if file in new else None) for file in {**old, **new}]
    for a, b in pairs:
        text_a, text_b = old.get(a or "", ""), new.get(b or "", "")
        if text_a != text_b or a != b:
            yield PromptChange(before=a, after=b, diff=_diff(text_a, text_b, a, b))


def _diff(before: str, after: str, name_a: str | None, name_b: str | None) -> str:
    lines = unified_diff(
        before.splitlines(), after.splitlines(), f"a/{name_a or name_b}", f"b/{name_b or name_a}", lineterm=""
    )
    return "\n".join(lines)


def _models(before: RunRecord, after: RunRecord) -> Iterator[ModelChange]:
    old = {name: model for variant in before.variants for name, model in variant.models.items()}
    new = {name: model for variant in after.variants for name, model in variant.models.items()}
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield ModelChange(model=name, before=old.get(name), after=new.get(name))


def _suites(before: RunRecord, after: RunRecord) -> Iterator[SuiteChange]:
    old = {suite.suite: suite for suite in before.suites}
    new = {suite.suite: suite for suite in after.suites}
    for name in {**old, **new}:
        a, b = old.get(name), new.get(name)
        if a is None or b is None:
            yield SuiteChange(suite=name, before=a, after=b, checks=())
            continue
        checks = tuple(_values(a.checks, b.checks))
        if checks or (a.hash, a.gate) != (b.hash, b.gate):
            yield SuiteChange(suite=name, before=a, after=b, checks=checks)


def _settings(before: RunRecord, after: RunRecord) -> Iterator[ValueChange]:
    """Options and versions around the run; the choice of variants shows among models and prompts."""
    yield from _values(_around(before), _around(after))


def _around(record: RunRecord) -> dict[str, Any]:
    options = {name: record.options.get(name) for name in ("filter", "failed", "sample", "max_failures", "budget")}
    return {
        **options,
        "seed": record.seed,
        "rejudged": record.rejudged,
        "seatrial": record.package_version,
        "git_commit": record.git_commit,
    }


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield ValueChange(name, before.get(name), after.get(name))


def _cases(a: RunFolder, b: RunFolder, variants: Mapping[str, str]) -> CaseChanges:
    old = {_as_in_b(key, variants): state for key, (_, state) in last_states(a).items()}
    new = {key: state for key, (_, state) in last_states(b).items()}
    both = [key for key in new if key in old]
    changes: dict[str, list[ResultKey]] = {
        "newly_failing": [key for key in both if old[key] == "pass" != new[key]],
        "newly_passing": [key for key in both if old[key] != "pass" == new[key]],
        "still_failing": [key for key in both if old[key] != "pass" != new[key]],
        "only_in_a": [key for key in old if key not in new],
        "only_in_b": [key for key in new if key not in old],
    }
    wanted = {key[:2] for keys in changes.values() for key in keys}
    names = _names(a, wanted) | _names(b, wanted)
    return CaseChanges(
        both=len(both),
        passed_before=sum(old[key] == "pass" for key in both),
        passed_after=sum(new[key] == "pass" for key in both),
        **{
            kind: tuple(_change(key, names, old.get(key), new.get(key)) for key in keys)
            for kind, keys in changes.items()
        },
    )


def _as_in_b(key: ResultKey, variants: Mapping[str, str]) -> ResultKey:
    suite, case, variant, repeat = key
    return (suite, case, variants.get(variant, variant), repeat)


def _names(run: RunFolder, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    return {(case.suite, case.id): case.name for case in run.cases() if (case.suite, case.id) in wanted}


def _change(
    key: ResultKey, names: Mapping[tuple[str, str], str | None], before: State | None, after: State | None
) -> CaseChange:
    suite, case, variant, repeat = key
    return CaseChange(
        suite=suite,
        case=case,
        name=names.get((suite, case)),
        variant=variant,
        repeat=repeat,
        before=before,
        after=after,
    )
