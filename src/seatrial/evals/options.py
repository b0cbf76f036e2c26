"""The options of an eval as one record, from which the command line is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.units import parse_money


def _option(description: str, **constraints: Any) -> msgspec.Meta:
    return msgspec.Meta(description=description, **constraints)


Positive = Annotated[int, msgspec.Meta(ge=1)]


class EvalOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and how. The descriptions are the help of `seatrial eval`."""

    model: Annotated[tuple[str, ...], _option("run on these models of feature.yaml, each a variant")] = ()
    prompt: Annotated[tuple[str, ...], _option("run with these prompt files, each a variant")] = ()
    concurrency: Annotated[int, _option("how many cases are asked at once", ge=1, le=4096)] = 16
    filter: Annotated[
        tuple[str, ...], _option("only cases whose name, id, suite or tag fits; tag:NAME for a tag alone")
    ] = ()
    failed: Annotated[bool, _option("only the cases that did not pass in the last run")] = False
    sample: Annotated[Positive | None, _option("a random sample of this many cases")] = None
    seed: Annotated[int, _option("the seed of the sample")] = 0
    max_failures: Annotated[Positive | None, _option("stop after this many cases did not pass")] = None
    until_decided: Annotated[bool, _option("stop as soon as every gate is decided; cases in random order")] = False
    budget: Annotated[str | None, _option("start no call that could bring the cost above this, like 2.00USD")] = None
    resume: Annotated[str | None, _option("go on with an unfinished run (default: the newest)")] = None
    rejudge: Annotated[str | None, _option("judge the answers of a run again; none is asked for anew")] = None
    ask_judges: Annotated[
        bool, _option("with --rejudge: ask judge models again, too, instead of using their stored verdicts")
    ] = False
    aa: Annotated[bool, _option("run everything twice at one version: how much is noise?")] = False
    against: Annotated[str | None, _option("compare with a run: its id, last, or main (newest of that branch)")] = None
    record: Annotated[bool, _option("write the answers to recordings/MODEL.jsonl")] = False


LISTS = ("model", "prompt", "filter")
"""Options of several names; from Python a single one may be plain text."""

NEWEST = "newest"
"""The value of `resume` that means the newest unfinished run."""


def read_options(given: Mapping[str, Any]) -> EvalOptions:
    """Raises SpecError for an unknown option, a wrong value, or options that exclude each other."""
    known = {field.name for field in msgspec.structs.fields(EvalOptions)}
    for name in given:
        if name not in known:
            raise SpecError(f"eval has no option {name!r}", nearest=nearest_name(name, known))
    lists = {name: (value,) for name, value in given.items() if name in LISTS and isinstance(value, str)}
    try:
        options = msgspec.convert({**given, **lists}, EvalOptions)
    except msgspec.ValidationError as error:
        raise SpecError(f"an option is not right: {error}") from error
    if options.budget is not None and not parse_money(options.budget):
        raise SpecError("--budget is not right", expected="an amount like 2.00USD, above 0", got=repr(options.budget))
    if options.ask_judges and options.rejudge is None:
        raise SpecError("--ask-judges goes with --rejudge", hint="a run that asks for answers asks its judges anyway")
    excluded = [
        *(("resume", "rejudge"), ("resume", "record"), ("rejudge", "record"), ("resume", "failed")),
        *(("until_decided", "rejudge"), ("until_decided", "resume")),
        *(("aa", other) for other in ("resume", "rejudge", "record", "against", "until_decided", "failed", "budget")),
        *(("until_decided", "sample"), ("until_decided", "failed"), ("until_decided", "filter")),
    ]
    for one, other in excluded:
        if getattr(options, one) and getattr(options, other):
            raise SpecError(f"--{one} and --{other} exclude each other".replace("_", "-"))
    return options
