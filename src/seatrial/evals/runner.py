"""Runs a plan: workers ask, judge, count, and append each result as it finishes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.case import Case
from seatrial.core.errors import SeatrialError
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.cost.budget import REFUSED
from seatrial.evals.asking import Asked, ask_case
from seatrial.evals.fit import does_not_fit, verdict_on_fit, with_plain_value
from seatrial.evals.job import Job
from seatrial.evals.judges import is_refused, vouched
from seatrial.evals.judging import CaseChecks, asked_turns, judge
from seatrial.evals.past import Past, made_by
from seatrial.evals.plan import Item, Plan
from seatrial.evals.stopping import Watch
from seatrial.evals.suite import Suite
from seatrial.evals.tally import SuiteTally, case_state
from seatrial.store.disk import LineWriter
from seatrial.store.records import Result


class Runner:
    """Works through the plan of a job. `past` gives results that need not be asked for again, `watch` says when the
    gates are decided.
    """

    def __init__(
        self, plan: Plan, job: Job, out: LineWriter, *, past: Past | None = None, watch: Watch | None = None
    ) -> None:
        self._plan = plan
        self._job = job
        self._out = out
        self._past = past
        self._watch = watch
        self._turns: dict[tuple[str, str, str], asyncio.Lock] = {}
        self._checks = {
            name: [suite.binder.bind(entry) for entry in suite.checks] for name, suite in plan.suites.items()
        }
        self.tallies = {
            (suite, variant): SuiteTally(suite, variant, plan.suites[suite].gate, job.cards.by_id)
            for suite in plan.suites
            for variant in plan.variants
        }
        self.failures = 0
        self.skipped = 0
        self.beyond_budget: set[tuple[str, str, str]] = set()

    async def run(self) -> None:
        """Work through the plan. Raises what stopped it: a full disk, a fault of ours; results written before stay."""
        items = self._plan.items()
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._job.options.concurrency):
                    workers.create_task(self._work(items))
        except* SeatrialError as group:
            raise group.exceptions[0] from None

    @property
    def stopped(self) -> bool:
        """Whether as many cases failed as were allowed to, or the gates are decided."""
        if self._watch is not None and self._watch.decided:
            return True
        most = self._job.options.max_failures
        return most is not None and self.failures >= most

    async def _work(self, items: Iterator[Item]) -> None:
        for item in items:
            if self.stopped:
                self.skipped += 1
                continue
            async with self._turn(item):
                result = await self._result(item)
            if result is None:
                continue
            state = self.tallies[result.suite, result.variant].add(item.case, result)
            self.failures += state not in (None, "pass")
            if self._watch is not None and state is not None:
                self._watch.add(item.case, item.variant, state)
            if self._job.progress is not None:
                self._job.progress.result(result)

    def _beyond_budget(self, item: Item, checks: CaseChecks) -> bool:
        """Whether no case is begun any more that asks a model, for its answer or to judge it."""
        budget = self._job.budget
        if budget is None or not budget.exhausted:
            return False
        turns = asked_turns(item.case)
        return item.case.answer is None or any(check.calls_model for turn in turns for check in checks.of(turn))

    def _turn(self, item: Item) -> AbstractAsyncContextManager[object]:
        """Repeats wait for each other where they are recorded, since a recording gives its k-th answer to repeat k:
        workers take them in order, and a lock is fair.
        """
        if not self._job.options.record or item.case.repeat.times == 1:
            return nullcontext()
        return self._turns.setdefault((item.case.suite, item.case.id, item.variant), asyncio.Lock())

    async def _result(self, item: Item) -> Result | None:
        """The result of one item, appended to the run unless it already stands there."""
        checks = self._case_checks(item.case)
        past = self._past.find(item) if self._past is not None else None
        if past is not None:
            result = await self._judge_again(item, past, checks)
            if result == past and not self._job.replays:
                return past
        elif self._job.replays:
            self.skipped += 1
            return None
        else:
            asked = None if self._beyond_budget(item, checks) else await self._ask(item, checks)
            if asked is None:
                self.beyond_budget.add((item.case.suite, item.case.id, item.variant))
                return None
            result = asked
        if any(map(is_refused, result.verdicts)):
            self.beyond_budget.add((item.case.suite, item.case.id, item.variant))
        self._out.write(result)
        return result

    def _case_checks(self, case: Case) -> CaseChecks:
        suite: Suite = self._plan.suites[case.suite]
        everywhere = self._checks[case.suite]
        if case.checks:
            everywhere = everywhere + [suite.binder.bind(entry) for entry in case.checks]
        if not case.turns:
            return CaseChecks(everywhere, {})
        bind = suite.binder.bind
        by_turn = {i: [bind(e) for e in turn.checks] for i, turn in enumerate(case.turns)}
        by_turn[asked_turns(case)[-1]] += [check for check in everywhere if check.last_turn]
        return CaseChecks([check for check in everywhere if not check.last_turn], by_turn)

    async def _ask(self, item: Item, checks: CaseChecks) -> Result | None:
        """None for a case that the budget did not let be asked to its end."""
        feature = self._plan.variants[item.variant]
        asked: list[Asked] = []
        verdicts: list[Verdict] = []
        async for given in ask_case(feature, item.case, item.repeat):
            exchange = given.exchange if item.case.answer is None else feature.read(given.exchange)
            answer = given._replace(exchange=with_plain_value(exchange))
            asked.append(answer)
            verdicts += _on_fit(answer.exchange, answer.turn)
            view = View.of(answer.exchange, case=item.case, turn=answer.turn)
            verdicts += await self._judge(_that_judge(answer.exchange, checks.of(answer.turn)), view)
        if _is_refused(asked[-1].exchange):
            return None
        return _result(item, [answer.exchange for answer in asked], verdicts, made_by(item, feature.version))

    async def _judge(self, checks: Sequence[BoundCheck], view: View) -> list[Verdict]:
        verdicts = await judge(checks, view)
        return [vouched(check, verdict, self._job.cards) for check, verdict in zip(checks, verdicts, strict=True)]

    async def _judge_again(self, item: Item, past: Result, checks: CaseChecks) -> Result:
        """Deterministic checks judge anew when they are rejudged or changed; the stored verdicts of checks that call a
        model are used again, unless they are to be asked. A check that broke is called again.
        """
        stored = {
            (verdict.check, verdict.version, verdict.turn): verdict
            for verdict in past.verdicts
            if verdict.state != "error"
        }
        verdicts: list[Verdict] = []
        for turn, exchange in zip(asked_turns(item.case), past.exchanges, strict=False):
            verdicts += _on_fit(exchange, turn)
            view = View.of(exchange, case=item.case, turn=turn)
            for check in _that_judge(exchange, checks.of(turn)):
                reuse = not self._job.replays or (check.calls_model and not self._job.options.ask_judges)
                known = stored.get((check.id, check.version, turn)) if reuse else None
                if known is not None:
                    known = msgspec.structs.replace(known, weight=check.weight, metric=check.metric)
                    verdicts.append(vouched(check, known, self._job.cards))
                else:
                    verdicts += await self._judge([check], view)
        return _result(item, list(past.exchanges), verdicts, past.made_by)


def _on_fit(exchange: Exchange, turn: int) -> list[Verdict]:
    verdict = verdict_on_fit(exchange, turn)
    return [verdict] if verdict is not None else []


def _that_judge(exchange: Exchange, checks: list[BoundCheck]) -> list[BoundCheck]:
    """All where there is an answer. One that fits no schema is judged by what is counted over the suite alone: left out
    there, it would make a field look better than it is.
    """
    if exchange.finish not in UNANSWERED:
        return checks
    return [check for check in checks if check.definition.tallied] if does_not_fit(exchange) else []


def _is_refused(exchange: Exchange) -> bool:
    return exchange.error is not None and exchange.error.kind == REFUSED


def _result(item: Item, exchanges: list[Exchange], verdicts: list[Verdict], made_by: str) -> Result:
    last = exchanges[-1]
    error = last.error if last.finish in UNANSWERED else None
    usages = [exchange.usage for exchange in exchanges]
    known = [usage for usage in usages if usage is not None]
    costs = [exchange.cost_nusd for exchange in exchanges]
    return Result(
        case=item.case.id,
        name=item.case.name,
        suite=item.case.suite,
        variant=item.variant,
        repeat=item.repeat,
        made_by=made_by,
        state=case_state(verdicts, item.case.threshold, None if does_not_fit(last) else error),
        input=last.request.messages,
        output=last.text,
        exchanges=tuple(exchanges),
        verdicts=tuple(verdicts),
        latency_ms=round(sum(exchange.latency_ms for exchange in exchanges), 3),
        usage=sum(known[1:], known[0]) if known else None,
        cost_nusd=None if None in costs else sum(cost for cost in costs if cost is not None),
        error=error,
    )
