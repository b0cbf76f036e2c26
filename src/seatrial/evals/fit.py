"""What an eval says of structured answers by itself: whether each fits the output's schema, and how much was mended.

A model that gives no value although it answered has failed the case: counted as an error, it would be left out of the
pass rate.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seatrial.checks.jsonpath import field_name
from seatrial.core.exchange import Exchange
from seatrial.core.identity import digest
from seatrial.core.parsed import Repair
from seatrial.core.verdict import Verdict
from seatrial.evals.gate import ANY_FIELD
from seatrial.stats.proportion import wilson
from seatrial.store.records import ModelRepairs, Rate, Repairs, Result
from seatrial.structured.output_type import to_plain

CHECK = "output"
_VERSION = digest([CHECK, 1])


def does_not_fit(exchange: Exchange) -> bool:
    """Whether the model answered, and no answer of it fits the output."""
    return exchange.error is not None and exchange.error.kind == "output"


def verdict_on_fit(exchange: Exchange, turn: int) -> Verdict | None:
    """None where the output is text, or the model declined: whether that is right is for the suite's checks."""
    if does_not_fit(exchange) and exchange.error is not None:
        return Verdict(state="fail", check=CHECK, version=_VERSION, turn=turn, score=0.0, reason=exchange.error.message)
    if exchange.outcome != "value":
        return None
    mended = ", ".join(f"{repair.name} at {repair.path}" for repair in exchange.repairs)
    reason = f"fits after repairs: {mended}" if mended else ""
    return Verdict(state="pass", check=CHECK, version=_VERSION, turn=turn, score=1.0, reason=reason)


def with_plain_value(exchange: Exchange) -> Exchange:
    """With the value as JSON data, as it will be read from the run: checks see the same now and when rejudging."""
    if exchange.parsed is None:
        return exchange
    return msgspec.structs.replace(exchange, parsed=to_plain(exchange.parsed))


class RepairTally:
    """Counts cases whose answers were read, mended, and asked for again. A case with several answers counts once, and
    once for each model and prompt version that gave them. What was tried on an answer that never fitted mended nothing.
    """

    def __init__(self) -> None:
        self._cases = 0
        self._mended = 0
        self._again = 0
        self._fields: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._models: dict[tuple[str, str], list[int]] = {}

    def add(self, results: Iterable[Result]) -> None:
        """All results of one case."""
        exchanges = [exchange for result in results for exchange in result.exchanges]
        read = [exchange for exchange in exchanges if exchange.outcome is not None or exchange.rejected]
        if not read:
            return
        repairs = _mended(read)
        self._cases += 1
        self._mended += bool(repairs)
        self._again += any(exchange.rejected for exchange in read)
        for path in {_field(repair.path) for repair in repairs}:
            self._fields[path] = self._fields.get(path, 0) + 1
        for repair in repairs:
            self._names[repair.name] = self._names.get(repair.name, 0) + 1
        self._add_by_model(read)

    def _add_by_model(self, read: Iterable[Exchange]) -> None:
        by_model: dict[tuple[str, str], list[Exchange]] = {}
        for exchange in read:
            if exchange.attempts:
                by_model.setdefault((exchange.attempts[-1].model, exchange.prompt_version), []).append(exchange)
        for key, exchanges in by_model.items():
            counts = self._models.setdefault(key, [0, 0, 0])
            counts[0] += 1
            counts[1] += bool(_mended(exchanges))
            counts[2] += any(exchange.rejected for exchange in exchanges)

    def mended_in(self, field: str) -> tuple[int, int]:
        """In how many cases the field was mended (`*` is any), and in how many an answer was read."""
        if field == ANY_FIELD:
            return self._mended, self._cases
        return sum(count for path, count in self._fields.items() if field_name(path) == field), self._cases

    def summary(self) -> Repairs | None:
        """None where no answer was read by a schema."""
        if not self._cases:
            return None
        return Repairs(
            repair_rate=self._rate(self._mended),
            asked_again=self._rate(self._again),
            fields={path: self._rate(count) for path, count in sorted(self._fields.items())},
            names=dict(sorted(self._names.items())),
            models=tuple(
                ModelRepairs(
                    model=model,
                    prompt_version=prompt,
                    repair_rate=_share(mended, cases),
                    asked_again=_share(again, cases),
                )
                for (model, prompt), (cases, mended, again) in sorted(self._models.items())
            ),
        )

    def _rate(self, count: int) -> Rate:
        return _share(count, self._cases)


def _mended(exchanges: Iterable[Exchange]) -> list[Repair]:
    return [repair for exchange in exchanges if exchange.outcome == "value" for repair in exchange.repairs]


def _share(count: int, n: int) -> Rate:
    interval = wilson(count, n)
    return Rate(interval.estimate, interval.low, interval.high, interval.n)


def _field(path: str) -> str:
    """The path of a field, whichever item of a list it was in."""
    head, *items = path.split("[")
    return head + "".join(f"[*]{item.partition(']')[2]}" if item[:1].isdigit() else f"[{item}" for item in items)
