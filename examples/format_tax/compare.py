"""Does asking for JSON cost accuracy? The same 48 messages as free text, in JSON mode, with a schema, and in two steps
(free text first, which a second call puts into the schema), in one table.

    python examples/format_tax/compare.py                  # recorded answers: no key, no network
    python examples/format_tax/compare.py --model real     # the model of the three feature.yaml files
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import mean, median

import msgspec

from seatrial import Feature, Request, SeatrialError, evaluate, load
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import UNANSWERED, Usage
from seatrial.core.shapes import Model
from seatrial.evals.run import Run

HERE = Path(__file__).parent
FORM = "Give the intent you named as JSON: an object with the key intent."
HEADS = ("form", "right", "accuracy", "95 % interval", "won/lost", "mended", "again", "calls", "tokens", "USD", "ms")
NOTE = """
won/lost   cases right here and wrong as free text, and the other way round
mended     answers read after repairs; again: those asked for again
calls      mean of a case, as are tokens (in + out); ms: the median time of a case"""


class TwoStep:
    """Answers freely first; what was said is then put into the form. Is a Model, so that both calls are attempts of one
    exchange, with their tokens, cost and time.
    """

    def __init__(self, free: Feature, form: Model) -> None:
        self._free = free
        self._form = form

    async def stream(self, request: ModelRequest) -> AsyncIterator[Event]:
        asked = request
        if len(request.conversation) == 1:  # asked again for a value that fits, nothing is thought over anew
            said = await self._free.respond(Request(request.conversation, repeat=request.repeat))
            for attempt in said.attempts:
                yield AttemptEnded(attempt)
            if said.finish in UNANSWERED:
                return
            more = (said.message, Message("user", FORM))
            asked = msgspec.structs.replace(
                request, messages=(*request.messages, *more), conversation=(*request.conversation, *more)
            )
        async for event in self._form.stream(asked):
            yield event


def forms(model: str) -> dict[str, Feature]:
    """The four features, each on this model of its feature.yaml."""
    free, json_mode, schema, two_step = (
        load(HERE / name).variant(model) for name in ("free", "json", "schema", "schema")
    )
    two_step.use_model(model, TwoStep(free, two_step.model(model)))
    return {"free text": free, "JSON mode": json_mode, "schema": schema, "two-step": two_step}


def row(name: str, run: Run, free: dict[str, str]) -> tuple[str, ...]:
    """One line of the table. `free` is what became of each case as free text, which `won/lost` counts against."""
    (suite,) = run.suites
    rate, repairs = suite.pass_rate, suite.repairs
    exchanges = [exchange for result in run.results() for exchange in result.exchanges]
    states = states_of(run)
    won = sum(state == "pass" and free[case] == "fail" for case, state in states.items())
    lost = sum(state == "fail" and free[case] == "pass" for case, state in states.items())
    return (
        name,
        f"{suite.passed}/{rate.n}" + (f" ({suite.errors} in error)" if suite.errors else ""),
        "-" if rate.estimate is None else f"{rate.estimate:.1%}",
        "-" if rate.low is None else f"{rate.low:.1%} to {rate.high:.1%}",
        "" if name == "free text" else f"{won}/{lost}",
        "" if repairs is None else f"{round((repairs.repair_rate.estimate or 0) * repairs.repair_rate.n)}",
        "" if repairs is None else f"{round((repairs.asked_again.estimate or 0) * repairs.asked_again.n)}",
        f"{mean(len(exchange.attempts) for exchange in exchanges):.2f}",
        _tokens([exchange.usage for exchange in exchanges if exchange.usage is not None]),
        "unknown" if run.summary.cost_usd is None else f"{run.summary.cost_usd:.6f}",
        f"{median(exchange.latency_ms for exchange in exchanges):.0f}",
    )


def _tokens(usages: list[Usage]) -> str:
    if not usages:
        return "unknown"
    return f"{mean(each.input_total for each in usages):.0f}+{mean(each.output_total for each in usages):.0f}"


def states_of(run: Run) -> dict[str, str]:
    return {result.case: result.state for result in run.results()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="One table of four ways to ask for the same value.")
    parser.add_argument("--model", choices=("recorded", "real"), default="recorded")
    parser.add_argument("--sample", type=int, help="only so many of the messages, the same ones for every form")
    given = parser.parse_args(arguments)
    try:
        runs = {name: evaluate(feature, sample=given.sample) for name, feature in forms(given.model).items()}
    except SeatrialError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    free = states_of(runs["free text"])
    rows = [HEADS, *(row(name, run, free) for name, run in runs.items())]
    widths = [max(len(cells[place]) for cells in rows) for place in range(len(HEADS))]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    print(NOTE)
    if given.model == "recorded":
        print("These answers were written for the example: the table shows what is measured, and nothing of any model.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
