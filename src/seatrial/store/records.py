"""What a run leaves behind: one `Result` a line, one `RunRecord` a run, and the counts of its summary."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.conversation import Message
from seatrial.core.errors import ErrorInfo
from seatrial.core.exchange import Exchange, Usage
from seatrial.core.verdict import State, Verdict
from seatrial.store.comparisons import Comparison, Repeatability


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case asked once. `input` is the conversation as said up to the last ask, `output` the last answer;
    `exchanges` has one per turn. `made_by` is the hash of everything that shaped the exchanges.
    """

    case: str
    suite: str
    variant: str
    repeat: int
    made_by: str
    state: State
    name: str | None = None
    input: tuple[Message, ...] = ()
    output: str = ""
    exchanges: tuple[Exchange, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    latency_ms: float = 0.0
    usage: Usage | None = None
    cost_nusd: int | None = None
    error: ErrorInfo | None = None

    @property
    def key(self) -> ResultKey:
        return (self.suite, self.case, self.variant, self.repeat)


ResultKey = tuple[str, str, str, int]
"""suite, case, variant, repeat: of equal keys the last line wins."""


class ModelRecord(msgspec.Struct, frozen=True):
    use: str
    params: dict[str, Any]
    version: str


class VariantRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was served under one variant; `models` are those of its route, `prompts` file to text."""

    variant: str
    feature_version: str
    prompt_version: str
    models: dict[str, ModelRecord]
    prompts: dict[str, str]


class SuiteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`checks` maps the id of each check of the whole suite to its version."""

    suite: str
    file: str
    hash: str
    cases: int
    checks: dict[str, str]
    gate: dict[str, Any] | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`run.json`: what ran, on what, with which options. Times are UTC. `judges` are the models that checks ask."""

    id: str
    feature: str
    description: str = ""
    started: str
    variants: tuple[VariantRecord, ...]
    suites: tuple[SuiteRecord, ...]
    options: dict[str, Any] = {}
    seed: int = 0
    package_version: str = ""
    python_version: str = ""
    git_commit: str | None = None
    git_branch: str | None = None
    rejudged: str | None = None
    judges: dict[str, ModelRecord] = {}


class Rate(msgspec.Struct, frozen=True):
    """A share with its two-sided 95 % Wilson interval; `n` counts what was judged."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int


class Mean(msgspec.Struct, frozen=True):
    """A mean with its two-sided 95 % t interval; n counts cases."""

    mean: float | None
    low: float | None
    high: float | None
    n: int


class CorrectedRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rate behind that of a calibrated judge, with an interval that carries the calibration's own uncertainty.
    Where it cannot be measured there is a reason and no number. `card` names the calibration.
    """

    card: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`corrected` stands beside the rate of a check that is a judge with a calibration card."""

    cases: int
    passed: int
    failed: int
    errors: int
    unscored: int
    pass_rate: Rate
    corrected: CorrectedRate | None = None


class GateOutcome(msgspec.Struct, frozen=True):
    """`held` is None when there is not enough evidence; `bound` is the exact one-sided 95 % bound it was read from."""

    held: bool | None
    bound: float | None
    reason: str


class ModelRepairs(msgspec.Struct, frozen=True, kw_only=True):
    """The same shares over the cases in which this model answered last, with this version of the prompt."""

    model: str
    prompt_version: str
    repair_rate: Rate
    asked_again: Rate


class Repairs(msgspec.Struct, frozen=True, kw_only=True):
    """How structured answers were read, over the cases that have one: the share in which something was mended, and in
    which a model was asked again; the share by field (JSON path, `[*]` for any item); how often each repair was made;
    and the shares by model and prompt version, which are several where a route goes on to another model.
    """

    repair_rate: Rate
    asked_again: Rate
    fields: dict[str, Rate]
    names: dict[str, int]
    models: tuple[ModelRepairs, ...] = ()


class ClassRates(msgspec.Struct, frozen=True, kw_only=True):
    """One class of a field: the cases labelled so, the answers that say so, and those that say so rightly."""

    cases: int
    given: int
    right: int
    recall: Rate
    precision: Rate


class FieldAccuracy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field of structured answers held against its labels. `accuracy` is also the micro-averaged recall, `precision`
    the micro-averaged one, over the answers that have the field; `without_value` counts the others, which are wrong.
    The macro averages are over the classes that labels have. `confusion` counts cases by label, then by answer. What
    needs classes is absent where there are too many different values.
    """

    accuracy: Rate
    without_value: int
    precision: Rate
    macro_recall: Rate | None = None
    macro_precision: Rate | None = None
    classes: dict[str, ClassRates] | None = None
    confusion: dict[str, dict[str, int]] | None = None


class SuiteSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`repairs` is absent where the output is text, `fields` where no `field-accuracy` judged; it goes by field.
    `uncalibrated` says, by the id of each judge that decides something and for which no calibration card vouches, why
    none does.
    """

    suite: str
    variant: str
    cases: int
    passed: int
    failed: int
    errors: int
    unscored: int
    pass_rate: Rate
    checks: dict[str, Counts]
    metrics: dict[str, Mean]
    gate: GateOutcome | None
    repairs: Repairs | None = None
    fields: dict[str, FieldAccuracy] = {}
    uncalibrated: dict[str, str] = {}


class BudgetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run's budget. `left_out` counts the cases not asked because a call could have cost more than was
    left, `next_usd` is what the cheapest of those calls could have cost. `kept_usd` is the part of `spent_usd` that was
    reserved for calls whose cost is not known. The tokens are those of prompts, over the calls for which the provider
    counted them; the largest overshoot is how much one call had beyond its estimate, and cost beyond its reservation.
    """

    limit_usd: float
    spent_usd: float
    left_out: int
    next_usd: float | None
    kept_usd: float
    estimated_tokens: int
    actual_tokens: int
    largest_overshoot_tokens: int
    largest_overshoot_usd: float


class RunSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `eval --json` prints and `summary.json` holds. `run` is the path of the run; `left_out` says what did not
    run and is absent when everything did; `comparisons` are those with another run, by variant, and
    `repeatability` is what a second run of the same says. `judging_usd` is what
    judges cost, beside `cost_usd`; it is absent where none was asked, or the cost of one is not known. `notes` is what
    to know before trusting the numbers.
    """

    run: str
    feature: str
    suites: tuple[SuiteSummary, ...]
    seconds: float
    cost_usd: float | None
    left_out: str | None = None
    budget: BudgetSummary | None = None
    comparisons: tuple[Comparison, ...] = ()
    repeatability: Repeatability | None = None
    judging_usd: float | None = None
    notes: tuple[str, ...] = ()
